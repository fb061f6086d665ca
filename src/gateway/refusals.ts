/** Counts what is refused or cannot be sent, by reason, and says so in the log once in a while. */
import type { ReasonCounters } from '../model/reason-counters.ts';

export interface Refusals {
  count(reason: string, fields?: Readonly<Record<string, unknown>>): void;
}

export function createRefusals(
  counters: ReasonCounters,
  logEvent: (event: string, fields: Readonly<Record<string, unknown>>) => void,
): Refusals {
  return {
    count(reason, fields = {}) {
      counters.add(reason);
      logEvent('message.refused', { reason, ...fields });
    },
  };
}
