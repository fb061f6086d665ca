/**
 * AES-128 (FIPS 197) of single blocks, encryption only, under a key that is expanded once. In JavaScript, for a LoRaWAN frame
 * is three or four blocks under two keys, and each call into OpenSSL costs more than all of them; by four tables of 1 kB,
 * which stay in the cache of a small board (docs/decisions/0021).
 *
 * Words are little-endian, as on all machines we run on: the lowest byte is the first of a column.
 */

export const BLOCK_BYTES = 16;
export const BLOCK_WORDS = 4;
const ROUNDS = 10;

/** The round keys. Secret. */
export type AesKey = Int32Array;

/** Bytes to be encrypted block by block, and the same memory as 32-bit words. */
export interface Blocks {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

const S_BOX = substitutionBox();
/** What a byte of the first row comes to in its column (§5.1.2, §5.1.3); the other rows are turned by a byte each. */
const FIRST_ROW = Int32Array.from(
  S_BOX,
  (byte) => doubled(byte) | (byte << 8) | (byte << 16) | ((doubled(byte) ^ byte) << 24),
);
const [T0, T1, T2, T3] = [0, 8, 16, 24].map((bits) =>
  FIRST_ROW.map((word) => (word << bits) | (bits === 0 ? 0 : word >>> (32 - bits))),
) as [Int32Array, Int32Array, Int32Array, Int32Array];

/** Room for `count` blocks, zeros. */
export function createBlocks(count: number): Blocks {
  const memory = new ArrayBuffer(count * BLOCK_BYTES);
  return { bytes: new Uint8Array(memory), words: new Int32Array(memory) };
}

/** `key` has 16 bytes; another length is a programming error and throws (§5.2). */
export function expandKey(key: Uint8Array): AesKey {
  if (key.length !== BLOCK_BYTES) throw new RangeError(`an AES-128 key has 16 bytes, not ${key.length}`);
  const words = new Int32Array(BLOCK_WORDS * (ROUNDS + 1));
  new Uint8Array(words.buffer).set(key);
  let constant = 1;
  for (let at = BLOCK_WORDS; at < words.length; at++) {
    let word = words[at - 1] as number;
    if (at % BLOCK_WORDS === 0) {
      word = substituted((word >>> 8) | (word << 24)) ^ constant;
      constant = doubled(constant);
    }
    words[at] = (words[at - BLOCK_WORDS] as number) ^ word;
  }
  return words;
}

/** Encrypts the block of `from`'s words that begins at `at`, each first xored with `chain`'s; the result stands in `chain`. */
export function encryptInto(chain: Int32Array, key: AesKey, from: Int32Array, at: number): void {
  let a = wordAt(from, at) ^ wordAt(chain, 0) ^ wordAt(key, 0);
  let b = wordAt(from, at + 1) ^ wordAt(chain, 1) ^ wordAt(key, 1);
  let c = wordAt(from, at + 2) ^ wordAt(chain, 2) ^ wordAt(key, 2);
  let d = wordAt(from, at + 3) ^ wordAt(chain, 3) ^ wordAt(key, 3);
  let k = BLOCK_WORDS;
  for (let round = 1; round < ROUNDS; round++, k += BLOCK_WORDS) {
    const first = column(a, b, c, d) ^ wordAt(key, k);
    const second = column(b, c, d, a) ^ wordAt(key, k + 1);
    const third = column(c, d, a, b) ^ wordAt(key, k + 2);
    d = column(d, a, b, c) ^ wordAt(key, k + 3);
    a = first;
    b = second;
    c = third;
  }
  chain[0] = lastColumn(a, b, c, d) ^ wordAt(key, k);
  chain[1] = lastColumn(b, c, d, a) ^ wordAt(key, k + 1);
  chain[2] = lastColumn(c, d, a, b) ^ wordAt(key, k + 2);
  chain[3] = lastColumn(d, a, b, c) ^ wordAt(key, k + 3);
}

/** A column after SubBytes, ShiftRows and MixColumns, of the columns its rows come from. */
function column(a: number, b: number, c: number, d: number): number {
  return (
    wordAt(T0, a & 0xff) ^ wordAt(T1, (b >>> 8) & 0xff) ^ wordAt(T2, (c >>> 16) & 0xff) ^ wordAt(T3, d >>> 24)
  );
}

/** The last round mixes no columns. */
function lastColumn(a: number, b: number, c: number, d: number): number {
  return (
    (S_BOX[a & 0xff] as number) |
    ((S_BOX[(b >>> 8) & 0xff] as number) << 8) |
    ((S_BOX[(c >>> 16) & 0xff] as number) << 16) |
    ((S_BOX[d >>> 24] as number) << 24)
  );
}

function substituted(word: number): number {
  return lastColumn(word, word, word, word);
}

/** The word at an index that is always there. */
function wordAt(words: Int32Array, index: number): number {
  return words[index] as number;
}

/** Multiplication by x in GF(2^8), §4.2.1. */
function doubled(byte: number): number {
  return ((byte << 1) ^ (byte & 0x80 ? 0x11b : 0)) & 0xff;
}

/** §5.1.1: the inverse in GF(2^8), then an affine map. The powers of 3 reach every byte but 0; those of its inverse go along. */
function substitutionBox(): Uint8Array {
  const box = new Uint8Array(256);
  let power = 1;
  let inverse = 1;
  do {
    power ^= doubled(power);
    inverse ^= inverse << 1;
    inverse ^= inverse << 2;
    inverse ^= inverse << 4;
    inverse = (inverse ^ (inverse & 0x80 ? 0x09 : 0)) & 0xff;
    const turned = (bits: number) => (inverse << bits) | (inverse >>> (8 - bits));
    box[power] = (inverse ^ turned(1) ^ turned(2) ^ turned(3) ^ turned(4) ^ 0x63) & 0xff;
  } while (power !== 1);
  box[0] = 0x63;
  return box;
}
