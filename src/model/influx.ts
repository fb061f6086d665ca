/** What the box tells of its InfluxDB beside the delivery: of records written again, and of what was looked up there. */
import type { Said } from './said.ts';

/** The log, written again from a time: how far it is, or how it ended. */
export interface RewindStatus {
  /** 'stopped': somebody ended it, or InfluxDB takes none of the records. */
  readonly state: 'running' | 'done' | 'stopped';
  /** Epoch milliseconds, of the records' own times; without `toMs` up to what was there when it began. */
  readonly fromMs: number;
  readonly toMs?: number;
  readonly startedMs: number;
  readonly endedMs?: number;
  /** How much of the log was gone through, 0 to 1. */
  readonly share: number;
  /** Records InfluxDB has taken again. */
  readonly written: number;
  /** Records from before what the bucket keeps, records it refuses, and those that lie in quarantine. */
  readonly tooOld: number;
  readonly refused: number;
  readonly quarantined: number;
  /** Records that retention took out of the log before they could be written. */
  readonly gone: number;
  /** The oldest record the log had, where that is younger than `fromMs`. */
  readonly logFromMs?: number;
  /** Why it was stopped. */
  readonly reason?: string;
  /** The reason piece by piece. */
  readonly said?: readonly Said[];
}

/** What became of looking up some of the records that InfluxDB had acknowledged. */
export interface CheckStatus {
  /** 'cannot': the server does not tell. 'nothing': nothing was delivered yet that could be looked up. */
  readonly state: 'complete' | 'missing' | 'cannot' | 'nothing';
  readonly checkedMs: number;
  readonly looked: number;
  readonly missing: number;
  /** Time of the oldest one missing, and from when on the log should be written again. */
  readonly oldestMissingMs?: number;
  readonly rewindFromMs?: number;
  /** One plain sentence. */
  readonly detail: string;
  readonly hint?: string;
  readonly said?: readonly Said[];
}

/** Hours whose aggregates are to be computed again, since readings of theirs came late. */
export interface LateStatus {
  readonly hours: number;
  /** Begin of the oldest. */
  readonly oldestMs: number;
  /** Why they wait. */
  readonly problem?: string;
}
