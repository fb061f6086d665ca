/**
 * Settings changed by the centre. They are tried as those of the pages are, by a box that begins anew with them; only that here the
 * centre itself has to be reached, by records and by commands, before they are kept. So a change that shuts the box off from
 * its centre takes itself back, and is answered from the life before or after.
 */
import type { RevertReason, SettingsTrials } from '../../../model/settings.ts';
import type { Wakeup } from '../../../model/wakeup.ts';
import type { World } from '../../../model/world.ts';
import type { CommandResult } from './command-result.ts';
import type { LastingCommand, LastingCommands } from './lasting.ts';

export type SettingChanges = Readonly<Record<string, unknown>>;

/** The settings as commands see them. */
export interface SettableSettings {
  readonly trials: SettingsTrials;
  /** Why this site does not let its centre set it; undefined where it does. */
  readonly whyNot: (path: string, value: unknown) => string | undefined;
  /** Into the audit trail. */
  readonly noteChange: (paths: readonly string[]) => void;
}

export interface SettingsPutContext extends SettableSettings {
  readonly lasting: LastingCommands;
  /** Records and commands go, by the connections of this life. */
  readonly isCentreReached: () => boolean;
  readonly world: World;
  readonly wakeup: Wakeup;
}

/** Far longer than it takes to begin anew. */
const LONGEST_APPLY_MS = 60_000;
const LOOK_MS = 250;
/** Problems told; the answer is bounded anyway. */
const MAX_TOLD = 10;

const REASONS: Readonly<Record<RevertReason | 'ended', string>> = {
  not_reached: 'the centre was not reached with them in time',
  not_started: 'the box could not start with them',
  reloaded: 'the box began anew before they were known to be good',
  not_confirmed: 'nobody said that they were good',
  ended: 'the box ended before they were known to be good',
};

/** Answers what ends here. What is tried ends this life: then it never resolves, and `settingsOutcome` of the next one answers. */
export async function putSettings(
  context: SettingsPutContext,
  id: string,
  changes: SettingChanges,
): Promise<CommandResult> {
  const { trials: settings, whyNot, lasting, world, wakeup } = context;
  const wrong = Object.entries(changes).flatMap(([path, value]) => {
    const why = whyNot(path, value);
    return why === undefined ? [] : `${path} ${why}`;
  });
  if (wrong.length > 0) return refuse('setting_not_allowed', told(wrong));
  if (lasting.current()) return refuse('busy', 'another command that lasts is not over');
  const { revision, trial } = settings.view();
  if (trial) return refuse('busy', 'other settings are on trial');
  const { inForce, saved } = settings.revisions();
  if (saved !== inForce)
    return refuse(
      'busy',
      'settings saved on the pages are not in force yet: they are applied or thrown away first',
    );
  const noted = { id, kind: 'settings-put', atMs: world.clock.nowMs() } as const;
  // Before anything is saved: whatever a crash leaves is then known to be of this command.
  await lasting.note({ ...noted, facts: {} });
  const outcome = await settings.save(changes, revision);
  if (!('saved' in outcome)) {
    await lasting.forget();
    if ('refused' in outcome) return refuse('busy', 'somebody else changes settings at this moment');
    return refuse('settings', told(outcome.problems.map(({ path, message }) => `${path} ${message}`)));
  }
  const paths = Object.keys(changes).sort();
  await lasting.note({ ...noted, facts: { revision: settings.revisions().saved, paths: paths.join(' ') } });
  if (settings.apply() !== 'applying') {
    settings.discard();
    await lasting.forget();
    return { ok: true, result: { changed: [] } };
  }
  context.noteChange(paths);
  await wakeup.sleep(LONGEST_APPLY_MS);
  if (wakeup.stopped()) return new Promise(() => {});
  settings.discard();
  await lasting.forget();
  return refuse('settings', 'the box did not begin anew with them; its log says why');
}

/** How it went, once that is known; undefined when it was not begun. Never resolves when this life ends before. */
export async function settingsOutcome(
  context: SettingsPutContext,
  { facts }: LastingCommand,
): Promise<CommandResult | undefined> {
  const { trials: settings, wakeup } = context;
  const { revision, paths = '' } = facts;
  const isOurs = (): boolean => settings.revisions().saved === revision;
  if (revision === undefined) {
    settings.discard();
    return undefined;
  }
  if (isOurs() && settings.hold()) await untilReached(context);
  if (wakeup.stopped()) return new Promise(() => {});
  if (settings.revisions().inForce === revision) return { ok: true, result: { changed: paths.split(' ') } };
  // What a crash in the middle of the trial has left.
  if (isOurs()) settings.discard();
  const why = settings.view().reverted?.why ?? 'ended';
  return refuse('taken_back', `${REASONS[why]}: those before are in force again`);
}

/** Until the trial is over, by the centre being reached or by somebody on the pages; the time's end ends this life. */
async function untilReached({
  trials: settings,
  wakeup,
  isCentreReached,
}: SettingsPutContext): Promise<void> {
  while (!wakeup.stopped()) {
    if (isCentreReached()) settings.keep();
    // Before the box has begun with them there is no time that runs, but a trial there is.
    if (!settings.view().trial) return;
    await wakeup.sleep(LOOK_MS);
  }
}

function told(problems: readonly string[]): string {
  const more = problems.length - MAX_TOLD;
  return problems.slice(0, MAX_TOLD).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function refuse(code: string, reason: string): CommandResult {
  return { ok: false, code, reason };
}
