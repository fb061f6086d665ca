/**
 * The writer's loop: one request after the other, fresh readings before a backlog, and never more than its share of the
 * processor while readings come in.
 */

import { setImmediate as otherEvents } from 'node:timers/promises';
import type { InfluxConfig } from '../../config/schema.ts';
import { backoffMs } from '../../model/backoff.ts';
import type { Health } from '../../model/health.ts';
import { tell } from '../../model/said.ts';
import type { Wakeup } from '../../model/wakeup.ts';
import type { Clock, World } from '../../model/world.ts';
import type { Log } from '../../store/contract.ts';
import type { InfluxClient, Unusable } from './client.ts';
import type { Delivery, Sent } from './delivery.ts';
import { RETRY } from './delivery-context.ts';
import type { DeliveryQueues, QueueName } from './delivery-queues.ts';
import type { FieldTypes } from './field-types.ts';
import type { Provisioner } from './provisioner.ts';
import type { ReplayQueue } from './replay-queue.ts';
import type { Rewriter } from './rewrite.ts';

/** A record that waits longer than this in the active queue gets a queue of its own. */
const LATE_MS = 5_000;
/** So many full batches waiting are a backlog. */
const BACKLOG_BATCHES = 2;
/** Readings are coming in while the newest commit is younger than this. */
const LIVELY_MS = 10_000;
/** Largest part of the processor's time the drain of a backlog may take while readings come in. */
const BACKLOG_SHARE = 0.5;
/** Pause after settings no request can be made with. */
const UNUSABLE_MS = 60_000;

/** What the loop works with. */
export interface WriterParts {
  readonly config: InfluxConfig;
  readonly world: World;
  readonly log: Log;
  /** Records from this seq on wait for their time. */
  readonly holdFrom: () => number;
  readonly connect: (config: InfluxConfig, clock: Clock) => Promise<InfluxClient | Unusable>;
  readonly health: Health;
  readonly wakeup: Wakeup;
  readonly delivery: Delivery;
  readonly fieldTypes: Pick<FieldTypes, 'save'>;
  readonly provisioner: Provisioner;
  readonly replays: ReplayQueue;
  readonly rewriter: Rewriter;
  /** Queues that begin at the cursor. */
  readonly newQueues: () => DeliveryQueues;
}

export interface WriterContext extends WriterParts {
  queues: DeliveryQueues;
  client: InfluxClient | undefined;
  /** Whether InfluxDB has answered since the start. */
  checked: boolean;
  lastQueue: QueueName;
  /** Failures of the store in a row. */
  troubles: number;
  /** Monotonic: nothing is sent before; the oldest record not yet taken came; the newest commit came. */
  resumeMs: number;
  freshSinceMs: number;
  lastAppendMs: number;
  /** A record of the active queue and when it was first seen there: how late that queue is. */
  mark: { readonly seq: number; readonly atMs: number } | undefined;
  /** Since the present rest began: records came; somebody wants us to look. */
  hasAppended: boolean;
  isAsked: boolean;
}

/** A writer that has not begun. */
export function createWriterContext(parts: WriterParts): WriterContext {
  return {
    ...parts,
    queues: parts.newQueues(),
    client: undefined,
    checked: false,
    lastQueue: 'backlog',
    troubles: 0,
    resumeMs: 0,
    freshSinceMs: Number.NEGATIVE_INFINITY,
    lastAppendMs: Number.NEGATIVE_INFINITY,
    mark: undefined,
    hasAppended: false,
    isAsked: false,
  };
}

/** Writes until stopped. */
export async function runWriteLoop(context: WriterContext): Promise<void> {
  const { wakeup, health, world } = context;
  while (!wakeup.stopped()) {
    try {
      await step(context);
      context.fieldTypes.save();
      context.troubles = 0;
    } catch (error) {
      // The store refused (full disk, I/O error). What was in hand is read again from the cursor.
      health.set('degraded', tell('influx.store'));
      world.logger.error('influx.store_failed', { error: error instanceof Error ? error.message : '' });
      context.queues = context.newQueues();
      pause(context, backoffMs(context.troubles, RETRY, world.random));
      context.troubles += 1;
    }
  }
}

/** Somebody wants us to look. */
export function noteAsked(context: WriterContext): void {
  context.isAsked = true;
  context.wakeup.wake();
}

export function noteAppended(context: WriterContext): void {
  const nowMs = context.world.clock.monotonicMs();
  context.lastAppendMs = nowMs;
  if (context.freshSinceMs === Number.POSITIVE_INFINITY) context.freshSinceMs = nowMs;
  context.hasAppended = true;
  context.wakeup.wake();
}

async function step(context: WriterContext): Promise<void> {
  const { world, health, wakeup, replays } = context;
  context.queues.follow();
  const gateMs = context.resumeMs - world.clock.monotonicMs();
  if (gateMs > 0) {
    replays.refuse(health.get().detail);
    return wakeup.until(gateMs, () => context.resumeMs <= world.clock.monotonicMs());
  }
  context.client ??= await open(context);
  if (!context.client) return;
  if (replays.waiting()) {
    const pauseMs = await replays.next(context.delivery.replay);
    pause(context, pauseMs);
    if (pauseMs > 0) return;
  }
  const live = readyInMs(context, 'live');
  const backlog = readyInMs(context, 'backlog');
  if (live > 0 && backlog > 0) {
    if (context.rewriter.waiting()) return rewrite(context);
    return replays.waiting() ? undefined : idle(context, Math.min(live, backlog));
  }
  const queue = live === 0 && (backlog > 0 || context.lastQueue === 'backlog') ? 'live' : 'backlog';
  context.lastQueue = queue;
  await sendFrom(context, queue);
}

/** What was delivered before is written again in the time that is left. */
async function rewrite(context: WriterContext): Promise<void> {
  const sent = await context.rewriter.next();
  pause(context, sent.pauseMs);
  await giveWay(context, 'backlog', sent);
}

async function sendFrom(context: WriterContext, queue: QueueName): Promise<void> {
  const { config, world, delivery, queues } = context;
  if (queue === activeQueue(context)) context.freshSinceMs = Number.POSITIVE_INFINITY;
  const sent = await delivery.sendNext(queues, queue);
  if (queues.waiting(activeQueue(context)) > 0) {
    context.freshSinceMs = Math.min(context.freshSinceMs, world.clock.monotonicMs());
  }
  if (!sent) return rest(context, config.batchMaxAgeMs, () => true);
  context.checked = true;
  pause(context, sent.pauseMs);
  if (sent.pauseMs === 0) watchLateness(context);
  await giveWay(context, queue, sent);
}

/** The queue of the fresh records. */
function activeQueue({ queues }: WriterContext): QueueName {
  return queues.isLive() ? 'live' : 'backlog';
}

/** In how many milliseconds the queue should have its turn; Infinity when it has nothing. */
function readyInMs(context: WriterContext, queue: QueueName): number {
  const { queues, delivery, config, world, freshSinceMs } = context;
  const waiting = queues.waiting(queue);
  if (waiting === 0) return Number.POSITIVE_INFINITY;
  if (queue !== activeQueue(context) || waiting >= delivery.limit() || queues.hasWork(queue)) return 0;
  // Infinity: nothing came lately, so these are older records, as after a rewind.
  if (freshSinceMs === Number.POSITIVE_INFINITY) return 0;
  return Math.max(0, config.batchMaxAgeMs - (world.clock.monotonicMs() - freshSinceMs));
}

/** Nothing to send: the first time, find out whether it could be sent; then sleep until there is something. */
async function idle(context: WriterContext, ms: number): Promise<void> {
  const { delivery } = context;
  if (!context.checked && ms === Number.POSITIVE_INFINITY) {
    const pauseMs = await delivery.check();
    context.checked = pauseMs === 0;
    pause(context, pauseMs);
    return;
  }
  const isFull = () => context.queues.waiting(activeQueue(context)) >= delivery.limit();
  await rest(context, ms, () => ms === Number.POSITIVE_INFINITY || isFull());
}

/** Waits `ms`, less if somebody wants us to look or, after records came, when they are `enough`. */
function rest(context: WriterContext, ms: number, enough: () => boolean): Promise<void> {
  context.hasAppended = false;
  context.isAsked = false;
  return context.wakeup.until(ms, () => context.isAsked || (context.hasAppended && enough()));
}

/** Nothing is sent for `ms`. */
function pause(context: WriterContext, ms: number): void {
  context.resumeMs = context.world.clock.monotonicMs() + ms;
}

async function open(context: WriterContext): Promise<InfluxClient | undefined> {
  const { config, world, health, provisioner, connect } = context;
  const made = await connect(config, world.clock);
  if (!('unusable' in made)) {
    provisioner.start(made);
    return made;
  }
  health.set('down', made.unusable);
  pause(context, UNUSABLE_MS);
  return undefined;
}

/** InfluxDB takes records, yet the active queue is late or long: fresh records shall not wait behind it. */
function watchLateness(context: WriterContext): void {
  const { health, world, queues, log, holdFrom, config, mark } = context;
  if (health.get().state !== 'ok') return;
  const nowMs = world.clock.monotonicMs();
  const settledSeq = queues.settledSeq();
  const lastSeq = Math.min(log.lastSeq(), holdFrom() - 1);
  if (settledSeq >= lastSeq) {
    context.mark = undefined;
    return;
  }
  const late = mark !== undefined && settledSeq < mark.seq && nowMs - mark.atMs > LATE_MS;
  if (late || lastSeq - settledSeq > BACKLOG_BATCHES * config.batchMaxRecords) {
    queues.openLive();
    context.mark = undefined;
  } else if (!mark || settledSeq >= mark.seq) {
    context.mark = { seq: lastSeq, atMs: nowMs };
  }
}

/** Lets other work run; while readings come in, the drain of a backlog rests in proportion to what it took. */
async function giveWay(
  { world, wakeup, lastAppendMs }: WriterContext,
  queue: QueueName,
  { busyMs, waitedMs }: Sent,
): Promise<void> {
  const lively = world.clock.monotonicMs() - lastAppendMs < LIVELY_MS;
  const restMs = busyMs * (1 / BACKLOG_SHARE - 1) - waitedMs;
  if (queue === 'backlog' && lively && restMs >= 1) await wakeup.sleep(restMs);
  else await otherEvents();
}
