/**
 * Carries the write-ahead log over into the database, off the event loop but for the copying: SQLite would sync the log, the
 * database and the head of the log begun anew, each while everything waits. Here it syncs nothing (`synchronous = OFF`).
 *
 * Invariants: only frames that are on disk are copied, or the database could know what the log has lost; SQLite does not
 * begin the log anew before the copied pages are on disk (a reader of our own holds it back); and not before the head of
 * the old log is invalid on disk. With the old head and some frames of the new log, what is left of the old one would be taken
 * for the whole (sqlite.org/src/info/ff5be73dee).
 */
import { closeSync, openSync } from 'node:fs';
import type { Logger } from '../../model/world.ts';
import { StoreError } from '../errors.ts';
import { CARRIED_OVER } from '../repair/wal-file.ts';
import { openReadOnly, type Sqlite, walFramesOf } from '../sqlite.ts';
import type { SyncData, WalSync } from './wal-sync.ts';

export interface CarryOver {
  /** The log is long enough. */
  isDue(): boolean;
  /**
   * While no commit is on its way; `syncedFrames` were in the log when its last sync began. Never rejects.
   */
  run(syncedFrames: number): Promise<void>;
  /** Before `db` is closed; the result closes what must outlive it. */
  close(): () => void;
}

export interface CarryOverOptions {
  readonly db: Sqlite;
  /** Path of the database. */
  readonly file: string;
  /** Length of a log that is due. */
  readonly walBytes: number;
  readonly walSync: WalSync;
  readonly syncData: SyncData;
  readonly logger: Pick<Logger, 'warn'>;
  /** The database's pages are not on disk, and SQLite takes them for copied: only a new start copies them again. */
  readonly onLost: (error: StoreError) => void;
}

interface CarryOverContext extends CarryOverOptions {
  readonly dueFrames: number;
  /** Stays open: to close it would drop SQLite's locks on the file, which belong to the process. */
  readonly fd: number;
  readonly reader: Sqlite;
  /** Frames of the log, all of them copied, while the reader holds it back. */
  held: number | undefined;
  /** The pages of the held frames are on disk. */
  copied: boolean;
  lost: boolean;
}

export function createCarryOver(options: CarryOverOptions): CarryOver {
  const { db, file, walBytes } = options;
  const pageBytes = db.pragma('page_size', { simple: true }) as number;
  const reader = openReadOnly(file);
  reader.pragma('cache_size = 4');
  const context: CarryOverContext = {
    ...options,
    dueFrames: Math.ceil(walBytes / pageBytes),
    ...{ fd: openSync(file, 'r+'), reader, held: undefined, copied: false, lost: false },
  };
  return {
    isDue: () => !context.lost && walFramesOf(db) >= context.dueFrames,
    async run(syncedFrames) {
      try {
        if (!context.lost) await run(context, syncedFrames);
      } catch (error) {
        // What is held stays held, and the next time goes on from there.
        context.logger.warn('store.carry_over_failed', { error: String(error) });
      }
    },
    close() {
      // Where pages are missing, SQLite must not remove the log: it does when the last connection closes.
      if (context.lost) return () => {};
      letGo(context);
      reader.close();
      return () => closeSync(context.fd);
    },
  };
}

async function run(context: CarryOverContext, syncedFrames: number): Promise<void> {
  const { db, walSync } = context;
  if (walFramesOf(db) !== syncedFrames || syncedFrames === 0) return;
  if (context.held !== syncedFrames && !copy(context, syncedFrames)) return;
  if (!context.copied) await syncPages(context);
  // Written meanwhile: the log goes on, and its rest is copied the next time.
  if (walFramesOf(db) !== syncedFrames) return letGo(context);
  const head = walSync.putHead(CARRIED_OVER);
  try {
    await walSync.sync();
  } catch (error) {
    walSync.putHead(head);
    throw error;
  }
  if (walFramesOf(db) !== syncedFrames) walSync.putHead(head);
  letGo(context);
}

/** False when somebody else reads an older state, so that not all can be copied. Throws when there is no room. */
function copy(context: CarryOverContext, frames: number): boolean {
  const { db, reader } = context;
  letGo(context);
  reader.exec('BEGIN');
  try {
    reader.prepare('SELECT count(*) FROM sqlite_schema').get();
    const [row] = db.pragma('wal_checkpoint(PASSIVE)') as {
      busy: number;
      log: number;
      checkpointed: number;
    }[];
    if (row?.busy === 0 && row.log === frames && row.checkpointed === frames) context.held = frames;
  } finally {
    if (context.held === undefined) reader.exec('COMMIT');
  }
  return context.held === frames;
}

async function syncPages(context: CarryOverContext): Promise<void> {
  const { fd, file, syncData, onLost } = context;
  try {
    await syncData(fd);
    context.copied = true;
  } catch (error) {
    context.lost = true;
    const message = error instanceof Error ? error.message : String(error);
    const cause = Object.assign(new Error(message, { cause: error }), { code: 'SQLITE_IOERR_FSYNC' });
    onLost(new StoreError('sync', file, cause));
    throw error;
  }
}

function letGo(context: CarryOverContext): void {
  if (context.held !== undefined) context.reader.exec('COMMIT');
  context.held = undefined;
  context.copied = false;
}
