/** When a server asks to be tried again, as a table. */
import { describe, expect, test } from 'vitest';
import { retryAfterMs } from '../../src/model/retry-after.ts';

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
