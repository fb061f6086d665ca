/** AES-128 against the example of FIPS 197 and against node:crypto. */
import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlocks, encryptInto, expandKey } from '../../../src/gateway/lorawan/aes.ts';

function encrypted(key: Uint8Array, block: Uint8Array): string {
  const from = createBlocks(2);
  from.bytes.set(block, 16);
  const result = createBlocks(1);
  encryptInto(result.words, expandKey(key), from.words, 4);
  return Buffer.from(result.bytes).toString('hex');
}

describe('encryptInto', () => {
  test('gives what FIPS 197, appendix C.1, gives', () => {
    const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    const block = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    expect(encrypted(key, block)).toBe('69c4e0d86a7b0430d8cdb78070b4c55a');
  });

  test('gives what OpenSSL gives, for any key and block', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(bytes, bytes, (key, block) => {
        const theirs = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(block);
        expect(encrypted(key, block)).toBe(theirs.toString('hex'));
      }),
    );
  });
});
