/** The QR code in the terminal, read back from what is drawn by a scanner that knows nothing of how it was made. */
import * as fc from 'fast-check';
import { decodeQR } from 'qr/decode.js';
import { expect, test } from 'vitest';
import { drawQr } from '../../src/ops/qr.ts';

/** Pixels a module. */
const SCALE = 4;

test.each([
  'https://box.local:8443/',
  'https://192.168.1.20/',
  'https://[fd00::1]:8443/',
  'HTTPS://BOX',
  '8080',
  'https://bücherei.local/ä?ü=✓',
  'x'.repeat(213),
])('a scanner reads %s from the terminal', (text) => {
  expect(scan(drawn(text))).toBe(text);
});

test('a scanner reads any address from the terminal', () => {
  void fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
      fc.pre(Buffer.byteLength(url) <= 213);
      expect(scan(drawn(url))).toBe(url);
    }),
    { numRuns: 50 },
  );
});

test('what is too long for a terminal is not drawn', () => {
  expect(drawQr('x'.repeat(213))).toBeDefined();
  expect(drawQr('x'.repeat(214))).toBeUndefined();
  expect(drawQr('ü'.repeat(107))).toBeUndefined();
});

test('it has a light rim, and colours of its own', () => {
  const lines = drawn('a').split('\n');
  expect(lines).toHaveLength(13);
  expect(lines[0]).toBe(`\u001b[97;40m${'█'.repeat(25)}\u001b[0m`);
});

function drawn(text: string): string {
  const lines = drawQr(text);
  if (lines === undefined) throw new Error(`not drawn: ${text}`);
  return lines;
}

/** What a camera sees: light halves of characters are white, the rest is black. */
function scan(terminal: string): string {
  const rows = terminal.split('\n').flatMap((line) => {
    const characters = [...line.slice('\u001b[97;40m'.length, -'\u001b[0m'.length)];
    return ['█▀', '█▄'].map((light) => characters.map((character) => light.includes(character)));
  });
  const [height, width] = [rows.length * SCALE, (rows[0]?.length ?? 0) * SCALE];
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (rows[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] === false)
        data.fill(0, 4 * (y * width + x), 4 * (y * width + x) + 3);
  return decodeQR({ width, height, data }, { effort: Number.POSITIVE_INFINITY, timeLimit: 10_000 });
}
