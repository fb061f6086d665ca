/**
 * Repairs a damaged store: reads every page of the file itself, keeps each record that matches its checksum under its old
 * number, takes devices, keys and counters from the key snapshot, and writes it all into a new file of the next epoch with
 * a record that names what is lost. The damaged file is kept aside if there is room.
 *
 * The tree above the leaves is not used, so a bad page costs what lay on it and nothing else. The old file stays in its
 * place until the new one is complete, and the new one says how far it is: a repair that is killed, or whose power is cut,
 * goes on where it was.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { syncFolder } from '../../files/sync-folder.ts';
import type { World } from '../../model/world.ts';
import { sqliteCode } from '../errors.ts';
import type { StoreFiles } from '../files.ts';
import { freeBytesAt, sizeOf } from '../retention/reserve-file.ts';
import { copyRecords } from './copy-records.ts';
import { summarizeLog, writeLossReport } from './loss-report.ts';
import { COPYING_PERCENT, type RepairSteps, runToEnd } from './progress.ts';
import { type RecoveredTables, recoverTables } from './recovered-tables.ts';
import type { RepairReport } from './repair-report.ts';
import { openUnfinished, removeUnfinished, type Unfinished } from './unfinished.ts';

/** Repairs the store in `files`. Throws what SQLite or the disk says if the new file cannot be written. */
export function salvage(files: StoreFiles, world: World, reason: string): RepairReport {
  return runToEnd(salvageInSteps(files, world, reason));
}

/** The same in steps, each of which ends within seconds also on a slow card. */
export function* salvageInSteps(files: StoreFiles, world: World, reason: string): RepairSteps<RepairReport> {
  world.logger.warn('store.salvaging', { reason, bytes: sizeOf(files.database) });
  yield { percent: 0 };
  noteDamage(files, reason);
  rmSync(files.ballast, { force: true });
  rmSync(files.damaged, { force: true });
  rmSync(files.damagedWal, { force: true });
  const recovered = recoverTables(files);
  let report: RepairReport;
  try {
    report = yield* rebuild(files, world, reason, recovered, openUnfinished(files, 0));
  } catch (error) {
    if (sqliteCode(error) !== 'SQLITE_FULL') throw error;
    // No room for everything twice: what every reader has had stays behind.
    removeUnfinished(files);
    const anew = openUnfinished(files, recovered.lowWatermark);
    report = yield* rebuild(files, world, reason, recovered, anew);
  }
  renameSync(files.salvaging, files.salvaged);
  syncFolder(files.dir);
  finishSalvage(files);
  world.logger.error('store.salvaged', { ...report });
  return report;
}

/** So that the next start goes on with the repair at once, and the file is not written any more. */
function noteDamage({ damageNote, dir }: StoreFiles, reason: string): void {
  if (existsSync(damageNote)) return;
  try {
    const fd = openSync(damageNote, 'w', 0o600);
    try {
      writeSync(fd, `${reason}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    syncFolder(dir);
  } catch {
    // No room on the disk: then the next start finds the damage again.
  }
}

/** Puts a complete new file in the place of the damaged one; the second half of a repair, also of an interrupted one. */
export function finishSalvage(files: StoreFiles): void {
  if (!existsSync(files.salvaged)) return;
  rmSync(files.shm, { force: true });
  const keep = sizeOf(files.database) < freeBytesAt(files.dir) / 4;
  // The write-ahead log first: left alone it would be taken for the new file's.
  moveOrRemove(files.wal, files.damagedWal, keep);
  moveOrRemove(files.database, files.damaged, keep);
  renameSync(files.salvaged, files.database);
  rmSync(files.damageNote, { force: true });
  syncFolder(files.dir);
}

function moveOrRemove(from: string, to: string, keep: boolean): void {
  if (!existsSync(from)) return;
  if (keep) renameSync(from, to);
  else rmSync(from);
}

function* rebuild(
  files: StoreFiles,
  world: World,
  reason: string,
  recovered: RecoveredTables,
  { db, source, fromSeq, begin, save }: Unfinished,
): RepairSteps<RepairReport> {
  try {
    if (begin > 0) {
      const percent = Math.floor((COPYING_PERCENT * begin) / source.count);
      world.logger.warn('store.salvage_resumed', { percent });
    }
    for (const done of copyRecords({ db, source, recovered, fromSeq, begin, save }))
      yield { percent: Math.floor((COPYING_PERCENT * done) / Math.max(1, source.count)) };
    const counted = yield* summarizeLog(db, recovered);
    const why = fromSeq > 0 ? `${reason}; no room to keep what was delivered` : reason;
    return db.transaction(() => writeLossReport(db, recovered, counted, world, why))();
  } finally {
    source.close();
    db.close();
    syncFile(files.salvaging);
  }
}

function syncFile(file: string): void {
  if (!existsSync(file)) return;
  const fd = openSync(file, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
