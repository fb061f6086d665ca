/**
 * Callers who wait for new records (long-poll): bounded in number, for all and for each; freed when a record comes, at their
 * time, when they have gone, and at a stop. While nobody waits nobody listens to the log.
 */
import type { Clock } from '../../model/world.ts';
import type { Log } from '../../store/contract.ts';
import type { Recipient } from '../http/outbox.ts';
import { Problem } from '../http/problem.ts';

const MAX_WAITING = 32;
/** One caller must not take all places. */
const MAX_PER_CALLER = 8;

export interface RecordWaiters {
  /**
   * Resolves when the log holds a record behind `afterSeq`, after `ms`, when `peer` has gone or the waiters are closed. Throws a
   * problem (503) when too many wait. `caller` names who asks, undefined where there is nobody to tell apart.
   */
  wait(afterSeq: number, ms: number, peer: Recipient, caller: string | undefined): Promise<void>;
  waiting(): number;
  /** Frees all, and all to come at once. */
  close(): void;
}

interface Waiter {
  readonly afterSeq: number;
  readonly caller: string | undefined;
  readonly free: () => void;
}

export function createRecordWaiters(log: Pick<Log, 'lastSeq' | 'onAppend'>, clock: Clock): RecordWaiters {
  const waiters = new Set<Waiter>();
  let isClosed = false;
  let unsubscribe = () => {};

  function leave(waiter: Waiter): void {
    if (waiters.delete(waiter) && waiters.size === 0) unsubscribe();
  }

  function enter(waiter: Waiter): void {
    if (waiters.size === 0) {
      unsubscribe = log.onAppend((_, lastSeq) => {
        for (const one of [...waiters]) if (lastSeq > one.afterSeq) one.free();
      });
    }
    waiters.add(waiter);
  }

  return {
    async wait(afterSeq, ms, peer, caller) {
      if (isClosed || ms <= 0 || log.lastSeq() > afterSeq) return;
      refuseMany(waiters, caller);
      await new Promise<void>((resolve) => {
        const waiter: Waiter = {
          afterSeq,
          caller,
          free() {
            cancel();
            leave(waiter);
            resolve();
          },
        };
        const cancel = clock.after(ms, waiter.free);
        enter(waiter);
        peer.onEnd(waiter.free);
      });
    },
    waiting: () => waiters.size,
    close() {
      isClosed = true;
      for (const waiter of [...waiters]) waiter.free();
    },
  };
}

function refuseMany(waiters: ReadonlySet<Waiter>, caller: string | undefined): void {
  if (waiters.size >= MAX_WAITING) throw tooMany(MAX_WAITING);
  const held = [...waiters].filter((waiter) => waiter.caller === caller).length;
  if (caller !== undefined && held >= MAX_PER_CALLER) throw tooMany(MAX_PER_CALLER);
}

function tooMany(limit: number): Problem {
  return new Problem({
    code: 'too-many-waiting',
    title: 'Too many wait for records',
    status: 503,
    detail: `At most ${limit} may wait at once. Ask without wait, or try again later.`,
    headers: { 'retry-after': '10' },
  });
}
