/**
 * Counts and checksums of a range of the site's own log by hour, for a centre that compares them with what it has stored: the
 * third side of the proof beside stream and store.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../../../store/contract.ts';
import { recordSum, SUM_MODULUS } from '../../centre/record-sum.ts';

const HOUR_MS = 3_600_000;
/** Read in one go; then others have their turn. */
const RECORDS_A_TURN = 250;
export const MAX_SUMMED = 500_000;
const MAX_HOURS = 200;

export interface LogSums {
  readonly epoch: number;
  readonly fromSeq: number;
  /** What was looked at; less than was asked for where the hours were too many: ask again from behind it. */
  readonly toSeq: number;
  /** Of the log when it was looked at: what lies before was delivered and removed. */
  readonly oldestSeq: number;
  /** Ascending: [epoch milliseconds of the hour's beginning, records, sum]. */
  readonly hours: readonly (readonly [hourMs: number, count: number, sum: number])[];
}

/** Of the records from `fromSeq` to `toSeq`, both included. Rejects when a record cannot be read. */
export async function sumLog(
  store: Pick<Store, 'log' | 'epoch'>,
  site: string,
  fromSeq: number,
  toSeq: number,
): Promise<LogSums> {
  const log = { epoch: store.epoch(), fromSeq, oldestSeq: store.log.firstSeq() };
  const { epoch } = log;
  const hours = new Map<number, { count: number; sum: number }>();
  let seq = fromSeq - 1;
  for (;;) {
    const records = store.log.readAfter(seq, RECORDS_A_TURN).filter((record) => record.seq <= toSeq);
    for (const record of records) {
      const hourMs = Math.floor(record.timeMs / HOUR_MS) * HOUR_MS;
      if (!hours.has(hourMs) && hours.size >= MAX_HOURS) return report(log, seq, hours);
      const hour = hours.get(hourMs) ?? { count: 0, sum: 0 };
      hours.set(hourMs, hour);
      hour.count++;
      hour.sum = (hour.sum + recordSum({ ...record, site, epoch })) % SUM_MODULUS;
      seq = record.seq;
    }
    if (records.length === 0) return report(log, Math.min(toSeq, store.log.lastSeq()), hours);
    await nextTurn();
  }
}

function report(
  log: Pick<LogSums, 'epoch' | 'fromSeq' | 'oldestSeq'>,
  toSeq: number,
  hours: ReadonlyMap<number, { readonly count: number; readonly sum: number }>,
): LogSums {
  const rows = [...hours].sort(([a], [b]) => a - b);
  return {
    ...log,
    toSeq,
    hours: rows.map(([hourMs, { count, sum }]) => [hourMs, count, sum] as const),
  };
}
