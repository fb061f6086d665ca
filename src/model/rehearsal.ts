/** An outage rehearsal: lines to other servers cut for a while on purpose, what was seen, and what was proved afterwards. */
import type { LineName } from './line.ts';

/** How long each line is to be cut, milliseconds; those that are not named stay whole. */
export type RehearsalPlan = Readonly<Partial<Record<LineName, number>>>;

export interface RehearsalPreview {
  readonly plan: RehearsalPlan;
  /** Records that will wait at the end, as far as the last hour tells, and the room they take. */
  readonly expectedRecords: number;
  readonly expectedBytes: number;
  /** What is worth knowing before. */
  readonly remarks: readonly string[];
  /** Why it cannot begin; empty when it can. */
  readonly objections: readonly string[];
}

export interface CutLine {
  readonly line: LineName;
  readonly fromMs: number;
  /** When it is mended by itself. */
  readonly untilMs: number;
  /** When it was. */
  readonly mendedMs?: number;
}

/** What was seen at a moment. */
export interface RehearsalSample {
  readonly timeMs: number;
  readonly lastSeq: number;
  /** Records that waited for each reader of the log. */
  readonly waiting: Readonly<Record<string, number>>;
  readonly storeBytes: number;
}

export interface RehearsalEvent {
  readonly timeMs: number;
  readonly text: string;
}

export interface RehearsalCheck {
  readonly what: string;
  /** 'unproved': it cannot be told, and why stands in the text. */
  readonly outcome: 'proved' | 'failed' | 'unproved';
  readonly text: string;
}

/** Where a reader of the log stood. */
export interface ReaderMark {
  readonly name: string;
  readonly seq: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
  readonly quarantined: number;
  readonly expired: number;
}

export interface Rehearsal {
  readonly id: string;
  readonly by: string;
  readonly startedMs: number;
  /** 'running': a line is cut. 'catching_up': all are whole, and what waited is delivered. */
  readonly state: 'running' | 'catching_up' | 'ended';
  readonly lines: readonly CutLine[];
  /** Of the log, and of its readers, at the beginning. */
  readonly fromSeq: number;
  readonly before: readonly ReaderMark[];
  /** seq up to which everything has to be delivered; known when all lines are whole again. */
  readonly markSeq?: number;
  readonly samples: readonly RehearsalSample[];
  readonly events: readonly RehearsalEvent[];
  readonly checks: readonly RehearsalCheck[];
  readonly endedMs?: number;
  /** It was ended before its time: by whom or by what. */
  readonly cutShort?: string;
}

/** As the status of the box says it while one is under way. */
export interface RehearsalStatus {
  readonly state: 'running' | 'catching_up';
  readonly lines: readonly { readonly line: LineName; readonly untilMs: number }[];
}

/** 'failed' where a check failed, 'unproved' where one could not be made. */
export function verdictOf({ checks }: Pick<Rehearsal, 'checks'>): RehearsalCheck['outcome'] {
  if (checks.some(({ outcome }) => outcome === 'failed')) return 'failed';
  return checks.length === 0 || checks.some(({ outcome }) => outcome === 'unproved') ? 'unproved' : 'proved';
}
