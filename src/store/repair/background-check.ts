/**
 * Reads the whole log once after a start, a little at a time: a page that went bad unnoticed is found while the rest is
 * intact, not on the day it is needed. What is found bad is noticed by the guard.
 */
import type { World } from '../../model/world.ts';
import type { LogTable } from '../log/log.ts';

const FIRST_MS = 60_000;
const PACE_MS = 500;
const ROWS = 500;

export interface BackgroundCheck {
  start(): void;
  stop(): void;
}

export interface BackgroundCheckOptions {
  readonly log: LogTable;
  readonly world: World;
  readonly guard: <T>(operation: string, run: () => T) => T;
}

export function createBackgroundCheck({ log, world, guard }: BackgroundCheckOptions): BackgroundCheck {
  const { clock, logger } = world;
  let cancel: (() => void) | undefined;
  let at = 0;
  let end = 0;

  function step(): void {
    try {
      const last = guard('check', () => log.readAfter(at, ROWS)).at(-1);
      if (!last || last.seq > end) return logger.debug('store.checked', { records: end });
      at = last.seq;
    } catch (error) {
      // The guard has told everybody.
      return logger.debug('store.check_ended', { error: String(error) });
    }
    cancel = clock.after(PACE_MS, step);
  }

  return {
    start() {
      end = log.lastSeq();
      if (end > 0) cancel = clock.after(FIRST_MS, step);
    },
    stop: () => cancel?.(),
  };
}
