/** What is missing before the first number that came. */
import { describe, expect, test } from 'vitest';
import { missingBefore } from '../../../src/sync/centre/beginnings.ts';
import { cover, NO_COVERAGE, type Range } from '../../../src/sync/centre/coverage.ts';

const of = (...epochs: readonly (readonly [epoch: number, range: Range])[]) =>
  epochs.reduce((coverage, [epoch, range]) => cover(coverage, epoch, [range], true), NO_COVERAGE);
const stores = (...names: readonly string[]) => new Map(names.map((name, at) => [at + 1, name]));

describe('missing before the beginning', () => {
  test('nothing where a store begins with 1, or goes on where it ended', () => {
    expect(missingBefore(of([1, [1, 9]], [2, [10, 12]]), stores('a', 'a'), [])).toEqual([]);
    expect(missingBefore(of([1, [1, 9]], [2, [1, 12]]), stores('a', 'b'), [])).toEqual([]);
    // An old backup: its numbers come under a new epoch.
    expect(missingBefore(of([1, [1, 9]], [2, [6, 12]]), stores('a', 'a'), [])).toEqual([]);
    expect(missingBefore(NO_COVERAGE, new Map(), [])).toEqual([]);
  });

  test('what lies before the first, less what the site explains or somebody accepted', () => {
    const coverage = of([3, [51, 60]]);
    expect(missingBefore(coverage, new Map(), [])).toEqual([{ epoch: 3, first: 1, last: 50 }]);
    const explained = [
      { epoch: 3, range: [1, 20] as const },
      { epoch: 3, range: [31, 40] as const },
    ];
    expect(missingBefore(coverage, new Map(), explained)).toEqual([
      { epoch: 3, first: 21, last: 30 },
      { epoch: 3, first: 41, last: 50 },
    ]);
  });

  test('each store by itself: another one explains nothing, and one that comes back goes on', () => {
    const coverage = of([1, [1, 9]], [2, [5, 8]], [3, [12, 20]]);
    const other = [{ epoch: 1, range: [1, 4] as const }];
    expect(missingBefore(coverage, stores('a', 'b', 'a'), other)).toEqual([
      { epoch: 2, first: 1, last: 4 },
      { epoch: 3, first: 10, last: 11 },
    ]);
  });
});
