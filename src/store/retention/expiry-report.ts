/**
 * What was lost undelivered since it was last told. Removing goes in many small steps; the log gets one record for many of
 * them: the first at once, then at most one every `TELL_MS`. What is not told yet is saved with each step.
 */
import { KINDS } from '../log/kinds.ts';
import type { RemovalReason } from './retention.ts';

const TELL_MS = 600_000;

export interface ExpiryReport {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly kinds: Readonly<Record<string, number>>;
  /** How many of them each reader had not got. */
  readonly cursors: Readonly<Record<string, number>>;
  readonly reason: RemovalReason;
}

export interface RemovedRow {
  readonly seq: number;
  readonly kind: number;
}

/** `report` with `rows` (ascending, at least one) added. */
export function addExpired(
  report: ExpiryReport | undefined,
  rows: readonly RemovedRow[],
  lost: Readonly<Record<string, number>>,
  reason: RemovalReason,
): ExpiryReport {
  const kinds = { ...report?.kinds };
  for (const { kind } of rows) kinds[KINDS[kind] ?? 'system'] = (kinds[KINDS[kind] ?? 'system'] ?? 0) + 1;
  const cursors = { ...report?.cursors };
  for (const [name, count] of Object.entries(lost)) cursors[name] = (cursors[name] ?? 0) + count;
  const first = rows[0]?.seq ?? 0;
  const last = rows.at(-1)?.seq ?? first;
  return {
    from: Math.min(report?.from ?? first, first),
    to: Math.max(report?.to ?? last, last),
    count: (report?.count ?? 0) + rows.length,
    kinds,
    cursors,
    reason,
  };
}

/** Whether it is time to tell, `toldMs` being when it was done last. */
export function isTellingDue(nowMs: number, toldMs: number): boolean {
  return nowMs - toldMs >= TELL_MS;
}

/** The words beside the figures of the record 'expired'. */
export const REASON_TEXT: Readonly<Record<RemovalReason, string>> = {
  max_bytes: 'the log has reached store.max_bytes and nothing delivered is left to remove',
  reserve: 'the disk has less than store.reserve_bytes free and nothing delivered is left to remove',
  max_age: 'older than store.max_age_days',
};
