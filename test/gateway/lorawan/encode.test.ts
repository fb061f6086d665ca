/** Frames that other encoders cannot write, and fields that no frame can hold. */
import { describe, expect, test } from 'vitest';
import { createSessionKeys, verifyMic } from '../../../src/gateway/lorawan/crypto.ts';
import { type DataFrameFields, encodeDataFrame } from '../../../src/gateway/lorawan/encode.ts';
import { parseFrame } from '../../../src/gateway/lorawan/frame.ts';

const keys = createSessionKeys('11'.repeat(16), '22'.repeat(16));
const base = { direction: 'down', devAddr: '01020304', fCnt: 9 } as const;

describe('encodeDataFrame', () => {
  test('writes a bare acknowledgement', () => {
    const bytes = encodeDataFrame({ ...base, fCtrl: { ack: true } }, keys);
    expect(Buffer.from(bytes.subarray(0, 8)).toString('hex')).toBe('6004030201200900');
    expect(bytes).toHaveLength(12);
    const parsed = parseFrame(bytes);
    expect(parsed.ok && parsed.frame.kind === 'data' && verifyMic(parsed.frame, keys, 9)).toBe(true);
  });

  test('writes a downlink with MAC commands and nothing else', () => {
    const bytes = encodeDataFrame({ ...base, confirmed: true, fOpts: Uint8Array.of(6) }, keys);
    expect(Buffer.from(bytes.subarray(0, 9)).toString('hex')).toBe('a0040302010109' + '0006');
    expect(bytes).toHaveLength(13);
  });

  test.each<[string, Partial<DataFrameFields>]>([
    ['a negative counter', { fCnt: -1 }],
    ['a counter beyond 32 bits', { fCnt: 0x1_0000_0000 }],
    ['16 bytes of FOpts', { fOpts: new Uint8Array(16) }],
    ['FOpts on port 0', { fPort: 0, fOpts: new Uint8Array(1) }],
    ['a payload without a port', { payload: new Uint8Array(1) }],
    ['more than 255 bytes', { fPort: 1, payload: new Uint8Array(243) }],
  ])('refuses %s', (_, fields) => {
    expect(() => encodeDataFrame({ ...base, ...fields }, keys)).toThrow(RangeError);
  });
});
