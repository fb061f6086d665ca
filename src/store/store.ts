/**
 * Opens the store: one SQLite file with the log, its cursors, the devices and the quarantine, held by one process.
 *
 * Invariants: a committed change is on disk whole; the log and the uplink counters move in the same transaction; memory
 * never runs ahead of the file except for cursors, which may only lag on disk. A damaged file is put right at the opening,
 * never patched in use: a page that lies may have misled everything read since.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../model/world.ts';
import type { Store } from './contract.ts';
import { StoreError } from './errors.ts';
import { storeFiles } from './files.ts';
import { syncLeftBehind } from './log/wal-sync.ts';
import type { StoreOptions } from './options.ts';
import { openChecked } from './repair/open-checked.ts';
import { type RepairProgress, type RepairSteps, runInTurns, runToEnd } from './repair/progress.ts';
import { lockFile } from './sqlite.ts';
import { createStoreCore } from './store-core.ts';

export type { RetentionOptions, StoreOptions } from './options.ts';

/**
 * Opens or makes the store in `dir`, repairing it first if it is damaged. Throws StoreError, with a hint, when the folder or
 * the disk cannot be used, or the file is of a newer program.
 */
export function openStore(options: StoreOptions): Store {
  return runToEnd(openInSteps(options));
}

/**
 * The same for a process that has to answer meanwhile: a repair can take an hour. `repairing` is waited for between its
 * steps; when it rejects the repair ends there, and the next opening goes on with it.
 */
export function openStoreInTurns(
  options: StoreOptions,
  repairing: (progress: RepairProgress) => Promise<void>,
): Promise<Store> {
  return runInTurns(openInSteps(options), repairing);
}

function* openInSteps(options: StoreOptions): RepairSteps<Store> {
  const files = storeFiles(options.dir);
  const unlock = guarded('lock', files.database, () => {
    mkdirSync(options.dir, { recursive: true, mode: 0o750 });
    return lockFile(join(options.dir, 'lock'));
  });
  let store: Store | undefined;
  try {
    syncLeftBehind(files.wal);
    const { db, cutFrames } = yield* openChecked(files, options.world);
    store = createStoreCore(db, { ...options, files, unlock });
    if (cutFrames > 0) tellCut(store, cutFrames, options.world);
    return store;
  } catch (error) {
    throw asStoreError('open', files.database, error);
  } finally {
    if (!store) unlock();
  }
}

function guarded<T>(operation: string, file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asStoreError(operation, file, error);
  }
}

function asStoreError(operation: string, file: string, error: unknown): StoreError {
  return error instanceof StoreError ? error : new StoreError(operation, file, error);
}

/** Says in the log that commits may be missing: after damage instead of a power cut somebody was told they are stored. */
function tellCut(store: Store, frames: number, world: World): void {
  const why =
    'part of the write-ahead log cannot be read: the power went while the last commit was written, and nobody was told it is stored; or the file was damaged there, and the records stored last are lost';
  const body = { event: 'wal_cut', afterSeq: store.log.lastSeq(), frames, why };
  world.logger.warn('store.wal_cut', { afterSeq: body.afterSeq, frames });
  store
    .commit({ records: [{ kind: 'system', timeMs: world.clock.nowMs(), device: null, body }] })
    .catch((error) => world.logger.warn('store.wal_cut_untold', { error: String(error) }));
}
