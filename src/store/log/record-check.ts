/**
 * The checksum of a stored record. SQLite's pages carry none: without it a flipped bit on the card would be a wrong
 * reading that nobody notices, and a damaged file could not tell its intact rows.
 */
import { crc32 } from 'node:zlib';

/** The parts of a row that never change once written. */
export interface CheckedRow {
  readonly seq: number;
  readonly time: number;
  readonly kind: number;
  readonly device: number | null;
  readonly next: number | null;
  readonly key: string | null;
  readonly body: string;
}

/**
 * Unsigned, 32 bits. `prev` is left out: it is only a hint and is made again by a repair. Every step is one to one, so a
 * change within 32 bits of one number is always noticed.
 */
export function checkOf(row: CheckedRow): number {
  return sumWith(mix, row);
}

export function isIntact(row: CheckedRow & { readonly crc: number }): boolean {
  return checkOf(row) === row.crc || sumWith(earlierMix, row) === row.crc;
}

function sumWith(step: typeof mix, row: CheckedRow): number {
  let mixed = step(0x9e3779b9, row.seq);
  mixed = step(mixed, row.time);
  mixed = step(mixed, row.kind);
  mixed = step(mixed, row.device ?? -1);
  mixed = step(mixed, row.next ?? -1);
  const seed = row.key === null ? mixed >>> 0 : crc32(row.key, mixed >>> 0);
  return crc32(row.body, seed);
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
