/** Opens SQLite files the one way this store uses them: write-ahead log, fsync at every commit. */
import Database from 'better-sqlite3';
import { nativeBinding } from './native.ts';

export type Sqlite = Database.Database;

/** Opens `file`, creating it if missing. */
export function openSqlite(file: string): Sqlite {
  const db = connect(file, 100);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('cache_size = -1024');
  db.pragma('temp_store = MEMORY');
  db.pragma('journal_size_limit = 8388608');
  return db;
}

/**
 * Holds `file` for this process until the returned function is called or the process ends, however it ends: an open
 * exclusive transaction of SQLite is a lock of the operating system. Throws SQLITE_BUSY if another process holds it.
 */
export function lockFile(file: string): () => void {
  const db = connect(file, 0);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw error;
  }
  return () => db.close();
}

function connect(file: string, timeout: number): Sqlite {
  const addon = nativeBinding();
  // The library takes the loaded addon itself as well; its types only know the path.
  return new Database(file, { timeout, ...(addon ? { nativeBinding: addon as unknown as string } : {}) });
}
