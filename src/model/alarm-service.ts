/**
 * What can be asked of alarms and done about them: by the API's routes, the command line, the centre, and whoever tells people of
 * them. Reading is from memory, or from the log in bounded pieces; a change resolves once it is on disk.
 */
import type {
  Alarm,
  AlarmPriority,
  AlarmRule,
  AlarmRuleInput,
  AlarmState,
  AreaSuppression,
  RuleProblem,
} from './alarm.ts';
import type { AlarmEvent, AlarmTransition } from './alarm-record.ts';
import type { Said, SaidValues } from './said.ts';
import type { Part } from './world.ts';

/** Why something was not done; `detail` is for people. */
export interface AlarmRefusal {
  readonly refused:
    | 'unknown'
    /** There is nothing to acknowledge, or to shelve, in this state. */
    | 'state'
    /** Somebody else has changed it meanwhile. */
    | 'stale'
    | 'invalid'
    | 'too-many'
    | 'not-started';
  readonly detail: string;
  /** What is wrong with a rule, each at its place: '/condition/field'. */
  readonly errors?:
    | readonly { readonly pointer: string; readonly detail: string; readonly said: readonly Said[] }[]
    | undefined;
  /** The detail piece by piece, where it has keys. */
  readonly said?: readonly Said[] | undefined;
}

export interface AlarmFilter {
  readonly priority?: AlarmPriority | undefined;
  readonly state?: AlarmState | undefined;
  readonly area?: string | undefined;
  readonly device?: string | undefined;
  readonly rule?: string | undefined;
  readonly group?: string | undefined;
}

export interface AlarmPage {
  readonly items: readonly Alarm[];
  readonly next?: string;
}

export interface AlarmSummary {
  /** Grows with each change of any alarm or rule. */
  readonly revision: number;
  /** Alarms (not events, not the silent ones) by state and priority. */
  readonly counts: Readonly<Record<Exclude<AlarmState, 'normal'>, Readonly<Record<AlarmPriority, number>>>>;
  readonly shelved: number;
  readonly suppressed: number;
  readonly outOfService: number;
  /** The most urgent one that is active and not acknowledged. */
  readonly top?: Alarm | undefined;
  /** Alarms announced within the last ten minutes, and whether these are too many to work through (ISA-18.2: more than ten). */
  readonly inTenMinutes: number;
  readonly isFlood: boolean;
  /** Rules that are not looked at, or not for all they are meant for. */
  readonly ruleProblems: number;
}

/** '37 devices behind gateway North' */
export interface AlarmGroup {
  readonly key: string;
  readonly title: string;
  /** The title piece by piece. */
  readonly said: readonly Said[];
  readonly count: number;
  readonly unacknowledged: number;
  readonly priority: AlarmPriority;
  readonly sinceMs: number;
  /** The alarm that came first, or that of the parent. */
  readonly first: string;
}

export interface JournalQuery extends Pick<AlarmFilter, 'priority' | 'area' | 'device' | 'rule'> {
  readonly alarm?: string | undefined;
  readonly events?: readonly AlarmEvent[] | undefined;
  readonly fromMs?: number | undefined;
  /** Not included. */
  readonly toMs?: number | undefined;
  /** In the message or the names. */
  readonly text?: string | undefined;
  /** seq < `before`: the newest without. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface JournalEntry {
  readonly seq: number;
  readonly timeMs: number;
  readonly device: string | null;
  readonly body: AlarmTransition;
}

export interface JournalPage {
  /** Newest first. */
  readonly entries: readonly JournalEntry[];
  /** `before` of the next page; absent at the end. A page may be short, and even empty, before that. */
  readonly next?: number | undefined;
}

export interface AlarmStatistics {
  readonly fromMs: number;
  readonly toMs: number;
  /** Announced in each hour, the oldest first; ISA-18.2: six an hour can be managed. */
  readonly perHour: readonly { readonly startMs: number; readonly count: number }[];
  readonly worst: readonly { readonly alarm: string; readonly name: string; readonly count: number }[];
  /** Three times or more within a minute, or ten within an hour; with a delay and a deadband by which they would have been calm. */
  readonly chattering: readonly {
    readonly alarm: string;
    readonly rule: string;
    readonly name: string;
    readonly count: number;
    readonly proposal?: { readonly onDelayMs: number; readonly deadband?: number | undefined } | undefined;
  }[];
  /** The log was not read further back than this. */
  readonly isCut: boolean;
}

export interface RulePreview {
  readonly fromMs: number;
  readonly toMs: number;
  /** It would have been active so many times, in all devices together. */
  readonly times: number;
  /** For so long, all together. */
  readonly activeMs: number;
  /** The newest, at most 100. */
  readonly occurrences: readonly {
    readonly subject: string;
    readonly subjectName: string;
    readonly fromMs: number;
    /** Absent where it still is. */
    readonly toMs?: number | undefined;
    readonly message: string;
    readonly said?: readonly Said[] | undefined;
  }[];
  readonly readings: number;
  /** The log could not be looked through in the time there is: from `fromMs` on only. */
  readonly isCut: boolean;
  /** What the log does not tell, so that nothing can be said of it: joins that were refused, most of the box's own. */
  readonly isBlind: boolean;
  readonly problems: readonly RuleProblem[];
}

/** A file of rules: JSON. */
export interface AlarmRuleFile {
  readonly format: 'webscada-edge-alarm-rules';
  readonly version: 1;
  readonly rules: readonly (AlarmRuleInput & { readonly id: string })[];
}

export interface RuleImportOutcome {
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly removed: number;
}

/** A rule that makes sense for a profile, not yet one of the site's. */
export interface SuggestedRule extends AlarmRuleInput {
  readonly id: string;
  /** Why one wants it. */
  readonly why: string;
  /** Its words have this key in front of their name: `suggest.box-store` of `suggest.box-store.action`. */
  readonly said: { readonly key: string; readonly values: SaidValues };
}

export interface AlarmsService extends Part {
  /** What is not normal or not in service: active first, then by priority, then the newest. Bounded by the number of alarms there can be. */
  list(filter?: AlarmFilter): readonly Alarm[];
  /** So many of the list behind the place `after`, which `next` of the page before names; undefined where that is none. */
  page(filter: AlarmFilter, limit: number, after?: string): AlarmPage | undefined;
  get(id: string): Alarm | undefined;
  summary(): AlarmSummary;
  groups(): readonly AlarmGroup[];
  journal(query: JournalQuery): Promise<JournalPage>;
  statistics(fromMs: number, toMs: number): Promise<AlarmStatistics>;

  /** `by`: who, as in the audit trail. How many were; a refusal where none could be. At most 5 000 at once. */
  acknowledge(
    ids: readonly string[],
    by: string,
    comment?: string,
  ): Promise<{ readonly acknowledged: number } | AlarmRefusal>;
  shelve(id: string, shelf: { readonly untilMs: number; readonly reason: string }, by: string): Promise<Done>;
  unshelve(id: string, by: string): Promise<Done>;
  setOutOfService(id: string, reason: string, by: string): Promise<Done>;
  returnToService(id: string, by: string): Promise<Done>;
  /** Maintenance of an area. */
  suppressArea(
    area: string,
    shelf: { readonly untilMs: number; readonly reason: string },
    by: string,
  ): Promise<Done>;
  unsuppressArea(area: string, by: string): Promise<Done>;
  suppressions(): readonly AreaSuppression[];

  /** By id, with what is wrong with them. */
  rules(): readonly (AlarmRule & { readonly problems: readonly RuleProblem[] })[];
  rule(id: string): (AlarmRule & { readonly problems: readonly RuleProblem[] }) | undefined;
  /** Adds it where `revision` is 0; else it must be that of the rule it replaces. 'stale' otherwise. */
  putRule(
    id: string,
    rule: AlarmRuleInput,
    revision: number,
    by: string,
  ): Promise<{ readonly rule: AlarmRule; readonly isNew: boolean } | AlarmRefusal>;
  removeRule(id: string, revision: number, by: string): Promise<Done>;
  exportRules(): AlarmRuleFile;
  /** All or none. `replace`: those not in the file are removed. */
  importRules(
    file: AlarmRuleFile,
    mode: 'merge' | 'replace',
    by: string,
  ): Promise<RuleImportOutcome | AlarmRefusal>;
  /** Sensible rules for a profile; for the site without. */
  suggested(profile?: string): readonly SuggestedRule[];
  /** What this rule would have done from `fromMs` until now, from the log. */
  preview(rule: AlarmRuleInput, fromMs: number): Promise<RulePreview | AlarmRefusal>;

  /** Calls back after any change of an alarm or a rule, once it is on disk; at most every 100 ms. Returns the unsubscriber. */
  onChange(listener: () => void): () => void;
}

export type Done = { readonly done: true } | AlarmRefusal;
