/** Every wait of the sync in one place: for records, for company, for the next attempt; each ends at once on stop. */
import type { Clock } from '../model/world.ts';

export interface Wakeup {
  stop(): void;
  stopped(): boolean;
  /** Aborted by `stop`. */
  readonly signal: AbortSignal;
  lineOpened(): void;
  lineEnded(): void;
  /** The line is open and nobody has stopped us. */
  usable(): boolean;
  noticeAppend(): void;
  /** True when records were appended since the last call, waiting up to `ms`; false at the time's or the line's end. */
  forAppend(ms: number): Promise<boolean>;
  /** Waits `ms`, less if `enough` after an append or the line ends. */
  gather(ms: number, enough: () => boolean): Promise<void>;
  /** Waits `ms`, less if stopped. */
  sleep(ms: number): Promise<void>;
}

export function createWakeup(clock: Clock): Wakeup {
  let stopped = false;
  let line = false;
  let appended = false;
  let wake = () => {};
  const aborter = new AbortController();

  /** Waits `ms` or until `done`, looked at after every event. */
  async function until(ms: number, done: () => boolean): Promise<void> {
    let over = false;
    const cancel = clock.after(ms, () => {
      over = true;
      wake();
    });
    while (!over && !stopped && !done()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    cancel();
  }

  return {
    stop() {
      stopped = true;
      aborter.abort();
      wake();
    },
    stopped: () => stopped,
    signal: aborter.signal,
    lineOpened() {
      line = true;
    },
    lineEnded() {
      line = false;
      wake();
    },
    usable: () => line && !stopped,
    noticeAppend() {
      appended = true;
      wake();
    },
    async forAppend(ms) {
      await until(ms, () => appended || !line);
      const seen = appended;
      appended = false;
      return seen && line && !stopped;
    },
    gather: (ms, enough) => until(ms, () => !line || enough()),
    sleep: (ms) => until(ms, () => false),
  };
}
