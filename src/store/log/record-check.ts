/**
 * The checksum of a stored record. SQLite's pages carry none: without it a flipped bit on the card would be a wrong
 * reading that nobody notices, and a damaged file could not tell its intact rows.
 */
import { crc32 } from 'node:zlib';
import { errorText } from '../../model/error-text.ts';
import { type Told, ToldError, tell, toldOf } from '../../model/said.ts';
import { decodeBody } from '../body/decode.ts';

/** The parts of a row that never change once written. */
export interface CheckedRow {
  readonly seq: number;
  readonly time: number;
  readonly kind: number;
  readonly device: number | null;
  readonly next: number | null;
  readonly key: string | null;
  /** JSON, or coded (body/encode.ts). */
  readonly body: string | Uint8Array;
}

/**
 * Unsigned, 32 bits. `prev` is left out: it is only a hint and is made again by a repair. Every step is one to one, so a
 * change within 32 bits of one number is always noticed.
 */
export function checkOf(row: CheckedRow): number {
  return sumWith(mix, row);
}

/** Whether the row is as it was written, and its body can be read. */
export function isIntact(row: CheckedRow & { readonly crc: number }): boolean {
  return faultOf(row) === undefined;
}

/** What is wrong with the row; undefined for one that is as it was written. */
export function faultOf(row: CheckedRow & { readonly crc: number }): Told | undefined {
  try {
    bodyOf(row);
    return undefined;
  } catch (error) {
    return toldOf(error);
  }
}

/** What SQLite gives is a Buffer already. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The body of an intact row as JSON. Throws an error with code SQLITE_CORRUPT_RECORD for one that is not. */
export function bodyOf(row: CheckedRow & { readonly crc: number }): string {
  if (!matches(row)) throw corrupt(tell('damage.checksum', { seq: String(row.seq) }));
  if (typeof row.body === 'string') return row.body;
  try {
    return decodeBody(bufferOf(row.body), row.time);
  } catch (error) {
    throw corrupt(tell('damage.unreadable', { seq: String(row.seq), error: errorText(error) }));
  }
}

function corrupt(told: Told): Error {
  return Object.assign(new ToldError(told), { code: 'SQLITE_CORRUPT_RECORD' });
}

/** SQLite keeps types by value: a flipped bit may also make a blob of a key, which the sum would not see. */
function matches(row: CheckedRow & { readonly crc: number }): boolean {
  if (typeof row.body !== 'string' && !Buffer.isBuffer(row.body)) return false;
  if (row.key !== null && typeof row.key !== 'string') return false;
  return checkOf(row) === row.crc || (typeof row.body === 'string' && sumWith(earlierMix, row) === row.crc);
}

function sumWith(step: typeof mix, row: CheckedRow): number {
  let mixed = step(0x9e3779b9, row.seq);
  mixed = step(mixed, row.time);
  mixed = step(mixed, row.kind);
  mixed = step(mixed, row.device ?? -1);
  mixed = step(mixed, row.next ?? -1);
  const seed = row.key === null ? mixed >>> 0 : crc32(row.key, mixed >>> 0);
  // The same bytes as a text and as a blob are two things.
  return crc32(row.body, typeof row.body === 'string' ? seed : ~seed >>> 0);
}

function mix(state: number, value: number): number {
  return mixWord(mixWord(state, value | 0), Math.floor(value / 4_294_967_296) | 0);
}

function mixWord(state: number, word: number): number {
  const mixed = Math.imul(state ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** Of records written by the first programs: half the changes to the upper word of a number cancel themselves out. */
function earlierMix(state: number, value: number): number {
  const high = Math.floor(value / 4_294_967_296);
  const low = Math.imul((state ^ value) >>> 0, 0x85ebca6b);
  return Math.imul((low ^ (low >>> 15) ^ high) + high, 0xc2b2ae35) ^ (low >>> 13);
}
