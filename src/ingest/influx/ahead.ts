/**
 * Which records were settled ahead of the cursor, by `seq`: a few ranges and, within them, the ones that were quarantined.
 * Kept in memory only: after a crash these records are simply written again.
 */

/** Inclusive. */
interface Range {
  readonly from: number;
  to: number;
}

export interface Ahead {
  /** Adds the settled range, which starts after every range known. */
  add(from: number, to: number, quarantined: readonly number[]): void;
  /** End of the range that `seq` lies in, or undefined. */
  endOf(seq: number): number | undefined;
  /** Where the next range above `seq` starts, or undefined. */
  nextStart(seq: number): number | undefined;
  /** How many of the quarantined lie in (`after`, `to`]. */
  quarantinedIn(after: number, to: number): number;
  /** How many records above `seq` are settled, quarantined ones included. */
  countAbove(seq: number): number;
  /** Forgets everything up to `seq`. */
  dropUpTo(seq: number): void;
  clear(): void;
  /** Ranges and quarantined records held; what has to stay bounded. */
  size(): number;
}

/** Nothing settled ahead. */
export function createAhead(): Ahead {
  let ranges: Range[] = [];
  let quarantined: number[] = [];
  return {
    add(from, to, bad) {
      const last = ranges.at(-1);
      if (last && last.to + 1 === from) last.to = to;
      else ranges.push({ from, to });
      quarantined.push(...bad);
    },
    endOf: (seq) => ranges.find(({ from, to }) => from <= seq && seq <= to)?.to,
    nextStart: (seq) => ranges.find(({ from }) => from > seq)?.from,
    quarantinedIn: (after, to) => quarantined.filter((seq) => seq > after && seq <= to).length,
    countAbove: (seq) =>
      ranges.reduce((sum, { from, to }) => sum + Math.max(0, to - Math.max(from - 1, seq)), 0),
    dropUpTo(seq) {
      if (ranges.length === 0 || (ranges[0]?.from ?? 0) > seq) return;
      ranges = ranges
        .filter(({ to }) => to > seq)
        .map(({ from, to }) => ({ from: Math.max(from, seq + 1), to }));
      quarantined = quarantined.filter((bad) => bad > seq);
    },
    clear() {
      ranges = [];
      quarantined = [];
    },
    size: () => ranges.length + quarantined.length,
  };
}
