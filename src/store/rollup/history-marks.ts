/**
 * What else happened to a device in a range: downlinks, joins, alarms, readings that came late or whose time was put right
 * afterwards. Pure.
 */

import { alarmBody, isTransition } from '../../model/alarm-record.ts';
import type { DownlinkBody, LogRecord } from '../../model/record.ts';
import type { Dated } from '../../model/time.ts';
import type { HistoryMark } from '../contract.ts';

export interface DatedRecord {
  readonly record: LogRecord;
  readonly dated: Dated;
}

/** Of one range, the newest. */
export const MAX_MARKS = 200;
/** A reading this much older than one that came before it is late. */
const LATE_MS = 1_000;

/** The marks of `records`, which are in the order of the log; the marks are in the order of time. */
export function marksOf(records: readonly DatedRecord[]): HistoryMark[] {
  const marks = [...eventMarks(records), ...alarmMarks(records), ...readingMarks(records)];
  return marks.sort((a, b) => a.timeMs - b.timeMs).slice(-MAX_MARKS);
}

/** Joins, and each downlink once, where it got to. */
function eventMarks(records: readonly DatedRecord[]): HistoryMark[] {
  const downlinks = new Map<string, HistoryMark>();
  const joins: HistoryMark[] = [];
  for (const { record, dated } of records) {
    const once = { timeMs: dated.timeMs, toMs: dated.timeMs, count: 1 };
    if (record.kind === 'join') joins.push({ kind: 'join', ...once });
    if (record.kind !== 'downlink') continue;
    const { id, step } = JSON.parse(record.body) as DownlinkBody;
    downlinks.set(id, { kind: 'downlink', step, ...once });
  }
  return [...joins, ...downlinks.values()];
}

/** Each alarm from when it became active until it was over; one that is not reaches to the newest record. */
function alarmMarks(records: readonly DatedRecord[]): HistoryMark[] {
  const marks: HistoryMark[] = [];
  const open = new Map<string, number>();
  const newestMs = records.at(-1)?.dated.timeMs ?? 0;
  for (const { record, dated } of records) {
    if (record.kind !== 'alarm') continue;
    const body = alarmBody(record);
    if (!isTransition(body)) continue;
    const { alarm, event, message, said } = body;
    if (event === 'raised') {
      open.set(alarm, marks.length);
      marks.push({
        kind: 'alarm',
        message,
        ...(said ? { said } : {}),
        timeMs: dated.timeMs,
        toMs: newestMs,
        count: 1,
      });
    }
    const at = open.get(alarm);
    const mark = at === undefined ? undefined : marks[at];
    if (at === undefined || !mark || (event !== 'cleared' && event !== 'ended')) continue;
    marks[at] = { ...mark, toMs: Math.max(mark.timeMs, dated.timeMs) };
    open.delete(alarm);
  }
  return marks;
}

/** Readings one after another that have the same said of them are one mark. */
function readingMarks(records: readonly DatedRecord[]): HistoryMark[] {
  const marks: HistoryMark[] = [];
  let run: (HistoryMark & { kind: 'late' | 'redated' }) | undefined;
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const { record, dated } of records) {
    if (record.kind !== 'uplink') continue;
    const { timeMs } = dated;
    const kind = remarkOf(dated, newestMs);
    newestMs = Math.max(newestMs, timeMs);
    if (run && kind === run.kind) {
      run = {
        ...{ kind, timeMs: Math.min(run.timeMs, timeMs), toMs: Math.max(run.toMs, timeMs) },
        count: run.count + 1,
      };
      marks[marks.length - 1] = run;
      continue;
    }
    run = kind === undefined ? undefined : { kind, timeMs, toMs: timeMs, count: 1 };
    if (run) marks.push(run);
  }
  return marks;
}

function remarkOf({ timeMs, quality }: Dated, newestMs: number): 'late' | 'redated' | undefined {
  if (quality === 'corrected' || quality === 'estimated') return 'redated';
  return timeMs < newestMs - LATE_MS ? 'late' : undefined;
}
