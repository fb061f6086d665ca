/** The states of an alarm and what leads from one to another (ISA-18.2, figure of the alarm state transitions): a table, and no more. */
import type { AlarmState } from '../../model/alarm.ts';

export type Trigger = 'raise' | 'clear' | 'acknowledge';

export interface Kind {
  /** A rule without an action: nobody is asked to see it. */
  readonly isEvent: boolean;
  readonly latched: boolean;
  /** Somebody was told since it became active: what nobody heard of needs no acknowledgement when it is over. */
  readonly wasAnnounced: boolean;
}

type Row = Partial<Record<Trigger, AlarmState>>;

const TABLE: Readonly<Record<AlarmState, Row>> = {
  normal: { raise: 'active' },
  active: { acknowledge: 'acknowledged', clear: 'cleared' },
  acknowledged: { clear: 'normal' },
  cleared: { raise: 'active', acknowledge: 'normal' },
  latched: { raise: 'active', acknowledge: 'normal' },
};

/** The state that follows; undefined where this leads nowhere. */
export function nextState(state: AlarmState, trigger: Trigger, kind: Kind): AlarmState | undefined {
  const next = TABLE[state][trigger];
  if (next === undefined) return undefined;
  if (kind.isEvent) {
    // Seen by nature: it holds, or it does not.
    return trigger === 'raise' ? 'acknowledged' : trigger === 'clear' ? 'normal' : undefined;
  }
  if (state === 'acknowledged' && kind.latched) return 'latched';
  if (state === 'active' && trigger === 'clear' && !kind.wasAnnounced && !kind.latched) return 'normal';
  return next;
}

/** Whether the condition holds in this state. */
export function isActive(state: AlarmState): boolean {
  return state === 'active' || state === 'acknowledged';
}
