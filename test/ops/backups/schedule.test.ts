/** When a backup is due, and which are kept. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDue, lastDueMs, timesToKeep } from '../../../src/ops/backups/schedule.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 26, 12);
const KEEP = { daily: 7, weekly: 4, monthly: 12 };
const at = (timeMs: number, hours: number, minutes: number): number =>
  new Date(timeMs).setHours(hours, minutes, 0, 0);

describe('O10: a backup', () => {
  it('is due once a day, at the time of the setting', () => {
    const due = at(NOW, 2, 17);
    expect(lastDueMs(due, '02:17')).toBe(due);
    expect(lastDueMs(due + DAY_MS / 2, '02:17')).toBe(due);
    expect(lastDueMs(due - 1, '02:17')).toBe(at(due - DAY_MS, 2, 17));
    expect(isDue(due - 1, '02:17', due - DAY_MS)).toBe(false);
    expect(isDue(due, '02:17', due - 1)).toBe(true);
    expect(isDue(due + 1, '02:17', due)).toBe(false);
  });

  it('is made up for by a box that was off, and made at once where there is none', () => {
    expect(isDue(NOW, '02:17', NOW - 3 * DAY_MS)).toBe(true);
    expect(isDue(NOW, '02:17', undefined)).toBe(true);
  });

  it('of the future is one of a wrong clock, and does not keep the next one away', () => {
    expect(isDue(NOW, '02:17', NOW + 300 * DAY_MS)).toBe(true);
  });
});

describe('O10: of the backups are kept', () => {
  it('the last of 7 days, 4 weeks and 12 months, after two years of a backup a day', () => {
    const times = Array.from({ length: 730 }, (_, day) => NOW - day * DAY_MS);
    const kept = [...timesToKeep(times, KEEP, NOW)].sort((a, b) => b - a);
    const days = kept.map((timeMs) => new Date(timeMs).toISOString().slice(0, 10));
    expect(days.slice(0, 9)).toEqual([
      ...['2026-11-26', '2026-11-25', '2026-11-24', '2026-11-23', '2026-11-22', '2026-11-21', '2026-11-20'],
      '2026-11-15',
      '2026-11-08',
    ]);
    // The 22nd is the last day of a week, and one of the last seven days.
    expect(days.slice(9)).toEqual([
      ...['2026-10-31', '2026-09-30', '2026-08-31', '2026-07-31', '2026-06-30', '2026-05-31', '2026-04-30'],
      ...['2026-03-31', '2026-02-28', '2026-01-31', '2025-12-31'],
    ]);
  });

  it('always the newest one, never more than are asked for, and one made just now before those of the future', () => {
    const times = fc.array(fc.integer({ min: 0, max: NOW + 900 * DAY_MS }), { minLength: 1, maxLength: 200 });
    const keep = fc.record({ daily: fc.integer({ min: 1, max: 9 }), weekly: fc.nat(5), monthly: fc.nat(5) });
    fc.assert(
      fc.property(times, keep, (others, wanted) => {
        const kept = timesToKeep([NOW, ...others], wanted, NOW);
        expect(kept.has(NOW)).toBe(true);
        expect(kept.size).toBeLessThanOrEqual(wanted.daily + wanted.weekly + wanted.monthly);
        for (const timeMs of kept) expect([NOW, ...others]).toContain(timeMs);
        // What is pruned once stays out: pruning twice is pruning once.
        expect(timesToKeep([...kept], wanted, NOW)).toEqual(kept);
      }),
    );
  });
});
