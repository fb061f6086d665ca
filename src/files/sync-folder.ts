/** A folder's own entries on their way to the disk: a rename lasts only once its folder is synced. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Makes renames and new names in `dir` last. */
export function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
