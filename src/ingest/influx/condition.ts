/** The writer's state in words, with the moment it began; says a change once in the log, not every retry. */
import type { PartStatus, State } from '../../model/status.ts';
import type { World } from '../../model/world.ts';

export interface Condition {
  get(): PartStatus;
  set(state: State, detail: string, hint?: string): void;
}

/** A condition that starts as `state`. */
export function createCondition(world: World, state: State, detail: string): Condition {
  let current: PartStatus = { state, detail, sinceMs: world.clock.nowMs() };
  return {
    get: () => current,
    set(next, words, hint) {
      const changed = next !== current.state;
      if (changed || (words !== current.detail && next !== 'ok')) {
        const level = next === 'ok' || next === 'connecting' ? 'info' : 'warn';
        world.logger[level](`influx.${next}`, { detail: words, ...(hint === undefined ? {} : { hint }) });
      }
      current = {
        state: next,
        detail: words,
        sinceMs: changed ? world.clock.nowMs() : current.sinceMs,
        ...(hint === undefined ? {} : { hint }),
      };
    },
  };
}
