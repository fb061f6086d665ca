/**
 * What follows when InfluxDB refused a batch: put values into fields of their type, halve it, give up what is too old, quarantine the record whose own fault it is,
 * or wait for proof. A record goes to quarantine only when it was refused alone and InfluxDB took another record lately: a
 * server that refuses everything is a fault of the setup, and the log is the better place to wait for its repair.
 */

import { tell } from '../../model/said.ts';
import {
  ask,
  type DeliveryContext,
  mostRenderings,
  noteWorking,
  PAUSED_MS,
  pauseAfter,
  REFUSALS_IN_A_ROW,
  renderAgain,
  SINK,
  type TakenBatch,
} from './delivery-context.ts';
import type { Entry } from './delivery-queues.ts';
import type { TypeConflict } from './field-types.ts';
import type { WriteOutcome } from './outcome.ts';
import { findTooOld, timeOf } from './too-old.ts';

/** How many recent records are looked through, and of how many devices one is tried, for proof that InfluxDB takes any. */
const PROOF_WINDOW = 200;
const PROOF_DEVICES = 4;

/** Why a batch counts as refused. */
export interface Refusal {
  readonly reason: string;
  /** The server failed as some releases do over a bad point; it did not say so. */
  readonly suspected?: true;
  /** What it said about the type of a field. */
  readonly conflict?: TypeConflict | undefined;
}

/** A refused batch is halved; a refused record is quarantined once it is clear that the fault is its own. */
export async function takeRefusal(
  context: DeliveryContext,
  taken: TakenBatch,
  refusal: Refusal,
): Promise<number> {
  const { queues, queue, batch } = taken;
  const { entries } = batch;
  if (refusal.conflict && sendOtherwise(context, taken, refusal.conflict)) return 0;
  if (entries.length > 1) {
    const middle = entries.length >> 1;
    const halves = [entries.slice(0, middle), entries.slice(middle)];
    queues.putBack(queue, ...halves.map((half) => ({ ...batch, entries: half, renderings: 0 })));
    return refusal.suspected ? pauseAfter(context, failureOf(refusal)) : 0;
  }
  if (refusal.suspected || context.refusals >= REFUSALS_IN_A_ROW) {
    const pauseMs = await waitForProof(context, taken, refusal);
    if (pauseMs !== undefined) return pauseMs;
  }
  quarantineBatch(context, taken, refusal.reason);
  return 0;
}

/** Puts the batch back with its values in other fields; false when that would change nothing. */
function sendOtherwise(
  context: DeliveryContext,
  { queues, queue, batch }: TakenBatch,
  conflict: TypeConflict,
): boolean {
  const { renderings = 0 } = batch;
  if (renderings >= mostRenderings(batch.entries.length)) return false;
  const entries = renderAgain(context, batch.entries, conflict);
  if (entries) queues.putBack(queue, { ...batch, entries, renderings: renderings + 1 });
  return entries !== undefined;
}

/**
 * What the bucket would delete at once is given up, all of a request together, and the rest is sent again. Records that
 * should be kept by our reckoning (the bucket's retention is shorter, or the server's clock is wrong) only if it takes others.
 */
export async function takeTooOld(
  context: DeliveryContext,
  taken: TakenBatch,
  { reason, dropped, keptFromMs: serverKeepsFromMs }: WriteOutcome & { kind: 'too_old' },
): Promise<number> {
  const { queues, queue, batch } = taken;
  const keptFromMs = context.world.clock.nowMs() - context.retentionMs;
  const old = findTooOld(batch.entries, dropped, serverKeepsFromMs ?? keptFromMs);
  if (old.size === 0) return takeRefusal(context, taken, { reason });
  const tookNone = batch.entries.every((entry) => entry.lines === '' || old.has(entry));
  const isDoubtful = tookNone && [...old].some((entry) => timeOf(entry) >= keptFromMs);
  if (isDoubtful && context.refusals >= REFUSALS_IN_A_ROW) {
    const pauseMs = await waitForProof(context, taken, { reason });
    if (pauseMs !== undefined) return pauseMs;
  }
  if (tookNone) context.refusals += 1;
  noteWorking(context);
  const seqs = [...old].map(({ record }) => record.seq).sort((a, b) => a - b);
  const fields = { from: seqs[0], to: seqs.at(-1), records: seqs.length, reason };
  context.world.logger.warn('influx.too_old', fields);
  const entries = batch.entries.map((entry) => (old.has(entry) ? givenUp(entry) : entry));
  queues.putBack(queue, { ...batch, entries });
  return 0;
}

/** Takes a record that cannot be read out of the batch; false when there is none. */
export function isolateFault(context: DeliveryContext, { queues, queue, batch }: TakenBatch): boolean {
  const { entries } = batch;
  const at = entries.findIndex((entry) => entry.fault !== undefined);
  if (at < 0) return false;
  const parts = [entries.slice(0, at), entries.slice(at, at + 1), entries.slice(at + 1)];
  const batches = parts.filter((part) => part.length > 0).map((part) => ({ ...batch, entries: part }));
  queues.putBack(queue, ...(at === 0 ? batches.slice(1) : batches));
  const [faulty] = batches;
  if (at === 0 && faulty) {
    quarantineBatch(context, { queues, queue, batch: faulty }, entries[0]?.fault ?? '');
  }
  return true;
}

/** The pause before the batch is tried again, or undefined: InfluxDB takes other records, so the fault is in these. */
async function waitForProof(
  context: DeliveryContext,
  { queues, queue, batch }: TakenBatch,
  refusal: Refusal,
): Promise<number | undefined> {
  const { health, target } = context;
  const proof = await prove(context, batch.entries);
  if (proof.kind === 'delivered') {
    noteWorking(context);
    context.refusals = 0;
    return undefined;
  }
  batch.failures = 0;
  queues.putBack(queue, batch);
  if (proof.kind !== 'rejected' && proof.kind !== 'too_old') return pauseAfter(context, proof);
  if (refusal.suspected) return pauseAfter(context, failureOf(refusal));
  health.set(
    'degraded',
    tell('influx.refusesAll', { server: target.server, bucket: target.bucket, reason: refusal.reason }),
  );
  return PAUSED_MS;
}

/** 'delivered' if InfluxDB accepts any of a few other records, 'rejected' if none, else what keeps us from knowing. */
async function prove(context: DeliveryContext, suspects: readonly Entry[]): Promise<WriteOutcome> {
  let outcome: WriteOutcome = { kind: 'rejected', reason: 'there is no other record to compare with' };
  for (const { lines } of witnesses(context, suspects)) {
    if (lines === '') continue;
    outcome = await ask(context, lines);
    // A record that gets status 500 may be as bad as the suspect.
    const unclear =
      outcome.kind === 'rejected' ||
      outcome.kind === 'too_old' ||
      (outcome.kind === 'failed' && outcome.suspect);
    if (!unclear) return outcome;
  }
  return outcome;
}

/** The record accepted last, and recent ones of a few devices. */
function witnesses(context: DeliveryContext, suspects: readonly Entry[]): Entry[] {
  const { log, lastAccepted, holdFrom, toEntries } = context;
  const tried = new Set(suspects.map(({ record }) => record.seq));
  const devices = new Set<string>();
  const found = lastAccepted ? [lastAccepted] : [];
  for (const record of log.readBefore(Math.min(log.lastSeq() + 1, holdFrom()), PROOF_WINDOW)) {
    if (devices.size === PROOF_DEVICES) break;
    if (record.device === null || devices.has(record.device) || tried.has(record.seq)) continue;
    devices.add(record.device);
    found.push(...toEntries([record]));
  }
  return found;
}

/** Stores first, moves the cursor afterwards: a crash in between repeats the record, and quarantine keeps it once. */
function quarantineBatch(
  context: DeliveryContext,
  { queues, queue, batch }: TakenBatch,
  reason: string,
): void {
  const { quarantine, world } = context;
  const items = batch.entries.map(({ record }) => ({ record, reason }));
  const isFull = quarantine.add(SINK, items, world.clock.nowMs()).length > 0;
  const { record } = batch.entries[0] ?? {};
  const level = context.refusals === 0 ? 'warn' : 'debug';
  const event = isFull ? 'influx.quarantine_full' : 'influx.quarantined';
  world.logger[level](event, { seq: record?.seq, device: record?.device, reason });
  context.refusals += 1;
  if (isFull) queues.ackBatch(queue, { ...batch, entries: batch.entries.map(givenUp) }, false);
  else queues.ackBatch(queue, batch, true);
}

function failureOf({ reason }: Refusal): WriteOutcome {
  return { kind: 'failed', ...tell('influx.reason', { reason }, 'influx.wait.todo'), suspect: true };
}

function givenUp({ record }: Entry): Entry {
  return { record, lines: '', expired: true };
}
