/**
 * An upgrade: the new executable is tried where it does no harm, the small files are saved, it takes its place in one step,
 * and when the service is not healthy with it the one before comes back by itself. `recover` does the same for an upgrade
 * whose own process has gone, by a power cut or a lost connection.
 */
import { inEnglish, type Told, tell } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import type { Machine } from '../install/machine.ts';
import { compareVersions } from './signature.ts';
import type { Versions } from './versions.ts';
import { type Expected, type WatchDeps, watchService } from './watch.ts';

export interface UpgradeDeps extends WatchDeps {
  readonly machine: Machine;
  /** Settings file the new version must accept. */
  readonly settingsFile: string;
  /** Saves what an upgrade might spoil; resolves to where. */
  readonly backup: () => Promise<string>;
  readonly tell: (line: string) => void;
  /** Runs the new executable to see whether it fits; as another user than ours where that is given. */
  readonly tryRun?: Machine['run'];
  /** Options of `install` for the place of this installation. */
  readonly place: readonly string[];
}

export type UpgradeResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly reason: Told }
  /** `healthy`: with the executable before. */
  | { readonly kind: 'rolled_back'; readonly reason: Told; readonly healthy: boolean };

export interface Candidate {
  readonly version: string;
  readonly allowOlder: boolean;
}

const TRY_MS = 30_000;
/** Failed starts after which an unproven executable is taken back. */
const MAX_FAILURES = 3;
const PROVEN_MS = 86_400_000;

/** The executable is staged and its signature has been checked. */
export async function upgrade(candidate: Candidate, deps: UpgradeDeps): Promise<UpgradeResult> {
  const { versions, tell, clock } = deps;
  const from = await versionOf(versions.executable, deps);
  const objection = await objectionTo(candidate, from, deps);
  if (objection !== undefined) {
    versions.unstage();
    return { kind: 'refused', reason: objection };
  }
  tell(`saved: ${await deps.backup()}`);
  const { version: to } = candidate;
  versions.swapIn({ from: from ?? 'unknown', to, startedMs: clock.nowMs(), failures: 0 });
  const expected = { identity: versions.identity(), version: to, mustSay: !isOlder(to, from) };
  await bringProgramFiles(deps);
  tell(`${to} is in place of ${from ?? 'what was there'}; starting it`);
  await deps.supervisor.restart();
  return watchNew(expected, from, deps);
}

/** The new executable is in place: it proves itself, or goes. */
async function watchNew(
  expected: Expected,
  from: string | undefined,
  deps: UpgradeDeps,
): Promise<UpgradeResult> {
  const { versions, tell, clock } = deps;
  const watched = await watchService(expected, deps);
  if (watched.healthy) {
    versions.settle(clock.nowMs());
    return { kind: 'done' };
  }
  tell(`${expected.version} is not healthy: ${watched.problem.detail}`);
  versions.takeBack(watched.problem, clock.nowMs());
  return startBefore(watched.problem, from, deps);
}

/**
 * Goes through with an upgrade to `version`, begun at `sinceMs`, whose own process has gone; undefined where it had not come to the
 * exchange of the executables.
 */
export async function goOn(
  version: string,
  sinceMs: number,
  deps: UpgradeDeps,
): Promise<UpgradeResult | undefined> {
  const { versions } = deps;
  const [pending, last] = [versions.pending(), versions.lastChange()];
  if (pending?.to === version) {
    const mustSay = !isOlder(version, pending.from);
    return watchNew({ identity: versions.identity(), version, mustSay }, pending.from, deps);
  }
  if (last?.to !== version || last.endedMs < sinceMs) return undefined;
  if (last.kind === 'upgraded') return { kind: 'done' };
  return { kind: 'rolled_back', reason: { detail: last.reason, said: last.said ?? [] }, healthy: true };
}

/** Puts the executable before back in its place and waits until the service is healthy with it. */
export async function rollBack(reason: Told, deps: UpgradeDeps): Promise<UpgradeResult> {
  const { versions, clock, tell } = deps;
  if (!versions.hasPrevious()) return { kind: 'refused', reason: inEnglish(nothingBefore(versions)) };
  const [from, to] = [await versionOf(versions.executable, deps), await versionOf(versions.previous, deps)];
  const direction = from !== undefined && isOlder(from, to) ? 'forward again' : 'back';
  tell(`going ${direction} from ${from ?? 'what is there'} to ${to ?? 'the one before'}`);
  if (versions.pending()) versions.takeBack(reason, clock.nowMs());
  else {
    const change = {
      from: from ?? 'unknown',
      to: to ?? 'unknown',
      reason: reason.detail,
      endedMs: clock.nowMs(),
    };
    versions.exchange({ kind: 'rolled_back', ...change });
  }
  return startBefore(reason, to, deps);
}

function nothingBefore(versions: Versions): string {
  const last = versions.lastChange();
  const why =
    last?.kind === 'taken_back'
      ? `${last.to} was taken back on ${new Date(last.endedMs).toISOString()} (${last.reason}), and ${last.from}, the one before it, is in place already`
      : 'nothing has been upgraded here yet';
  return `there is no executable to go back to: ${why}`;
}

async function startBefore(
  reason: Told,
  version: string | undefined,
  deps: UpgradeDeps,
): Promise<UpgradeResult> {
  const { tell, supervisor, versions } = deps;
  await bringProgramFiles(deps);
  tell(`${version ?? 'the executable before'} is back in place; starting it`);
  await supervisor.restart();
  const watched = await watchService({ identity: versions.identity(), version, mustSay: false }, deps);
  if (!watched.healthy) tell(`it is not healthy either: ${watched.problem.detail}`);
  return { kind: 'rolled_back', reason, healthy: watched.healthy };
}

/** Lets the executable in place bring its own unit, man page and completion. They are no reason to stop. */
async function bringProgramFiles({ versions, machine, place, tell }: UpgradeDeps): Promise<void> {
  const words = ['install', '--program-files', ...place];
  const { code, stderr } = await machine.run(versions.executable, words, TRY_MS);
  if (code !== 0)
    tell(`unit, man page and completion stay as they are: ${stderr.trim().split('\n')[0]?.slice(-200)}`);
}

/**
 * Called each time the service has failed: after the third time an unproven executable goes. Says what it did. Does not
 * start anything: whoever supervises the service does.
 */
export function recover(versions: Versions, clock: Clock): Recovery {
  // An upgrade that finds the new one healthy meanwhile must not have its note written anew.
  return versions.alone(() => recoverAlone(versions, clock));
}

type Recovery = 'nothing' | 'counted' | 'rolled_back';

function recoverAlone(versions: Versions, clock: Clock): Recovery {
  const pending = versions.pending();
  if (!pending) return 'nothing';
  const nowMs = clock.nowMs();
  if (nowMs - pending.startedMs > PROVEN_MS) {
    versions.settle(nowMs);
    return 'nothing';
  }
  const failures = pending.failures + 1;
  if (failures < MAX_FAILURES) {
    versions.note({ ...pending, failures });
    return 'counted';
  }
  versions.takeBack(tell('watch.failed', { times: failures }), nowMs);
  return 'rolled_back';
}

/** Why the staged executable is not to be used; it is run for this, but touches nothing. */
async function objectionTo(
  { version, allowOlder }: Candidate,
  current: string | undefined,
  { versions, machine, tryRun = machine.run, settingsFile }: UpgradeDeps,
): Promise<Told | undefined> {
  if (versions.isCurrent(versions.next)) return tell('release.same');
  if (isOlder(version, current) && !allowOlder) {
    return tell('release.olderHere', { version, running: current ?? '' });
  }
  const asked = await tryRun(versions.next, ['version', '--json'], TRY_MS);
  if (asked.code !== 0)
    return tell('release.doesNotRun', { code: asked.code, error: asked.stderr.trim().slice(-500) });
  if (versionIn(asked.stdout) !== version) {
    return tell('release.saysOther', { said: asked.stdout.trim().slice(0, 200), version });
  }
  const checked = await tryRun(versions.next, ['config', 'validate', '--config', settingsFile], TRY_MS);
  if (checked.code === 0) return undefined;
  return tell('release.settings', { error: `${checked.stderr}${checked.stdout}`.trim().slice(-2_000) });
}

/** What an executable says it is; undefined when it does not run. */
async function versionOf(file: string, { machine }: UpgradeDeps): Promise<string | undefined> {
  const { code, stdout } = await machine.run(file, ['version', '--json'], TRY_MS);
  return code === 0 ? versionIn(stdout) : undefined;
}

function versionIn(json: string): string | undefined {
  try {
    const { version } = JSON.parse(json) as { version?: unknown };
    // It is shown as it is.
    return typeof version === 'string' && /^[\w.+-]{1,100}$/.test(version) ? version : undefined;
  } catch {
    return undefined;
  }
}

function isOlder(version: string, than: string | undefined): boolean {
  return than !== undefined && compareVersions(version, than) < 0;
}
