/** How long to wait before trying again: doubling, for ever, and spread so that many boxes do not come back at once. */

export interface BackoffRange {
  /** The longest wait after the first failure. */
  readonly minMs: number;
  /** The longest wait of all. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after failure number `attempt` (from 0): between half and the whole of a ceiling that doubles from
 * `minMs` to `maxMs`. `random` is uniform in [0, 1).
 */
export function backoffMs(attempt: number, { minMs, maxMs }: BackoffRange, random: () => number): number {
  const ceilingMs = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return ceilingMs * (0.5 + random() / 2);
}
