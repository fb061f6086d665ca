/**
 * What is to be written next, in two queues: the backlog behind the cursor and, while that is long, the fresh records in
 * front of it. Each queue has its records acknowledged in order of `seq`, batch by batch; an acknowledged batch is delivered
 * or is in quarantine, and only then does the cursor (or the memory of what lies ahead of it) move. Nothing here waits or sends.
 */
import type { LogRecord } from '../../model/record.ts';
import type { Cursor, CursorState, Log } from '../../store/contract.ts';
import { type AckedRanges, createAckedRanges } from './acked-ranges.ts';

/** A log record and what it is in line protocol. */
export interface Entry {
  readonly record: LogRecord;
  readonly lines: string;
  /** Where its time in InfluxDB is not the record's, epoch milliseconds. */
  readonly timeMs?: number;
  /** Why the record has no lines although it should. */
  readonly fault?: string;
  /** Given up, so it has no lines: it counts as expired when its batch is acknowledged. */
  readonly expired?: true;
}

/** Consecutive records of a queue that travel together. */
export interface Batch {
  readonly entries: readonly Entry[];
  /** Answers of status 500 this batch has had in a row. */
  failures: number;
  /** How often its lines were made anew because InfluxDB has other types. */
  readonly renderings?: number;
}

export type QueueName = 'backlog' | 'live';

interface DeliveryQueue {
  /** The newest record read into `work`, or before which there was nothing to read. */
  readAt: number;
  /** Ascending; read but not acknowledged. */
  work: Batch[];
}

export interface DeliveryQueues {
  /** Follows a cursor that was moved by others: rewound, or moved on over expired records. */
  follow(): void;
  /** Records read by nobody yet that the queue still has to take, its unfinished work included. */
  waiting(queue: QueueName): number;
  /** The queue's next batch, at most `limit` records; undefined when it has nothing to do. */
  take(queue: QueueName, limit: number): Batch | undefined;
  putBack(queue: QueueName, ...batches: readonly Batch[]): void;
  /** Everything in `batch` is delivered or `expired`, or in quarantine if `quarantined`. */
  ackBatch(queue: QueueName, batch: Batch, quarantined: boolean): void;
  /** From now on fresh records have a queue of their own; what is older drains behind them. */
  openLive(): void;
  isLive(): boolean;
  /** As the cursor's, with what was acknowledged ahead counted as done. */
  state(): CursorState;
  /** Whether the queue has unfinished work in hand. */
  hasWork(queue: QueueName): boolean;
  /** `seq` up to which the active queue has its records acknowledged. Not to be asked while a batch is taken. */
  settledSeq(): number;
}

interface DeliveryQueuesOptions {
  readonly log: Log;
  readonly cursor: Cursor;
  readonly batchBytes: number;
  readonly toEntries: (records: readonly LogRecord[]) => Entry[];
  /** Records from this seq on wait for their time; Infinity when none do. */
  readonly holdFrom?: () => number;
}

/** More than this is not remembered ahead of the cursor; then the live queue waits for the backlog. */
const ACKED_LIMIT = 10_000;

interface QueuesContext extends DeliveryQueuesOptions {
  readonly acked: AckedRanges;
  readonly backlog: DeliveryQueue;
  live: DeliveryQueue | undefined;
  /** Where we last saw the cursor: elsewhere, it was moved by others. */
  knownSeq: number;
}

/** The queues of a writer that starts at the cursor. */
export function createDeliveryQueues(options: DeliveryQueuesOptions): DeliveryQueues {
  const { seq } = options.cursor.state();
  const backlog: DeliveryQueue = { readAt: seq, work: [] };
  const context: QueuesContext = {
    ...options,
    acked: createAckedRanges(),
    backlog,
    live: undefined,
    knownSeq: seq,
  };
  return {
    follow: () => follow(context),
    waiting: (name) => waiting(context, named(context, name)),
    take: (name, limit) => take(context, named(context, name), limit),
    putBack(name, ...batches) {
      named(context, name)?.work.unshift(...batches);
    },
    ackBatch: (name, batch, quarantined) => ackBatch(context, name, batch, quarantined),
    openLive() {
      if (context.acked.size() > ACKED_LIMIT) return;
      context.live = { readAt: options.log.lastSeq(), work: [] };
    },
    isLive: () => context.live !== undefined,
    state: () => stateOf(context),
    hasWork: (name) => (named(context, name)?.work.length ?? 0) > 0,
    settledSeq: () => settledBy(context.live ?? backlog),
  };
}

function named({ live, backlog }: QueuesContext, name: QueueName): DeliveryQueue | undefined {
  return name === 'live' ? live : backlog;
}

function follow(context: QueuesContext): void {
  const { acked, backlog, live, knownSeq } = context;
  const { seq } = context.cursor.state();
  if (seq < knownSeq) {
    acked.clear();
    context.live = undefined;
    backlog.work = [];
    backlog.readAt = seq;
  } else if (seq > knownSeq) {
    dropSettled(backlog, seq);
    if (live) dropSettled(live, seq);
  }
  context.knownSeq = seq;
  skipAcked(context);
}

/** Moves the cursor over the range acknowledged ahead that it touches, and merges the queues that meet there. */
function skipAcked(context: QueuesContext): void {
  const { acked, cursor, backlog, live } = context;
  const { seq } = cursor.state();
  const end = acked.endOf(seq + 1);
  if (end !== undefined) {
    cursor.advance(end, acked.countIn('quarantined', seq, end), acked.countIn('expired', seq, end));
  }
  context.knownSeq = cursor.state().seq;
  acked.dropUpTo(context.knownSeq);
  if (live && context.knownSeq >= settledBy(live)) {
    // The backlog has reached the fresh records: one queue again, which takes over what the other had begun.
    backlog.work = live.work;
    backlog.readAt = live.readAt;
    context.live = undefined;
  }
  backlog.readAt = Math.max(backlog.readAt, context.knownSeq);
}

/** The record before which the queue has to end: what lies from there on belongs to the other, or is acknowledged. */
function endOf({ acked, live, holdFrom }: QueuesContext, queue: DeliveryQueue): number {
  const held = holdFrom?.() ?? Number.POSITIVE_INFINITY;
  if (queue === live) return held;
  const range = Math.min(held, acked.nextStart(queue.readAt) ?? Number.POSITIVE_INFINITY);
  return live ? Math.min(range, settledBy(live) + 1) : range;
}

function waiting(context: QueuesContext, queue: DeliveryQueue | undefined): number {
  if (!queue) return 0;
  const unread = Math.max(0, Math.min(context.log.lastSeq(), endOf(context, queue) - 1) - queue.readAt);
  return queue.work.reduce((sum, batch) => sum + batch.entries.length, unread);
}

function take(context: QueuesContext, queue: DeliveryQueue | undefined, limit: number): Batch | undefined {
  if (!queue) return undefined;
  if (queue.work.length === 0) refill(context, queue, limit);
  const batch = queue.work.shift();
  if (!batch || batch.entries.length <= limit) return batch;
  queue.work.unshift({ ...batch, entries: batch.entries.slice(limit) });
  return { ...batch, entries: batch.entries.slice(0, limit) };
}

function refill(context: QueuesContext, queue: DeliveryQueue, limit: number): void {
  const { log, batchBytes, toEntries } = context;
  const end = endOf(context, queue);
  const room = Math.min(limit, end - 1 - queue.readAt);
  if (room <= 0) return;
  // Expired records leave a hole, so `room` alone does not keep the queue in front of `end`.
  const records = log.readAfter(queue.readAt, room, batchBytes).filter((record) => record.seq < end);
  const last = records.at(-1);
  if (!last) return;
  queue.readAt = last.seq;
  queue.work.push({ entries: toEntries(records), failures: 0 });
}

function ackBatch(context: QueuesContext, name: QueueName, batch: Batch, quarantined: boolean): void {
  const { cursor, acked, knownSeq } = context;
  const { entries } = batch;
  const to = entries.at(-1)?.record.seq ?? 0;
  const { seq } = cursor.state();
  // The cursor was rewound meanwhile, or has passed all of it: nothing to say.
  if (seq < knownSeq || to <= seq) return;
  const fresh = entries.filter(({ record }) => record.seq > seq);
  const bad = quarantined ? fresh : [];
  const expired = quarantined ? [] : fresh.filter((entry) => entry.expired);
  if (name === 'backlog') {
    cursor.advance(to, bad.length, expired.length);
  } else {
    const from = Math.max(entries[0]?.record.seq ?? to, seq + 1);
    acked.add(from, to, { quarantined: bad.map(seqOf), expired: expired.map(seqOf) });
  }
  skipAcked(context);
}

function stateOf({ cursor, acked, log }: QueuesContext): CursorState {
  const state = cursor.state();
  // What retention took in front of the cursor, acknowledged or not, the cursor counts as expired.
  const from = Math.max(state.seq, log.firstSeq() - 1);
  const settled = Math.min(state.pending, acked.countAbove(from));
  const quarantined = acked.countIn('quarantined', from, state.accepted);
  const expired = acked.countIn('expired', from, state.accepted);
  return {
    ...state,
    pending: state.pending - settled,
    quarantined: state.quarantined + quarantined,
    expired: state.expired + expired,
    delivered: state.delivered + settled - quarantined - expired,
  };
}

function seqOf({ record }: Entry): number {
  return record.seq;
}

/** Up to where everything the queue read is acknowledged. */
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
