/**
 * The settings saved on the pages, in one life of the box. What is saved waits in a file of its own; asked for, the box begins
 * anew with it, and only when that went well does it take the place of what was in force. A crash, a power cut or a start that
 * fails in between therefore finds the settings before. Where a wrong one would cut off whoever set it, somebody has to say so.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import type { MergedSettings } from '../config/cross.ts';
import { changedPaths, describeSettings, isRisky } from '../config/describe.ts';
import { isForPages, type Layer, layerText, parseLayer, withChanges } from '../config/layer.ts';
import type { LoadResult, SettingLayers } from '../config/load.ts';
import { type ConfigProblem, inWords, type Origin } from '../config/problem.ts';
import { type Config, SECTION_DOCS, SETTINGS } from '../config/schema.ts';
import { HIDDEN } from '../config/show.ts';
import { replaceFile } from '../files/replace-file.ts';
import { pagesSettingsFiles } from '../model/pages-settings.ts';
import { tell } from '../model/said.ts';
import type {
  RevertReason,
  SaveOutcome,
  SettingProblem,
  SettingsState,
  SettingsTrials,
} from '../model/settings.ts';
import type { World } from '../model/world.ts';

export const TRIAL_MS = 60_000;
/** So that the answer is out before the pages close. */
const APPLY_AFTER_MS = 300;

export type Reverted = NonNullable<SettingsState['reverted']>;

/** The settings, and what they will be. */
export interface ConfigSettings extends SettingsTrials {
  /** With what is saved and not in force; undefined where that is nothing. */
  configToCome(): Config | undefined;
}

export interface PagesSettings extends ConfigSettings {
  /** Resolves when the box is to begin anew: with what is saved, or with what was in force before. One waits at a time. */
  asked(): Promise<'next' | 'kept'>;
  /** Takes back what is on trial; undefined when nothing is. */
  revert(how: 'not_started' | 'not_confirmed'): Reverted | undefined;
  /** The box has begun with its settings. */
  started(): void;
  stop(): void;
}

/** The settings of this life as they were loaded. */
export interface LoadedSettings {
  readonly config: Config;
  readonly layers?: SettingLayers;
  readonly isTried?: boolean;
  readonly withPages?: (text: string) => Promise<LoadResult>;
}

export interface PagesSettingsOptions {
  readonly loaded: LoadedSettings;
  readonly world: World;
  /** How the trial before went wrong. */
  readonly reverted?: Reverted | undefined;
}

export function createPagesSettings({ loaded, world, reverted }: PagesSettingsOptions): PagesSettings {
  const { clock, logger } = world;
  const files = createFiles(loaded.config.store.dir);
  const { layers, withPages } = loaded;
  const asking = createAsking(clock);
  let untilMs = clock.nowMs() + TRIAL_MS;
  let [isOnTrial, isHeld, hasBegun, isGood] = [loaded.isTried === true, false, false, false];
  let next: Coming | undefined;

  function keep(): void {
    files.promote();
    isOnTrial = false;
    asking.cancel();
    logger.info('settings.kept');
  }

  async function lookAtNext(): Promise<void> {
    const text = files.next();
    const result = text === undefined || isOnTrial ? undefined : await withPages?.(text);
    next = result?.ok ? { known: result.layers.known, config: result.config } : undefined;
  }

  async function save(changes: Readonly<Record<string, unknown>>, revision: string): Promise<SaveOutcome> {
    if (isOnTrial) return { refused: 'on_trial' };
    const before = files.saved();
    if (revision !== revisionOf(before)) return { refused: 'stale' };
    const judged = await judge(loaded, before, changes);
    if ('problems' in judged) return judged;
    // Somebody else may have saved while this was looked at.
    if (files.saved() !== before) return { refused: 'stale' };
    files.save(judged.text);
    next = judged;
    return { saved: true };
  }

  return {
    asked: asking.asked,
    revert(how) {
      if (!isOnTrial) return undefined;
      files.discard();
      const why = how === 'not_started' ? how : reasonOfEnd(asking.came() === 'kept', isHeld);
      logger.warn('settings.reverted', { why, hint: 'those before are in force again' });
      return { atMs: clock.nowMs(), why };
    },
    save,
    view: () => ({
      revision: revisionOf(files.saved()),
      ...shownOf(layers, isOnTrial ? undefined : next?.known),
      ...(isOnTrial ? { trial: { untilMs } } : {}),
      ...(reverted ? { reverted } : {}),
    }),
    configToCome: () => (isOnTrial ? undefined : next?.config),
    discard() {
      if (isOnTrial) return 'on_trial';
      files.discard();
      next = undefined;
      return 'done';
    },
    apply() {
      if (isOnTrial) return 'on_trial';
      if (!next || !layers || changedPaths(layers.known, next.known).length === 0) return 'nothing';
      asking.after(APPLY_AFTER_MS, 'next');
      return 'applying';
    },
    keep() {
      if (!isOnTrial) return 'nothing';
      // A part that starts later may still fail: then those before come back all the same.
      if (hasBegun) keep();
      else isGood = true;
      return 'kept';
    },
    started() {
      hasBegun = true;
      if (!isOnTrial) void lookAtNext();
      else if (isGood || (!isHeld && !mayCutOff(files))) keep();
      else {
        untilMs = clock.nowMs() + TRIAL_MS;
        asking.after(TRIAL_MS, 'kept');
      }
    },
    revisions: () => ({
      inForce: revisionOf(files.kept() ?? layerText({})),
      saved: revisionOf(files.saved()),
    }),
    hold() {
      isHeld ||= isOnTrial;
      return isOnTrial;
    },
    stop: asking.cancel,
  };
}

/** Of a trial of a box that had started. */
function reasonOfEnd(isTimeOver: boolean, isHeld: boolean): RevertReason {
  if (!isTimeOver) return 'reloaded';
  return isHeld ? 'not_reached' : 'not_confirmed';
}

/** Another life, asked for in a while: with what is saved, or with what was in force before. */
function createAsking(clock: World['clock']) {
  type Life = 'next' | 'kept';
  let resolveAsked = (_: Life): void => {};
  let came: Life | undefined;
  let cancel = (): void => {};
  return {
    asked: () =>
      new Promise<Life>((resolve) => {
        resolveAsked = resolve;
      }),
    after(ms: number, life: Life): void {
      cancel = clock.after(ms, () => {
        came = life;
        resolveAsked(life);
      });
    },
    /** What the end of the time asked for. */
    came: () => came,
    cancel: () => cancel(),
  };
}

function shownOf(
  layers: SettingLayers | undefined,
  next: MergedSettings | undefined,
): Pick<SettingsState, 'sections' | 'settings' | 'problems'> {
  return {
    sections: Object.entries(SECTION_DOCS).map(([name, description]) => ({ name, description })),
    settings: layers ? describeSettings(layers, next) : [],
    problems: (layers?.problems ?? []).map(problemShown),
  };
}

interface Coming {
  readonly known: MergedSettings;
  readonly config: Config;
}

/** The two files of the pages, as texts. */
function createFiles(dir: string) {
  const { kept, next } = pagesSettingsFiles(dir);
  const discard = (): void => rmSync(next, { force: true });
  return {
    kept: () => textOf(kept),
    next: () => textOf(next),
    /** What is saved, in force or not. */
    saved: (): string => textOf(next) ?? textOf(kept) ?? layerText({}),
    save(text: string): void {
      if (text === textOf(kept)) discard();
      else replaceFile(next, text);
    },
    discard,
    /** What was tried is in force for good. */
    promote(): void {
      const text = textOf(next);
      if (text !== undefined) replaceFile(kept, text);
      discard();
    },
  };
}

function mayCutOff({ kept, next }: ReturnType<typeof createFiles>): boolean {
  const before = parseLayer(kept() ?? '');
  const tried = parseLayer(next() ?? '');
  return SETTINGS.some(
    (setting) => isRisky(setting) && valueIn(before, setting.path) !== valueIn(tried, setting.path),
  );
}

/** What would be saved with these changes, or what is wrong with them. */
async function judge(
  { layers, withPages }: LoadedSettings,
  before: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<({ readonly text: string } & Coming) | { readonly problems: readonly SettingProblem[] }> {
  const wrong = Object.entries(changes).flatMap(([path, value]) => problemOf(path, value, layers?.known));
  if (wrong.length > 0 || !withPages) return { problems: wrong };
  const text = layerText(withChanges(knownOnly(parseLayer(before)), changes));
  const result = await withPages(text);
  if (result.ok) return { text, known: result.layers.known, config: result.config };
  return { problems: result.problems.map(problemShown) };
}

function problemShown({ path, message, said }: ConfigProblem): SettingProblem {
  return { path, message, ...(said === undefined ? {} : { said }) };
}

/** What is wrong with a change before the value itself is looked at. */
function problemOf(path: string, value: unknown, known: MergedSettings | undefined): SettingProblem[] {
  const setting = SETTINGS.find((one) => one.path === path);
  if (!setting) return [{ path, ...inWords(tell('setting.unknown')) }];
  if (!isForPages(setting)) return [{ path, ...inWords(tell('setting.notOnPages')) }];
  if (value === null) return [];
  const origin: Origin = known?.origin(path) ?? { source: 'default' };
  if (origin.source !== 'default' && origin.source !== 'file' && origin.source !== 'pages')
    return [{ path, ...inWords(tell('setting.fixed')) }];
  if (typeof value === 'string' && value.includes(HIDDEN))
    return [{ path, ...inWords(tell('setting.hidden')) }];
  return [];
}

/** Without what this program does not know, which a newer one may have saved. */
function knownOnly(layer: Layer): Layer {
  const known = SETTINGS.filter(isForPages).flatMap((setting) => {
    const value = layer[setting.section]?.[setting.key ?? ''];
    return value === undefined ? [] : [[setting.path, value] as const];
  });
  return withChanges({}, Object.fromEntries(known));
}

function valueIn(layer: Layer, path: string): string | undefined {
  const [section = '', key = ''] = path.split('.');
  return JSON.stringify(layer[section]?.[key]);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function revisionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
