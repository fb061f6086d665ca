/**
 * Guards work that stands beside the log: a refusal of it is told once, left alone for a while and never holds up the
 * records. Only a line that broke or went silent goes on to the caller, for the log needs the line too.
 */
import type { World } from '../../model/world.ts';
import { CentreFault, isLineFault } from './fault.ts';

export interface Aside {
  /** Runs `work` unless it was refused a short while ago. Rejects with a CentreFault of the line, and with our own mistakes. */
  attempt(work: () => Promise<void>): Promise<void>;
}

/** `event` is what the log of the box calls a refusal; after one nothing is tried for `pauseMs`, over connections too. */
export function createAside({ clock, logger }: World, event: string, pauseMs: number): Aside {
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  let told: string | undefined;
  return {
    async attempt(work) {
      if (clock.monotonicMs() < pausedUntilMs) return;
      try {
        await work();
        told = undefined;
      } catch (error) {
        // Also after a broken line: on one too thin for this, the records get their turn first.
        pausedUntilMs = clock.monotonicMs() + pauseMs;
        if (!(error instanceof CentreFault) || isLineFault(error)) throw error;
        if (told !== error.code)
          logger.warn(event, { code: error.code, problem: error.message, hint: error.hint });
        told = error.code;
      }
    },
  };
}
