/**
 * The executables of an installation: the one that runs, the one before it, the one to come, and a note while an upgrade
 * is not proven good. Every change is one rename, so that there is a whole executable at every moment, power cut or not.
 */
import { copyFileSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

export interface Versions {
  readonly next: string;
  readonly previous: string;
  /** Puts a copy of `file` where the next one waits. */
  stage(file: string): void;
  unstage(): void;
  isCurrent(file: string): boolean;
  hasPrevious(): boolean;
  /** The next one takes its place, unproven; the one that ran becomes the previous one. */
  swapIn(pending: PendingUpgrade): void;
  /** The unproven one goes; the previous one runs again, and what was previous before it is so again. */
  takeBack(): void;
  /** Previous and current change places. */
  exchange(): void;
  pending(): PendingUpgrade | undefined;
  note(pending: PendingUpgrade): void;
  /** What is in place has proven itself. */
  settle(): void;
  /** Whether the process runs the executable in place. */
  runs(pid: number): boolean;
}

export function createVersions({ versions, executable }: Layout): Versions {
  const next = join(versions, 'next');
  const previous = join(versions, 'previous');
  const older = join(versions, 'older');
  const noteFile = join(versions, 'upgrade.json');

  /** `from` under the further name `to`, replacing it in one step; a copy where the file system has no links. */
  function alias(from: string, to: string): void {
    rmSync(`${to}.new`, { force: true });
    try {
      linkSync(from, `${to}.new`);
    } catch {
      copyFileSync(from, `${to}.new`);
      syncFile(`${to}.new`);
    }
    renameSync(`${to}.new`, to);
    syncFile(dirname(to));
  }

  function note(pending: PendingUpgrade): void {
    writeFileSync(`${noteFile}.new`, JSON.stringify(pending), { mode: 0o644 });
    syncFile(`${noteFile}.new`);
    renameSync(`${noteFile}.new`, noteFile);
    syncFile(versions);
  }

  return {
    next,
    previous,
    stage: (file) => putExecutable(file, next),
    unstage: () => rmSync(next, { force: true }),
    isCurrent: (file) => sameContent(file, executable),
    hasPrevious: () => exists(previous),
    swapIn(pending) {
      if (exists(previous)) renameSync(previous, older);
      alias(executable, previous);
      note(pending);
      alias(next, executable);
      rmSync(next, { force: true });
    },
    takeBack() {
      alias(previous, executable);
      if (exists(older)) renameSync(older, previous);
      else rmSync(previous, { force: true });
      rmSync(noteFile, { force: true });
    },
    exchange() {
      alias(executable, next);
      alias(previous, executable);
      renameSync(next, previous);
    },
    pending() {
      try {
        return JSON.parse(readFileSync(noteFile, 'utf8')) as PendingUpgrade;
      } catch {
        return undefined;
      }
    },
    note,
    settle() {
      rmSync(noteFile, { force: true });
      rmSync(older, { force: true });
    },
    runs(pid) {
      const [running, placed] = [`/proc/${pid}/exe`, executable].map((path) =>
        statSync(path, { throwIfNoEntry: false }),
      );
      return running !== undefined && running.ino === placed?.ino && running.dev === placed.dev;
    },
  };
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
