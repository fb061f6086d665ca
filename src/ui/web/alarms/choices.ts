/** What there is to choose from in rules and the journal, in the order in which it is offered; the compiler misses none. Pure. */
import type { AlarmPriority, BoxFact, LimitSide } from '../../../model/alarm.ts';

function all<T extends string>(of: Readonly<Record<T, 1>>): readonly T[] {
  return Object.keys(of) as T[];
}

export const PRIORITIES = all<AlarmPriority>({ critical: 1, high: 1, medium: 1, low: 1 });
export const SIDES = all<LimitSide>({ 'high-high': 1, high: 1, low: 1, 'low-low': 1 });
export const FACTS = all<BoxFact>({
  store: 1,
  disk: 1,
  clock: 1,
  broker: 1,
  influx: 1,
  centre: 1,
  backup: 1,
  certificate: 1,
  'flash-wear': 1,
  quarantine: 1,
});
