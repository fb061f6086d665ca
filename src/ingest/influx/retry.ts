/** When to try again: full jitter (a uniform draw below a doubling ceiling), for ever, or when the server says so. */

/** First ceiling, milliseconds. */
const BASE_MS = 250;
/** Last ceiling: low enough that fresh readings arrive within 5 s of InfluxDB's return. */
const CAP_MS = 4_000;
/** A draw near zero is no pause. */
const FLOOR_MS = 100;
/** A server cannot send us away for longer than this. */
const RETRY_AFTER_CAP_MS = 3_600_000;

/** Pause in milliseconds before attempt number `attempt` + 1 (0 after the first failure); `random` is uniform in [0, 1). */
export function backoffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
  return Math.max(FLOOR_MS, Math.round(ceiling * random()));
}

/**
 * The pause a Retry-After header asks for, milliseconds; undefined when there is none that makes sense. A date is compared
 * with the server's own `date` header where there is one, for our clock may be wrong.
 */
export function retryAfterMs(
  retryAfter: string | undefined,
  date: string | undefined,
  nowMs: number,
): number | undefined {
  const text = retryAfter?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, RETRY_AFTER_CAP_MS);
  const untilMs = Date.parse(text);
  if (Number.isNaN(untilMs)) return undefined;
  const serverMs = Date.parse(date ?? '');
  const pauseMs = untilMs - (Number.isNaN(serverMs) ? nowMs : serverMs);
  return Math.min(Math.max(pauseMs, 0), RETRY_AFTER_CAP_MS);
}
