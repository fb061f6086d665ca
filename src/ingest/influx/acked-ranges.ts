/**
 * Which records were settled ahead of the cursor, by `seq`: a few ranges and, within them, the ones that were not delivered
 * but quarantined or given up.
 * Kept in memory only: after a crash these records are simply written again.
 */

/** Inclusive. */
interface Range {
  readonly from: number;
  to: number;
}

export type Undelivered = 'quarantined' | 'expired';

export interface AckedRanges {
  /** Adds the settled range, which starts after every range known. */
  add(from: number, to: number, undelivered: Readonly<Record<Undelivered, readonly number[]>>): void;
  /** End of the range that `seq` lies in, or undefined. */
  endOf(seq: number): number | undefined;
  /** Where the next range above `seq` starts, or undefined. */
  nextStart(seq: number): number | undefined;
  /** How many of those set aside as `fate` lie in (`after`, `to`]. */
  countIn(fate: Undelivered, after: number, to: number): number;
  /** How many records above `seq` are settled, whatever became of them. */
  countAbove(seq: number): number;
  /** Forgets everything up to `seq`. */
  dropUpTo(seq: number): void;
  clear(): void;
  /** Ranges and undelivered records held; what has to stay bounded. */
  size(): number;
}

/** Nothing settled ahead. */
export function createAckedRanges(): AckedRanges {
  let ranges: Range[] = [];
  let seqs: Record<Undelivered, number[]> = { quarantined: [], expired: [] };
  return {
    add(from, to, undelivered) {
      const last = ranges.at(-1);
      if (last && last.to + 1 === from) last.to = to;
      else ranges.push({ from, to });
      seqs.quarantined.push(...undelivered.quarantined);
      seqs.expired.push(...undelivered.expired);
    },
    endOf: (seq) => ranges.find(({ from, to }) => from <= seq && seq <= to)?.to,
    nextStart: (seq) => ranges.find(({ from }) => from > seq)?.from,
    countIn: (fate, after, to) => seqs[fate].filter((seq) => seq > after && seq <= to).length,
    countAbove: (seq) =>
      ranges.reduce((sum, { from, to }) => sum + Math.max(0, to - Math.max(from - 1, seq)), 0),
    dropUpTo(seq) {
      if (ranges.length === 0 || (ranges[0]?.from ?? 0) > seq) return;
      ranges = ranges
        .filter(({ to }) => to > seq)
        .map(({ from, to }) => ({ from: Math.max(from, seq + 1), to }));
      const above = (list: readonly number[]) => list.filter((bad) => bad > seq);
      seqs = { quarantined: above(seqs.quarantined), expired: above(seqs.expired) };
    },
    clear() {
      ranges = [];
      seqs = { quarantined: [], expired: [] };
    },
    size: () => ranges.length + seqs.quarantined.length + seqs.expired.length,
  };
}
