/**
 * What is to be written next, in two lanes: the backlog behind the cursor and, while that is long, the fresh records in
 * front of it. Each lane settles its records in order of `seq`, piece by piece; a settled piece is delivered or is in
 * quarantine, and only then does the cursor (or the memory of what lies ahead of it) move. Nothing here waits or sends.
 */
import type { LogRecord } from '../../model/record.ts';
import type { Cursor, CursorState, Log } from '../../store/contract.ts';
import { createAhead } from './ahead.ts';

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
export interface Piece {
  readonly entries: readonly Entry[];
  /** Answers of status 500 this piece has had in a row. */
  failures: number;
}

export type LaneName = 'backlog' | 'live';

interface Lane {
  /** The newest record read into `work`, or before which there was nothing to read. */
  readAt: number;
  /** Ascending; read but not settled. */
  work: Piece[];
}

export interface Lanes {
  /** Follows a cursor that was moved by others: rewound, or moved on over expired records. */
  follow(): void;
  /** Records read by nobody yet that the lane still has to take, its unfinished work included. */
  waiting(lane: LaneName): number;
  /** The lane's next piece, at most `limit` records; undefined when it has nothing to do. */
  take(lane: LaneName, limit: number): Piece | undefined;
  putBack(lane: LaneName, ...pieces: readonly Piece[]): void;
  /** Everything in `piece` is delivered or `expired`, or in quarantine if `quarantined`. */
  settle(lane: LaneName, piece: Piece, quarantined: boolean): void;
  /** From now on fresh records have a lane of their own; what is older drains behind them. */
  openLive(): void;
  isLive(): boolean;
  /** As the cursor's, with what was settled ahead counted as done. */
  state(): CursorState;
  /** Whether the lane has unfinished work in hand. */
  hasWork(lane: LaneName): boolean;
  /** `seq` up to which the foremost lane has settled its records. Not to be asked while a piece is taken. */
  front(): number;
}

interface LanesOptions {
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
export function createLanes({ log, cursor, batchBytes, toEntry, holdFrom }: LanesOptions): Lanes {
  const ahead = createAhead();
  const backlog: Lane = { readAt: cursor.state().seq, work: [] };
  let live: Lane | undefined;
  let known = backlog.readAt;

  const lane = (name: LaneName) => (name === 'live' ? live : backlog);

  /** Moves the cursor over `seq` and whatever settled range it touches there. */
  function advance(seq: number, quarantined: number, expired: number): void {
    const from = cursor.state().seq;
    if (seq > from) cursor.advance(seq, quarantined, expired);
    skipSettled();
  }

  function skipSettled(): void {
    const { seq } = cursor.state();
    const end = ahead.endOf(seq + 1);
    if (end !== undefined) {
      cursor.advance(end, ahead.countIn('quarantined', seq, end), ahead.countIn('expired', seq, end));
    }
    known = cursor.state().seq;
    ahead.dropUpTo(known);
    if (live && known >= settledBy(live)) mergeLive(live);
    backlog.readAt = Math.max(backlog.readAt, known);
  }

  /** The record before which the lane has to end: what lies from there on belongs to the other, or is settled. */
  function endOf(which: Lane): number {
    const held = holdFrom?.() ?? Number.POSITIVE_INFINITY;
    if (which === live) return held;
    const range = Math.min(held, ahead.nextStart(which.readAt) ?? Number.POSITIVE_INFINITY);
    return live ? Math.min(range, settledBy(live) + 1) : range;
  }

  /** The backlog has reached the fresh records: one lane again, which takes over what the other had begun. */
  function mergeLive(from: Lane): void {
    backlog.work = from.work;
    backlog.readAt = from.readAt;
    live = undefined;
  }

  function refill(which: Lane, limit: number): void {
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
        ahead.clear();
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
      const which = lane(name);
      if (!which) return 0;
      const unread = Math.max(0, Math.min(log.lastSeq(), endOf(which) - 1) - which.readAt);
      return which.work.reduce((sum, piece) => sum + piece.entries.length, unread);
    },
    take(name, limit) {
      const which = lane(name);
      if (!which) return undefined;
      refill(which, limit);
      const piece = which.work.shift();
      if (!piece || piece.entries.length <= limit) return piece;
      which.work.unshift({ ...piece, entries: piece.entries.slice(limit) });
      return { ...piece, entries: piece.entries.slice(0, limit) };
    },
    putBack(name, ...pieces) {
      lane(name)?.work.unshift(...pieces);
    },
    settle(name, piece, quarantined) {
      const seqs = piece.entries.map((entry) => entry.record.seq);
      const to = seqs.at(-1) ?? 0;
      const { seq } = cursor.state();
      if (seq < known || to <= seq) return;
      const fresh = piece.entries.filter((entry) => entry.record.seq > seq);
      const bad = quarantined ? fresh : [];
      const expired = quarantined ? [] : fresh.filter((entry) => entry.expired);
      if (name === 'backlog') return advance(to, bad.length, expired.length);
      const from = Math.max(seqs[0] ?? to, seq + 1);
      ahead.add(from, to, { quarantined: bad.map(seqOf), expired: expired.map(seqOf) });
      skipSettled();
    },
    openLive() {
      if (ahead.size() > AHEAD_LIMIT) return;
      live = { readAt: log.lastSeq(), work: [] };
    },
    isLive: () => live !== undefined,
    state() {
      const state = cursor.state();
      const settled = ahead.countAbove(state.seq);
      const quarantined = ahead.countIn('quarantined', state.seq, state.accepted);
      const expired = ahead.countIn('expired', state.seq, state.accepted);
      return {
        ...state,
        pending: state.pending - settled,
        quarantined: state.quarantined + quarantined,
        expired: state.expired + expired,
        delivered: state.delivered + settled - quarantined - expired,
      };
    },
    hasWork: (name) => (lane(name)?.work.length ?? 0) > 0,
    front: () => settledBy(live ?? backlog),
  };
}

function seqOf({ record }: Entry): number {
  return record.seq;
}

/** Up to where `lane` has settled everything since it began. */
function settledBy({ readAt, work }: Lane): number {
  const first = work[0]?.entries[0];
  return first ? first.record.seq - 1 : readAt;
}

function dropSettled(lane: Lane, seq: number): void {
  lane.readAt = Math.max(lane.readAt, seq);
  lane.work = lane.work
    .map((piece) => ({ ...piece, entries: piece.entries.filter((entry) => entry.record.seq > seq) }))
    .filter((piece) => piece.entries.length > 0);
}
