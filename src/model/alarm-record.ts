/**
 * What the alarm engine writes into the log, records of kind 'alarm': what became of an alarm, and everything it was told beside the
 * log itself (people's words, facts of the box, jumps of the clock), so that the log says the whole story. The body of a record is
 * the same whatever the batches were; whoever tells people of alarms reads these records behind a cursor of their own.
 */
import type { AlarmPriority, AlarmRule, AlarmSilence, AlarmState, AlarmValue, BoxFact } from './alarm.ts';
import type { Said } from './said.ts';

/** What happened to one alarm. */
export const ALARM_EVENTS = [
  'raised',
  'cleared',
  'acknowledged',
  /** A latched alarm, or one that was over, was acknowledged: it is normal again. */
  'reset',
  'shelved',
  'unshelved',
  'out-of-service',
  'in-service',
  /** Hidden behind its parent, or by maintenance. */
  'suppressed',
  'unsuppressed',
  /** A value that came hours late would have made it active: no alarm is raised for the past. */
  'past',
  /** Its rule or its device is gone: it ends without having been cleared. */
  'ended',
] as const;
export type AlarmEvent = (typeof ALARM_EVENTS)[number];

interface Numbered {
  /** Counts the records of this engine, from 1, without gaps. */
  readonly n: number;
  /** seq of the newest record the engine had looked at, its own left out. */
  readonly afterSeq: number;
}

/** One alarm, as it is after the event. */
export interface AlarmTransition extends Numbered {
  readonly event: AlarmEvent;
  /** '<rule>:<subject>' */
  readonly alarm: string;
  readonly rule: string;
  readonly subject: string;
  readonly name: string;
  readonly subjectName: string;
  readonly area?: string | undefined;
  readonly priority: AlarmPriority;
  readonly state: AlarmState;
  /** Somebody is to hear of it now: raised, or back from a silence and still active. */
  readonly isAnnounced: boolean;
  /** Of a rule without an action. */
  readonly isEvent?: true | undefined;
  readonly silence?: AlarmSilence | undefined;
  /** In English, or in the rule's own words. */
  readonly message: string;
  /** The message piece by piece, where it is not in a person's own words. */
  readonly said?: readonly Said[] | undefined;
  readonly action?: string | undefined;
  readonly value?: AlarmValue | undefined;
  readonly unit?: string | undefined;
  readonly limit?: AlarmValue | undefined;
  /** When it became active last, epoch milliseconds. */
  readonly activeMs: number;
  readonly isFirstUp?: true | undefined;
  readonly group: string;
  readonly parent?: string | undefined;
  /** Who, why, until when: of what a person did. */
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  readonly untilMs?: number | undefined;
  /** The record by which it happened; absent where time passing or a person was it. */
  readonly bySeq?: number | undefined;
}

/** What the engine was told beside the log. */
export type AlarmInput = Numbered &
  (
    | { readonly event: 'rule-changed'; readonly rule: AlarmRule; readonly by: string }
    | { readonly event: 'rule-removed'; readonly rule: string; readonly by: string }
    | {
        readonly event: 'area-suppressed';
        readonly area: string;
        readonly by: string;
        readonly reason: string;
        readonly untilMs: number;
      }
    | { readonly event: 'area-unsuppressed'; readonly area: string; readonly by: string }
    /** The clock was set, or the box was off: what was to happen after a time happens that much later. */
    | { readonly event: 'time-jumped'; readonly fromMs: number; readonly toMs: number }
    /** The box found something of itself, or of the joins of a device, to be wrong, or right again. */
    | {
        readonly event: 'observed';
        readonly fact: BoxFact | 'join-refused';
        readonly subject: string;
        readonly value: number | boolean;
      }
  );

export type AlarmBody = AlarmTransition | AlarmInput;

/** The body of a record of kind 'alarm'. */
export function alarmBody(record: { readonly body: string }): AlarmBody {
  return JSON.parse(record.body) as AlarmBody;
}

const EVENTS: ReadonlySet<string> = new Set(ALARM_EVENTS);

/** Whether it tells of one alarm. */
export function isTransition(body: AlarmBody): body is AlarmTransition {
  return EVENTS.has(body.event);
}
