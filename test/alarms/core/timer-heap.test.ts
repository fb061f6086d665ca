/** Timers go off in the order of their times and keys, moved and dropped ones as they are last, against an array. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTimerHeap } from '../../../src/alarms/core/timer-heap.ts';

const action = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    key: fc.integer({ min: 0, max: 30 }),
    at: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({ do: fc.constant('drop' as const), key: fc.integer({ min: 0, max: 30 }), at: fc.constant(0) }),
  fc.record({ do: fc.constant('take' as const), key: fc.constant(0), at: fc.integer({ min: 0, max: 20 }) }),
);

test('it does what an array does', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 400, size: 'max' }), (actions) => {
      const heap = createTimerHeap();
      const model = new Map<string, number>();
      const first = () => [...model].sort(([a, at], [b, other]) => at - other || (a < b ? -1 : 1))[0];
      for (const { do: what, key: number, at } of actions) {
        const key = `k${number}`;
        if (what === 'set') {
          heap.set(key, at);
          model.set(key, at);
        } else if (what === 'drop') {
          heap.drop(key);
          model.delete(key);
        } else {
          const next = first();
          const due = next && next[1] <= at ? { key: next[0], dueMs: next[1] } : undefined;
          expect(heap.take(at)).toEqual(due);
          if (due) model.delete(due.key);
        }
        expect(heap.nextMs()).toBe(first()?.[1] ?? Number.POSITIVE_INFINITY);
        expect(heap.size()).toBe(model.size);
      }
    }),
  );
});
