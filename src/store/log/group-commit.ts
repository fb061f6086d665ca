/**
 * Group commit: changes queue up and go to disk together, one fsync for all of them.
 *
 * Invariants: changes land in the order they were queued; a promise resolves only after the fsync; a batch that the disk
 * refuses stays at the head and is tried again; a change that can never be stored is rejected alone.
 *
 * A batch goes when the first change has waited `maxDelayMs` (few writes on a quiet site), or as soon as `eager` changes
 * wait (a broker with a small in-flight window must not be kept waiting), or at once for an urgent one.
 */
import type { World } from '../../model/world.ts';
import type { Change, Committed } from '../contract.ts';
import { StoreError } from '../errors.ts';

export interface GroupCommitOptions {
  readonly world: World;
  /** Stores the changes in one transaction; all or nothing. Throws StoreError. */
  readonly apply: (changes: readonly Change[]) => Committed[];
  readonly maxDelayMs: number;
  readonly eager?: number;
  readonly maxBatch?: number;
}

export interface GroupCommit {
  commit(change: Change): Promise<Committed>;
  /** Stores what is queued now, and, with an empty queue, whatever else a commit carries (cursors). */
  flush(): void;
  /** The error that keeps the disk from taking a batch, while it does. */
  trouble(): StoreError | undefined;
  queued(): number;
  /** Flushes, then refuses everything. */
  close(): void;
}

interface Waiting {
  readonly change: Change;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (error: unknown) => void;
}

const RETRY_MS = 1_000;

interface GroupCommitContext extends Required<GroupCommitOptions> {
  /** `flush` of this context, as a timer calls it. */
  readonly onTimer: () => void;
  queue: Waiting[];
  cancelTimer: (() => void) | undefined;
  immediate: NodeJS.Immediate | undefined;
  trouble: StoreError | undefined;
  closed: boolean;
}

/** See the head of the file. */
export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { eager = 16, maxBatch = 1_024 } = options;
  const context: GroupCommitContext = {
    ...{ ...options, eager, maxBatch },
    onTimer: () => flush(context),
    queue: [],
    cancelTimer: undefined,
    immediate: undefined,
    trouble: undefined,
    closed: false,
  };
  return {
    commit: (change) => enqueue(context, change),
    flush: () => flush(context),
    trouble: () => context.trouble,
    queued: () => context.queue.length,
    close: () => close(context),
  };
}

function enqueue(context: GroupCommitContext, change: Change): Promise<Committed> {
  if (context.closed) return Promise.reject(new Error('the store is closed'));
  // With nothing before it, there is nothing for a barrier to wait for.
  if (context.queue.length === 0 && isBarrier(change)) return Promise.resolve({ firstSeq: 0 });
  return new Promise((resolve, reject) => {
    context.queue.push({ change, resolve, reject });
    schedule(context, change.urgent === true);
  });
}

function schedule(context: GroupCommitContext, urgent: boolean): void {
  if (context.trouble) return;
  if (urgent || context.queue.length >= context.eager) {
    context.immediate ??= setImmediate(context.onTimer);
  } else {
    context.cancelTimer ??= context.world.clock.after(context.maxDelayMs, context.onTimer);
  }
}

function unschedule(context: GroupCommitContext): void {
  context.cancelTimer?.();
  context.cancelTimer = undefined;
  if (context.immediate) clearImmediate(context.immediate);
  context.immediate = undefined;
}

function flush(context: GroupCommitContext): void {
  unschedule(context);
  do {
    const batch = context.queue.slice(0, context.maxBatch);
    const answers = tryBatch(context, batch);
    if (!answers) return;
    context.queue = context.queue.slice(batch.length);
    for (const answer of answers) answer();
  } while (context.queue.length > 0);
  // Only poison was left: whether the disk takes changes again is not known yet.
  if (context.trouble) retryLater(context);
}

/** How to answer each change of the batch, or undefined when the disk refuses for now. */
function tryBatch(context: GroupCommitContext, batch: readonly Waiting[]): (() => void)[] | undefined {
  try {
    const committed = context.apply(batch.map(({ change }) => change));
    noteRecovered(context);
    return batch.map(
      ({ resolve }, index) =>
        () =>
          resolve(committed[index] as Committed),
    );
  } catch (error) {
    if (error instanceof StoreError && (error.retryable || error.damaged)) {
      noteRefused(context, error);
      return undefined;
    }
    if (batch.length <= 1)
      return batch.map(
        ({ reject }) =>
          () =>
            reject(error),
      );
    return tryEach(context, batch);
  }
}

/** One of the batch is poison: find it by storing each alone. */
function tryEach(context: GroupCommitContext, batch: readonly Waiting[]): (() => void)[] | undefined {
  const answers: (() => void)[] = [];
  for (const waiting of batch) {
    const answered = tryBatch(context, [waiting]);
    if (!answered) {
      for (const answer of answers) answer();
      context.queue = context.queue.slice(answers.length);
      return undefined;
    }
    answers.push(...answered);
  }
  return answers;
}

function noteRefused(context: GroupCommitContext, error: StoreError): void {
  const { world, queue } = context;
  if (!context.trouble)
    world.logger.error('store.commit_refused', { error: error.message, queued: queue.length });
  context.trouble = error;
  retryLater(context);
}

function retryLater(context: GroupCommitContext): void {
  context.cancelTimer?.();
  context.cancelTimer = context.world.clock.after(RETRY_MS, context.onTimer);
}

function noteRecovered(context: GroupCommitContext): void {
  if (!context.trouble) return;
  context.trouble = undefined;
  context.world.logger.info('store.commit_recovered', { queued: context.queue.length });
}

function close(context: GroupCommitContext): void {
  context.closed = true;
  flush(context);
  unschedule(context);
  for (const { reject } of context.queue)
    reject(new Error('the store was closed before this change was stored'));
  context.queue = [];
}

function isBarrier({ records, counters, seen, released, network }: Change): boolean {
  return !records?.length && !counters?.length && !seen?.length && !released?.seqs.length && !network;
}
