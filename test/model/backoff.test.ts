/** When to try again, as a table and as a rule. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../../src/model/backoff.ts';

const RANGE = { minMs: 250, maxMs: 4_000 };

test('doubles from the shortest to the longest wait and stays there for ever', () => {
  const attempts = [0, 1, 2, 3, 4, 5, 1_000, 1e9, Number.POSITIVE_INFINITY];
  expect(attempts.map((attempt) => backoffMs(attempt, RANGE, () => 1))).toEqual([
    250, 500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000,
  ]);
});

test('spreads the boxes over half the wait', () => {
  expect(backoffMs(1, RANGE, () => 0)).toBe(250);
  expect(backoffMs(1, RANGE, () => 0.5)).toBe(375);
});

test('is never nothing and never above the longest wait', () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, draw) => {
      const pauseMs = backoffMs(attempt, RANGE, () => draw);
      expect(pauseMs).toBeGreaterThanOrEqual(RANGE.minMs / 2);
      expect(pauseMs).toBeLessThanOrEqual(RANGE.maxMs);
    }),
  );
});
