/** AES-CMAC (RFC 4493). */
import { type AesKey, BLOCK_BYTES, BLOCK_WORDS, type Blocks, encryptInto, expandKey } from './aes.ts';

/** Computes MACs under one key. */
export interface Cmac {
  /**
   * The MAC's 16 bytes for the first `length` bytes of `message`, which must have room for the padding, that is up to the
   * next multiple of 16 bytes; what stands there is overwritten. As words, valid until the next call.
   */
  mac(message: Blocks, length: number): Int32Array;
}

/** `key` has 16 bytes; another length is a programming error and throws. */
export function createCmac(key: Uint8Array): Cmac {
  const expanded = expandKey(key);
  const fullKey = doubled(encryptedZero(expanded));
  const paddedKey = doubled(fullKey);
  const [fullWords, paddedWords] = [wordsOf(fullKey), wordsOf(paddedKey)];
  const chain = new Int32Array(BLOCK_WORDS);
  return {
    mac({ bytes, words }, length) {
      const padded = Math.max(BLOCK_BYTES, Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES);
      if (padded > bytes.length)
        throw new RangeError(`a CMAC of ${length} bytes needs ${padded} bytes of room`);
      if (length < padded) {
        bytes[length] = 0x80;
        for (let index = length + 1; index < padded; index++) bytes[index] = 0;
      }
      const last = padded / 4 - BLOCK_WORDS;
      chain.fill(0);
      for (let at = 0; at < last; at += BLOCK_WORDS) encryptInto(chain, expanded, words, at);
      xorInto(chain, length < padded ? paddedWords : fullWords);
      encryptInto(chain, expanded, words, last);
      return chain;
    },
  };
}

function encryptedZero(key: AesKey): Uint8Array {
  const chain = new Int32Array(BLOCK_WORDS);
  encryptInto(chain, key, new Int32Array(BLOCK_WORDS), 0);
  return new Uint8Array(chain.buffer);
}

function wordsOf(block: Uint8Array<ArrayBuffer>): Int32Array {
  return new Int32Array(block.buffer);
}

function xorInto(target: Int32Array, block: Int32Array): void {
  for (let index = 0; index < BLOCK_WORDS; index++)
    target[index] = (target[index] ?? 0) ^ (block[index] ?? 0);
}

/** Multiplication by x in GF(2^128), the subkeys' generator. */
function doubled(block: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(BLOCK_BYTES);
  let carry = 0;
  for (let index = BLOCK_BYTES - 1; index >= 0; index--) {
    const byte = block[index] ?? 0;
    result[index] = (byte << 1) | carry;
    carry = byte >> 7;
  }
  if (carry) result[BLOCK_BYTES - 1] = (result[BLOCK_BYTES - 1] ?? 0) ^ 0x87;
  return result;
}
