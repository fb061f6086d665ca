/**
 * Early copies: every record that is no reading goes to the stream of events before the batch of the log that holds it, under the ID
 * it has in the log, so that a backlog of readings does not hold it up. It counts for nothing: the log delivers the record itself.
 *
 * Where to go on is the stream's last ID and, in memory, how far the log was looked through. What the log has delivered is not
 * early any more, and further back than `eventsBackRecords` nobody looks.
 */

import { tell } from '../../model/said.ts';
import { compareIds, type EntryId } from '../entry.ts';
import type { Centre } from './centre.ts';
import { toEntry } from './entry.ts';
import { CentreFault, faultOfReply } from './fault.ts';
import type { BatchShare } from './pacing.ts';
import { type Grown, isOurs, MAX_EPOCH_STEP, type SyncStore } from './resume.ts';

export type EventStream = Pick<Centre, 'last' | 'append'>;

export interface EarlyEvents {
  /**
   * Makes our epoch grow when the stream holds an early copy of what our log does not have: a store that was put back would
   * give its ID to another record. Before the log's own place is looked for.
   */
  outgrow(stream: EventStream, onGrown: (grown: Grown) => void): Promise<void>;
  /**
   * Copies the next events, at most `share` at once; with `upTo` until the log is looked through up to that seq. Rejects with a
   * CentreFault.
   */
  copy(stream: EventStream, share: BatchShare, upTo?: number): Promise<void>;
}

export interface EarlyEventsContext {
  readonly store: SyncStore;
  /** seq of the last record that the log has delivered. */
  readonly delivered: () => number;
  /** Records at the end of the log that are looked through after a start. */
  readonly backRecords: number;
}

interface Place {
  readonly last: EntryId;
  /** The log was looked through up to here. */
  readonly after: number;
  readonly epoch: number;
}

/** Looked through at once. */
const LOOKED_RECORDS = 500;
const PAGE_BYTES = 256 * 1024;

/** For as long as the box runs, over all connections. */
export function createEarlyEvents(context: EarlyEventsContext): EarlyEvents {
  let place: Place | undefined;
  return {
    async outgrow(stream, onGrown) {
      const { store } = context;
      const { id, entry } = await stream.last();
      const epoch = store.epoch();
      const isAhead = id.epoch > epoch || (id.epoch === epoch && id.seq > store.log.lastSeq());
      const isOther = id.epoch === epoch && isOurs(store, entry) === false;
      if (!isAhead && !isOther) return;
      if (id.epoch - epoch >= MAX_EPOCH_STEP) throw foreign();
      onGrown({ from: epoch, to: id.epoch + 1, reason: isAhead ? 'stream_ahead' : 'stream_differs' });
      store.setEpoch(id.epoch + 1, context.delivered());
      await store.synced();
    },
    async copy(stream, share, upTo = 0) {
      const step = async (): Promise<void> => {
        const known = place?.epoch === context.store.epoch() ? place : undefined;
        place = undefined;
        const from = known ?? (await look(context, stream));
        place = await copyFrom(context, stream, share, from, upTo);
      };
      await step();
      // A stream that moves under us twice has another writer: the log finds that out.
      for (let looks = 0; looks < 2 && (place?.after ?? 0) < upTo; looks += place ? 0 : 1) await step();
    },
  };
}

/** Where to go on, by the stream's last ID. */
async function look(
  { store, delivered, backRecords }: EarlyEventsContext,
  stream: EventStream,
): Promise<Place> {
  const { id } = await stream.last();
  const epoch = store.epoch();
  const end = store.log.lastSeq();
  if (compareIds(id, { epoch, seq: end }) > 0) throw foreign();
  const copied = id.epoch === epoch ? id.seq : 0;
  return { last: id, epoch, after: Math.max(copied, delivered(), end - backRecords) };
}

/** Gives the place afterwards; undefined when the stream was not where we thought, and must be looked at again. */
async function copyFrom(
  { store, delivered }: EarlyEventsContext,
  stream: EventStream,
  share: BatchShare,
  { last, after: before, epoch }: Place,
  upTo: number,
): Promise<Place | undefined> {
  // What came to the centre with the log while copies were refused is not copied any more.
  const after = Math.max(before, delivered());
  const { events, to } = store.log.eventsAfter(after, Math.max(LOOKED_RECORDS, upTo - after), PAGE_BYTES);
  const count = fitting(
    events.map(({ body }) => body.length),
    share,
  );
  const looked = count < events.length ? (events[count - 1]?.seq ?? after) : to;
  if (count === 0) return { last, epoch, after: looked };
  const entries = events.slice(0, count).map((record) => toEntry(epoch, record));
  const appended = await stream.append(last, entries);
  if (appended.refusal) throw faultOfReply(appended.refusal);
  return appended.asExpected ? { last: appended.last, epoch, after: looked } : undefined;
}

/** How many of the first fit; at least one where there is one. */
function fitting(sizes: readonly number[], { records, bytes }: BatchShare): number {
  let sum = 0;
  for (const [index, size] of sizes.entries()) {
    sum += size;
    if (index > 0 && (index >= records || sum > bytes)) return index;
  }
  return sizes.length;
}

function foreign(): CentreFault {
  return new CentreFault('STREAM', tell('centre.foreignEvent'), 'slow');
}
