/** The checksum of a record notices what a failing card does to its numbers and texts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CheckedRow, checkOf, isIntact } from '../../../src/store/log/record-check.ts';

const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const row: fc.Arbitrary<CheckedRow> = fc.record({
  seq: number,
  time: number,
  kind: fc.nat({ max: 10 }),
  device: fc.option(number),
  next: fc.option(number),
  key: fc.option(fc.string()),
  body: fc.string(),
});
/** Computed by such a program. */
const EARLIER = 399201849;
const NUMBERS = ['seq', 'time', 'kind', 'device', 'next'] as const;

test('a record as it was written is intact', () => {
  fc.assert(fc.property(row, (given) => isIntact({ ...given, crc: checkOf(given) })));
});

test('one bit more or less in any number is noticed', () => {
  const flip = fc.record({ field: fc.constantFrom(...NUMBERS), bit: fc.nat({ max: 51 }) });
  fc.assert(
    fc.property(row, flip, (given, { field, bit }) => {
      const value = given[field] ?? 0;
      const weight = 2 ** bit;
      const flipped = Math.floor(value / weight) % 2 === 1 ? value - weight : value + weight;
      return !isIntact({ ...given, [field]: flipped, crc: checkOf(given) });
    }),
    { numRuns: 2_000 },
  );
});

test('a text that a flipped bit made a blob of the same bytes is noticed', () => {
  const blob = (text: string | Uint8Array): string => Object(Buffer.from(text));
  fc.assert(
    fc.property(row, (given) => !isIntact({ ...given, body: blob(given.body), crc: checkOf(given) })),
  );
  fc.assert(
    fc.property(
      row,
      fc.string(),
      (given, key) => !isIntact({ ...given, key: blob(key), crc: checkOf({ ...given, key }) }),
    ),
  );
});

test('a coded body that a flipped bit made a text of the same bytes is noticed', () => {
  fc.assert(
    fc.property(
      row,
      fc.string({ unit: 'grapheme-ascii' }),
      (given, body) => !isIntact({ ...given, body, crc: checkOf({ ...given, body: Buffer.from(body) }) }),
    ),
  );
});

test('a record of the first programs is intact as well', () => {
  const body = '{"event":"started"}';
  const written = { seq: 7, time: 1_767_225_600_000, kind: 3, device: 2, next: null, key: null, body };
  expect(isIntact({ ...written, crc: EARLIER })).toBe(true);
});
