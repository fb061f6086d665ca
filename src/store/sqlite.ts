/**
 * Opens SQLite files the one way this store uses them: write-ahead log, fsync at every commit, until `syncByHand` leaves that
 * to the caller.
 */
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { nativeBinding } from './native.ts';

export type Sqlite = Database.Database;

/** Bytes of the write-ahead log before it is carried over into the file; it is then written again from its start. */
export const CHECKPOINT_BYTES = 1024 * 1024;
/** Of a new file. */
export const PAGE_BYTES = 2048;

/** Opens `file`, creating it if missing. */
export function openSqlite(file: string): Sqlite {
  makePrivate(file);
  const db = connect(file, { timeout: 100 });
  try {
    // Both only take hold in a file that has no page yet.
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('cache_size = -1024');
    db.pragma('temp_store = MEMORY');
    // The log of writes keeps its size between checkpoints: writing over it costs no journal entry of the file system.
    db.pragma('journal_size_limit = 8388608');
    const pageBytes = db.pragma('page_size', { simple: true }) as number;
    db.pragma(`wal_autocheckpoint = ${Math.ceil(CHECKPOINT_BYTES / pageBytes)}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A new file that is written once: without a journal and unsynced, which is left to the caller when it is closed. */
export function openOnce(file: string): Sqlite {
  makePrivate(file);
  const db = connect(file, { timeout: 100 });
  try {
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** No commit of `db` is synced from now on, but for what a carrying over of the write-ahead log needs. */
export function syncSeldom(db: Sqlite): void {
  db.pragma('synchronous = NORMAL');
}

/**
 * Nothing of `db` is synced from now on, and the write-ahead log is not carried over: whoever promises that a commit lasts
 * syncs it first (wal-sync.ts), and carries it over (carry-over.ts).
 */
export function syncByHand(db: Sqlite): void {
  db.pragma('synchronous = OFF');
  db.pragma('wal_autocheckpoint = 0');
}

/** Every commit of `db` is synced again. */
export function syncAlways(db: Sqlite): void {
  db.pragma('synchronous = FULL');
}

/** Frames in the write-ahead log of `db`. */
export function walFramesOf(db: Sqlite): number {
  const [row] = db.pragma('wal_checkpoint(NOOP)') as { log: number }[];
  return Math.max(0, row?.log ?? 0);
}

/** A new file is readable for its owner alone; what SQLite puts beside it gets the same rights. */
function makePrivate(file: string): void {
  if (file === ':memory:') return;
  try {
    closeSync(openSync(file, 'ax', 0o600));
  } catch {
    // It is there already, or cannot be made: SQLite says so better.
  }
}

/** Opens `file` for reading only, also beside the process that writes it. Throws if it does not exist. */
export function openReadOnly(file: string): Sqlite {
  return connect(file, { timeout: 2_000, readonly: true, fileMustExist: true });
}

/**
 * Holds `file` for this process until the returned function is called or the process ends, however it ends: an open
 * exclusive transaction of SQLite is a lock of the operating system. Throws SQLITE_BUSY if another process holds it.
 */
export function lockFile(file: string): () => void {
  const db = connect(file, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw error;
  }
  return () => db.close();
}

function connect(file: string, options: Database.Options): Sqlite {
  const addon = nativeBinding();
  // The library takes the loaded addon itself as well; its types only know the path.
  return new Database(file, Object.assign({ ...options }, addon ? { nativeBinding: addon } : {}));
}
