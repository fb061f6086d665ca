/** The waits of a loop and of what it has running beside it: each ends at its time, when what it waits for has come, and at once when the loop is stopped. */
import type { Clock } from './world.ts';

export interface Wakeup {
  /** Waits `ms` (may be Infinity), less if stopped or `isDone`, which is looked at now and at every `wake`. */
  until(ms: number, isDone: () => boolean): Promise<void>;
  /** Waits `ms`, less if stopped. */
  sleep(ms: number): Promise<void>;
  /** Something happened: each present wait looks whether it is over. */
  wake(): void;
  /** Ends the present waits and all to come. */
  stop(): void;
  stopped(): boolean;
  /** Aborted by `stop`. */
  readonly signal: AbortSignal;
}

export function createWakeup(clock: Clock): Wakeup {
  const aborter = new AbortController();
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
    waiting.clear();
  };

  async function until(ms: number, isDone: () => boolean): Promise<void> {
    let isOver = false;
    const atTime = () => {
      isOver = true;
      wake();
    };
    const cancel = Number.isFinite(ms) ? clock.after(ms, atTime) : undefined;
    while (!isOver && !aborter.signal.aborted && !isDone()) {
      await new Promise<void>((resolve) => void waiting.add(resolve));
    }
    cancel?.();
  }

  return {
    until,
    sleep: (ms) => until(ms, () => false),
    wake,
    stop() {
      aborter.abort();
      wake();
    },
    stopped: () => aborter.signal.aborted,
    signal: aborter.signal,
  };
}
