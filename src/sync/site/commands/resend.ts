/**
 * Sends records of the log once more, for a centre that has lost them: the log's own stream only goes forward, so they go to a
 * stream of their own, `again`, in compressed blocks that carry their numbers. Newest block first; records that were never
 * sent have the line to themselves.
 */
import type { Clock } from '../../../model/world.ts';
import type { Store } from '../../../store/contract.ts';
import { againFields, toBlock } from '../../entry.ts';
import type { Client } from '../client.ts';
import { CentreFault } from '../fault.ts';
import type { CommandResult } from './command-result.ts';

/** Of one command. */
export const MAX_RESENT = 50_000;
/** Of one block. */
const BLOCK_RECORDS = 250;
const BLOCK_BYTES = 256 * 1024;
/** Entries nobody has taken; more would fill the centre's memory. */
const MAX_WAITING = 1_000;
/** Between two blocks, and between two looks at a busy line. */
const PACE_MS = 100;
const BUSY_LOOK_MS = 1_000;
/** Below the longest a command may take. */
const LONGEST_MS = 600_000;

export interface ResendRange {
  readonly epoch: number;
  readonly fromSeq: number;
  readonly toSeq: number;
}

export interface ResendContext {
  readonly client: Client;
  /** Key of the stream. */
  readonly stream: string;
  readonly store: Pick<Store, 'log' | 'epoch'>;
  /** Records wait that were never sent. */
  readonly isBusy: () => boolean;
  readonly clock: Clock;
  /** The line has ended: the command comes again. */
  readonly isOver: () => boolean;
}

/** Rejects with a CentreFault when the line ends; a refusal of the centre is one of the command. */
export async function resend(context: ResendContext, range: ResendRange): Promise<CommandResult> {
  const { store, isOver } = context;
  const epoch = store.epoch();
  if (range.epoch !== epoch)
    return refuse('epoch', `this box is in epoch ${epoch}: its numbers are other records than those`);
  if (range.fromSeq > store.log.lastSeq())
    return refuse('range', `the newest record here is ${store.log.lastSeq()}`);
  try {
    return await send(context, range);
  } catch (error) {
    if (isOver() || !(error instanceof CentreFault)) throw error;
    return refuse('centre', `${error.message}; ${error.hint}`);
  }
}

async function send(context: ResendContext, { epoch, fromSeq, toSeq }: ResendRange): Promise<CommandResult> {
  const { client, stream, store, clock } = context;
  const endMs = clock.monotonicMs() + LONGEST_MS;
  let sent = 0;
  let to = Math.min(toSeq, store.log.lastSeq());
  while (to >= Math.max(fromSeq, store.log.firstSeq())) {
    const isFree = await freeLine(context, endMs);
    if (context.isOver()) throw client.reason();
    if (!isFree) break;
    if ((await waiting(context)) >= MAX_WAITING) {
      if (sent === 0) return refuse('queue-full', `${MAX_WAITING} entries wait in ${stream} for collect`);
      break;
    }
    const run = newestRun(context, fromSeq, to);
    const [first] = run;
    if (!first) break;
    await client.call('XADD', stream, '*', ...againFields(toBlock(epoch, run, 'zstd')));
    sent += run.length;
    to = first.seq - 1;
    await pause(clock, PACE_MS);
  }
  if (sent === 0 && context.isBusy())
    return refuse('busy', 'records wait here that were never sent; ask again when they are at the centre');
  if (sent === 0)
    return refuse('gone', `none of them is in the log any more; its oldest is ${store.log.firstSeq()}`);
  return { ok: true, result: { epoch, fromSeq: Math.max(fromSeq, to + 1), toSeq, sent } };
}

/** The newest records up to `to` that follow one another without a hole and fit a block. */
function newestRun({ store }: ResendContext, fromSeq: number, to: number) {
  for (let last = to; last >= Math.max(fromSeq, store.log.firstSeq()); last -= BLOCK_RECORDS) {
    const first = Math.max(fromSeq, last - BLOCK_RECORDS + 1);
    const records = store.log
      .readAfter(first - 1, last - first + 1)
      .filter(({ seq }) => seq >= first && seq <= last);
    let [at, bytes] = [records.length, 0];
    while (at > 0) {
      const record = records[at - 1];
      const isNext = at === records.length || record?.seq === (records[at]?.seq ?? 0) - 1;
      bytes += record?.body.length ?? 0;
      if (!record || !isNext || (bytes > BLOCK_BYTES && at < records.length)) break;
      at -= 1;
    }
    if (records.length > 0) return records.slice(at);
  }
  return [];
}

/** False when it stays busy for too long. */
async function freeLine({ isBusy, isOver, clock }: ResendContext, endMs: number): Promise<boolean> {
  while (isBusy()) {
    if (isOver() || clock.monotonicMs() >= endMs) return false;
    await pause(clock, BUSY_LOOK_MS);
  }
  return !isOver() && clock.monotonicMs() < endMs;
}

async function waiting({ client, stream }: ResendContext): Promise<number> {
  if (Number(await client.call('EXISTS', stream)) === 0) return 0;
  const info = await client.call('XINFO', 'STREAM', stream);
  const flat: readonly unknown[] = Array.isArray(info) ? info : [];
  return Number(flat[flat.indexOf('length') + 1] ?? 0);
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

function refuse(code: string, reason: string): CommandResult {
  return { ok: false, code, reason };
}
