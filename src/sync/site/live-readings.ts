/**
 * The newest reading of each device, shown at the centre while a backlog is on its way: a stream that keeps only its newest
 * entries, marked `live`. It counts for nothing; each of its readings comes again with the log.
 */
import type { LogRecord } from '../../model/record.ts';
import type { Clock } from '../../model/world.ts';
import type { Cursor } from '../../store/contract.ts';
import type { Client } from './client.ts';
import { faultOfReply } from './fault.ts';
import type { BatchShare } from './pacing.ts';
import type { SyncStore } from './resume.ts';
import { SHOW } from './scripts.ts';

export interface LiveReadings {
  /** Shows what is new if there is a backlog and it is time. Rejects with a CentreFault. */
  show(client: Client, share: BatchShare): Promise<void>;
}

export interface LiveReadingsContext {
  readonly store: Pick<SyncStore, 'log' | 'epoch'>;
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly key: string;
  /** How long there must have been a backlog, and how often it is told, milliseconds. */
  readonly afterMs: number;
  readonly everyMs: number;
}

/** More batches than this to go are a backlog. */
const BEHIND_BATCHES = 4;
/** About what a body has. */
const USUAL_BYTES = 300;
/** Looked through each time, newest first. */
const MAX_LOOKED = 1_000;
const PAGE_RECORDS = 100;
/** As many as the centre takes at once. */
const MAX_SHOWN = 200;
const MAX_BYTES = 64 * 1024;
const KEPT_ENTRIES = 1_000;

/** For as long as the box runs, over all connections. */
export function createLiveReadings(context: LiveReadingsContext): LiveReadings {
  const { store, cursor, clock, key, afterMs, everyMs } = context;
  let nextMs: number | undefined;
  let shownTo = 0;
  return {
    async show(client, share) {
      const batch = Math.min(share.records, Math.ceil(share.bytes / USUAL_BYTES));
      if (cursor.state().pending <= BEHIND_BATCHES * batch) {
        nextMs = undefined;
        return;
      }
      const nowMs = clock.monotonicMs();
      nextMs ??= nowMs + afterMs;
      if (nowMs < nextMs) return;
      nextMs = nowMs + everyMs;
      const end = store.log.lastSeq();
      const newest = newestReadings(
        store.log,
        Math.max(shownTo, cursor.state().seq),
        share.bytes / BEHIND_BATCHES,
      );
      shownTo = end;
      if (newest.length === 0) return;
      const epoch = store.epoch();
      const args = newest.flatMap(({ seq, timeMs, kind, device, body }) => [
        ...[`${epoch}-${seq}`, String(timeMs), kind, device ?? '', body],
      ]);
      const refusal = String(await client.run(SHOW, key, [KEPT_ENTRIES, ...args]));
      if (refusal !== '') throw faultOfReply(refusal);
    },
  };
}

/** The newest reading of each device behind `after`, oldest first, within bounds. */
function newestReadings(log: SyncStore['log'], after: number, maxBytes: number): LogRecord[] {
  const newest = new Map<string, LogRecord>();
  let [looked, bytes] = [0, 0];
  let before = log.lastSeq() + 1;
  while (looked < MAX_LOOKED) {
    const page = log.readBefore(before, PAGE_RECORDS);
    for (const record of page) {
      if (record.seq <= after || newest.size >= MAX_SHOWN) return oldestFirst(newest);
      const { kind, device, body } = record;
      if (kind !== 'uplink' || device === null || newest.has(device)) continue;
      bytes += body.length;
      if (newest.size > 0 && bytes > Math.min(maxBytes, MAX_BYTES)) return oldestFirst(newest);
      newest.set(device, record);
    }
    looked += page.length;
    before = page.at(-1)?.seq ?? 0;
    if (page.length < PAGE_RECORDS) break;
  }
  return oldestFirst(newest);
}

function oldestFirst(newest: ReadonlyMap<string, LogRecord>): LogRecord[] {
  return [...newest.values()].reverse();
}
