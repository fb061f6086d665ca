/**
 * The file of a carried export, written at a site and read at the centre: one line of JSON that says what it is, the records
 * compressed with zstd, one line that seals both (SHA-256, counts), and an Ed25519 signature of that line. What is signed begins
 * with a name of its own, so that no signature made for something else fits. Reading is hostile-proof: bounded, and a named
 * fault instead of a throw.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { LogRecord, RecordKind } from '../../model/record.ts';
import type { Ancestor } from '../../store/contract.ts';
import { ancestorsIn } from '../../store/tables/ancestors.ts';

const FORMAT = 'webscada-edge carried 1';
const DOMAIN = `${FORMAT}\n`;
const MAX_ANCESTORS = 100;
export const MAX_HEADER_BYTES = 4_096;
/** The seal and the signature, at the end of the file. */
export const MAX_TAIL_BYTES = 1_024;
/** A record of the log has a body of 1 MB at most. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

export interface CarriedHeader {
  readonly site: string;
  readonly storeId: string;
  readonly epoch: number;
  /** Earlier epochs of the store, and up to which seq it shares its records with them; none in files of before. */
  readonly ancestors: readonly Ancestor[];
  /** seq of the first and the last record, both included. */
  readonly first: number;
  readonly last: number;
  /** seq of the oldest record the site had then: where `first` is it, nothing older can be asked for. */
  readonly oldest: number;
  /** When it was made, epoch milliseconds by the site's clock. */
  readonly madeMs: number;
  /** Of the program that made it. */
  readonly version: string;
}

export interface Seal {
  /** Of the header line and the compressed records, hex. */
  readonly sha256: string;
  /** Of the header line, with its line end. */
  readonly headBytes: number;
  /** Of the compressed records. */
  readonly bodyBytes: number;
  readonly records: number;
}

export function headerLine(header: CarriedHeader): string {
  return `${JSON.stringify({ format: FORMAT, ...header })}\n`;
}

export function parseHeader(line: string): CarriedHeader | undefined {
  const found = parseObject(line);
  if (!found || found.format !== FORMAT) return undefined;
  const { site, storeId, epoch, first, last, oldest, madeMs, version } = found;
  if (!isName(site) || !isName(storeId) || !isName(version)) return undefined;
  if (!isCount(epoch) || !isCount(first) || !isCount(last) || !isCount(oldest) || !isCount(madeMs))
    return undefined;
  if (epoch < 1 || first < 1 || last < first || oldest > first) return undefined;
  const ancestors = ancestorsIn(found.ancestors).slice(0, MAX_ANCESTORS);
  return { site, storeId, epoch, ancestors, first, last, oldest, madeMs, version };
}

/** What stands behind the records. */
export function sealText(seal: Seal, key: KeyObject): string {
  const line = JSON.stringify(seal);
  return `\n${line}\n${sign(null, Buffer.from(DOMAIN + line), key).toString('base64')}\n`;
}

export interface Tail {
  readonly seal: Seal;
  /** As it was signed. */
  readonly line: string;
  readonly signature: Uint8Array;
  /** Of seal and signature with their line ends. */
  readonly bytes: number;
}

/** The seal at the end of the file; `end` are its last bytes. */
export function parseTail(end: Uint8Array): Tail | undefined {
  const lines = Buffer.from(end).toString('latin1').split('\n');
  const [line = '', base64 = '', rest = ''] = lines.slice(-3);
  const found = parseObject(line);
  if (!found || rest !== '' || lines.length < 4) return undefined;
  const { sha256, headBytes, bodyBytes, records } = found;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  if (!isCount(headBytes) || !isCount(bodyBytes) || !isCount(records)) return undefined;
  const signature = Buffer.from(base64, 'base64');
  if (signature.toString('base64') !== base64) return undefined;
  const bytes = 1 + line.length + 1 + base64.length + 1;
  return { seal: { sha256, headBytes, bodyBytes, records }, line, signature, bytes };
}

/** Whether `publicKey` (as `export --show-key` prints it) made the signature; 'bad_key' for what is no such key. */
export function isSigned({ line, signature }: Tail, publicKey: string): boolean | 'bad_key' {
  try {
    const der = Buffer.from(publicKey, 'base64');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'ed25519') return 'bad_key';
    return verify(null, Buffer.from(DOMAIN + line), key, signature);
  } catch {
    return 'bad_key';
  }
}

/** One record; the body byte for byte as it is in the log. */
export function carriedLine({ seq, timeMs, kind, device, body }: LogRecord): string {
  const concerned = device === null ? '' : `,"device":"${device}"`;
  return `{"seq":${seq},"time":${timeMs},"kind":"${kind}"${concerned}${BODY}${body}}\n`;
}

const BODY = ',"body":';

/** The record of a line without its end, undefined for what is none. */
export function parseCarriedLine(line: string): LogRecord | undefined {
  const at = line.indexOf(BODY);
  if (at < 0 || !line.endsWith('}')) return undefined;
  const head = parseObject(`${line.slice(0, at)}}`);
  const body = line.slice(at + BODY.length, -1);
  if (!head || !parseObject(body)) return undefined;
  const { seq, time, kind, device = null } = head;
  if (!isCount(seq) || seq < 1 || !Number.isSafeInteger(time)) return undefined;
  if (typeof kind !== 'string' || !/^[a-z][a-z_]{0,31}$/.test(kind)) return undefined;
  if (device !== null && (typeof device !== 'string' || !/^[0-9a-f]{16}$/.test(device))) return undefined;
  // A newer site may have kinds that this program does not know; they are passed on like all others.
  return { seq, timeMs: time as number, kind: kind as RecordKind, device, body };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.+-]{1,128}$/.test(value);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
