/** When a server asks to be tried again: its Retry-After header. */

/** A server cannot send us away for longer than this. */
const RETRY_AFTER_CAP_MS = 3_600_000;

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
