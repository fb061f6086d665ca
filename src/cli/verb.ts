/** What a verb of the command line is: the table of verbs yields dispatch, help and whatever else wants to list them. */
import type { LoadResult, SettingLayers } from '../config/load.ts';
import type { ConfigProblem, Origin } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { FreshSecrets } from '../config/secret-files.ts';

/** Exit codes of the program; systemd is told not to restart after `config`. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  degraded: 3,
  unavailable: 69,
  temporary: 75,
  permission: 77,
  config: 78,
} as const;

/** What each exit code means, as help prints it. */
export const EXIT_DOCS: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failure, 'failed'],
  [EXIT.usage, 'wrong use of the command line'],
  [EXIT.degraded, 'works, but not everything does'],
  [EXIT.unavailable, 'a server that is needed cannot be reached'],
  [EXIT.temporary, 'failed for now; worth trying again'],
  [EXIT.permission, 'not permitted'],
  [EXIT.config, 'the settings are wrong'],
];

/** Standard output or error, as far as the verbs use them. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Whether it takes no more: its reader has gone away, or the disk is full. What is written then is dropped. */
  readonly closed?: boolean;
}

/** The settings as loaded, handed to the appliance. */
export interface LoadedConfig {
  readonly config: Config;
  /** Where each setting came from, by path ('influx.url'). */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Files that were read, in order. */
  readonly files: readonly string[];
  readonly warnings: readonly ConfigProblem[];
  readonly layers?: SettingLayers;
  /** What was saved on the pages last is tried, and not in force for good. */
  readonly isTried?: boolean;
  /** The settings as they would be with this in the file of the pages. */
  readonly withPages?: (text: string) => Promise<LoadResult>;
  /** The settings with the secrets as they are in their files now. */
  readonly freshSecrets?: (config: Config) => Promise<FreshSecrets<Config>>;
}

/** What the command line needs of the outside. */
export interface CliWorld {
  /**
   * Runs until stopped; resolves to the exit code. Should load the appliance's code only when called. `reload` reads the
   * settings again, with those saved on the pages last when `next` is said: the exit code when they are wrong, which it has told.
   */
  readonly runAppliance: (
    loaded: LoadedConfig,
    reload: (pages?: 'next') => Promise<LoadedConfig | number>,
  ) => Promise<number>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** '0.1.0'. */
  readonly version: string;
  /** Asks the person at the terminal; undefined where there is none. */
  readonly ask?: (question: string) => Promise<string | undefined>;
}

export interface Option {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** May be given more than once. */
  readonly multiple?: boolean;
  /** Name of the value in help: FILE. */
  readonly value?: string;
  readonly summary: string;
}

/** The options as given: text for 'string', true for 'boolean', a list where `multiple`. */
export interface Given {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
}

export interface Verb {
  /** One or two words: 'config show'. */
  readonly name: string;
  /** Its name before this release, which does the same for one release more and says so. */
  readonly formerly?: string;
  readonly group: string;
  /** What follows the name: '[--config FILE]'. */
  readonly synopsis: string;
  readonly summary: string;
  /** More than the summary, one paragraph. */
  readonly details?: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Words after the name, at most; none unless said. */
  readonly maxWords?: number;
  readonly examples?: readonly string[];
  /** Resolves to the exit code. */
  run(given: Given, world: CliWorld, words: readonly string[]): Promise<number>;
}
