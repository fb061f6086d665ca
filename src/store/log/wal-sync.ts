/**
 * Brings the write-ahead log to disk, off the event loop: SQLite writes it (`synchronous = OFF` syncs nothing), and this
 * syncs its data before anybody is told. `fdatasync` leaves the file's times alone, which `fsync` writes to the journal of
 * the file system each time.
 *
 * A sync that fails once has lost what it was to write: the system takes the pages for clean, and the next sync succeeds
 * without them. So they are written once more before it is tried again, if the file still reads as SQLite knows it.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { syncFolder } from '../../files/sync-folder.ts';
import { StoreError } from '../errors.ts';
import { frameBytesOf, readWal, UNWRITTEN, WAL_HEADER_BYTES } from '../repair/wal-file.ts';
import { checkInPlace, codeOf, type FileIdentity, identityOf } from './place.ts';

/** Makes the data of an open file last. */
export type SyncData = (fd: number) => Promise<void>;

export interface WalSync {
  /**
   * Resolves when everything written before the call is on disk; calls share a sync where they can. Rejects with a StoreError
   * when the disk refuses; the next call tries again.
   */
  sync(): Promise<void>;
  /** Throws a StoreError when the files are no longer those that were opened: what is written then is lost with the process. */
  checkInPlace(): void;
  /** Writes the head of the file, on its way to disk with the next sync; returns what was there. */
  putHead(head: Buffer): Buffer;
  /** Nothing is under way any more. */
  close(): void;
}

export interface WalSyncOptions {
  /** Path of the write-ahead log. */
  readonly wal: string;
  /** Path of the database it belongs to. */
  readonly database: string;
  readonly dir: string;
  readonly pageBytes: number;
  /** Size the file grows to anyway. */
  readonly fullBytes: number;
  /** Frames that SQLite knows of in it. */
  readonly frames: () => number;
  /** Asks the system if not given. */
  readonly syncData?: SyncData | undefined;
  /** What was not synced cannot be written again: only a new start can read what there is. */
  readonly onLost?: ((error: StoreError) => void) | undefined;
}

interface WalSyncContext extends WalSyncOptions {
  readonly syncData: SyncData;
  readonly opened: FileIdentity;
  open: { readonly fd: number; readonly identity: FileIdentity } | undefined;
  running: Promise<void> | undefined;
  next: Promise<void> | undefined;
  /** The last sync failed: what it was to bring to disk is not there. */
  failed: boolean;
  lost: StoreError | undefined;
}

/** Small: the system keeps in one piece what is written in one, and would write all of it for a frame. */
const FILLING_BYTES = 4_096;
/** A longer one is not ours. */
const MAX_LEFT_BYTES = 256 * 1024 * 1024;

export const syncFileData: SyncData = promisify(fdatasync);

export function createWalSync(options: WalSyncOptions): WalSync {
  const context: WalSyncContext = {
    ...{ ...options, syncData: options.syncData ?? syncFileData, opened: identityOf(options.database) },
    ...{ open: undefined, running: undefined, next: undefined, failed: false, lost: undefined },
  };
  return {
    sync() {
      if (!context.running) return start(context);
      // The one under way may have begun before the caller's writes.
      context.next ??= context.running.then(
        () => start(context),
        () => start(context),
      );
      return context.next;
    },
    checkInPlace: () => checkFiles(context),
    putHead(head) {
      const fd = fileOf(context);
      const before = Buffer.alloc(WAL_HEADER_BYTES);
      if (fd === undefined) return before;
      readSync(fd, before, 0, before.length, 0);
      writeSync(fd, head, 0, head.length, 0);
      return before;
    },
    close() {
      if (context.open) closeSync(context.open.fd);
      context.open = undefined;
    },
  };
}

function start(context: WalSyncContext): Promise<void> {
  context.next = undefined;
  const running = run(context);
  context.running = running;
  const ended = (): void => {
    if (context.running === running) context.running = undefined;
  };
  running.then(ended, ended);
  return running;
}

async function run(context: WalSyncContext): Promise<void> {
  if (context.lost) throw context.lost;
  try {
    const fd = fileOf(context);
    if (fd === undefined) return;
    if (context.failed) writeAgain(context, fd);
    await context.syncData(fd);
    context.failed = false;
  } catch (error) {
    context.failed = true;
    throw error instanceof StoreError ? error : refusal(context.wal, error);
  }
}

function checkFiles({ database, wal, opened, open }: WalSyncContext): void {
  checkInPlace(database, opened);
  checkInPlace(wal, open?.identity);
}

/** The file stays open, so that no error of it is missed; undefined while there is none. */
function fileOf(context: WalSyncContext): number | undefined {
  const { wal, dir, open } = context;
  checkFiles(context);
  if (open) return open.fd;
  const identity = identityOf(wal);
  if (identity === undefined) return undefined;
  const fd = openSync(wal, 'r+');
  context.open = { fd, identity };
  fillUp(fd, context.fullBytes);
  syncFolder(dir);
  return fd;
}

/**
 * Gives the file the size it will have, so that a sync need not bring a new size to the journal of the file system: nothing
 * but what was written. SQLite reads up to the first frame that is none. Synchronous, as it must not write meanwhile.
 */
function fillUp(fd: number, fullBytes: number): void {
  const filling = Buffer.alloc(FILLING_BYTES, UNWRITTEN);
  try {
    for (let at = fstatSync(fd).size; at < fullBytes; ) {
      // In step with the frames, whose marks lie at multiples of its length.
      const start = at % UNWRITTEN.length;
      at += writeSync(fd, filling, start, Math.min(filling.length - start, fullBytes - at), at);
    }
  } catch {
    // No room: it grows as it is needed.
  }
}

/** Synchronous: SQLite must not write meanwhile. Throws when the file no longer has what SQLite knows of. */
function writeAgain(context: WalSyncContext, fd: number): void {
  const { wal, pageBytes, frames, onLost } = context;
  const bytes = Buffer.alloc(fstatSync(fd).size);
  const read = readSync(fd, bytes, 0, bytes.length, 0);
  const known = frames();
  const found = readWal(bytes.subarray(0, read), pageBytes);
  if (found.damaged || found.cutFrames > 0 || found.frames.length !== known) {
    const cause = `${known} frames were written and ${found.frames.length} can be read back`;
    context.lost = refusal(wal, new Error(`a sync failed, and what it was to write is gone: ${cause}`));
    onLost?.(context.lost);
    throw context.lost;
  }
  const end = known === 0 ? 0 : WAL_HEADER_BYTES + known * frameBytesOf(pageBytes);
  for (let at = 0; at < end; ) at += writeSync(fd, bytes, at, end - at, at);
}

function refusal(file: string, cause: unknown): StoreError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = codeOf(cause instanceof Error && 'code' in cause ? String(cause.code) : '');
  return new StoreError('sync', file, Object.assign(new Error(message, { cause }), { code }));
}

/**
 * At the opening, before SQLite looks: what a process left behind may have been read into memory and not be on disk, if a
 * sync failed before it ended. Written once more and synced, it is. Throws a StoreError when the disk refuses.
 */
export function syncLeftBehind(wal: string): void {
  const size = statSync(wal, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size > MAX_LEFT_BYTES) return;
  let fd: number | undefined;
  try {
    fd = openSync(wal, 'r+');
    const bytes = Buffer.alloc(size);
    const read = readSync(fd, bytes, 0, size, 0);
    for (let at = 0; at < read; ) at += writeSync(fd, bytes, at, read - at, at);
    fdatasyncSync(fd);
  } catch (error) {
    // Anything else is said better by SQLite.
    if (error instanceof Error && 'code' in error && error.code === 'EIO') throw refusal(wal, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
