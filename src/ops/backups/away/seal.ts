/** Copies that leave the box are encrypted, in the format of age: by anybody who has the public half, for whoever has the recovery key. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SealedFile } from './vault.ts';

type Web = Parameters<typeof Readable.fromWeb>[0];

/** A fresh recovery key, and its public half. */
export async function makeKey(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

export async function recipientOf(identity: string): Promise<string> {
  const { identityToRecipient } = await import('age-encryption');
  return identityToRecipient(identity);
}

/** Encrypts `from` into the new file `to`; a piece at a time. */
export async function sealFile(from: string, to: string, recipient: string): Promise<SealedFile> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const sealed = await encrypter.encrypt(
    Readable.toWeb(createReadStream(from)) as ReadableStream<Uint8Array>,
  );
  const hash = createHash('sha256');
  let size = 0;
  const count = new Transform({
    transform(piece: Buffer, _encoding, done) {
      size += piece.length;
      hash.update(piece);
      done(null, piece);
    },
  });
  await pipeline(Readable.fromWeb(sealed as Web), count, createWriteStream(to, { mode: 0o600, flush: true }));
  return { path: to, size, sha256: hash.digest('hex') };
}

/** The other way round. Rejects for a wrong key, and for a file that is cut short or changed. */
export async function openFile(from: string, to: string, identity: string): Promise<void> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const opened = await decrypter.decrypt(
    Readable.toWeb(createReadStream(from)) as ReadableStream<Uint8Array>,
  );
  await pipeline(Readable.fromWeb(opened as Web), createWriteStream(to, { mode: 0o600, flush: true }));
}
