/**
 * Names of drafts: what a file is written as beside its place before one rename puts it there. Each draft has a name of
 * its own, so that two processes that change the same file never take each other's away. The name tells whose it is, so
 * that what a power cut left can be told from what is being written.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const DRAFT = /\.(\d+)-[0-9a-f]{8}\.new$/;

/** A fresh name beside `file`. */
export function draftOf(file: string): string {
  return `${file}.${process.pid}-${randomBytes(4).toString('hex')}.new`;
}

/**
 * Removes the drafts of `file` whose process has gone. Those with our own number are of a process before us, in a container
 * every one has the same, or on their way off the event loop: then a later one is about to take their place.
 */
export function removeAbandonedDrafts(file: string): void {
  const folder = dirname(file);
  for (const name of namesIn(folder)) {
    const pid = name.startsWith(`${basename(file)}.`) ? DRAFT.exec(name)?.[1] : undefined;
    if (pid === undefined || (Number(pid) !== process.pid && existsSync(`/proc/${pid}`))) continue;
    removeIfPossible(join(folder, name));
  }
}

/** What cannot be removed is in nobody's way. */
export function removeIfPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A folder, or somebody else's.
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
