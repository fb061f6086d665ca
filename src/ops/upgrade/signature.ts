/**
 * The signature beside a released executable, `FILE.sig`: a line of JSON that says what the file is, and on the next line
 * an Ed25519 signature of that line in base64. What is signed begins with a name of its own, so that no signature made
 * for something else fits. The public keys are built into the executable.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { type Told, tell } from '../../model/said.ts';

declare const WSE_RELEASE_KEY: string | undefined;

export interface Statement {
  readonly name: 'webscada-edge';
  readonly version: string;
  readonly commit: string;
  /** 'x64' or 'arm64'. */
  readonly arch: string;
  readonly size: number;
  /** Of the executable, hex. */
  readonly sha256: string;
}

export type VerifiedRelease =
  | { readonly ok: true; readonly statement: Statement }
  | { readonly ok: false; readonly reason: Told };

const MAX_SMALL_BYTES = 64 * 1024;
const DOMAIN = 'webscada-edge release 1\n';
const PEM = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** The text of `FILE.sig`. */
export function signStatement(statement: Statement, key: KeyObject): string {
  const line = JSON.stringify(statement);
  return `${line}\n${sign(null, Buffer.from(DOMAIN + line), key).toString('base64')}\n`;
}

/** What one of `keys` (PEM, several in a row) signed; nothing is said yet of any file. */
export function verifyStatement(signature: string, keys: string): VerifiedRelease {
  const publicKeys = keys.match(PEM) ?? [];
  if (publicKeys.length === 0) {
    return { ok: false, reason: tell('release.noKey') };
  }
  const [line = '', base64 = ''] = signature.split('\n');
  const bytes = Buffer.from(base64, 'base64');
  const signed = publicKeys.some((pem) =>
    verify(null, Buffer.from(DOMAIN + line), createPublicKey(pem), bytes),
  );
  if (!signed) return { ok: false, reason: tell('release.otherKey') };
  const statement = parseStatement(line);
  if (!statement) return { ok: false, reason: tell('release.newKind') };
  return { ok: true, statement };
}

/** Whether one of `keys` signed the statement, and whether it is about that file. */
export function verifyFile(
  signature: string,
  file: { readonly sha256: string; readonly size: number },
  keys: string,
): VerifiedRelease {
  const signed = verifyStatement(signature, keys);
  if (signed.ok && (signed.statement.sha256 !== file.sha256 || signed.statement.size !== file.size)) {
    return { ok: false, reason: tell('release.otherFile') };
  }
  return signed;
}

function parseStatement(line: string): Statement | undefined {
  try {
    const { name, version, commit, arch, size, sha256 } = JSON.parse(line) as Partial<Statement>;
    if (name !== 'webscada-edge' || typeof size !== 'number') return undefined;
    const texts = [version, commit, arch, sha256];
    // They are shown as they are.
    if (!texts.every((text) => typeof text === 'string' && /^[\w.+-]{1,100}$/.test(text))) return undefined;
    return { name, size, version, commit, arch, sha256 } as Statement;
  } catch {
    return undefined;
  }
}

/**
 * SHA-256 in hex and the size of a file of any size. Rejects as node:fs does, and what is no file: a device or a pipe may never
 * end. Of a file that grows meanwhile it reads one byte more than there were.
 */
export async function digestFile(file: string): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash('sha256');
  const end = await sizeOfFile(file);
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, end })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), size };
}

/** The text of a signature or of keys. Rejects as `digestFile` does, and what is far too large to be one. */
export async function readSmallFile(file: string): Promise<string> {
  if ((await sizeOfFile(file)) > MAX_SMALL_BYTES)
    throw new Error(`${file} is too large to be what it should`);
  return readFile(file, 'utf8');
}

async function sizeOfFile(file: string): Promise<number> {
  const found = await stat(file);
  if (!found.isFile()) throw new Error(`${file} is not a regular file`);
  return found.size;
}

/** The public keys this executable was built with, PEM; '' if none. */
export function releaseKeys(): string {
  return typeof WSE_RELEASE_KEY === 'string' ? WSE_RELEASE_KEY : '';
}

/** Below 0 when `a` is older than `b`; a pre-release is older than its release, build data does not count. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [versionParts(a), versionParts(b)];
  for (const index of [0, 1, 2]) {
    const difference = (one.numbers[index] ?? 0) - (other.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (one.pre === '' || other.pre === '') return Number(one.pre === '') - Number(other.pre === '');
  return one.pre.localeCompare(other.pre, 'en', { numeric: true });
}

function versionParts(version: string): { readonly numbers: readonly number[]; readonly pre: string } {
  const [, core = '', pre = ''] = /^([\d.]*)(?:-([^+]*))?/.exec(version) ?? [];
  return { numbers: core.split('.').map(Number), pre };
}
