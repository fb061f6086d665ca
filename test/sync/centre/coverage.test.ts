/** Coverage against a set of numbers: what is covered, where the gaps are, how far the watermark goes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Coverage,
  countOf,
  cover,
  formatCoverage,
  gapsOf,
  isCovered,
  NO_COVERAGE,
  parseCoverage,
  type Range,
  watermarkOf,
} from '../../../src/sync/centre/coverage.ts';

const range = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 6 }))
  .map(([first, more]): Range => [first, first + more]);

function of(ranges: readonly Range[], epoch = 1, before: Coverage = NO_COVERAGE): Coverage {
  return ranges.reduce((coverage, each) => cover(coverage, epoch, [each], true), before);
}

describe('coverage', () => {
  test('is the set of the numbers put in, in whatever order, also after text', () => {
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 20 }), (ranges) => {
        const numbers = new Set(
          ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
        );
        const coverage = parseCoverage(formatCoverage(of(ranges)));
        const base = Math.min(...numbers);
        const all = Array.from({ length: 70 }, (_, i) => i + 1);
        expect(all.filter((seq) => isCovered(coverage, 1, seq))).toEqual(
          all.filter((seq) => numbers.has(seq)),
        );
        expect(countOf(coverage)).toBe(numbers.size);
        const firstMissing = all.find((seq) => seq > base && !numbers.has(seq)) ?? 0;
        expect(watermarkOf(coverage)).toEqual({ epoch: 1, seq: firstMissing - 1 });
        const missing = gapsOf(coverage).flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, i) => first + i),
        );
        expect(missing).toEqual(all.filter((s) => s >= base && s <= Math.max(...numbers) && !numbers.has(s)));
      }),
    );
  });

  test('an explained range closes a gap, and says nothing of what lies before the beginning', () => {
    const torn = of([
      [5, 9],
      [20, 30],
    ]);
    expect(watermarkOf(torn)).toEqual({ epoch: 1, seq: 9 });
    const whole = cover(torn, 1, [[1, 19]], false);
    expect(watermarkOf(whole)).toEqual({ epoch: 1, seq: 30 });
    expect(whole.epochs[0]?.base).toBe(5);
    expect(cover(NO_COVERAGE, 1, [[1, 19]], false)).toEqual(NO_COVERAGE);
  });

  test('a gap in an earlier epoch holds the watermark there', () => {
    const torn = of(
      [[1, 5]],
      3,
      of([
        [1, 4],
        [6, 9],
      ]),
    );
    expect(watermarkOf(torn)).toEqual({ epoch: 1, seq: 4 });
    expect(watermarkOf(cover(torn, 1, [[5, 5]], true))).toEqual({ epoch: 3, seq: 5 });
  });

  test('nothing but holes fills no memory, and what was dropped is not claimed', () => {
    const sparse = of(Array.from({ length: 2000 }, (_, i): Range => [2 * i + 1, 2 * i + 1]));
    expect(sparse.epochs[0]?.ranges.length).toBeLessThan(1000);
    expect(sparse.isPartial).toBe(true);
    expect(isCovered(sparse, 1, 3999)).toBe(false);
  });

  test('text that is none is no coverage', () => {
    for (const text of ['', null, undefined, '{', '7', '[]', '{"a":1}'])
      expect(parseCoverage(text)).toEqual(NO_COVERAGE);
  });
});
