/** The tiles of a wall screen: never more than fit, the abnormal always among them, each one seen once a round. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { turnOf } from '../../../src/ui/web/wall-turns.ts';

const list = (length: number) => Array.from({ length }, (_, n) => n);

test('the abnormal stay while the others take turns', () => {
  expect(turnOf(list(10), 2, 6, 0)).toEqual({ shown: [0, 1, 2, 3, 4, 5], turn: 0, turns: 2 });
  expect(turnOf(list(10), 2, 6, 1)).toEqual({ shown: [0, 1, 6, 7, 8, 9], turn: 1, turns: 2 });
  expect(turnOf(list(10), 2, 6, 2).turn).toBe(0);
  expect(turnOf(list(3), 2, 6, 7)).toEqual({ shown: [0, 1, 2], turn: 0, turns: 1 });
});

test('whatever there is and fits: no more than fit, and each one is seen once a round', () => {
  const counts = fc.record({
    length: fc.nat(300),
    abnormal: fc.nat(300),
    capacity: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(counts, ({ length, abnormal, capacity }) => {
      const all = list(length);
      const { turns } = turnOf(all, Math.min(abnormal, length), capacity, 0);
      const seen = list(turns).map((count) => turnOf(all, Math.min(abnormal, length), capacity, count).shown);
      expect(Math.max(0, ...seen.map((shown) => shown.length))).toBeLessThanOrEqual(capacity);
      expect([...new Set(seen.flat())].sort((a, b) => a - b)).toEqual(all);
    }),
  );
});
