/**
 * A recovery key as words that can be said and written down: two bytes a word of five letters, as Proquints (Wilkerson 2009)
 * have them, and one word of the checksum. Pure.
 */
import { createHash } from 'node:crypto';

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aiou';
const SHIFTS = [12, 10, 6, 4, 0] as const;

/** `bytes`: an even number of them. */
export function toWords(bytes: Uint8Array): string[] {
  const all = Buffer.concat([bytes, sumOf(bytes)]);
  return Array.from({ length: all.length / 2 }, (_, at) => wordOf(all.readUInt16BE(at * 2)));
}

/** The bytes; undefined where a word is none, is missing or has been changed. */
export function fromWords(text: string): Buffer | undefined {
  const words = text
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);
  const numbers = words.map(numberOf);
  const all = Buffer.alloc(numbers.length * 2);
  for (const [at, number] of numbers.entries()) {
    if (number === undefined) return undefined;
    all.writeUInt16BE(number, at * 2);
  }
  if (all.length < 4) return undefined;
  const bytes = all.subarray(0, -2);
  return sumOf(bytes).equals(all.subarray(-2)) ? bytes : undefined;
}

function sumOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, 2);
}

function wordOf(number: number): string {
  return SHIFTS.map((shift, at) => {
    const letters = lettersAt(at);
    return letters[(number >> shift) & (letters.length - 1)];
  }).join('');
}

function numberOf(word: string): number | undefined {
  if (word.length !== SHIFTS.length) return undefined;
  let number = 0;
  for (const [at, shift] of SHIFTS.entries()) {
    const value = lettersAt(at).indexOf(word[at] ?? '');
    if (value < 0) return undefined;
    number |= value << shift;
  }
  return number;
}

const lettersAt = (at: number): string => (at % 2 === 0 ? CONSONANTS : VOWELS);

/** The letters of Bech32, in which age writes a key: five bits each. */
const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const KEY_START = 'AGE-SECRET-KEY-1';
const KEY_LETTERS = 58;
const KEY_BYTES = 38;

/** A recovery key of age in words. */
export function keyToWords(identity: string): string[] {
  let bits = 0n;
  for (const letter of identity.slice(KEY_START.length).toLowerCase())
    bits = (bits << 5n) | BigInt(BECH32.indexOf(letter));
  return toWords(Buffer.from(bits.toString(16).padStart(KEY_BYTES * 2, '0'), 'hex'));
}

/** The key itself, of its words or as age writes it, with whatever stands around it; undefined where it is none. */
export function keyIn(text: string): string | undefined {
  const written = /AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}/i.exec(text)?.[0];
  if (written) return written.toUpperCase();
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  const bytes = fromWords(lines.join(' '));
  if (bytes?.length !== KEY_BYTES) return undefined;
  let bits = BigInt(`0x${bytes.toString('hex')}`);
  let letters = '';
  for (let at = 0; at < KEY_LETTERS; at += 1) {
    letters = (BECH32[Number(bits & 31n)] ?? '') + letters;
    bits >>= 5n;
  }
  return `${KEY_START}${letters.toUpperCase()}`;
}
