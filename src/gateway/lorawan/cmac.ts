/**
 * AES-CMAC (RFC 4493) on one long-lived AES-128-CBC cipher of node:crypto.
 * A CBC chain starts from the IV, and goes on from its last block; we know that block, so it is cancelled by xoring it
 * into the next message's first one. That saves making a cipher for every message, which costs more than the AES itself.
 */
import { type Cipheriv, createCipheriv } from 'node:crypto';

export const BLOCK_BYTES = 16;

/** Computes MACs under one key, which stays inside the native cipher. */
export interface Cmac {
  /**
   * The MAC's 16 bytes for the first `length` bytes of `buffer`. Works in place: it overwrites the buffer, which must
   * have room for the padding, that is up to the next multiple of 16 bytes.
   */
  macInPlace(buffer: Uint8Array, length: number): Uint8Array;
}

/** `key` has 16 bytes; another length is a programming error and throws. */
export function createCmac(key: Uint8Array): Cmac {
  const cipher = createCipheriv('aes-128-cbc', key, new Uint8Array(BLOCK_BYTES));
  cipher.setAutoPadding(false);
  const zero = cipher.update(new Uint8Array(BLOCK_BYTES));
  const fullKey = doubled(zero);
  const paddedKey = doubled(fullKey);
  const chained = Uint8Array.from(zero);
  return {
    macInPlace(buffer, length) {
      const padded = Math.max(BLOCK_BYTES, Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES);
      if (padded > buffer.length)
        throw new RangeError(`a CMAC of ${length} bytes needs ${padded} bytes of room`);
      if (length < padded) {
        buffer[length] = 0x80;
        buffer.fill(0, length + 1, padded);
      }
      xorInto(buffer, padded - BLOCK_BYTES, length < padded ? paddedKey : fullKey);
      xorInto(buffer, 0, chained);
      const mac = lastBlock(cipher, buffer, padded);
      chained.set(mac);
      return mac;
    },
  };
}

function lastBlock(cipher: Cipheriv, buffer: Uint8Array, length: number): Uint8Array {
  const output = cipher.update(length === buffer.length ? buffer : buffer.subarray(0, length));
  return output.subarray(length - BLOCK_BYTES, length);
}

function xorInto(target: Uint8Array, offset: number, block: Uint8Array): void {
  for (let index = 0; index < BLOCK_BYTES; index++) {
    target[offset + index] = (target[offset + index] ?? 0) ^ (block[index] ?? 0);
  }
}

/** Multiplication by x in GF(2^128), the subkeys' generator. */
function doubled(block: Uint8Array): Uint8Array {
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
