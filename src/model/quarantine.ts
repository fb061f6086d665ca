/** What people ask of the records a sink has set aside, and what came of it. */

/** Which records are meant: those that fit everything given. Nothing given: all of them. */
export interface QuarantineSelection {
  readonly seqs?: readonly number[];
  /** A part of the reason the sink gave. */
  readonly reason?: string;
  /** DevEUI. */
  readonly device?: string;
}

export type QuarantineRemedy =
  /** Give them up; they count as expired from then on. */
  | { readonly action: 'drop' }
  /** Write them again as they are. */
  | { readonly action: 'retry' }
  /** Make `field` what the sink can take, or take it out, and write them again. */
  | { readonly action: 'retype'; readonly field: string; readonly to: FieldRemedy };

export type FieldRemedy = 'number' | 'string' | 'boolean' | 'remove';

/** Who asked and why, for the record of it in the log. */
export interface QuarantineReason {
  readonly by: string;
  readonly note?: string;
}

export interface QuarantineOutcome {
  /** Records the selection fits. */
  readonly matched: number;
  readonly delivered: number;
  readonly dropped: number;
  /** Refused again; they stay, with the new reason. */
  readonly refused: number;
  /** Left alone: without the field, or with a value that cannot become what was asked for. */
  readonly unfit: number;
  /** Left alone: the sink is still writing what lies before them, and looks at them itself. */
  readonly ahead: number;
  /** Why the rest was not tried, when the sink could not be reached. */
  readonly stopped?: string;
}
