/** The real World: the machine's clocks and randomness. The only file that reads them. */
import { performance } from 'node:perf_hooks';
import type { Logger, World } from '../model/world.ts';

/** The machine's own time and randomness, with `logger` for words. */
export function createWorld(logger: Logger): World {
  return {
    clock: {
      nowMs: () => Date.now(),
      monotonicMs: () => performance.now(),
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
