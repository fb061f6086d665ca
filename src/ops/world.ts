/** The real World: the machine's clocks and randomness. The only file that reads them. */
import { performance } from 'node:perf_hooks';
import type { Logger, World } from '../model/world.ts';

/** performance.now() counts from the start of the process; the same clock from the boot of the machine on. */
const BOOT_TO_START_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time and randomness, with `logger` for words. */
export function createWorld(logger: Logger): World {
  return {
    clock: {
      nowMs: () => Date.now(),
      monotonicMs: () => BOOT_TO_START_MS + performance.now(),
      after(delayMs, task) {
        let timer: NodeJS.Timeout;
        // Node warns of a time that is past, and takes one beyond its longest for none at all.
        const wait = (ms: number): void => {
          const rest = ms - LONGEST_TIMER_MS;
          timer = setTimeout(
            () => (rest > 0 ? wait(rest) : task()),
            Math.max(0, Math.min(ms, LONGEST_TIMER_MS)),
          );
          timer.unref();
        };
        wait(delayMs);
        return () => clearTimeout(timer);
      },
    },
    random: () => Math.random(),
    logger,
  };
}

/** Waits, keeping the process alive, which the timers of a World do not: for verbs of the command line. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, delayMs));
}
