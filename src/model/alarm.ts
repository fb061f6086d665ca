/**
 * Alarms as people define and see them: rules with a condition, and the state each alarm of a rule is in. Words and states are
 * those of ISA-18.2 / IEC 62682. Shapes only; what is written down of them is in alarm-record.ts, what can be done in alarm-service.ts.
 */
import type { Said } from './said.ts';

/** As a field of a reading has it. */
export type AlarmValue = number | string | boolean;

/** As many rules as a site can have, and so a file of them. */
export const MAX_ALARM_RULES = 2_000;

/** The most urgent first. */
export const ALARM_PRIORITIES = ['critical', 'high', 'medium', 'low'] as const;
export type AlarmPriority = (typeof ALARM_PRIORITIES)[number];

/**
 * 'active': not yet acknowledged. 'acknowledged': active, and somebody has seen it. 'cleared': over, and nobody has seen it. 'latched':
 * over, seen while it was active, and waits to be reset, which is to acknowledge it once more. 'normal': none of these.
 */
export const ALARM_STATES = ['active', 'acknowledged', 'cleared', 'latched', 'normal'] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

/** Why an alarm makes no noise. The first that holds is the one that is told. */
export const ALARM_SILENCES = ['out-of-service', 'shelved', 'maintenance', 'parent'] as const;
export type AlarmSilence = (typeof ALARM_SILENCES)[number];

/** What a rule is for: a device; all of a profile or of an area; a gateway; with 'site', all that the condition can be asked of. */
export type AlarmScope =
  | { readonly kind: 'device'; readonly device: string }
  | { readonly kind: 'profile'; readonly profile: string }
  | { readonly kind: 'area'; readonly area: string }
  | { readonly kind: 'gateway'; readonly gateway: string }
  | { readonly kind: 'site' };

export const LIMIT_SIDES = ['high-high', 'high', 'low', 'low-low'] as const;
export type LimitSide = (typeof LIMIT_SIDES)[number];

/** What the box knows of itself. With a limit in `BOX_LIMITS` it is a number; the others are wrong or not. */
export const BOX_FACTS = [
  'store',
  'disk',
  'clock',
  'broker',
  'influx',
  'centre',
  'backup',
  'certificate',
  'flash-wear',
  'quarantine',
] as const;
export type BoxFact = (typeof BOX_FACTS)[number];

/** Where a box fact is a number: from where on it is wrong unless the rule says otherwise, and on which side. */
export const BOX_LIMITS = {
  /** Megabytes left on the disk. */
  disk: { limit: 500, side: 'low', unit: 'MB' },
  /** Days the certificate is still valid. */
  certificate: { limit: 14, side: 'low', unit: 'd' },
  /** Of the life of the card. */
  'flash-wear': { limit: 80, side: 'high', unit: '%' },
  /** Records set aside within the last hour. */
  quarantine: { limit: 10, side: 'high', unit: 'records' },
} as const satisfies Partial<Record<BoxFact, { limit: number; side: 'low' | 'high'; unit: string }>>;

/** Numbers are in the unit of the field; a deadband is how far the value must come back before it is over. */
export type AlarmCondition =
  | {
      readonly kind: 'limit';
      readonly field: string;
      readonly side: LimitSide;
      readonly limit: number;
      readonly deadband?: number | undefined;
    }
  | {
      readonly kind: 'deviation';
      readonly field: string;
      /** A number, or the field of the same device that has it. */
      readonly setPoint: number | string;
      /** How far it may be away, either side. */
      readonly by: number;
      readonly deadband?: number | undefined;
    }
  | {
      readonly kind: 'rate';
      readonly field: string;
      /** A change of more than this per minute, over the window. */
      readonly perMinute: number;
      readonly direction: 'rise' | 'fall' | 'either';
      readonly windowMs: number;
      readonly deadband?: number | undefined;
    }
  /** With an on-delay: 'open longer than'. */
  | { readonly kind: 'state'; readonly field: string; readonly equals: AlarmValue }
  /** No reading for so many intervals: the profile's expected one, or what is usual of this device. */
  | { readonly kind: 'stale'; readonly intervals: number }
  /** The value has not moved by more than `tolerance` for so long, while readings came. */
  | {
      readonly kind: 'frozen';
      readonly field: string;
      readonly forMs: number;
      readonly tolerance?: number | undefined;
    }
  /** From one reading to the next the field went back, or up by more than `by`; without a field, so many frames were lost. */
  | { readonly kind: 'counter-jump'; readonly field?: string | undefined; readonly by: number }
  /** Heard by the best gateway with less than this above what the spreading factor needs, so many readings in a row. */
  | { readonly kind: 'low-margin'; readonly marginDb: number; readonly readings: number }
  /** The field is looked for by its name where none is given: battery, battery_percent, … */
  | { readonly kind: 'low-battery'; readonly percent: number; readonly field?: string | undefined }
  | { readonly kind: 'join-refused'; readonly times: number }
  | { readonly kind: 'gateway-offline' }
  /**
   * See docs/alarms.md. `devices` gives names to other devices, by DevEUI: 'tank.level > 2 and avg(flow, 10m) < 1'. A field without a
   * name in front is the device's own.
   */
  | {
      readonly kind: 'expression';
      readonly expression: string;
      readonly devices?: Readonly<Record<string, string>> | undefined;
    }
  | { readonly kind: 'box'; readonly fact: BoxFact; readonly limit?: number | undefined };

export type AlarmConditionKind = AlarmCondition['kind'];

/** What a person writes. Without an action it is an event: written down, told to nobody. */
export interface AlarmRuleInput {
  /** 'Tank too full' */
  readonly name: string;
  /** Those switched off are kept and not looked at. */
  readonly enabled: boolean;
  readonly scope: AlarmScope;
  readonly condition: AlarmCondition;
  readonly priority: AlarmPriority;
  /** The condition must hold, be over, for so long. */
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  /** Stays until it is acknowledged after it was over. */
  readonly latched: boolean;
  /** With {device}, {area}, {value}, {unit}, {limit}, {field}, {duration} in it; the field's words where left out. */
  readonly message?: string | undefined;
  readonly cause?: string | undefined;
  readonly consequence?: string | undefined;
  /** What to do. */
  readonly action?: string | undefined;
}

export interface AlarmRule extends AlarmRuleInput {
  /** Lower case letters, digits, '-'; 64 at most. */
  readonly id: string;
  /** Counts the changes of this rule, from 1; the ETag of it. */
  readonly revision: number;
  readonly changedMs: number;
  /** 'user ada', 'centre' … as in the audit trail. */
  readonly changedBy: string;
}

/** Why a rule, or a part of what it is for, is not looked at. */
export interface RuleProblem {
  /** 'device-gone', 'profile-gone', 'area-empty', 'field-unknown', 'unit', 'expression', 'failed' */
  readonly code: string;
  /** What, where, what to do. */
  readonly detail: string;
  /** The detail piece by piece. */
  readonly said: readonly Said[];
}

/** An alarm that is not normal, or does not make the noise it should. */
export interface Alarm {
  /** '<rule>:<subject>', where subject is a DevEUI, the EUI of a gateway, or 'site'. */
  readonly id: string;
  readonly rule: string;
  readonly name: string;
  readonly subject: string;
  /** As people call the subject. */
  readonly subjectName: string;
  /** DevEUI where the subject is a device. */
  readonly device?: string | undefined;
  readonly area?: string | undefined;
  readonly priority: AlarmPriority;
  readonly state: AlarmState;
  /** A rule without an action. */
  readonly isEvent: boolean;
  readonly message: string;
  /** The message piece by piece, where it is not in a person's own words. */
  readonly said?: readonly Said[] | undefined;
  readonly cause?: string | undefined;
  readonly consequence?: string | undefined;
  readonly action?: string | undefined;
  /** By which it became active, and that field's unit. */
  readonly value?: AlarmValue | undefined;
  readonly unit?: string | undefined;
  readonly limit?: AlarmValue | undefined;
  /** When it became active last, epoch milliseconds. */
  readonly activeMs: number;
  readonly clearedMs?: number | undefined;
  readonly acknowledged?:
    | { readonly by: string; readonly timeMs: number; readonly comment?: string }
    | undefined;
  readonly silence?: AlarmSilence | undefined;
  readonly shelved?: Shelf | undefined;
  readonly outOfService?:
    | { readonly by: string; readonly timeMs: number; readonly reason: string }
    | undefined;
  /** The gateway it hides behind. */
  readonly parent?: string | undefined;
  /** The first one of its area since all was quiet there. */
  readonly isFirstUp: boolean;
  /** What came together: 'gateway:<id>', 'area:<name>' or 'rule:<id>'. */
  readonly group: string;
  /** Times it became active within the last hour. */
  readonly timesInHour: number;
}

export interface Shelf {
  readonly by: string;
  readonly reason: string;
  readonly sinceMs: number;
  /** It comes back by itself. */
  readonly untilMs: number;
}

/** An area under maintenance: its alarms are written down and make no noise. */
export interface AreaSuppression extends Shelf {
  readonly area: string;
}
