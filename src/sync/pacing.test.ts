/** Pacing: backoff without end, batches that fit the line. */
import { describe, expect, test } from 'vitest';
import { backoffMs, larger, smaller } from './pacing.ts';

describe('backoff', () => {
  test('doubles from the shortest to the longest wait and never ends', () => {
    expect([0, 1, 2, 3, 4, 1e9, Number.POSITIVE_INFINITY].map((n) => backoffMs(n, 100, 1_000, 1))).toEqual([
      100, 200, 400, 800, 1_000, 1_000, 1_000,
    ]);
  });

  test('spreads the sites by half', () => {
    expect(backoffMs(0, 100, 1_000, 0)).toBe(50);
  });
});

describe('the share of a batch', () => {
  const most = { records: 500, bytes: 65_536 };

  test('shrinks to a single record on a line too thin, and recovers', () => {
    let share = most;
    for (let i = 0; i < 10; i++) share = smaller(share);
    expect(share).toEqual({ records: 1, bytes: 1_024 });
    for (let i = 0; i < 10; i++) share = larger(share, most);
    expect(share).toEqual(most);
  });
});
