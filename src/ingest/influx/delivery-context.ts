/**
 * What the delivery to InfluxDB knows between two requests, how it asks, and what an answer that says nothing about the
 * records means for its pace.
 */

import { backoffMs } from '../../model/backoff.ts';
import type { Health } from '../../model/health.ts';
import type { LogRecord } from '../../model/record.ts';
import { type Told, tell } from '../../model/said.ts';
import type { Tracer } from '../../model/trace.ts';
import type { World } from '../../model/world.ts';
import type { Log, Quarantine } from '../../store/contract.ts';
import type { Batch, DeliveryQueues, Entry, QueueName } from './delivery-queues.ts';
import type { FieldTypes, TypeConflict } from './field-types.ts';
import { type Answer, type Target, understand, type WriteOutcome } from './outcome.ts';

export const SINK = 'influx';

/** The longest wait is short enough that fresh readings arrive within 5 s of InfluxDB's return. */
export const RETRY = { minMs: 250, maxMs: 4_000 };

/** Pause while only a person can help. */
export const PAUSED_MS = 60_000;
/** Records refused one after the other, none accepted between, before we ask for proof that InfluxDB takes anything. */
export const REFUSALS_IN_A_ROW = 20;
/** Records in the first request after a failure. */
const CAREFUL_RECORDS = 100;
/** A request that takes longer shrinks the next, so that fresh readings need not wait behind it. */
const SLOW_MS = 1_000;

export interface DeliveryOptions {
  readonly log: Log;
  readonly quarantine: Quarantine;
  readonly world: World;
  readonly health: Health;
  readonly target: Target;
  readonly batchRecords: number;
  /** How long the bucket should keep readings. */
  readonly retentionMs: number;
  readonly toEntries: (records: readonly LogRecord[]) => Entry[];
  readonly fieldTypes: Pick<FieldTypes, 'note'>;
  /** Records from this seq on wait for their time. */
  readonly holdFrom: () => number;
  readonly send: (lines: string) => Promise<Answer>;
  /**
   * InfluxDB has taken these; called before the cursor moves over them. `again`: they were written before.
   */
  readonly onDelivered: (entries: readonly Entry[], again: boolean) => void;
  /** InfluxDB takes records again, or for the first time. */
  readonly onWorking: () => void;
  /** Where frames are traced. */
  readonly tracer?: Tracer | undefined;
  /** Makes the bucket that is missing; false when it could not. */
  readonly makeMissing: () => Promise<boolean>;
}

export interface DeliveryContext extends DeliveryOptions {
  /** Most records in the next request. */
  limit: number;
  /** Requests in a row whose answer said nothing about the records. */
  failures: number;
  refusals: number;
  lastAccepted: Entry | undefined;
}

/** A batch in hand, and where it was taken from. */
export interface TakenBatch {
  readonly queues: DeliveryQueues;
  readonly queue: QueueName;
  readonly batch: Batch;
}

/** No answer seen yet. */
export function createDeliveryContext(options: DeliveryOptions): DeliveryContext {
  return {
    ...options,
    limit: options.batchRecords,
    failures: 0,
    // As if many were refused: before the first success nothing proves that the setup is right.
    refusals: REFUSALS_IN_A_ROW,
    lastAccepted: undefined,
  };
}

/** One request; two when the bucket was missing and has been made. */
export async function ask(context: DeliveryContext, lines: string): Promise<WriteOutcome> {
  const { send, target, world, makeMissing } = context;
  const isEmpty = lines === '';
  const outcome = understand(await send(lines), target, world.clock.nowMs(), isEmpty);
  if (outcome.kind !== 'paused' || !outcome.missing || !(await makeMissing())) return outcome;
  return understand(await send(lines), target, world.clock.nowMs(), isEmpty);
}

/** The entries with their lines made anew after InfluxDB told of a conflict; undefined when nothing changes. */
export function renderAgain(
  { fieldTypes, toEntries }: DeliveryContext,
  entries: readonly Entry[],
  conflict: TypeConflict,
): Entry[] | undefined {
  fieldTypes.note(conflict);
  const again = toEntries(entries.map(({ record }) => record));
  const made = entries.map((entry, index) => (entry.lines === '' ? entry : (again[index] ?? entry)));
  return made.some(({ lines }, index) => lines !== entries[index]?.lines) ? made : undefined;
}

/**
 * How often that is done for one request. Each time settles a field of a record; many records may lie in shards that disagree,
 * so they are parted soon.
 */
export function mostRenderings(records: number): number {
  return records > 1 ? 4 : 32;
}

/** InfluxDB answers as it should. */
export function noteWorking(context: DeliveryContext): void {
  const { health, target, onWorking } = context;
  context.failures = 0;
  const isNews = health.get().state !== 'ok';
  health.set('ok', tell('influx.writing', { bucket: target.bucket, server: target.server }));
  if (isNews) onWorking();
}

/** What to do about an outcome that says nothing about the records: the pause before the next try. */
export function pauseAfter(context: DeliveryContext, outcome: WriteOutcome): number {
  const { health, world } = context;
  if (outcome.kind === 'paused') {
    health.set('down', toldOf(outcome));
    return PAUSED_MS;
  }
  context.limit = Math.min(context.limit, CAREFUL_RECORDS);
  const pauseMs = backoffMs(context.failures, RETRY, world.random);
  context.failures += 1;
  if (outcome.kind === 'busy') {
    health.set('degraded', toldOf(outcome));
    return Math.max(outcome.afterMs ?? 0, pauseMs);
  }
  if (outcome.kind === 'failed') {
    health.set('down', toldOf(outcome));
  }
  return pauseMs;
}

/** What is said of an outcome, without what it is made of. */
function toldOf({ detail, hint, said }: Told): Told {
  return { detail, ...(hint === undefined ? {} : { hint }), said };
}

/** Sizes the next request by how long InfluxDB took for the last one. */
export function adaptLimit(context: DeliveryContext, outcome: WriteOutcome, waitedMs: number): void {
  if (outcome.kind !== 'delivered') return;
  const { limit, batchRecords } = context;
  if (waitedMs > SLOW_MS) context.limit = Math.max(Math.min(limit, CAREFUL_RECORDS), limit >> 1);
  else context.limit = Math.min(batchRecords, limit + Math.max(10, limit >> 2));
}
