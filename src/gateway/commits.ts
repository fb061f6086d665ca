/**
 * Stores what messages and timers bring. A change that can never be stored is counted and let go; when the store is closed
 * the messages stay with their sender.
 */
import type { Change, Store } from '../store/contract.ts';
import type { Refusals } from './refusals.ts';

/** 'closed': nobody knows, and nothing may be acknowledged. */
export type CommitResult = 'stored' | 'refused' | 'closed';

export interface Commits {
  /** Never rejects. */
  commit(change: Change): Promise<CommitResult>;
  /** How many are under way. */
  inFlight(): number;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
}

export function createCommits(store: Pick<Store, 'commit' | 'closed'>, refusals: Refusals): Commits {
  let inFlight = 0;
  const waiting: (() => void)[] = [];

  function ended(): void {
    inFlight--;
    if (inFlight === 0) for (const resolve of waiting.splice(0)) resolve();
  }

  function stored(): CommitResult {
    ended();
    return 'stored';
  }

  function failed(error: unknown): CommitResult {
    ended();
    if (store.closed()) return 'closed';
    refusals.count('not_storable', { error: error instanceof Error ? error.message : String(error) });
    return 'refused';
  }

  return {
    commit(change) {
      inFlight++;
      // One promise a frame, where an async function with `finally` makes three.
      return store.commit(change).then(stored, failed);
    },
    inFlight: () => inFlight,
    idle: () => (inFlight === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))),
  };
}
