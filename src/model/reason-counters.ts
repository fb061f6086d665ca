/** Counts by reason: how often something was refused, and why. Reasons are few and fixed, so it does not grow. */

export interface ReasonCounters {
  add(reason: string, count?: number): void;
  counts(): Readonly<Record<string, number>>;
}

const MAX_REASONS = 200;

/** An empty tally. */
export function createReasonCounters(): ReasonCounters {
  const counts = new Map<string, number>();
  return {
    add(reason, count = 1) {
      const key = counts.has(reason) || counts.size < MAX_REASONS ? reason : 'other';
      counts.set(key, (counts.get(key) ?? 0) + count);
    },
    counts: () => Object.fromEntries(counts),
  };
}
