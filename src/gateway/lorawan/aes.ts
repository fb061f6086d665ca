/**
 * AES-128 of single blocks under a key that is expanded once, in JavaScript: a LoRaWAN frame is three or four blocks under
 * two keys, and each call into OpenSSL costs seven times a block and an allocation (docs/decisions/0021).
 */
import { unsafe } from '@noble/ciphers/aes.js';

export const BLOCK_BYTES = 16;
export const BLOCK_WORDS = 4;

/** An expanded key. Secret. */
export type AesKey = Uint32Array;

/** Bytes to be encrypted block by block, and the same memory as 32-bit words (little-endian, as on all we run on). */
export interface Blocks {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

/** Room for `count` blocks, zeros. */
export function createBlocks(count: number): Blocks {
  const memory = new ArrayBuffer(count * BLOCK_BYTES);
  return { bytes: new Uint8Array(memory), words: new Uint32Array(memory) };
}

/** `key` has 16 bytes; another length is a programming error and throws. */
export function expandKey(key: Uint8Array): AesKey {
  if (key.length !== BLOCK_BYTES) throw new RangeError(`an AES-128 key has 16 bytes, not ${key.length}`);
  return unsafe.expandKeyLE(key);
}

/** Encrypts the block of `from`'s words that begins at `at`, each first xored with `chain`'s; the result stands in `chain`. */
export function encryptInto(chain: Uint32Array, key: AesKey, from: Uint32Array, at: number): void {
  const { s0, s1, s2, s3 } = unsafe.encrypt(
    key,
    word(from, at) ^ word(chain, 0),
    word(from, at + 1) ^ word(chain, 1),
    word(from, at + 2) ^ word(chain, 2),
    word(from, at + 3) ^ word(chain, 3),
  );
  chain[0] = s0;
  chain[1] = s1;
  chain[2] = s2;
  chain[3] = s3;
}

/** The word at an index already known to be there. */
function word(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}
