/**
 * The key a site signs its carried exports with: Ed25519, made at the first use, in the store's folder (`export-key.pem`, 0600).
 * The centre is told the public half once; a box that was rebuilt has another key, and the centre has to be told again.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../files/replace-file.ts';

export interface ExportKey {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, base64: what the centre registers. */
  readonly publicKey: string;
}

/** The key in `dir`, made when there is none. Throws as node:fs does, and for a file that holds no such key. */
export function exportKeyIn(dir: string): ExportKey {
  const file = join(dir, 'export-key.pem');
  const pem = readIfThere(file) ?? makeKey(file);
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${file} is no Ed25519 key`);
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, publicKey: der.toString('base64') };
}

/** To compare by eye: the first 16 hex digits of the key's SHA-256, in fours. */
export function fingerprintOf(publicKey: string): string {
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');
  return (digest.slice(0, 16).match(/.{4}/g) ?? []).join('-');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function makeKey(file: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  replaceFile(file, pem);
  return pem;
}
