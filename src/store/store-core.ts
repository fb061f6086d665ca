/** Puts an opened file and its tables together into the store that other rooms use: guards, status, closing. */
import { type Told, tell } from '../model/said.ts';
import type { StoreStatus } from '../model/status.ts';
import type { Change, Store } from './contract.ts';
import { createDamageWatch, type Guard, guardedLog, guardedQuarantine } from './damage-watch.ts';
import { StoreError } from './errors.ts';
import type { StoreFiles } from './files.ts';
import { type CarryOver, createCarryOver } from './log/carry-over.ts';
import { createGroupCommit, type GroupCommit, type GroupCommitOptions } from './log/group-commit.ts';
import { checkWritable } from './log/place.ts';
import { createWalSync, syncFileData, type WalSync } from './log/wal-sync.ts';
import type { StoreOptions } from './options.ts';
import { type BackgroundCheck, createBackgroundCheck } from './repair/background-check.ts';
import { createPruner, type Pruner, saveRemoved } from './retention/pruner.ts';
import { createReserveFile, sizeOf } from './retention/reserve-file.ts';
import { quarantineBytes, type RetentionLimits, rollupBytes } from './retention/retention.ts';
import { type HistorySources, readHistory } from './rollup/history.ts';
import { CHECKPOINT_BYTES, type Sqlite, syncAlways, syncByHand, walFramesOf } from './sqlite.ts';
import { openStoreTables, type StoreTables } from './store-tables.ts';
import { ANCESTORS, ancestorsIn, noteClaim, noteEnd } from './tables/ancestors.ts';
import { appendRecord, prepareApply, runHousekeeping, type TransactionContext } from './transactions.ts';

export interface StoreCoreOptions extends StoreOptions {
  readonly files: StoreFiles;
  readonly unlock: () => void;
}

interface StoreContext extends TransactionContext {
  readonly options: StoreCoreOptions;
  readonly limits: RetentionLimits;
  readonly pruner: Pruner;
  readonly group: GroupCommit;
  readonly background: BackgroundCheck;
  readonly walSync: WalSync;
  readonly carryOver: CarryOver;
  readonly openedMs: number;
  closing: Promise<void> | undefined;
}

const DAY_MS = 86_400_000;
const MAX_RESERVE_FILE_BYTES = 4 * 1024 * 1024;
/** Of the space that should stay free: what the store itself takes between two looks at the disk is less than the rest. */
const TIGHT_SHARE = 0.9;

/** The store over `db`, which is intact as far as is known. */
export function createStoreCore(db: Sqlite, options: StoreCoreOptions): Store {
  const { files, world, commitMaxDelayMs = 50 } = options;
  const limits = limitsOf(options);
  const watch = createDamageWatch(options);
  const { guard } = watch;
  const maxQuarantineBytes = quarantineBytes(limits);
  const flush = () => group.flush();
  const synced = () => group.synced();
  const rollup = {
    ...{ maxBytes: rollupBytes(limits), maxAgeDays: options.historyMaxAgeDays ?? 730 },
    busy: () => group.syncing(),
    write: (work: () => void) => runHousekeeping(transactions, work, false),
  };
  const tables = openStoreTables(db, { ...options, guard, maxQuarantineBytes, rollup, flush, synced });
  const openedMs = world.clock.nowMs();
  const syncSoon = () => void synced().catch(() => {});
  const isLogLong = () => carryOver.isDue();
  const transactions: TransactionContext = { db, tables, watch, syncSoon, isLogLong, file: files.database };
  const pruner = openPruner(transactions, options, limits, () => group.syncing());
  const apply = prepareApply(transactions, pruner);
  // What the opening wrote is synced; from here on this is ours to do.
  syncByHand(db);
  const onLost = (error: StoreError) => {
    world.logger.error('store.sync_lost', { error: error.message });
    options.onLost?.(error);
  };
  const walSync = openWalSync(db, options, onLost);
  const carryOver = openCarryOver(db, options, walSync, onLost);
  const { sync, onSynced, onPause } = createPublishing(db, walSync, carryOver, tables, pruner);
  const group = createGroupCommit({
    ...{ world, apply, sync, onSynced, onPause },
    maxDelayMs: commitMaxDelayMs,
  });
  const background = createBackgroundCheck({ log: tables.log, world, guard });
  background.start();
  tables.rollups.start();
  return storeOf({
    ...{ ...transactions, options, limits, pruner, group, background, walSync, carryOver, openedMs },
    closing: undefined,
  });
}

function openWalSync(
  db: Sqlite,
  { files, syncData, walBytes = CHECKPOINT_BYTES }: StoreCoreOptions,
  onLost: (error: StoreError) => void,
): WalSync {
  return createWalSync({
    wal: files.wal,
    database: files.database,
    dir: files.dir,
    pageBytes: db.pragma('page_size', { simple: true }) as number,
    // With room for the heads of the frames and for the commit that is the last before it is carried over.
    fullBytes: walBytes + walBytes / 8,
    frames: () => walFramesOf(db),
    syncData,
    onLost,
  });
}

function openCarryOver(
  db: Sqlite,
  { files, world, syncData = syncFileData, walBytes = CHECKPOINT_BYTES }: StoreCoreOptions,
  walSync: WalSync,
  onLost: (error: StoreError) => void,
): CarryOver {
  const { logger } = world;
  return createCarryOver({ db, file: files.database, walBytes, walSync, syncData, logger, onLost });
}

/** Records become visible when they are on disk, and what follows a commit follows then. */
function createPublishing(
  db: Sqlite,
  walSync: WalSync,
  carryOver: CarryOver,
  { log, keySnapshot, rollups }: StoreTables,
  pruner: Pruner,
): Pick<Required<GroupCommitOptions>, 'sync' | 'onSynced' | 'onPause'> {
  let synced = log.lastSeq();
  let syncedFrames = 0;
  return {
    async sync() {
      const [appended, frames] = [log.appendedSeq(), walFramesOf(db)];
      await walSync.sync();
      synced = appended;
      syncedFrames = frames;
    },
    onSynced() {
      const rows = synced - log.lastSeq();
      log.publish(synced);
      rollups.published(synced);
      keySnapshot.afterCommit();
      if (rows > 0) pruner.afterCommit(rows);
    },
    onPause() {
      const tidyUp = (): void => {
        pruner.pause();
        rollups.pause();
      };
      // First, since tidying up writes what is not on disk yet.
      if (carryOver.isDue()) return carryOver.run(syncedFrames).then(tidyUp);
      tidyUp();
      return undefined;
    },
  };
}

function limitsOf({
  maxBytes = 4 * 1024 ** 3,
  maxAgeDays = 36_500,
  reserveBytes = 0,
}: StoreOptions): RetentionLimits {
  return { maxBytes, maxAgeMs: maxAgeDays * DAY_MS, reserveBytes };
}

function openPruner(
  context: TransactionContext,
  { files, world, stamp, freeBytes, timeKnown }: StoreCoreOptions,
  limits: RetentionLimits,
  busy: () => boolean,
): Pruner {
  const { db, tables, watch } = context;
  const { meta, states, cursors, removed, quarantine, log } = tables;
  const reserveFileBytes = Math.min(MAX_RESERVE_FILE_BYTES, limits.reserveBytes / 8);
  return createPruner({
    ...{ db, meta, states, cursors, world, limits, removed, freeBytes, timeKnown },
    log: {
      ...log,
      append: (record, next, key) => appendRecord(tables, stamp?.(record) ?? record, next, key),
    },
    reserveFile: createReserveFile(files.ballast, reserveFileBytes),
    dir: files.dir,
    busy,
    quarantineBytes: () => quarantine.use().bytes,
    write: (work, durable) => runHousekeeping(context, work, durable),
    guard: watch.guard,
  });
}

function storeOf(context: StoreContext): Store {
  const { tables, watch, group, options } = context;
  const { guard } = watch;
  const change = changing(context);
  const { meta, keys, keySnapshot, log, cursors, quarantine, clockBook } = tables;
  return {
    epoch: meta.epoch,
    storeId: meta.storeId,
    setEpoch(epoch, deliveredSeq = 0) {
      change('set epoch', () => {
        noteEnd(meta, deliveredSeq);
        meta.setEpoch(epoch);
      });
      keySnapshot.write();
    },
    noteClaim: () => change('note epoch', () => noteClaim(meta)),
    ancestors: () => guard('read', () => ancestorsIn(meta.get(ANCESTORS))),
    commit: (given) => group.commit(stamped(options, given)),
    commitAll: (given) => group.commitAll(given.map((one) => stamped(options, one))),
    seen: keys.has,
    log: guardedLog(log, guard),
    cursor: cursors.cursor,
    kept: (reader) => guard('read', () => tables.kept.all(reader)),
    history: (devEui, query) => readHistory(historySources(context), devEui, query),
    quarantine: guardedQuarantine(quarantine, guard, change),
    ...guardedSettings(tables, guard, change),
    notes: {
      get: (name) => guard('read', () => meta.get(`note.${name}`)),
      put: (name, value) => change('note', () => meta.set(`note.${name}`, value)),
    },
    clocks: clockBook.book,
    status: () => statusOf(context),
    closed: () => context.closing !== undefined,
    flush: group.flush,
    synced: group.synced,
    commitTimes: group.times,
    close() {
      context.closing ??= close(context);
      return context.closing;
    },
  };
}

function historySources({ tables, watch }: StoreContext): HistorySources {
  const { rollupRows: rows, rollups, log, states, clockBook } = tables;
  return { rows, rollups, log, states, book: clockBook.book, guard: watch.guard };
}

/** Guards a change beside the commits, and sees that it goes to disk soon. */
function changing({ watch, syncSoon }: StoreContext): Guard {
  return (operation, run) => {
    const result = watch.guard(operation, run);
    syncSoon();
    return result;
  };
}

function stamped({ stamp }: StoreOptions, change: Change): Change {
  if (!stamp || !change.records) return change;
  return { ...change, records: change.records.map(stamp) };
}

/** What the site is made of: devices, scripts, profiles, sessions. */
function guardedSettings(
  { devices, codecs, profiles, documents, sessions }: StoreTables,
  guard: Guard,
  change: Guard,
): Pick<Store, 'devices' | 'codecs' | 'profiles' | 'documents' | 'network'> {
  return {
    devices: {
      ...devices,
      put: (device) => change('store device', () => devices.put(device)),
      prepare: devices.prepare,
      putAll: (...all) => change('store devices', () => devices.putAll(...all)),
      remove: (devEui) => change('remove device', () => devices.remove(devEui)),
    },
    codecs: {
      list: () => guard('read', codecs.list),
      get: (name) => guard('read', () => codecs.get(name)),
      put: (codec) => change('store codec', () => codecs.put(codec)),
      remove: (name) => change('remove codec', () => codecs.remove(name)),
      onChange: codecs.onChange,
    },
    profiles: {
      ...profiles,
      put: (profile) => change('store profile', () => profiles.put(profile)),
      remove: (name) => change('remove profile', () => profiles.remove(name)),
    },
    documents: {
      all: documents.all,
      put: (kind, name, value) => change('store document', () => documents.put(kind, name, value)),
      remove: (kind, name) => change('remove document', () => documents.remove(kind, name)),
    },
    network: {
      sessions: () => guard('read', sessions.sessions),
      devNonces: (devEui, joinEui) => guard('read', () => sessions.devNonces(devEui, joinEui)),
      downlinks: () => guard('read', sessions.downlinks),
    },
  };
}

function toldOf({ problem, hint, advice }: StoreError): Told {
  if (advice !== undefined) return tell('store.refuses', { problem }, advice);
  const told = tell('store.refuses', { problem });
  return hint === '' ? told : { ...told, hint, said: [] };
}

function statusOf(context: StoreContext): StoreStatus {
  const { tables, watch, group, pruner, limits, openedMs } = context;
  const { files, dailyWriteBudgetBytes: dailyBudgetBytes } = context.options;
  const trouble = watch.damage() ?? group.trouble() ?? placeTrouble(context);
  const oldestMs = oldestTimeMs(context);
  const freeBytes = pruner.freeDiskBytes();
  const told = trouble ? toldOf(trouble) : (tightDisk(context, freeBytes) ?? fleetingDisk(context));
  return {
    state: watch.damage() ? 'down' : told ? 'degraded' : 'ok',
    ...(told ?? tell('store.takes')),
    takesReadings: trouble === undefined,
    sinceMs: openedMs,
    epoch: tables.meta.epoch(),
    firstSeq: tables.log.firstSeq(),
    lastSeq: tables.log.lastSeq(),
    sizeBytes: sizeOf(files.database) + sizeOf(files.wal),
    limitBytes: limits.maxBytes,
    freeBytes,
    ...(oldestMs === undefined ? {} : { oldestMs }),
    ...tables.flash.figures(),
    ...(dailyBudgetBytes === undefined ? {} : { dailyBudgetBytes }),
  };
}

/** What to say of a disk that somebody else fills, before it is full and also where nothing comes to be stored. */
function tightDisk({ limits }: StoreContext, freeBytes: number): Told | undefined {
  if (freeBytes >= TIGHT_SHARE * limits.reserveBytes) return undefined;
  const megabytes = (size: number): number => Math.round(size / 1024 ** 2);
  return tell('store.tight', { free: megabytes(freeBytes), wanted: megabytes(limits.reserveBytes) });
}

/** What to say of a disk that forgets. */
function fleetingDisk({ options: { fleeting } }: StoreContext): Told | undefined {
  return fleeting && tell(`store.${fleeting.kind}`, { type: fleeting.type });
}

/** Where nothing comes to be stored, nobody would notice that it could not be. */
function placeTrouble({ walSync, options }: StoreContext): StoreError | undefined {
  try {
    walSync.checkInPlace();
    checkWritable(options.files.wal);
    return undefined;
  } catch (error) {
    return error instanceof StoreError ? error : new StoreError('look at', options.files.dir, error);
  }
}

/** The pages must open whatever has become of the file. */
function oldestTimeMs({ tables, watch }: StoreContext): number | undefined {
  try {
    return watch.damage() ? undefined : watch.guard('read', () => tables.log.timeAfter(0));
  } catch {
    return undefined;
  }
}

async function close(context: StoreContext): Promise<void> {
  const { db, watch, group, pruner, background, walSync, carryOver, options } = context;
  pruner.stop();
  background.stop();
  context.tables.rollups.stop();
  context.tables.keySnapshot.stop();
  await group.close();
  try {
    syncAlways(db);
    if (!watch.damage()) lastWrites(context);
  } catch (error) {
    // A full or damaged disk: what was not written is made again from the log.
    options.world.logger.warn('store.close_incomplete', { error: String(error) });
  }
  walSync.close();
  const closeFile = carryOver.close();
  db.close();
  closeFile();
  options.unlock();
}

function lastWrites({ db, tables }: StoreContext): void {
  const { states, log, flash, meta, removed, keySnapshot, rollups } = tables;
  db.transaction(() => {
    rollups.saveAll();
    states.save(log.appendedSeq(), true);
    flash.save(true);
    saveRemoved(meta, removed);
  })();
  keySnapshot.write();
}
