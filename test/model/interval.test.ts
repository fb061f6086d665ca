/** The usual interval of a device and from when on a value is stale. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { staleAfterMs, usualIntervalMs } from '../../src/model/interval.ts';

test('a regular device has its period as usual interval, also with one reading missing', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000_000 }),
      fc.integer({ min: 5, max: 40 }),
      fc.nat(),
      (periodMs, count, gone) => {
        const timesMs = Array.from({ length: count }, (_, i) => (count - i) * periodMs);
        expect(usualIntervalMs(timesMs)).toBe(periodMs);
        expect(usualIntervalMs(timesMs.toSpliced(gone % count, 1))).toBe(periodMs);
      },
    ),
  );
});

test('too few readings tell no interval, and then an hour makes a value stale', () => {
  expect([[], [5], [5, 4]].map(usualIntervalMs)).toEqual([undefined, undefined, undefined]);
  expect(staleAfterMs(undefined)).toBe(3_600_000);
  expect(staleAfterMs(600_000)).toBe(1_800_000);
});
