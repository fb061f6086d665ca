/** What a proof of fail-overs has found, and whether that is what was promised. */
import type { Comparison } from './collecting.ts';

export interface Verdict extends Comparison {
  readonly rounds: number;
  /** How often what was done. */
  readonly ways: Readonly<Record<string, number>>;
  /** Times a site found the end of its stream gone back, and what it sent again. */
  readonly resent: { readonly times: number; readonly records: number };
  /** Exit code and words of `verify-sync --deep`. */
  readonly verified: number | null;
  readonly words: string;
  readonly seconds: number;
  /** Of each round, how long after the fault all that was written until its end was stored. */
  readonly wholeMs: readonly number[];
}

/** Every record once, with its content, and `verify-sync` says so. */
export function isExactlyOnce({ written, stored, distinct, faults, verified }: Verdict): boolean {
  return written > 0 && stored === written && distinct === written && faults.length === 0 && verified === 0;
}

/** One line of JSON. */
export function verdictLine(verdict: Verdict): string {
  const { words: _, wholeMs, seconds, ...rest } = verdict;
  const sorted = wholeMs.toSorted((a, b) => a - b);
  const second = (ms: number | undefined) => Number(((ms ?? 0) / 1000).toFixed(1));
  return JSON.stringify({
    ...rest,
    seconds: Math.round(seconds),
    wholeAfterS: { median: second(sorted[sorted.length >> 1]), most: second(sorted.at(-1)) },
    exactlyOnce: isExactlyOnce(verdict),
  });
}
