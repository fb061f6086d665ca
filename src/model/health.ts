/** The one holder of how a part is: its state, why, what to do and since when. Says a change once in the log, not every retry. */
import type { Told } from './said.ts';
import type { PartStatus, State } from './status.ts';
import type { World } from './world.ts';

type PartTold = PartStatus & Told;

export interface Health {
  get(): PartTold;
  /** `code` names the trouble where its words may differ from time to time; without it the words do. */
  set(state: State, told: Told, code?: string): void;
}

/** Health that begins as `state`. A change is logged as `part.state`, such as 'influx.down'. */
export function createHealth(world: World, part: string, state: State, told: Told): Health {
  let current: PartTold = { state, ...told, sinceMs: world.clock.nowMs() };
  let reason = told.detail;
  return {
    get: () => current,
    set(next, words, code) {
      const isChanged = next !== current.state;
      const isTrouble = next === 'degraded' || next === 'down';
      const { detail, hint } = words;
      const nextReason = code ?? detail;
      if (isChanged || (isTrouble && nextReason !== reason)) {
        world.logger[isTrouble ? 'warn' : 'info'](`${part}.${next}`, {
          detail,
          ...(hint === undefined ? {} : { hint }),
          ...(code === undefined ? {} : { code }),
        });
      }
      reason = nextReason;
      current = {
        state: next,
        ...words,
        sinceMs: isChanged ? world.clock.nowMs() : current.sinceMs,
      };
    },
  };
}
