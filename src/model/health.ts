/** The one holder of how a part is: its state, why, what to do and since when. Says a change once in the log, not every retry. */
import type { PartStatus, State } from './status.ts';
import type { World } from './world.ts';

export interface Health {
  get(): PartStatus;
  /** `code` names the trouble where its words may differ from time to time; without it the words do. */
  set(state: State, detail: string, hint?: string, code?: string): void;
}

/** Health that begins as `state`. A change is logged as `part.state`, such as 'influx.down'. */
export function createHealth(world: World, part: string, state: State, detail: string): Health {
  let current: PartStatus = { state, detail, sinceMs: world.clock.nowMs() };
  let reason = detail;
  return {
    get: () => current,
    set(next, words, hint, code) {
      const isChanged = next !== current.state;
      const isTrouble = next === 'degraded' || next === 'down';
      const nextReason = code ?? words;
      if (isChanged || (isTrouble && nextReason !== reason)) {
        world.logger[isTrouble ? 'warn' : 'info'](`${part}.${next}`, {
          detail: words,
          ...(hint === undefined ? {} : { hint }),
          ...(code === undefined ? {} : { code }),
        });
      }
      reason = nextReason;
      current = {
        state: next,
        detail: words,
        sinceMs: isChanged ? world.clock.nowMs() : current.sinceMs,
        ...(hint === undefined ? {} : { hint }),
      };
    },
  };
}
