/** How often a device usually reports, and from when on its last value is stale. Pure; used by the API, the pages and /metrics. */

/** Median gap in milliseconds between times (epoch milliseconds, newest first); undefined with fewer than three of them. */
export function usualIntervalMs(timesMs: readonly number[]): number | undefined {
  const gaps = timesMs.slice(1).map((timeMs, i) => Math.abs((timesMs[i] ?? 0) - timeMs));
  if (gaps.length < 2) return undefined;
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
}

const HOUR_MS = 3_600_000;
/** A device that reports in bursts is not called stale between two of them. */
const LEAST_MS = 30_000;

/**
 * Whether a value of `lastMs` is too old to be taken for the present one. `intervalMs` is how often the device's profile
 * expects it, else how often it usually comes.
 */
export function isStaleAt(lastMs: number, intervalMs: number | undefined, nowMs: number): boolean {
  return nowMs - lastMs > staleAfterMs(intervalMs);
}

/** Age from which a value is stale: three usual intervals, or an hour while none is known. */
export function staleAfterMs(intervalMs: number | undefined): number {
  return intervalMs === undefined ? HOUR_MS : Math.max(LEAST_MS, 3 * intervalMs);
}
