/**
 * An upgrade: the new executable is tried where it does no harm, the small files are saved, it takes its place in one step,
 * and when the service is not healthy with it the one before comes back by itself. `recover` does the same for an upgrade
 * whose own process has gone, by a power cut or a lost connection.
 */
import type { Clock } from '../../model/world.ts';
import type { Machine } from '../install/machine.ts';
import { compareVersions } from './signature.ts';
import type { Supervisor } from './supervisor.ts';
import type { Versions } from './versions.ts';

export interface UpgradeDeps {
  readonly versions: Versions;
  readonly supervisor: Supervisor;
  readonly machine: Machine;
  readonly clock: Clock;
  /** Settings file the new version must accept. */
  readonly settingsFile: string;
  /** What is wrong with the service, undefined when it is healthy. */
  readonly healthProblem: () => Promise<string | undefined>;
  /** Saves what an upgrade might spoil; resolves to where. */
  readonly backup: () => Promise<string>;
  readonly tell: (line: string) => void;
  /** Waits between two looks, keeping the process alive. */
  readonly pause: (ms: number) => Promise<void>;
  /** How long the service may take to become healthy. */
  readonly limitMs: number;
  /** How long it must then stay so. */
  readonly holdMs: number;
}

export type UpgradeResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** `healthy`: with the executable before. */
  | { readonly kind: 'rolled_back'; readonly reason: string; readonly healthy: boolean };

export interface Candidate {
  readonly version: string;
  readonly currentVersion: string;
  readonly allowOlder: boolean;
}

const POLL_MS = 250;
const TRY_MS = 30_000;
/** Failed starts after which an unproven executable is taken back. */
const MAX_FAILURES = 3;
const PROVEN_MS = 86_400_000;

/** The executable is staged and its signature has been checked. */
export async function upgrade(candidate: Candidate, deps: UpgradeDeps): Promise<UpgradeResult> {
  const { versions, tell } = deps;
  const objection = await objectionTo(candidate, deps);
  if (objection !== undefined) {
    versions.unstage();
    return { kind: 'refused', reason: objection };
  }
  tell(`saved: ${await deps.backup()}`);
  const { version: to, currentVersion: from } = candidate;
  versions.swapIn({ from, to, startedMs: deps.clock.nowMs(), failures: 0 });
  tell(`${to} is in place of ${from}; starting it`);
  await deps.supervisor.restart();
  const problem = await waitUntilHealthy(deps);
  if (problem === undefined) {
    versions.settle();
    return { kind: 'done' };
  }
  tell(`${to} is not healthy: ${problem}`);
  versions.takeBack();
  return startBefore(problem, deps);
}

/** Puts the executable before back in its place and waits until the service is healthy with it. */
export async function rollBack(reason: string, deps: UpgradeDeps): Promise<UpgradeResult> {
  const { versions } = deps;
  if (!versions.hasPrevious()) return { kind: 'refused', reason: 'there is no executable to go back to' };
  if (versions.pending()) versions.takeBack();
  else versions.exchange();
  return startBefore(reason, deps);
}

async function startBefore(reason: string, deps: UpgradeDeps): Promise<UpgradeResult> {
  const { tell, supervisor } = deps;
  tell('the executable before is back in place; starting it');
  await supervisor.restart();
  const problem = await waitUntilHealthy(deps);
  if (problem !== undefined) tell(`it is not healthy either: ${problem}`);
  return { kind: 'rolled_back', reason, healthy: problem === undefined };
}

/**
 * Called each time the service has failed: after the third time an unproven executable goes. Says what it did. Does not
 * start anything: whoever supervises the service does.
 */
export function recover(versions: Versions, clock: Clock): 'nothing' | 'counted' | 'rolled_back' {
  const pending = versions.pending();
  if (!pending) return 'nothing';
  const ageMs = clock.nowMs() - pending.startedMs;
  if (ageMs > PROVEN_MS || !versions.hasPrevious()) {
    versions.settle();
    return 'nothing';
  }
  const failures = pending.failures + 1;
  if (failures < MAX_FAILURES) {
    versions.note({ ...pending, failures });
    return 'counted';
  }
  versions.takeBack();
  return 'rolled_back';
}

/** Why the staged executable is not to be used; it is run for this, but touches nothing. */
async function objectionTo(candidate: Candidate, deps: UpgradeDeps): Promise<string | undefined> {
  const { versions, machine, settingsFile } = deps;
  if (versions.isCurrent(versions.next)) return 'it is the executable that is installed already';
  if (compareVersions(candidate.version, candidate.currentVersion) < 0 && !candidate.allowOlder) {
    return `${candidate.version} is older than ${candidate.currentVersion}, which may have changed the store; with --allow-older it is done all the same`;
  }
  const asked = await machine.run(versions.next, ['version', '--json'], TRY_MS);
  if (asked.code !== 0)
    return `it does not run here (exit code ${asked.code}): ${asked.stderr.trim().slice(-500)}`;
  if (!asked.stdout.includes(JSON.stringify(candidate.version))) {
    return `it says it is ${asked.stdout.trim().slice(0, 200)}, and not version ${candidate.version}`;
  }
  const checked = await machine.run(versions.next, ['config', 'validate', '--config', settingsFile], TRY_MS);
  if (checked.code === 0) return undefined;
  return `it does not accept the settings of this box:\n${`${checked.stderr}${checked.stdout}`.trim().slice(-2_000)}`;
}

/** Resolves to what was wrong last, undefined once the service has been healthy for `holdMs` in one piece. */
async function waitUntilHealthy(deps: UpgradeDeps): Promise<string | undefined> {
  const { clock, supervisor, versions, pause, limitMs, holdMs } = deps;
  const beganMs = clock.monotonicMs();
  let since: { readonly pid: number; readonly ms: number } | undefined;
  for (;;) {
    const pid = await supervisor.pid();
    const problem = await problemOf(pid, versions, deps);
    const nowMs = clock.monotonicMs();
    if (problem === undefined && pid !== undefined) {
      if (since?.pid !== pid) since = { pid, ms: nowMs };
      if (nowMs - since.ms >= holdMs) return undefined;
    } else {
      since = undefined;
      if (nowMs - beganMs >= limitMs) return problem;
    }
    // One that starts again and again is never healthy for long.
    if (nowMs - beganMs >= 2 * (limitMs + holdMs)) return problem ?? 'it does not stay healthy';
    await pause(POLL_MS);
  }
}

async function problemOf(
  pid: number | undefined,
  versions: Versions,
  { healthProblem }: UpgradeDeps,
): Promise<string | undefined> {
  if (pid === undefined) return 'the service does not run';
  if (!versions.runs(pid)) return 'the service still runs another executable';
  return healthProblem();
}
