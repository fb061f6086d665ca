/** The agenda gives back what was put in, in order of time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAgenda } from '../../src/simulator/agenda.ts';

describe('an agenda', () => {
  test('gives everything due in order of time, and of adding where the time is the same', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (times) => {
        const agenda = createAgenda<{ dueMs: number; order: number }>();
        for (const [order, dueMs] of times.entries()) agenda.add(dueMs, { dueMs, order });
        const taken = Array.from(times, () => agenda.take(20));
        const sorted = times
          .map((dueMs, order) => ({ dueMs, order }))
          .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
        expect(taken).toEqual(sorted);
        expect(agenda.take(20)).toBeUndefined();
      }),
    );
  });

  test('keeps what is not due yet, and knows when it will be', () => {
    const agenda = createAgenda<string>();
    expect(agenda.nextMs()).toBeUndefined();
    agenda.add(50, 'later');
    agenda.add(10, 'sooner');
    expect(agenda.nextMs()).toBe(10);
    expect(agenda.take(9)).toBeUndefined();
    expect(agenda.take(10)).toBe('sooner');
    expect(agenda.take(49)).toBeUndefined();
    agenda.clear();
    expect(agenda.take(1_000)).toBeUndefined();
  });
});
