/** What a chart draws: ranges that zoom and move, gaps that stay gaps, rows of the table. */
import { describe, expect, test } from 'vitest';
import {
  columnsOf,
  DAY_MS,
  follows,
  heightOf,
  moved,
  rowsOf,
  zoomed,
} from '../../../src/ui/web/history-data.ts';

const NOW_MS = Date.UTC(2026, 10, 26, 12);
const DAY = { fromMs: NOW_MS - DAY_MS, toMs: NOW_MS };
const point = (minutes: number, value: number, count = 1) => ({
  ...{ time: new Date(NOW_MS + minutes * 60_000).toISOString(), count },
  ...{ min: value - count + 1, max: value + count - 1, mean: value, first: value, last: value },
});

describe('ranges', () => {
  test('move back and forth, never beyond now', () => {
    const back = moved(DAY, -0.5, NOW_MS);
    expect(back).toEqual({ fromMs: DAY.fromMs - DAY_MS / 2, toMs: DAY.toMs - DAY_MS / 2 });
    expect(moved(back, 0.25, NOW_MS).toMs).toBe(NOW_MS - DAY_MS / 4);
    expect(moved(back, 3, NOW_MS)).toEqual(DAY);
    expect(moved(DAY, 1, NOW_MS)).toEqual(DAY);
  });

  test('zoom around a moment that stays where it is; not nearer than a minute, not beyond now', () => {
    const atMs = NOW_MS - DAY_MS / 4;
    const near = zoomed(DAY, 0.5, atMs, NOW_MS);
    expect(near.toMs - near.fromMs).toBe(DAY_MS / 2);
    expect((atMs - near.fromMs) / (near.toMs - near.fromMs)).toBeCloseTo(0.75);
    const far = zoomed(DAY, 2, atMs, NOW_MS);
    expect(far).toEqual({ fromMs: NOW_MS - 2 * DAY_MS, toMs: NOW_MS });
    const nearest = zoomed(DAY, 1e-9, atMs, NOW_MS);
    expect(nearest.toMs - nearest.fromMs).toBeCloseTo(60_000);
    const farthest = zoomed(DAY, 1e9, atMs, NOW_MS);
    expect(farthest.toMs - farthest.fromMs).toBe(3_700 * DAY_MS);
  });

  test('follow what comes while they end now', () => {
    expect(
      [DAY, moved(DAY, -0.001, NOW_MS), moved(DAY, -0.1, NOW_MS)].map((one) => follows(one, NOW_MS)),
    ).toEqual([true, true, false]);
  });
});

describe('columns', () => {
  test('a gap is one null; a bucket that is longer than the interval makes none', () => {
    const points = [point(0, 1), point(4, 2), point(8, 3), point(60, 4), point(64, 5)];
    const { times, mean, isRaw } = columnsOf(points, 1_000, 240_000);
    expect(mean).toEqual([1, 2, 3, null, 4, 5]);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(isRaw).toBe(true);
    expect(columnsOf(points, 3_600_000, 240_000).mean).toEqual([1, 2, 3, 4, 5]);
    // By its own steps, where nobody knows how often it reports.
    expect(columnsOf(points, 1_000, undefined).mean).toEqual([1, 2, 3, null, 4, 5]);
  });

  test('buckets of several values are a band', () => {
    expect(columnsOf([point(0, 10, 3)], 1_000, undefined)).toMatchObject({
      ...{ min: [8], mean: [10], max: [12], isRaw: false },
    });
    expect(columnsOf([], 1_000, undefined).times).toEqual([]);
  });

  test('noise does not fill the height', () => {
    const [low, high] = heightOf(20, 20.01, 1);
    expect(high - low).toBeCloseTo(1.1);
    const [flatLow, flatHigh] = heightOf(0, 0, 0);
    expect(flatHigh).toBeGreaterThan(flatLow);
  });

  test('the table begins with the newest', () => {
    expect(rowsOf([point(0, 1), point(1, 2), point(2, 3)], 2).map(({ mean }) => mean)).toEqual([3, 2]);
  });
});
