/**
 * One request at a time and what follows from its answer: acknowledge, split, give up, quarantine or wait. `sendNext` is the
 * way of a batch; refused-batch.ts says what becomes of one that InfluxDB does not take.
 */

import type { LogRecord } from '../../model/record.ts';
import type { Tracer } from '../../model/trace.ts';
import {
  adaptLimit,
  ask,
  type DeliveryContext,
  mostRenderings,
  noteWorking,
  pauseAfter,
  renderAgain,
  SINK,
  type TakenBatch,
} from './delivery-context.ts';
import type { DeliveryQueues, Entry, QueueName } from './delivery-queues.ts';
import type { WriteOutcome } from './outcome.ts';
import { isolateFault, takeRefusal, takeTooOld } from './refused-batch.ts';

/** Answers of status 500 to the same records before they are suspected. */
const SUSPECT_FAILURES = 5;

/** What sending a batch cost. */
export interface Sent {
  /** Nothing should be sent for so long, milliseconds. */
  readonly pauseMs: number;
  /** Time it kept the event loop, and time it waited for the answer, milliseconds. */
  readonly busyMs: number;
  readonly waitedMs: number;
}

/** Records to be written again outside of the queues, and what became of them so far. */
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
  /** Sends the queue's next batch; undefined when there is none. */
  sendNext(queues: DeliveryQueues, queue: QueueName): Promise<Sent | undefined>;
  /** Sends nothing, to learn whether address, token and bucket are right. Gives the pause before another try, or 0. */
  check(): Promise<number>;
  /** One request for `replay`; an answer that is not about the records stops it. Gives the pause before another try. */
  replay(replay: Replay): Promise<number>;
  /** Most records in the next request. */
  limit(): number;
}

/** A delivery over what is known of InfluxDB. */
export function createDelivery(context: DeliveryContext): Delivery {
  return {
    sendNext: (queues, queue) => sendNext(context, queues, queue),
    check: () => check(context),
    replay: (job) => replay(context, job),
    limit: () => context.limit,
  };
}

async function sendNext(
  context: DeliveryContext,
  queues: DeliveryQueues,
  queue: QueueName,
): Promise<Sent | undefined> {
  const { clock } = context.world;
  const startMs = clock.monotonicMs();
  const batch = queues.take(queue, context.limit);
  if (!batch) return undefined;
  const taken = { queues, queue, batch };
  const spent = () => ({ busyMs: clock.monotonicMs() - startMs, waitedMs: 0 });
  if (isolateFault(context, taken)) return { pauseMs: 0, ...spent() };
  const lines = joinLines(batch.entries);
  if (lines === '') {
    ackDelivered(context, taken);
    return { pauseMs: 0, ...spent() };
  }
  const sending = ask(context, lines);
  const { busyMs } = spent();
  const outcome = await sending;
  const endMs = clock.monotonicMs();
  const waitedMs = endMs - startMs - busyMs;
  if (context.tracer && outcome.kind === 'delivered')
    traceWrite(context.tracer, batch.entries, startMs, endMs);
  adaptLimit(context, outcome, waitedMs);
  return { pauseMs: await takeOutcome(context, taken, outcome), busyMs, waitedMs };
}

function traceWrite(tracer: Tracer, entries: readonly Entry[], startMs: number, endMs: number): void {
  const attributes = { 'webscada.batch_records': entries.length };
  for (const { record, lines } of entries) {
    if (lines !== '') tracer.traceOf(record)?.add({ name: 'influx.write', startMs, endMs, attributes });
  }
}

/** Does with the batch what its answer asks for; the pause before the next request. */
async function takeOutcome(
  context: DeliveryContext,
  taken: TakenBatch,
  outcome: WriteOutcome,
): Promise<number> {
  const { queues, queue, batch } = taken;
  if (outcome.kind === 'delivered') {
    context.refusals = 0;
    context.lastAccepted = batch.entries.findLast((entry) => entry.lines !== '');
    noteWorking(context);
    ackDelivered(context, taken);
    return 0;
  }
  if (outcome.kind === 'rejected') return takeRefusal(context, taken, outcome);
  if (outcome.kind === 'too_old') return takeTooOld(context, taken, outcome);
  if (outcome.kind === 'too_large') {
    context.limit = Math.max(1, batch.entries.length >> 1);
    return takeRefusal(context, taken, { reason: outcome.reason });
  }
  if (outcome.kind === 'failed' && outcome.suspect) {
    batch.failures += 1;
    if (batch.failures >= SUSPECT_FAILURES) {
      return takeRefusal(context, taken, { reason: outcome.detail, suspected: true });
    }
  }
  queues.putBack(queue, batch);
  return pauseAfter(context, outcome);
}

function ackDelivered(
  { quarantine, onDelivered }: DeliveryContext,
  { queues, queue, batch }: TakenBatch,
): void {
  onDelivered(batch.entries, false);
  const seqs = batch.entries.map(({ record }) => record.seq);
  // What was refused once and has been met again, after a crash or a rewind, may have landed this time.
  const [next] = quarantine.list(SINK, (seqs[0] ?? 0) - 1, 1);
  if (next && next.seq <= (seqs.at(-1) ?? 0)) quarantine.remove(SINK, seqs);
  queues.ackBatch(queue, batch, false);
}

async function check(context: DeliveryContext): Promise<number> {
  const outcome = await ask(context, '');
  // InfluxDB answers "writing requires points" (400) after it has looked at token and bucket.
  if (outcome.kind !== 'delivered' && outcome.kind !== 'rejected') return pauseAfter(context, outcome);
  noteWorking(context);
  return 0;
}

async function replay(context: DeliveryContext, job: Replay): Promise<number> {
  const part = job.work.shift() ?? [];
  const outcome = await askFor(context, part);
  if (outcome.kind === 'delivered') {
    job.delivered.push(...part.map(({ seq }) => seq));
    return 0;
  }
  if (outcome.kind !== 'rejected' && outcome.kind !== 'too_old' && outcome.kind !== 'too_large') {
    const pauseMs = pauseAfter(context, outcome);
    job.stopped = context.health.get().detail;
    return pauseMs;
  }
  const [record] = part;
  const middle = part.length >> 1;
  if (middle > 0) job.work.unshift(part.slice(0, middle), part.slice(middle));
  else if (record) job.refused.push({ record, reason: outcome.reason });
  return 0;
}

/** Sends records as one request; without one where they cannot be read or say nothing. */
async function askFor(context: DeliveryContext, records: readonly LogRecord[]): Promise<WriteOutcome> {
  let entries = context.toEntries(records);
  const fault = entries.find((entry) => entry.fault !== undefined)?.fault;
  if (fault !== undefined) return { kind: 'rejected', reason: fault };
  for (let renderings = 0; ; renderings += 1) {
    const lines = joinLines(entries);
    const outcome: WriteOutcome = lines === '' ? { kind: 'delivered' } : await ask(context, lines);
    if (outcome.kind === 'delivered') context.onDelivered(entries, true);
    if (outcome.kind !== 'rejected' || !outcome.conflict) return outcome;
    const again = renderAgain(context, entries, outcome.conflict);
    if (!again || renderings >= mostRenderings(records.length)) return outcome;
    entries = again;
  }
}

function joinLines(entries: readonly Entry[]): string {
  let body = '';
  for (const { lines } of entries) {
    if (lines !== '') body += body === '' ? lines : `\n${lines}`;
  }
  return body;
}
