/** Times of rows are written as JavaScript writes them, whichever came before. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from '../../../src/sync/centre/postgres/rows.ts';

test('a time is written to the letter, beside neighbours of its minute and of others', () => {
  const minute = fc.integer({ min: -62_000_000, max: 253_000_000 }).map((minutes) => minutes * 60_000);
  const apart = fc.array(fc.integer({ min: -61_000, max: 61_000 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(minute, apart, (fromMs, near) => {
      for (const ms of near) {
        const timeMs = Math.max(-62_000_000_000_000, fromMs) + ms;
        expect(isoTime(timeMs)).toBe(new Date(timeMs).toISOString());
      }
    }),
  );
});

test('each millisecond around the end of a minute, forwards and back', () => {
  const endMs = Date.UTC(2026, 1, 28, 23, 59);
  for (const apart of [-2, -1, 0, 1, 0, -1, -2, 59_999, 60_000, 59_999]) {
    expect(isoTime(endMs + apart)).toBe(new Date(endMs + apart).toISOString());
  }
});
