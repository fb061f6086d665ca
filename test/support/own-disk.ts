/** A small disk of a test's own (ext4 in a file, mounted by loop): to be filled, or to fail, as a card does. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

export interface OwnDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** What the kernel does to a card that fails (errors=remount-ro). */
  fail(): void;
  remove(): void;
}

/** Of 48 MB, all of it for everybody, in `folder`; undefined where this machine does not let us. */
export function ownDisk(folder: string): OwnDisk | undefined {
  const [image, path] = [join(folder, 'card.img'), join(folder, 'card')];
  const run = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
  mkdirSync(path);
  const mounted =
    run('truncate', '-s', '48M', image) &&
    run('mkfs.ext4', '-q', '-F', '-m', '0', image) &&
    run('mount', '-o', 'loop', image, path);
  if (!mounted) return undefined;
  return {
    path,
    fail: () => expect(run('mount', '-o', 'remount,abort', path)).toBe(true),
    remove: () => void run('umount', '-l', path),
  };
}
