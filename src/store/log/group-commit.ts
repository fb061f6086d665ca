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

/** See the head of the file. */
export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { world, apply, maxDelayMs, eager = 16, maxBatch = 1_024 } = options;
  let queue: Waiting[] = [];
  let cancelTimer: (() => void) | undefined;
  let immediate: NodeJS.Immediate | undefined;
  let trouble: StoreError | undefined;
  let closed = false;

  function schedule(urgent: boolean): void {
    if (trouble) return;
    if (urgent || queue.length >= eager) {
      immediate ??= setImmediate(flush);
    } else if (!cancelTimer) {
      cancelTimer = world.clock.after(maxDelayMs, flush);
    }
  }

  function unschedule(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    if (immediate) clearImmediate(immediate);
    immediate = undefined;
  }

  function flush(): void {
    unschedule();
    do {
      const batch = queue.slice(0, maxBatch);
      const results = tryBatch(batch);
      if (!results) return;
      queue = queue.slice(batch.length);
      for (const settle of results) settle();
    } while (queue.length > 0);
  }

  /** How to settle each change of the batch, or undefined when the disk refuses for now. */
  function tryBatch(batch: readonly Waiting[]): (() => void)[] | undefined {
    try {
      const committed = apply(batch.map((waiting) => waiting.change));
      recovered();
      return batch.map((waiting, index) => () => waiting.resolve(committed[index] as Committed));
    } catch (error) {
      if (error instanceof StoreError && (error.retryable || error.damaged)) {
        refused(error);
        return undefined;
      }
      if (batch.length <= 1) return batch.map((waiting) => () => waiting.reject(error));
      return oneByOne(batch);
    }
  }

  /** One of the batch is poison: find it by storing each alone. */
  function oneByOne(batch: readonly Waiting[]): (() => void)[] | undefined {
    const outcomes: (() => void)[] = [];
    for (const waiting of batch) {
      const result = tryBatch([waiting]);
      if (!result) {
        for (const settle of outcomes) settle();
        queue = queue.slice(outcomes.length);
        return undefined;
      }
      outcomes.push(...result);
    }
    return outcomes;
  }

  function refused(error: StoreError): void {
    if (!trouble) world.logger.error('store.commit_refused', { error: error.message, queued: queue.length });
    trouble = error;
    cancelTimer?.();
    cancelTimer = world.clock.after(RETRY_MS, flush);
  }

  function recovered(): void {
    if (!trouble) return;
    trouble = undefined;
    world.logger.info('store.commit_recovered', { queued: queue.length });
  }

  return {
    commit(change) {
      if (closed) return Promise.reject(new Error('the store is closed'));
      // With nothing before it, there is nothing for a barrier to wait for.
      if (queue.length === 0 && isBarrier(change)) return Promise.resolve({ firstSeq: 0 });
      return new Promise((resolve, reject) => {
        queue.push({ change, resolve, reject });
        schedule(change.urgent === true);
      });
    },
    flush,
    trouble: () => trouble,
    queued: () => queue.length,
    close() {
      closed = true;
      flush();
      unschedule();
      for (const waiting of queue)
        waiting.reject(new Error('the store was closed before this change was stored'));
      queue = [];
    },
  };
}

function isBarrier({ records, counters, seen, released: mended, network }: Change): boolean {
  return !records?.length && !counters?.length && !seen?.length && !mended?.seqs.length && !network;
}
