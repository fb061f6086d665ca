/**
 * Another version of the program, named by the centre. The box asks for it and whoever may exchange the program carries it out; the
 * version that runs afterwards, the new one or the one before, says how it went.
 */
import type { Wakeup } from '../../../model/wakeup.ts';
import type { World } from '../../../model/world.ts';
import type { CommandResult } from './command-result.ts';
import type { LastingCommand, LastingCommands } from './lasting.ts';

interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** The program as commands see it. */
export interface Versions {
  /** That runs. */
  readonly version: string;
  /** Finds or fetches it and asks for it; the refusal says why nothing was asked for. */
  readonly take: (id: string, version: string, signal: AbortSignal) => Promise<Refusal | undefined>;
  /** How it ended, undefined while it is under way. */
  readonly ended: (id: string) => 'done' | Refusal | undefined;
}

export interface TakeVersionContext {
  readonly versions: Versions;
  readonly lasting: LastingCommands;
  readonly world: World;
  readonly wakeup: Wakeup;
}

const LOOK_MS = 500;
/** The unit of root ends itself long before. */
const LONGEST_MS = 3_600_000;

/** Answers what ends in this life; otherwise it never resolves, and `versionOutcome` of the next one answers. */
export async function takeVersion(
  context: TakeVersionContext,
  id: string,
  version: string,
): Promise<CommandResult> {
  const { versions, lasting, world, wakeup } = context;
  if (lasting.current()) return refuse('busy', 'another command that lasts is not over');
  if (version === versions.version) return { ok: true, result: { version } };
  const noted = { id, kind: 'take-version', atMs: world.clock.nowMs() } as const;
  await lasting.note({ ...noted, facts: { version } });
  const refusal = await versions.take(id, version, wakeup.signal);
  if (wakeup.stopped()) return new Promise(() => {});
  if (refusal) {
    await lasting.forget();
    return { ok: false, ...refusal };
  }
  const asked = { ...noted, facts: { version, asked: String(world.clock.nowMs()) } };
  await lasting.note(asked);
  const result = await versionOutcome(context, asked);
  await lasting.forget();
  return result ?? refuse('internal', 'what was asked for is not known any more');
}

/** How it went, once that is known; undefined when it was not asked for. Never resolves when this life ends before. */
export async function versionOutcome(
  { versions, world, wakeup }: TakeVersionContext,
  { id, facts }: LastingCommand,
): Promise<CommandResult | undefined> {
  const { version = '', asked } = facts;
  // By the clock nobody sets: one that is put back a year would be waited for as long.
  const sinceMs = world.clock.monotonicMs();
  // Cut off before the note of it: a report tells whether it was asked for all the same.
  if (asked === undefined && versions.ended(id) === undefined) return undefined;
  while (!wakeup.stopped()) {
    const ended = versions.ended(id);
    if (ended === 'done' && versions.version === version) return { ok: true, result: { version } };
    if (ended === 'done') return refuse('taken_back', `version ${versions.version} runs here`);
    if (ended) return { ok: false, ...ended };
    if (world.clock.monotonicMs() - sinceMs > LONGEST_MS)
      return refuse('late', `nobody has said how it ended; version ${versions.version} runs here`);
    await wakeup.sleep(LOOK_MS);
  }
  return new Promise(() => {});
}

function refuse(code: string, reason: string): CommandResult {
  return { ok: false, code, reason };
}
