/** The wire format at its edges: what the messages' own tests do not reach. */
import { describe, expect, test } from 'vitest';
import {
  createReader,
  enter,
  leave,
  readBytes,
  readField,
  readInt64,
  readText,
  readUint32,
  skip,
} from '../../../src/gateway/bridge/wire.ts';

/** The reader, standing behind the first field's tag. */
function at(hex: string) {
  const r = createReader(Buffer.from(hex, 'hex'));
  readField(r);
  return r;
}

describe('reading', () => {
  test.each([
    ['08 00', 0],
    ['08 ff ff ff ff 0f', 0xffff_ffff],
    ['08 cc ff ff ff ff ff ff ff ff 01', 0xffff_ffcc],
  ])('takes %s as a uint32', (hex, value) => {
    const r = at(hex.replaceAll(' ', ''));
    expect([readUint32(r), r.bad]).toEqual([value, false]);
  });

  test('keeps the sign of an int64', () => {
    expect(readInt64(at('08ffffffffffffffffff01'))).toBeLessThanOrEqual(0);
    expect(readInt64(at('0880808080808080808001'))).toBe(-(2 ** 63));
    expect(readInt64(at('08b790aa9706'))).toBe(1_659_537_463);
  });

  test.each([
    ['a varint of eleven bytes', '08ffffffffffffffffffff01', readUint32],
    ['a varint without an end', '08ff', readUint32],
    ['a length beyond the payload', '0a05616263', readBytes],
    ['a length of 4 GB', '0affffffff0f61', readText],
    ['another wire type', '0d01020304', readText],
    ['a group', '0b0c', skip],
    ['a fixed64 cut off', '0901020304', skip],
  ])('finds the fault in %s and ends', (_what, hex, read: (r: ReturnType<typeof at>) => unknown) => {
    const r = at(hex);
    read(r);
    expect(r.bad).toBe(true);
    expect(readField(r)).toBe(0);
  });

  test('finds the fault in field 0', () => {
    const r = createReader(Buffer.from('0001', 'hex'));
    expect([readField(r), r.bad]).toEqual([0, true]);
  });

  test('does not let a nested message reach beyond its end', () => {
    const r = at('0a02080108ff01');
    const outer = enter(r);
    expect([readField(r), readUint32(r), readField(r)]).toEqual([1, 1, 0]);
    leave(r, outer);
    expect([readField(r), readUint32(r), readField(r), r.bad]).toEqual([1, 255, 0, false]);
  });

  test('gives a view of the payload, not a copy', () => {
    const payload = Uint8Array.from([0x0a, 2, 7, 8]);
    const r = createReader(payload);
    readField(r);
    expect(readBytes(r).buffer).toBe(payload.buffer);
  });
});
