/**
 * Watches the service after its executable was exchanged, until it is known to be well or not. Three things must hold at
 * once: the executable put in place is still there, the service runs it, and what answers says it is that version.
 */
import { type Told, tell } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import type { Health } from '../health.ts';
import type { Supervisor } from './supervisor.ts';
import type { Versions } from './versions.ts';

export interface WatchDeps {
  readonly versions: Versions;
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  /** Asks the running box. */
  readonly health: () => Promise<Health>;
  /** Waits between two looks, keeping the process alive. */
  readonly pause: (ms: number) => Promise<void>;
  /** How long the service may take to become healthy. */
  readonly limitMs: number;
  /** How long it must then stay so. */
  readonly holdMs: number;
}

/** What is to run. */
export interface Expected {
  /** Of the executable that was put in place. */
  readonly identity: string | undefined;
  readonly version: string | undefined;
  /** Whether it must say its version; a version older than this one does not. */
  readonly mustSay: boolean;
}

export type Watched =
  | { readonly healthy: true }
  /** `replaced`: somebody has put another executable in its place meanwhile. */
  | { readonly healthy: false; readonly problem: Told; readonly replaced: boolean };

const POLL_MS = 250;
/** Starts within one watch after which it is not waited for any longer. */
const MAX_STARTS = 4;

/** Resolves once the service has been healthy for `holdMs` in one piece, or when it will not be. */
export async function watchService(expected: Expected, deps: WatchDeps): Promise<Watched> {
  const { clock, supervisor, versions, pause, limitMs, holdMs } = deps;
  const beganMs = clock.monotonicMs();
  const starts = new Set<number>();
  let since: { readonly pid: number; readonly ms: number } | undefined;
  for (;;) {
    const pid = await supervisor.pid();
    if (pid !== undefined && versions.runs(pid)) starts.add(pid);
    const problem = await problemOf(pid, expected, deps);
    // Asked last: whatever else is well, it is so of another executable then.
    if (versions.identity() !== expected.identity) {
      return failed(tell('watch.replaced'), true);
    }
    const nowMs = clock.monotonicMs();
    if (problem === undefined && pid !== undefined) {
      if (since?.pid !== pid) since = { pid, ms: nowMs };
      if (nowMs - since.ms >= holdMs) return { healthy: true };
    } else {
      since = undefined;
      if (nowMs - beganMs >= limitMs) return failed(problem ?? tell('watch.notRunning'));
    }
    // One that starts again and again is never healthy for long.
    if (starts.size >= MAX_STARTS) return failed(tell('watch.ended', { times: starts.size }));
    if (nowMs - beganMs >= 2 * (limitMs + holdMs)) return failed(problem ?? tell('watch.notLong'));
    await pause(POLL_MS);
  }
}

function failed(problem: Told, replaced = false): Watched {
  return { healthy: false, problem, replaced };
}

async function problemOf(
  pid: number | undefined,
  { version, mustSay }: Expected,
  { versions, health }: WatchDeps,
): Promise<Told | undefined> {
  if (pid === undefined) return tell('watch.notRunning');
  if (!versions.runs(pid)) return tell('watch.otherRuns');
  const found = await health();
  if (!found.healthy) return found.problem;
  if (version === undefined || found.version === version) return undefined;
  if (found.version !== undefined) return tell('watch.otherVersion', { said: found.version, version });
  return mustSay ? tell('watch.noVersion') : undefined;
}
