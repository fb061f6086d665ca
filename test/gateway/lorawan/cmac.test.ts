/** AES-CMAC against the examples of RFC 4493 §4. */
import { describe, expect, test } from 'vitest';
import { createBlocks } from '../../../src/gateway/lorawan/aes.ts';
import { type Cmac, createCmac } from '../../../src/gateway/lorawan/cmac.ts';

const KEY = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex');
const MESSAGE = Buffer.from(
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
    '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  'hex',
);
const EXAMPLES: readonly (readonly [number, string])[] = [
  [0, 'bb1d6929e95937287fa37d129b756746'],
  [16, '070a16b46b4d4144f79bdd9dd04a287c'],
  [40, 'dfa66747de9ae63030ca32611497c827'],
  [64, '51f0bebf7e3b9d92fc49741779363cfe'],
];

function mac(cmac: Cmac, length: number, filling = 0): string {
  const blocks = createBlocks(5);
  blocks.bytes.fill(filling);
  blocks.bytes.set(MESSAGE.subarray(0, length));
  return Buffer.from(cmac.mac(blocks, length).slice().buffer).toString('hex');
}

describe('createCmac', () => {
  test.each(EXAMPLES)('gives the MAC that RFC 4493 gives for %i bytes', (length, expected) => {
    expect(mac(createCmac(KEY), length)).toBe(expected);
  });

  test('gives the same MACs from one object, in any order and whatever stood before in the buffer', () => {
    const cmac = createCmac(KEY);
    for (const [length, expected] of [...EXAMPLES, ...EXAMPLES.toReversed()]) {
      expect(mac(cmac, length)).toBe(expected);
      expect(mac(cmac, length, 0xff)).toBe(expected);
    }
  });

  test('a caller that writes into the result does not disturb the next one', () => {
    const cmac = createCmac(KEY);
    cmac.mac(createBlocks(1), 3).fill(0xffff_ffff);
    expect(mac(cmac, 40)).toBe('dfa66747de9ae63030ca32611497c827');
  });

  test('refuses a buffer without room for the padding and a key of another length', () => {
    expect(() => createCmac(KEY).mac(createBlocks(1), 17)).toThrow(RangeError);
    expect(() => createCmac(KEY.subarray(1))).toThrow(RangeError);
  });
});
