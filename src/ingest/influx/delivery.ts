/**
 * One request at a time and what follows from its answer: settle, split, give up, quarantine or wait. A record goes to
 * quarantine only when it was refused alone and InfluxDB took another record lately: a server that refuses everything is a fault of
 * the setup, and the log is the better place to wait for its repair.
 */

import { backoffMs } from '../../model/backoff.ts';
import type { Health } from '../../model/health.ts';
import type { LogRecord } from '../../model/record.ts';
import type { World } from '../../model/world.ts';
import type { Log, Quarantine } from '../../store/contract.ts';
import type { Batch, DeliveryQueues, Entry, QueueName } from './delivery-queues.ts';
import { type Answer, type Outcome, type Target, understand } from './outcome.ts';
import { findTooOld, timeOf } from './too-old.ts';

export const SINK = 'influx';

/** The longest wait is short enough that fresh readings arrive within 5 s of InfluxDB's return. */
export const RETRY = { minMs: 250, maxMs: 4_000 };

/** Pause while only a person can help. */
const PAUSED_MS = 60_000;
/** Records refused one after the other, none accepted between, before we ask for proof that InfluxDB takes anything. */
const REFUSALS_IN_A_ROW = 20;
/** Answers of status 500 to the same records before they are suspected. */
const SUSPECT_FAILURES = 5;
/** Records in the first request after a failure. */
const CAREFUL_RECORDS = 100;
/** A request that takes longer shrinks the next, so that fresh readings need not wait behind it. */
const SLOW_MS = 1_000;
/** How many recent records are looked through, and of how many devices one is tried, for that proof. */
const PROOF_WINDOW = 200;
const PROOF_DEVICES = 4;

export interface DeliveryOptions {
  readonly log: Log;
  readonly quarantine: Quarantine;
  readonly world: World;
  readonly health: Health;
  readonly target: Target;
  readonly batchRecords: number;
  /** How long the bucket should keep readings. */
  readonly retentionMs: number;
  readonly toEntry: (record: LogRecord) => Entry;
  /** Records from this seq on wait for their time. */
  readonly holdFrom: () => number;
  readonly send: (lines: string) => Promise<Answer>;
  /** Makes the bucket that is missing; false when it could not. */
  readonly makeMissing: () => Promise<boolean>;
}

export interface Turn {
  /** Nothing should be sent for so long, milliseconds. */
  readonly pauseMs: number;
  /** Time this turn kept the event loop, and time it waited for the answer, milliseconds. */
  readonly busyMs: number;
  readonly waitedMs: number;
}

/** Records to be written again outside of the lanes, and what became of them so far. */
export interface Replay {
  /** Parts that travel together, still to be tried. */
  readonly work: (readonly LogRecord[])[];
  /** seqs. */
  readonly delivered: number[];
  readonly refused: { readonly record: LogRecord; readonly reason: string }[];
  /** Why the remaining ones were not tried. */
  stopped?: string;
}

export interface Delivery {
  /** Sends the lane's next piece; undefined when there is none. */
  turn(lanes: DeliveryQueues, lane: QueueName): Promise<Turn | undefined>;
  /** Sends nothing, to learn whether address, token and bucket are right. Gives the pause before another try, or 0. */
  check(): Promise<number>;
  /** One request for `replay`; an answer that is not about the records stops it. Gives the pause before another try. */
  replay(replay: Replay): Promise<number>;
  /** Most records in the next request. */
  limit(): number;
}

/** A delivery that has seen no answer yet. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { log, quarantine, world, health, target, batchRecords, toEntry, holdFrom, send } = options;
  const { retentionMs, makeMissing } = options;
  const { clock } = world;
  let limit = batchRecords;
  let failures = 0;
  /** Starts as if many were refused: before the first success nothing proves that the setup is right. */
  let refusals = REFUSALS_IN_A_ROW;
  let lastAccepted: Entry | undefined;

  async function ask(lines: string): Promise<Outcome> {
    const outcome = understand(await send(lines), target, clock.nowMs());
    if (outcome.kind !== 'paused' || !outcome.missing || !(await makeMissing())) return outcome;
    return understand(await send(lines), target, clock.nowMs());
  }

  function working(): void {
    failures = 0;
    health.set('ok', `writing to bucket "${target.bucket}" at ${target.server}`);
  }

  /** What to do about an outcome that says nothing about the records: the pause before the next try. */
  function setBack(outcome: Outcome): number {
    if (outcome.kind === 'paused') {
      health.set('down', outcome.detail, outcome.hint);
      return PAUSED_MS;
    }
    limit = Math.min(limit, CAREFUL_RECORDS);
    const pauseMs = backoffMs(failures, RETRY, world.random);
    failures += 1;
    if (outcome.kind === 'busy') {
      health.set(
        'degraded',
        outcome.detail,
        'It is tried again at the time InfluxDB gave; nothing is lost meanwhile.',
      );
      return Math.max(outcome.afterMs ?? 0, pauseMs);
    }
    if (outcome.kind === 'failed') {
      health.set('down', outcome.detail, 'The log keeps everything and is written when InfluxDB is back.');
    }
    return pauseMs;
  }

  async function act(
    lanes: DeliveryQueues,
    lane: QueueName,
    piece: Batch,
    outcome: Outcome,
  ): Promise<number> {
    if (outcome.kind === 'delivered') {
      refusals = 0;
      lastAccepted = piece.entries.findLast((entry) => entry.lines !== '');
      working();
      forgetQuarantined(piece.entries);
      lanes.ackBatch(lane, piece, false);
      return 0;
    }
    if (outcome.kind === 'rejected') return refused(lanes, lane, piece, outcome.reason, false);
    if (outcome.kind === 'too_old') return tooOld(lanes, lane, piece, outcome);
    if (outcome.kind === 'too_large') {
      limit = Math.max(1, piece.entries.length >> 1);
      return refused(lanes, lane, piece, outcome.reason, false);
    }
    if (outcome.kind === 'failed' && outcome.suspect) {
      piece.failures += 1;
      if (piece.failures >= SUSPECT_FAILURES) return refused(lanes, lane, piece, outcome.detail, true);
    }
    lanes.putBack(lane, piece);
    return setBack(outcome);
  }

  /** A refused piece is halved; a refused record is quarantined once it is clear that the fault is its own. */
  async function refused(
    lanes: DeliveryQueues,
    lane: QueueName,
    piece: Batch,
    reason: string,
    onSuspicion: boolean,
  ): Promise<number> {
    const { entries } = piece;
    if (entries.length > 1) {
      const middle = entries.length >> 1;
      const halves = [entries.slice(0, middle), entries.slice(middle)];
      lanes.putBack(lane, ...halves.map((half) => ({ ...piece, entries: half })));
      return onSuspicion ? setBack({ kind: 'failed', detail: reason, suspect: true }) : 0;
    }
    if (onSuspicion || refusals >= REFUSALS_IN_A_ROW) {
      const pauseMs = await waitForProof(lanes, lane, piece, reason, onSuspicion);
      if (pauseMs !== undefined) return pauseMs;
    }
    return setAside(lanes, lane, piece, reason);
  }

  /** The pause before `piece` is tried again, or undefined: InfluxDB takes other records, so the fault is in these. */
  async function waitForProof(
    lanes: DeliveryQueues,
    lane: QueueName,
    piece: Batch,
    reason: string,
    onSuspicion: boolean,
  ): Promise<number | undefined> {
    const proof = await prove(piece.entries);
    if (proof.kind === 'delivered') {
      working();
      refusals = 0;
      return undefined;
    }
    piece.failures = 0;
    lanes.putBack(lane, piece);
    if (proof.kind !== 'rejected' && proof.kind !== 'too_old') return setBack(proof);
    if (onSuspicion) return setBack({ kind: 'failed', detail: reason, suspect: true });
    health.set(
      'degraded',
      `InfluxDB at ${target.server} refuses every record: ${reason}`,
      `Look at the schema and the retention of bucket "${target.bucket}", and at the server's clock; the log keeps everything until a record is accepted.`,
    );
    return PAUSED_MS;
  }

  /**
   * What the bucket would delete at once is given up, all of a request together, and the rest is sent again. Records that
   * should be kept by our reckoning (the bucket's retention is shorter, or the server's clock is wrong) only if it takes others.
   */
  async function tooOld(
    lanes: DeliveryQueues,
    lane: QueueName,
    piece: Batch,
    { reason, dropped }: Outcome & { kind: 'too_old' },
  ): Promise<number> {
    const keptFromMs = clock.nowMs() - retentionMs;
    const old = findTooOld(piece.entries, dropped, keptFromMs);
    if (old.size === 0) return refused(lanes, lane, piece, reason, false);
    const tookNone = piece.entries.every((entry) => entry.lines === '' || old.has(entry));
    const isDoubtful = tookNone && [...old].some((entry) => timeOf(entry) >= keptFromMs);
    if (isDoubtful && refusals >= REFUSALS_IN_A_ROW) {
      const pauseMs = await waitForProof(lanes, lane, piece, reason, false);
      if (pauseMs !== undefined) return pauseMs;
    }
    if (tookNone) refusals += 1;
    working();
    const seqs = [...old].map(({ record }) => record.seq).sort((a, b) => a - b);
    const fields = { from: seqs[0], to: seqs.at(-1), records: seqs.length, reason };
    world.logger.warn('influx.too_old', fields);
    const entries = piece.entries.map((entry) => (old.has(entry) ? givenUp(entry) : entry));
    lanes.putBack(lane, { ...piece, entries });
    return 0;
  }

  /** Stores first, moves the place afterwards: a crash in between repeats the record, and quarantine keeps it once. */
  function setAside(lanes: DeliveryQueues, lane: QueueName, piece: Batch, reason: string): number {
    const items = piece.entries.map(({ record }) => ({ record, reason }));
    const isFull = quarantine.add(SINK, items, clock.nowMs()).length > 0;
    const { record } = piece.entries[0] ?? {};
    const level = refusals === 0 ? 'warn' : 'debug';
    const event = isFull ? 'influx.quarantine_full' : 'influx.quarantined';
    world.logger[level](event, { seq: record?.seq, device: record?.device, reason });
    refusals += 1;
    if (isFull) lanes.ackBatch(lane, { ...piece, entries: piece.entries.map(givenUp) }, false);
    else lanes.ackBatch(lane, piece, true);
    return 0;
  }

  /** What was refused once and has been met again, after a crash or a rewind, may have landed this time. */
  function forgetQuarantined(entries: readonly Entry[]): void {
    const first = entries[0]?.record.seq ?? 0;
    const last = entries.at(-1)?.record.seq ?? 0;
    const [next] = quarantine.list(SINK, first - 1, 1);
    if (!next || next.seq > last) return;
    quarantine.remove(
      SINK,
      entries.map(({ record }) => record.seq),
    );
  }

  async function replay(job: Replay): Promise<number> {
    const part = job.work.shift() ?? [];
    const entries = part.map(toEntry);
    const fault = entries.find((entry) => entry.fault !== undefined)?.fault;
    const lines = joinLines(entries);
    const outcome: Outcome =
      fault !== undefined
        ? { kind: 'rejected', reason: fault }
        : lines === ''
          ? { kind: 'delivered' }
          : await ask(lines);
    if (outcome.kind === 'delivered') {
      job.delivered.push(...part.map(({ seq }) => seq));
      return 0;
    }
    if (outcome.kind !== 'rejected' && outcome.kind !== 'too_old' && outcome.kind !== 'too_large') {
      const pauseMs = setBack(outcome);
      job.stopped = health.get().detail;
      return pauseMs;
    }
    const [record] = part;
    const middle = part.length >> 1;
    if (middle > 0) job.work.unshift(part.slice(0, middle), part.slice(middle));
    else if (record) job.refused.push({ record, reason: outcome.reason });
    return 0;
  }

  /** Takes a record that cannot be read out of `piece`; false when there is none. */
  function isolateFault(lanes: DeliveryQueues, lane: QueueName, piece: Batch): boolean {
    const { entries } = piece;
    const at = entries.findIndex((entry) => entry.fault !== undefined);
    if (at < 0) return false;
    const parts = [entries.slice(0, at), entries.slice(at, at + 1), entries.slice(at + 1)];
    const pieces = parts.filter((part) => part.length > 0).map((part) => ({ ...piece, entries: part }));
    lanes.putBack(lane, ...(at === 0 ? pieces.slice(1) : pieces));
    if (at === 0 && pieces[0]) setAside(lanes, lane, pieces[0], entries[0]?.fault ?? '');
    return true;
  }

  /** 'delivered' if InfluxDB accepts any of a few other records, 'rejected' if none, else what keeps us from knowing. */
  async function prove(suspects: readonly Entry[]): Promise<Outcome> {
    const tried = new Set(suspects.map(({ record }) => record.seq));
    const devices = new Set<string>();
    const candidates = lastAccepted ? [lastAccepted] : [];
    for (const record of log.readBefore(Math.min(log.lastSeq() + 1, holdFrom()), PROOF_WINDOW)) {
      if (devices.size === PROOF_DEVICES) break;
      if (record.device === null || devices.has(record.device) || tried.has(record.seq)) continue;
      devices.add(record.device);
      candidates.push(toEntry(record));
    }
    let outcome: Outcome = { kind: 'rejected', reason: 'there is no other record to compare with' };
    for (const { lines } of candidates) {
      if (lines === '') continue;
      outcome = await ask(lines);
      // A record that gets status 500 may be as bad as the suspect.
      const unclear =
        outcome.kind === 'rejected' ||
        outcome.kind === 'too_old' ||
        (outcome.kind === 'failed' && outcome.suspect);
      if (!unclear) return outcome;
    }
    return outcome;
  }

  function learnSize(outcome: Outcome, waitedMs: number): void {
    if (outcome.kind !== 'delivered') return;
    if (waitedMs > SLOW_MS) limit = Math.max(Math.min(limit, CAREFUL_RECORDS), limit >> 1);
    else limit = Math.min(batchRecords, limit + Math.max(10, limit >> 2));
  }

  async function turn(lanes: DeliveryQueues, lane: QueueName): Promise<Turn | undefined> {
    const startMs = clock.monotonicMs();
    const piece = lanes.take(lane, limit);
    if (!piece) return undefined;
    const spent = () => ({ busyMs: clock.monotonicMs() - startMs, waitedMs: 0 });
    if (isolateFault(lanes, lane, piece)) return { pauseMs: 0, ...spent() };
    const lines = joinLines(piece.entries);
    if (lines === '') {
      forgetQuarantined(piece.entries);
      lanes.ackBatch(lane, piece, false);
      return { pauseMs: 0, ...spent() };
    }
    const sending = ask(lines);
    const { busyMs } = spent();
    const outcome = await sending;
    const waitedMs = clock.monotonicMs() - startMs - busyMs;
    learnSize(outcome, waitedMs);
    return { pauseMs: await act(lanes, lane, piece, outcome), busyMs, waitedMs };
  }

  return {
    turn,
    async check() {
      const outcome = await ask('');
      // InfluxDB answers "writing requires points" (400) after it has looked at token and bucket.
      if (outcome.kind !== 'delivered' && outcome.kind !== 'rejected') return setBack(outcome);
      working();
      return 0;
    },
    replay,
    limit: () => limit,
  };
}

function givenUp({ record }: Entry): Entry {
  return { record, lines: '', expired: true };
}

function joinLines(entries: readonly Entry[]): string {
  let body = '';
  for (const { lines } of entries) {
    if (lines !== '') body += body === '' ? lines : `\n${lines}`;
  }
  return body;
}
