/** The line of recent values: true to time and size, gaps included. */
import { describe, expect, test } from 'vitest';
import { linePath, scaleOf } from '../../../src/ui/web/sparkline.tsx';

/** Oldest first, as they are easier to read. */
const points = (...values: [number, number][]) =>
  values.map(([timeMs, value]) => ({ timeMs, value })).toReversed();
const steady = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i): [number, number] => [i * 60, value(i)]);
/** x and y of each point of a path. */
const places = (path: string | undefined) =>
  [...(path ?? '').matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

describe('the line of recent values', () => {
  test('too few points draw nothing', () => {
    expect(linePath(points([0, 1], [1, 2]))).toBeUndefined();
    expect(linePath(points([5, 1], [5, 2], [5, 3]))).toBeUndefined();
  });

  test('a gap stays a gap, and a contact goes in steps', () => {
    const gap = linePath(points([0, 1.5], [1, 2], [2, 3], [3, 4], [4, 4], [90, 5], [91, 6]));
    expect(gap?.line.match(/M/g)).toHaveLength(2);
    expect(linePath(points([0, 0], [1, 1], [2, 0]))?.line).toContain('H');
    expect(linePath(points([0, 0], [1, 7], [2, 0]))?.line).not.toContain('H');
  });

  test('P9: what came before a gap of days is not squeezed to the left', () => {
    const path = linePath(points(...steady(20, (i) => i), [500_000, 3], [500_060, 4]));
    const xs = places(path?.line).map(([x]) => x);
    expect(xs[19]).toBeGreaterThan(70);
    expect((xs[20] ?? 0) - (xs[19] ?? 0)).toBeGreaterThan(2 * ((xs[1] ?? 0) - (xs[0] ?? 0)));
  });

  test('P9: a lone point is a dot, and the newest one is marked, also after a gap', () => {
    const path = linePath(points([0, 1], [60, 2], [120, 3], [90_000, 4]));
    expect(path?.line).toMatch(/M94\.0 [\d.]+h\.01$/);
    expect(path?.newest).toMatch(/^M94\.0 [\d.]+h\.01$/);
    expect(linePath(points(...steady(5, (i) => i)))?.line).not.toContain('h.01');
  });

  test('P9: half a percent is no change worth the height; a real one fills it', () => {
    const height = (value: (i: number) => number, unit?: string) => {
      const list = points(...steady(24, value));
      const ys = places(linePath(list, scaleOf(list, unit))?.line).map(([, y]) => y);
      return Math.max(...ys) - Math.min(...ys);
    };
    expect(height((i) => 200 + (i % 2))).toBeLessThan(3);
    expect(height((i) => -200 - (i % 2))).toBeLessThan(3);
    expect(height((i) => 4 + (i % 2) / 10, '°C')).toBeLessThan(3);
    expect(height((i) => 1000 + i, 'hPa')).toBe(20);
    expect(height((i) => 10 + i)).toBe(20);
    expect(height(() => 0)).toBe(0);
  });

  test('P4: between two known limits the line shows where in them the value is', () => {
    const list = points(...steady(5, (i) => 40 + i));
    expect(scaleOf(list, 'cm', { low: 0, high: 100 })).toEqual({ low: 0, high: 100 });
    expect(scaleOf(list, 'cm', { low: 0, high: 42 })).toEqual({ low: 0, high: 44 });
    expect(scaleOf(list, 'cm', { low: 0, high: undefined })).toEqual({ low: 40, high: 44 });
  });

  test('times that are set right later do not draw the line backwards', () => {
    const xs = places(linePath(points([0, 1], [120, 2], [60, 3], [180, 4]))?.line).map(([x]) => x);
    expect(xs).toEqual(xs.toSorted((a, b) => a - b));
  });
});
