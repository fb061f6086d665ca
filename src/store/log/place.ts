/**
 * Whether an open store still is where it was opened. SQLite goes on writing into a file that was deleted, moved away or
 * unmounted, and a disk that has become read-only says so at the next write only: nobody may be told that all is well then.
 */
import { closeSync, openSync, statSync } from 'node:fs';
import { StoreError } from '../errors.ts';

/** Tells one file from another that has its name by now; undefined while there is none. */
export type FileIdentity = string | undefined;

export function identityOf(file: string): FileIdentity {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

/** Throws a StoreError unless `file` is the one that was opened. */
export function checkInPlace(file: string, opened: FileIdentity): void {
  const found = identityOf(file);
  if (opened === undefined || found === opened) return;
  const what = found === undefined ? 'the file is gone' : 'another file has taken its place';
  throw new StoreError('sync', file, Object.assign(new Error(what), { code: 'SQLITE_IOERR_VNODE' }));
}

/**
 * Throws a StoreError when `wal` could not be written. Nothing is written for that. Never to be asked of a file SQLite
 * holds a lock on: closing it would let go of that.
 */
export function checkWritable(wal: string): void {
  try {
    closeSync(openSync(wal, 'r+'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // SQLite has not made it yet.
    if (code === 'ENOENT') return;
    throw new StoreError('open', wal, Object.assign(new Error(messageOf(error)), { code: codeOf(code) }));
  }
}

/** SQLite's code for one of the system. */
export function codeOf(code: string): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'SQLITE_FULL';
  return code === 'EROFS' || code === 'EACCES' || code === 'EPERM' ? 'SQLITE_READONLY' : 'SQLITE_IOERR_FSYNC';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
