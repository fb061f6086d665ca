/**
 * The store's two kinds of transaction: a batch of changes, and housekeeping beside them. Either the file and what is held
 * in memory move on together, or memory goes back to what the file has. Neither is on disk yet: wal-sync.ts sees to that.
 */
import type { NewRecord } from '../model/record.ts';
import type { Change, Committed } from './contract.ts';
import type { DamageWatch } from './damage-watch.ts';
import { StoreError } from './errors.ts';
import type { Pruner } from './retention/pruner.ts';
import type { Sqlite } from './sqlite.ts';
import type { StoreTables } from './store-tables.ts';

export interface TransactionContext {
  readonly db: Sqlite;
  readonly tables: StoreTables;
  readonly watch: DamageWatch;
  /** A transaction beside the commits of readings was made: it goes to disk soon. */
  readonly syncSoon: () => void;
  /** The write-ahead log is long enough to be carried over, which follows a sync. */
  readonly isLogLong: () => boolean;
  /** Path of the database. */
  readonly file: string;
}

/** Stores the changes in one transaction; all or nothing. Throws StoreError for what the disk refuses. */
export type ApplyChanges = (changes: readonly Change[]) => Committed[];

export function prepareApply(context: TransactionContext, pruner: Pruner): ApplyChanges {
  const { db, tables } = context;
  const { states, log, clockBook, cursors, flash } = tables;
  const transaction = db.transaction((changes: readonly Change[], saveCursors: boolean) => {
    const committed = changes.map((change) => applyChange(tables, change));
    states.save(log.appendedSeq());
    clockBook.save();
    if (saveCursors) {
      cursors.save();
      flash.save();
    }
    return committed;
  });
  return (changes) => applyAll(context, pruner, transaction, changes);
}

function applyAll(
  { tables, watch, file }: TransactionContext,
  pruner: Pruner,
  transaction: (changes: readonly Change[], saveCursors: boolean) => Committed[],
  changes: readonly Change[],
): Committed[] {
  const { log, cursors } = tables;
  const before = log.appendedSeq();
  const saveCursors = changes.length === 0 || cursors.due() || changes.some(({ released }) => released);
  let committed: Committed[];
  try {
    const damage = watch.damage();
    if (damage) throw damage;
    if (changes.length > 0 && !watch.guard('commit', pruner.mayAppend)) throw noRoom(file);
    committed = watch.guard('commit', () => transaction(changes, saveCursors));
  } catch (error) {
    rolledBack(tables, watch);
    if (error instanceof StoreError && error.retryable) freeSpaceNow(pruner);
    throw error;
  }
  noteCommitted(tables, saveCursors);
  tables.flash.appended(log.appendedSeq() - before);
  return committed;
}

/** Within a transaction. */
function applyChange(tables: StoreTables, change: Change): Committed {
  const { records = [], counters = [], seen = [], released, network, kept } = change;
  const { states, log, keys, sessions, release } = tables;
  let firstSeq = 0;
  let carried = 0;
  for (const record of records) {
    const counter = counters.find(({ devEui }) => devEui === record.device);
    if (counter) carried++;
    const key = firstSeq === 0 ? (seen[0] ?? null) : null;
    const seq = appendRecord(tables, record, counter?.nextFCntUp ?? null, key);
    firstSeq ||= seq;
  }
  if (carried < counters.length) {
    for (const { devEui, nextFCntUp } of counters) states.touch(devEui).nextFCntUp = nextFCntUp;
    states.save(log.appendedSeq(), true);
  }
  for (const key of seen) keys.add(key);
  if (network) sessions.apply(network);
  if (kept) tables.kept.apply(kept);
  return released ? { firstSeq, released: release.apply(released) } : { firstSeq };
}

/** Within a transaction: the seq the record got. */
export function appendRecord(
  { log, clockBook, rollups }: StoreTables,
  record: NewRecord,
  next: number | null,
  key: string | null,
): number {
  const seq = log.append(record, next, key);
  clockBook.note(seq, record);
  rollups.note(seq, record);
  return seq;
}

function noteCommitted(tables: StoreTables, savedCursors: boolean): void {
  tables.keys.committed();
  tables.release.committed();
  tables.clockBook.committed();
  if (savedCursors) tables.cursors.saved();
}

function rolledBack(
  { keys, clockBook, release, states, log, rollups }: StoreTables,
  watch: DamageWatch,
): void {
  keys.rolledBack();
  clockBook.rolledBack();
  release.rolledBack();
  if (watch.damage()) return;
  states.reload();
  log.rolledBack();
  rollups.rolledBack();
}

function freeSpaceNow(pruner: Pruner): void {
  try {
    pruner.freeSpaceNow();
  } catch {
    // The guard has told; the commit's own error is the one to hand on.
  }
}

/** A transaction beside the commits of readings, on its way to disk at once if `durable`; false when the file refused. */
export function runHousekeeping(context: TransactionContext, work: () => void, durable: boolean): boolean {
  const { db, tables, watch, syncSoon, isLogLong } = context;
  const { clockBook } = tables;
  if (watch.damage()) return false;
  try {
    watch.guard('prune', () =>
      db.transaction(() => {
        work();
        clockBook.save();
      })(),
    );
  } catch {
    rolledBack(tables, watch);
    return false;
  }
  clockBook.committed();
  if (durable || isLogLong()) syncSoon();
  return true;
}

function noRoom(file: string): StoreError {
  const text = 'somebody else has filled the disk, and nothing delivered is left to remove';
  return new StoreError('append to', file, Object.assign(new Error(text), { code: 'SQLITE_FULL' }));
}
