/** The QR code against published vectors, and read back the way a scanner does. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawQr, errorCorrection, type QrModules, qrModules } from './qr.ts';

/** Format information of level M for masks 0 to 7 (ISO/IEC 18004, table C.1). */
const FORMATS = [0x5412, 0x5125, 0x5e7c, 0x5b4b, 0x45f9, 0x40ce, 0x4f97, 0x4aa0];

function formatOf(modules: QrModules): number {
  const size = modules.length;
  let bits = 0;
  for (let i = 0; i < 15; i++) {
    const y = i < 6 ? i : i < 8 ? i + 1 : size - 15 + i;
    bits |= Number(modules[y]?.[8]) << i;
  }
  return bits;
}

test('Reed-Solomon agrees with the worked example of the standard, HELLO WORLD at 1-M', () => {
  const data = [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17];
  expect(errorCorrection(data, 10)).toEqual([196, 35, 39, 119, 235, 215, 231, 226, 93, 23]);
});

describe('the code of an address', () => {
  test('is as large as its version says and carries a format of level M, twice', () => {
    void fc.assert(
      fc.property(fc.string({ maxLength: 213, unit: 'grapheme-ascii' }), (text) => {
        const modules = qrModules(text);
        if (!modules) throw new Error('must fit');
        const size = modules.length;
        expect((size - 17) % 4).toBe(0);
        expect(FORMATS).toContain(formatOf(modules));
        const second = Array.from({ length: 15 }, (_, i) => (i < 8 ? size - 1 - i : i === 8 ? 7 : 14 - i));
        const bits = second.reduce((sum, x, i) => sum | (Number(modules[8]?.[x]) << i), 0);
        expect(bits).toBe(formatOf(modules));
      }),
      { numRuns: 30 },
    );
  });

  test('is refused when it is too long', () => {
    expect(qrModules('x'.repeat(213))).toHaveLength(57);
    expect(qrModules('x'.repeat(214))).toBeUndefined();
  });

  test('holds the text where a scanner looks for it', () => {
    const text = 'https://box.local:8443/';
    const modules = qrModules(text);
    if (!modules) throw new Error('must fit');
    expect(readBytes(modules, text.length)).toBe(text);
  });

  test('is drawn with a light rim', () => {
    const lines = drawQr(qrModules('a') ?? []).split('\n');
    expect(lines).toHaveLength(13);
    expect(lines[0]).toContain('█'.repeat(25));
  });
});

/** Reads a symbol of version 2 (one block, one alignment pattern) as a scanner does. */
function readBytes(modules: QrModules, length: number): string {
  const size = modules.length;
  const mask = FORMATS.indexOf(formatOf(modules));
  const inverted = [
    (i: number, j: number) => (i + j) % 2 === 0,
    (i: number) => i % 2 === 0,
    (_: number, j: number) => j % 3 === 0,
    (i: number, j: number) => (i + j) % 3 === 0,
    (i: number, j: number) => (Math.floor(i / 2) + Math.floor(j / 3)) % 2 === 0,
    (i: number, j: number) => ((i * j) % 2) + ((i * j) % 3) === 0,
    (i: number, j: number) => (((i * j) % 2) + ((i * j) % 3)) % 2 === 0,
    (i: number, j: number) => (((i * j) % 3) + ((i + j) % 2)) % 2 === 0,
  ][mask];
  const reserved = (x: number, y: number): boolean =>
    x === 6 ||
    y === 6 ||
    (x < 9 && y < 9) ||
    (x < 9 && y >= size - 8) ||
    (x >= size - 8 && y < 9) ||
    (x >= 16 && x <= 20 && y >= 16 && y <= 20);
  let bits = '';
  for (let column = 0; column < (size - 1) / 2; column++) {
    const right = size - 1 - 2 * column;
    for (let step = 0; step < size; step++) {
      const y = column % 2 === 0 ? size - 1 - step : step;
      for (const x of right > 6 ? [right, right - 1] : [right - 1, right - 2]) {
        if (!reserved(x, y)) bits += modules[y]?.[x] === inverted?.(y, x) ? '0' : '1';
      }
    }
  }
  expect(Number.parseInt(bits.slice(0, 4), 2)).toBe(4);
  expect(Number.parseInt(bits.slice(4, 12), 2)).toBe(length);
  const bytes = Array.from({ length }, (_, i) => Number.parseInt(bits.slice(12 + 8 * i, 20 + 8 * i), 2));
  return Buffer.from(bytes).toString();
}
