/** When the writer tries again, as tables. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs, retryAfterMs } from './retry.ts';

describe('backoff', () => {
  test('draws below a ceiling that doubles from 250 ms to 4 s and stays there for ever', () => {
    const almostOne = () => 0.9999999;
    const ceilings = [0, 1, 2, 3, 4, 5, 1_000, 1e9].map((attempt) => backoffMs(attempt, almostOne));
    expect(ceilings).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000]);
  });

  test('is never zero and never above the cap', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, draw) => {
        const pauseMs = backoffMs(attempt, () => draw);
        expect(pauseMs).toBeGreaterThanOrEqual(100);
        expect(pauseMs).toBeLessThanOrEqual(4_000);
      }),
    );
  });
});

describe('Retry-After', () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const inTen = new Date(nowMs + 10_000).toUTCString();
  test.each<[string, string | undefined, string | undefined, number | undefined]>([
    ['seconds', '30', undefined, 30_000],
    ['a date by our clock', inTen, undefined, 10_000],
    ['a date by the clock of the server', inTen, new Date(nowMs + 4_000).toUTCString(), 6_000],
    ['a date that has passed', inTen, new Date(nowMs + 60_000).toUTCString(), 0],
    ['an hour at most', '999999999', undefined, 3_600_000],
    ['nonsense', 'soon', undefined, undefined],
    ['nothing', undefined, undefined, undefined],
  ])('%s', (_, retryAfter, date, expected) => {
    expect(retryAfterMs(retryAfter, date, nowMs)).toBe(expected);
  });
});
