/** The settings as the pages show and change them. */
import type { Said } from './said.ts';

export type SettingType = 'text' | 'integer' | 'number' | 'boolean' | 'list' | 'choice';
/** `environment`, `secret-file`, `credential` and `flag` win over the pages. */
export type SettingSource =
  | 'default'
  | 'file'
  | 'pages'
  | 'environment'
  | 'secret-file'
  | 'credential'
  | 'flag';
export type SettingValue = string | number | boolean | readonly string[];

export interface SettingState {
  /** 'influx.url' */
  readonly path: string;
  readonly section: string;
  readonly key: string;
  readonly description: string;
  readonly type: SettingType;
  readonly choices?: readonly string[];
  /** Of a number, or of how many entries a list has. */
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: SettingValue;
  readonly example?: SettingValue;
  /** Its value is never shown. */
  readonly isSecret: boolean;
  readonly isSet: boolean;
  /** In force. */
  readonly value?: SettingValue;
  readonly source: SettingSource;
  /** File and line, variable, flag. */
  readonly where?: string;
  /** Without what was saved on the pages. */
  readonly beneath?: SettingValue;
  /** Something wins over the pages, or it cannot be set there. */
  readonly isFixed: boolean;
  /** Saved on the pages and not in force yet: the value it will have, absent for none or a secret. */
  readonly next?: { readonly value?: SettingValue };
  /** May cut off whoever changes it: other settings are kept only when somebody confirms them. */
  readonly isRisky: boolean;
}

export interface SettingsState {
  /** Of what is saved; a change says on which one it builds. */
  readonly revision: string;
  readonly sections: readonly { readonly name: string; readonly description: string }[];
  readonly settings: readonly SettingState[];
  /** Why nothing of what was saved on the pages is in force. */
  readonly problems: readonly SettingProblem[];
  /** The settings in force are tried out: without a word until then, those before come back. */
  readonly trial?: { readonly untilMs: number };
  /** A trial that ended with the settings before. */
  readonly reverted?: { readonly atMs: number; readonly why: RevertReason };
}

/** Nobody said they were good, the box could not start with them, the centre was not reached with them, or it began anew meanwhile. */
export const REVERT_REASONS = ['not_confirmed', 'not_started', 'not_reached', 'reloaded'] as const;
export type RevertReason = (typeof REVERT_REASONS)[number];

/** What is wrong with a change, by setting. */
export interface SettingProblem {
  readonly path: string;
  readonly message: string;
  /** The message piece by piece. */
  readonly said?: readonly Said[];
}

export type SaveOutcome =
  | { readonly saved: true }
  | { readonly refused: 'stale' | 'on_trial' }
  | { readonly problems: readonly SettingProblem[] };

/** What can be asked of the settings of a running box. */
export interface SettingsService {
  view(): SettingsState;
  /** Saves values by path, null to give one back to what lies beneath. Nothing of it is in force yet. */
  save(changes: Readonly<Record<string, unknown>>, revision: string): Promise<SaveOutcome>;
  /** Forgets what is saved and not in force. */
  discard(): 'done' | 'on_trial';
  /** Begins anew with what is saved, a moment later. */
  apply(): 'applying' | 'nothing' | 'on_trial';
  /** The settings on trial are good; kept once the box has begun with them, which may still fail. */
  keep(): 'kept' | 'nothing';
}

/** What somebody asks beside who tries settings without a person at a page. */
export interface SettingsTrials extends SettingsService {
  /** Of what is in force for good, and of what is saved: one and the same when nothing waits. */
  revisions(): { readonly inForce: string; readonly saved: string };
  /** What is on trial waits for `keep`, whatever was changed; before the box has begun with it. False when nothing is. */
  hold(): boolean;
}
