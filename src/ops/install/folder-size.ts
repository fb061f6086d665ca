/** How much a folder holds, for people who are about to lose it. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of all files in and below `path`, links not followed; undefined when it is not there or cannot be looked into. */
export function folderBytes(path: string): number | undefined {
  try {
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
    return names.reduce((sum, name) => sum + fileBytes(join(path, name)), 0);
  } catch {
    return undefined;
  }
}

/** 0 for a folder, and for what has gone meanwhile. */
function fileBytes(file: string): number {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : 0;
}
