/**
 * What is to be written next, in two lanes: the backlog behind the cursor and, while that is long, the fresh records in
 * front of it. Each lane settles its records in order of `seq`, piece by piece; a settled piece is delivered or is in
 * quarantine, and only then does the cursor (or the memory of what lies ahead of it) move. Nothing here waits or sends.
 */
import type { LogRecord } from '../../model/record.ts';
import type { Cursor, CursorState, Log } from '../../store/contract.ts';
import { createAckedRanges } from './acked-ranges.ts';

/** A log record and what it is in line protocol. */
export interface Entry {
  readonly record: LogRecord;
  readonly lines: string;
  /** Where its time in InfluxDB is not the record's, epoch milliseconds. */
  readonly timeMs?: number;
  /** Why the record has no lines although it should. */
  readonly fault?: string;
  /** Given up, so it has no lines: it counts as expired when its piece is settled. */
  readonly expired?: true;
}

/** Consecutive records of a lane that travel together. */
export interface Batch {
  readonly entries: readonly Entry[];
  /** Answers of status 500 this piece has had in a row. */
  failures: number;
}

export type QueueName = 'backlog' | 'live';

interface DeliveryQueue {
  /** The newest record read into `work`, or before which there was nothing to read. */
  readAt: number;
  /** Ascending; read but not settled. */
  work: Batch[];
}

export interface DeliveryQueues {
  /** Follows a cursor that was moved by others: rewound, or moved on over expired records. */
  follow(): void;
  /** Records read by nobody yet that the lane still has to take, its unfinished work included. */
  waiting(queue: QueueName): number;
  /** The lane's next piece, at most `limit` records; undefined when it has nothing to do. */
  take(queue: QueueName, limit: number): Batch | undefined;
  putBack(queue: QueueName, ...batches: readonly Batch[]): void;
  /** Everything in `piece` is delivered or `expired`, or in quarantine if `quarantined`. */
  ackBatch(queue: QueueName, batch: Batch, quarantined: boolean): void;
  /** From now on fresh records have a lane of their own; what is older drains behind them. */
  openLive(): void;
  isLive(): boolean;
  /** As the cursor's, with what was settled ahead counted as done. */
  state(): CursorState;
  /** Whether the lane has unfinished work in hand. */
  hasWork(queue: QueueName): boolean;
  /** `seq` up to which the foremost lane has settled its records. Not to be asked while a piece is taken. */
  settledSeq(): number;
}

interface DeliveryQueuesOptions {
  readonly log: Log;
  readonly cursor: Cursor;
  readonly batchBytes: number;
  readonly toEntry: (record: LogRecord) => Entry;
  /** Records from this seq on wait for their time; Infinity when none do. */
  readonly holdFrom?: () => number;
}

/** More than this is not remembered ahead of the cursor; then the live lane waits for the backlog. */
const AHEAD_LIMIT = 10_000;

/** The lanes of a writer that starts at `cursor`. */
export function createDeliveryQueues({
  log,
  cursor,
  batchBytes,
  toEntry,
  holdFrom,
}: DeliveryQueuesOptions): DeliveryQueues {
  const acked = createAckedRanges();
  const backlog: DeliveryQueue = { readAt: cursor.state().seq, work: [] };
  let live: DeliveryQueue | undefined;
  let known = backlog.readAt;

  const queue = (name: QueueName) => (name === 'live' ? live : backlog);

  /** Moves the cursor over `seq` and whatever settled range it touches there. */
  function advance(seq: number, quarantined: number, expired: number): void {
    const from = cursor.state().seq;
    if (seq > from) cursor.advance(seq, quarantined, expired);
    skipSettled();
  }

  function skipSettled(): void {
    const { seq } = cursor.state();
    const end = acked.endOf(seq + 1);
    if (end !== undefined) {
      cursor.advance(end, acked.countIn('quarantined', seq, end), acked.countIn('expired', seq, end));
    }
    known = cursor.state().seq;
    acked.dropUpTo(known);
    if (live && known >= settledBy(live)) mergeLive(live);
    backlog.readAt = Math.max(backlog.readAt, known);
  }

  /** The record before which the lane has to end: what lies from there on belongs to the other, or is settled. */
  function endOf(which: DeliveryQueue): number {
    const held = holdFrom?.() ?? Number.POSITIVE_INFINITY;
    if (which === live) return held;
    const range = Math.min(held, acked.nextStart(which.readAt) ?? Number.POSITIVE_INFINITY);
    return live ? Math.min(range, settledBy(live) + 1) : range;
  }

  /** The backlog has reached the fresh records: one lane again, which takes over what the other had begun. */
  function mergeLive(from: DeliveryQueue): void {
    backlog.work = from.work;
    backlog.readAt = from.readAt;
    live = undefined;
  }

  function refill(which: DeliveryQueue, limit: number): void {
    if (which.work.length > 0) return;
    const end = endOf(which);
    const room = Math.min(limit, end - 1 - which.readAt);
    if (room <= 0) return;
    // Expired records leave a hole, so `room` alone does not keep the lane in front of `end`.
    const records = log.readAfter(which.readAt, room, batchBytes).filter((record) => record.seq < end);
    const last = records.at(-1);
    if (!last) return;
    which.readAt = last.seq;
    which.work.push({ entries: records.map(toEntry), failures: 0 });
  }

  return {
    follow() {
      const { seq } = cursor.state();
      if (seq < known) {
        acked.clear();
        live = undefined;
        backlog.work = [];
        backlog.readAt = seq;
      } else if (seq > known) {
        dropSettled(backlog, seq);
        if (live) dropSettled(live, seq);
      }
      known = seq;
      skipSettled();
    },
    waiting(name) {
      const which = queue(name);
      if (!which) return 0;
      const unread = Math.max(0, Math.min(log.lastSeq(), endOf(which) - 1) - which.readAt);
      return which.work.reduce((sum, batch) => sum + batch.entries.length, unread);
    },
    take(name, limit) {
      const which = queue(name);
      if (!which) return undefined;
      refill(which, limit);
      const batch = which.work.shift();
      if (!batch || batch.entries.length <= limit) return batch;
      which.work.unshift({ ...batch, entries: batch.entries.slice(limit) });
      return { ...batch, entries: batch.entries.slice(0, limit) };
    },
    putBack(name, ...batches) {
      queue(name)?.work.unshift(...batches);
    },
    ackBatch(name, batch, quarantined) {
      const seqs = batch.entries.map((entry) => entry.record.seq);
      const to = seqs.at(-1) ?? 0;
      const { seq } = cursor.state();
      if (seq < known || to <= seq) return;
      const fresh = batch.entries.filter((entry) => entry.record.seq > seq);
      const bad = quarantined ? fresh : [];
      const expired = quarantined ? [] : fresh.filter((entry) => entry.expired);
      if (name === 'backlog') return advance(to, bad.length, expired.length);
      const from = Math.max(seqs[0] ?? to, seq + 1);
      acked.add(from, to, { quarantined: bad.map(seqOf), expired: expired.map(seqOf) });
      skipSettled();
    },
    openLive() {
      if (acked.size() > AHEAD_LIMIT) return;
      live = { readAt: log.lastSeq(), work: [] };
    },
    isLive: () => live !== undefined,
    state() {
      const state = cursor.state();
      const settled = acked.countAbove(state.seq);
      const quarantined = acked.countIn('quarantined', state.seq, state.accepted);
      const expired = acked.countIn('expired', state.seq, state.accepted);
      return {
        ...state,
        pending: state.pending - settled,
        quarantined: state.quarantined + quarantined,
        expired: state.expired + expired,
        delivered: state.delivered + settled - quarantined - expired,
      };
    },
    hasWork: (name) => (queue(name)?.work.length ?? 0) > 0,
    settledSeq: () => settledBy(live ?? backlog),
  };
}

function seqOf({ record }: Entry): number {
  return record.seq;
}

/** Up to where `lane` has settled everything since it began. */
function settledBy({ readAt, work }: DeliveryQueue): number {
  const first = work[0]?.entries[0];
  return first ? first.record.seq - 1 : readAt;
}

function dropSettled(queue: DeliveryQueue, seq: number): void {
  queue.readAt = Math.max(queue.readAt, seq);
  queue.work = queue.work
    .map((batch) => ({ ...batch, entries: batch.entries.filter((entry) => entry.record.seq > seq) }))
    .filter((batch) => batch.entries.length > 0);
}
