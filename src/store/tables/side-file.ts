/**
 * A database beside the log, of its own so that other processes may write it while the box runs and the log never waits for
 * it. Every change is synced before the call comes back or, synced by hand, before `synced` resolves.
 */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../errors.ts';
import { createWalSync, type SyncData } from '../log/wal-sync.ts';
import { openSqlite, PAGE_BYTES, type Sqlite, syncAlways, syncSeldom, walFramesOf } from '../sqlite.ts';

/**
 * Bytes of the write-ahead log, synced by hand, before it is carried over: SQLite syncs for that on the event loop, so it is
 * to be once in hundreds of logins.
 */
const SELDOM_CHECKPOINT_BYTES = 4 * 1024 * 1024;

/** Makes a write that may be lost: nobody waits for the card. */
export type WriteUnasked = (write: () => void) => void;

export interface SideFile<T> {
  readonly name: string;
  readonly version: number;
  /** SQL of a new file, and what is added to every older one. */
  readonly tables: string;
  readonly added?: string;
  /** When the program makes it: ', with access control on'. */
  readonly hint?: string;
  readonly use: (db: Sqlite, writeUnasked: WriteUnasked) => T;
}

export interface OpenSideFile<T> {
  readonly of: T;
  /** Resolves when every change made before the call is on disk; rejects with a StoreError when the disk refuses. */
  synced(): Promise<void>;
  close(): void;
}

export interface SideFileOptions {
  readonly mustExist?: boolean;
  readonly onDamaged?: (setAside: string) => void;
  /** Changes last once `synced` has resolved, off the event loop; without, before the call comes back. */
  readonly byHand?: { readonly syncData?: SyncData };
}

/**
 * Opens the file of the store in `dir`, also beside the process that holds it; makes it unless `mustExist`. One that is damaged
 * is set aside under another name, told to `onDamaged`, and begun anew. Throws StoreError when it cannot be used or a newer
 * program made it.
 */
export function openSideFile<T>(
  dir: string,
  spec: SideFile<T>,
  options: SideFileOptions = {},
): OpenSideFile<T> {
  const file = join(dir, spec.name);
  try {
    if (options.mustExist && !existsSync(file)) {
      throw new Error(`no such file: start webscada-edge once${spec.hint ?? ''}`);
    }
    mkdirSync(dir, { recursive: true, mode: 0o750 });
    try {
      return open(file, dir, spec, options);
    } catch (error) {
      const failure = new StoreError('open', file, error);
      if (!failure.damaged || options.mustExist) throw failure;
      const aside = `${file}.damaged`;
      for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
      renameSync(file, aside);
      options.onDamaged?.(aside);
      return open(file, dir, spec, options);
    }
  } catch (error) {
    throw error instanceof StoreError ? error : new StoreError('open', file, error);
  }
}

function open<T>(file: string, dir: string, spec: SideFile<T>, { byHand }: SideFileOptions): OpenSideFile<T> {
  const db = openSqlite(file);
  try {
    chmodSync(file, 0o600);
    db.pragma('busy_timeout = 2000');
    const version = db.pragma('user_version', { simple: true }) as number;
    if (version > spec.version) throw new Error('a newer program made it: run that one');
    if (version < spec.version) {
      db.transaction(() => {
        db.exec(spec.tables);
        db.pragma(`user_version = ${spec.version}`);
      }).immediate();
    }
    if (spec.added !== undefined) db.exec(spec.added);
    return byHand ? syncedByHand(db, file, dir, spec, byHand.syncData) : alwaysSynced(db, spec);
  } catch (error) {
    db.close();
    throw error;
  }
}

function alwaysSynced<T>(db: Sqlite, { use }: SideFile<T>): OpenSideFile<T> {
  const writeUnasked: WriteUnasked = (write) => {
    syncSeldom(db);
    try {
      write();
    } finally {
      syncAlways(db);
    }
  };
  return { of: use(db, writeUnasked), synced: async () => {}, close: () => void db.close() };
}

/** Other processes write as well, so it is SQLite that carries the write-ahead log over, and syncs for that. */
function syncedByHand<T>(
  db: Sqlite,
  file: string,
  dir: string,
  { use }: SideFile<T>,
  syncData: SyncData | undefined,
): OpenSideFile<T> {
  syncSeldom(db);
  const pageBytes = db.pragma('page_size', { simple: true }) as number;
  db.pragma(`wal_autocheckpoint = ${SELDOM_CHECKPOINT_BYTES / PAGE_BYTES}`);
  const wal = createWalSync({
    ...{ wal: `${file}-wal`, database: file, dir, pageBytes, fullBytes: 0, syncData },
    frames: () => walFramesOf(db),
  });
  return {
    of: use(db, (write) => write()),
    synced: wal.sync,
    close() {
      wal.close();
      db.close();
    },
  };
}
