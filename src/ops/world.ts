/** The real World: the machine's clocks and randomness. The only file that reads them. */
import { performance } from 'node:perf_hooks';
import type { Logger, World } from '../model/world.ts';

/** performance.now() counts from the start of the process; the same clock from the boot of the machine on. */
const BOOT_TO_START_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The machine's own time and randomness, with `logger` for words. */
export function createWorld(logger: Logger): World {
  return {
    clock: {
      nowMs: () => Date.now(),
      monotonicMs: () => BOOT_TO_START_MS + performance.now(),
      after(delayMs, task) {
        const timer = setTimeout(task, delayMs);
        timer.unref();
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
