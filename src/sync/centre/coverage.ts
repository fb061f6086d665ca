/**
 * Which records of a site are accounted for: ranges of numbers by epoch, each number stored, set aside or explained by the
 * site's own word. What lies between them is a gap. The text form stands in PostgreSQL and Redis. Pure.
 */

/** From the first number to the last, both included. */
export type Range = readonly [first: number, last: number];

export interface EpochCoverage {
  readonly epoch: number;
  /** The number the epoch began with, as far as was ever seen here. */
  readonly base: number;
  /** Ascending, apart from one another. */
  readonly ranges: readonly Range[];
}

export interface Coverage {
  /** Ascending. */
  readonly epochs: readonly EpochCoverage[];
  /** Something accounted for did not fit: a number outside the ranges may be stored all the same. */
  readonly isPartial: boolean;
}

export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

/** Numbers nobody accounts for. */
export interface Gap {
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
}

/** Of one site. A stream of nothing but holes must not fill memory. */
const MAX_RANGES = 500;
const MAX_EPOCHS = 1000;

export const NO_COVERAGE: Coverage = { epochs: [], isPartial: false };

/** `ranges` in order and joined where they touch. */
export function joinRanges(ranges: readonly Range[]): Range[] {
  const joined: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/**
 * `coverage` with `ranges` of `epoch`. `delivered`: they came in the stream, and so say where the epoch begins; else they are
 * explained, and what lies before its beginning does not count.
 */
export function cover(
  coverage: Coverage,
  epoch: number,
  ranges: readonly Range[],
  delivered: boolean,
): Coverage {
  if (ranges.length === 0) return coverage;
  const known = coverage.epochs.find((each) => each.epoch === epoch);
  if (!known && !delivered) return coverage;
  const joined = joinRanges([...(known?.ranges ?? []), ...ranges]);
  const first = joined[0]?.[0] ?? 1;
  const base = delivered
    ? Math.min(known?.base ?? Number.POSITIVE_INFINITY, ranges[0]?.[0] ?? first, first)
    : (known?.base ?? first);
  const inside = joined.flatMap(([from, to]): Range[] => (to < base ? [] : [[Math.max(from, base), to]]));
  const kept = inside.slice(0, MAX_RANGES);
  const others = coverage.epochs.filter((each) => each.epoch !== epoch);
  const epochs = [...others, { epoch, base, ranges: kept }].sort((a, b) => a.epoch - b.epoch);
  return {
    epochs: epochs.slice(-MAX_EPOCHS),
    isPartial: coverage.isPartial || kept.length < inside.length || epochs.length > MAX_EPOCHS,
  };
}

/** `coverage` with a new epoch that is known to begin at `seq`; an epoch that is known stays as it is. */
export function startEpoch(coverage: Coverage, epoch: number, seq: number): Coverage {
  if (coverage.epochs.some((each) => each.epoch === epoch)) return coverage;
  const epochs = [...coverage.epochs, { epoch, base: seq, ranges: [] }].sort((a, b) => a.epoch - b.epoch);
  return { ...coverage, epochs };
}

/** Whether record `seq` of `epoch` is accounted for. */
export function isCovered({ epochs }: Coverage, epoch: number, seq: number): boolean {
  const ranges = epochs.find((each) => each.epoch === epoch)?.ranges ?? [];
  let [low, high] = [0, ranges.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = ranges[middle] ?? [0, 0];
    if (seq < first) high = middle - 1;
    else if (seq > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** The record up to which all are accounted for; undefined when there is none. */
export function watermarkOf({ epochs }: Coverage): Position | undefined {
  let mark: Position | undefined;
  for (const { epoch, base, ranges } of epochs) {
    const [first] = ranges;
    if (!first || first[0] > base) return mark;
    mark = { epoch, seq: first[1] };
    if (ranges.length > 1) return mark;
  }
  return mark;
}

/** Every gap, oldest first. */
export function gapsOf({ epochs }: Coverage): Gap[] {
  return epochs.flatMap(({ epoch, base, ranges }) => {
    let next = base;
    const gaps: Gap[] = [];
    for (const [first, last] of ranges) {
      if (first > next) gaps.push({ epoch, first: next, last: first - 1 });
      next = last + 1;
    }
    return gaps;
  });
}

/** How many records are accounted for. */
export function countOf({ epochs }: Coverage): number {
  return epochs.reduce(
    (sum, { ranges }) => sum + ranges.reduce((all, [first, last]) => all + last - first + 1, 0),
    0,
  );
}

/** As text: `[isPartial, [epoch, base, [[first, last], …]], …]` in JSON. */
export function formatCoverage({ epochs, isPartial }: Coverage): string {
  return JSON.stringify([isPartial, ...epochs.map(({ epoch, base, ranges }) => [epoch, base, ranges])]);
}

/** Reads `formatCoverage`'s text; anything else is no coverage, under which records are only looked at again. */
export function parseCoverage(text: string | null | undefined): Coverage {
  try {
    const [isPartial, ...epochs] = JSON.parse(text ?? '') as [boolean, ...[number, number, Range[]][]];
    if (typeof isPartial !== 'boolean') return NO_COVERAGE;
    return { isPartial, epochs: epochs.map(([epoch, base, ranges]) => ({ epoch, base, ranges })) };
  } catch {
    return NO_COVERAGE;
  }
}
