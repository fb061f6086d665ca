/**
 * The executables of an installation: the one that runs, the one before it, the one to come, and a note while an upgrade
 * is not proven good. Every change is one rename, so that there is a whole executable at every moment, power cut or not.
 */
import { copyFileSync, linkSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { draftOf, removeAbandonedDrafts } from '../../files/draft.ts';
import { withLock } from '../../files/lock.ts';
import { replaceFile } from '../../files/replace-file.ts';
import type { Said, Told } from '../../model/said.ts';
import { putExecutable, sameContent, syncFile } from '../install/execute.ts';
import type { Layout } from '../install/layout.ts';

/** Says that the executable in place has yet to prove itself. */
export interface PendingUpgrade {
  readonly from: string;
  readonly to: string;
  /** Epoch milliseconds. */
  readonly startedMs: number;
  /** How often the service has failed since. */
  readonly failures: number;
}

/** How the last change of the executable ended. */
export interface LastChange {
  readonly kind: 'upgraded' | 'taken_back' | 'rolled_back';
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** The reason piece by piece, as far as it has words of its own. */
  readonly said?: readonly Said[];
  /** Epoch milliseconds. */
  readonly endedMs: number;
}

export interface Versions {
  readonly next: string;
  readonly previous: string;
  /** The one in place. */
  readonly executable: string;
  /** Runs `task` while no other process changes what lies here. */
  alone<T>(task: () => T): T;
  /** Puts a copy of `file` where the next one waits. */
  stage(file: string): void;
  unstage(): void;
  isCurrent(file: string): boolean;
  hasPrevious(): boolean;
  /** The next one takes its place, unproven; the one that ran becomes the previous one. */
  swapIn(pending: PendingUpgrade): void;
  /** The unproven one goes; the previous one runs again, and what was previous before it is so again. Nothing when none is unproven. */
  takeBack(reason: Told, nowMs: number): void;
  /** Previous and current change places. */
  exchange(change: LastChange): void;
  pending(): PendingUpgrade | undefined;
  note(pending: PendingUpgrade): void;
  /** What is in place has proven itself. */
  settle(nowMs: number): void;
  lastChange(): LastChange | undefined;
  /** Of the executable in place; another one has another. */
  identity(): string | undefined;
  /** Whether the process runs the executable in place. */
  runs(pid: number): boolean;
}

/** Where everything lies. */
interface Places {
  readonly executable: string;
  readonly next: string;
  readonly previous: string;
  /** What was previous before an upgrade that has yet to prove itself. */
  readonly older: string;
  readonly noteFile: string;
  readonly lastFile: string;
}

export function createVersions({ versions, executable }: Layout): Versions {
  const places: Places = {
    executable,
    next: join(versions, 'next'),
    previous: join(versions, 'previous'),
    older: join(versions, 'older'),
    noteFile: join(versions, 'upgrade.json'),
    lastFile: join(versions, 'last-change.json'),
  };
  const { next, previous } = places;
  const alone = <T>(task: () => T): T => withLock(join(versions, 'lock'), task);
  return {
    next,
    previous,
    executable,
    alone,
    stage: (file) => stage(places, file),
    unstage: () => rmSync(next, { force: true }),
    isCurrent: (file) => sameContent(file, executable),
    // The same one under both names is what a power cut leaves in the middle of taking back.
    hasPrevious: () => exists(previous) && !sameContent(previous, executable),
    swapIn: (upgrade) => alone(() => swapIn(places, upgrade)),
    takeBack: (reason, nowMs) => alone(() => takeBack(places, reason, nowMs)),
    exchange: (change) => alone(() => exchange(places, change)),
    pending: () => pendingOf(places),
    note: (upgrade) => alone(() => write(places.noteFile, upgrade)),
    settle: (nowMs) => alone(() => settle(places, nowMs)),
    lastChange: () => readJson(places.lastFile),
    identity: () => identityOf(executable),
    runs(pid) {
      const running = identityOf(`/proc/${pid}/exe`);
      return running !== undefined && running === identityOf(executable);
    },
  };
}

function stage({ executable, next, previous, noteFile, lastFile }: Places, file: string): void {
  for (const kept of [next, previous, executable, noteFile, lastFile]) removeAbandonedDrafts(kept);
  putExecutable(file, next);
}

function swapIn({ executable, next, previous, older, noteFile }: Places, upgrade: PendingUpgrade): void {
  if (exists(previous)) renameSync(previous, older);
  alias(executable, previous);
  write(noteFile, upgrade);
  alias(next, executable);
  rmSync(next, { force: true });
}

function takeBack(places: Places, { detail, said }: Told, nowMs: number): void {
  const { executable, previous, older, noteFile, lastFile } = places;
  const unproven = pendingOf(places);
  // The unit of the service and a waiting upgrade may both want it; a second time would put an even older one there.
  if (!unproven) return;
  const { from, to } = unproven;
  if (exists(previous)) alias(previous, executable);
  write(lastFile, { kind: 'taken_back', from, to, reason: detail, said, endedMs: nowMs });
  rmSync(noteFile, { force: true });
  if (exists(older)) renameSync(older, previous);
  else rmSync(previous, { force: true });
}

function exchange({ executable, next, previous, lastFile }: Places, change: LastChange): void {
  alias(executable, next);
  alias(previous, executable);
  renameSync(next, previous);
  write(lastFile, change);
}

function settle(places: Places, nowMs: number): void {
  const { older, noteFile, lastFile } = places;
  const proven = pendingOf(places);
  if (proven) {
    const { from, to } = proven;
    write(lastFile, { kind: 'upgraded', from, to, reason: 'healthy', endedMs: nowMs });
  }
  rmSync(noteFile, { force: true });
  rmSync(older, { force: true });
}

function pendingOf({ noteFile }: Places): PendingUpgrade | undefined {
  return readJson(noteFile);
}

/** `from` under the further name `to`, replacing it in one step; a copy where the file system has no links. */
function alias(from: string, to: string): void {
  const draft = draftOf(to);
  try {
    linkSync(from, draft);
  } catch {
    copyFileSync(from, draft);
    syncFile(draft);
  }
  renameSync(draft, to);
  syncFile(dirname(to));
}

function write(file: string, content: PendingUpgrade | LastChange): void {
  replaceFile(file, JSON.stringify(content), { mode: 0o644 });
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
