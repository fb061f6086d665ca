/**
 * Repairs a damaged store: reads every page of the file itself, keeps each record that matches its checksum under its old
 * number, takes devices, keys and counters from the key snapshot, and writes it all into a new file of the next epoch with
 * a record that names what is lost. The damaged file is kept aside if there is room.
 *
 * The tree above the leaves is not used, so a bad page costs what lay on it and nothing else. Whatever is interrupted is
 * done again: the old file stays in its place until the new one is complete.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { syncFolder } from '../../files/sync-folder.ts';
import type { World } from '../../model/world.ts';
import { sqliteCode } from '../errors.ts';
import type { StoreFiles } from '../files.ts';
import { classIndexOf } from '../log/kinds.ts';
import { type CheckedRow, isIntact } from '../log/record-check.ts';
import { freeBytesAt, sizeOf } from '../retention/reserve-file.ts';
import { migrate } from '../schema.ts';
import { openSqlite, type Sqlite } from '../sqlite.ts';
import { writeLossReport } from './loss-report.ts';
import { openPageFile } from './page-file.ts';
import { type ColumnValue, rowsOfPage } from './page-rows.ts';
import { type RecoveredTables, recoverTables } from './recovered-tables.ts';
import type { RepairReport } from './repair-report.ts';

const BATCH = 5_000;

/** Repairs the store in `files`. Throws what SQLite or the disk says if the new file cannot be written. */
export function salvage(files: StoreFiles, world: World, reason: string): RepairReport {
  world.logger.warn('store.salvaging', { reason, bytes: sizeOf(files.database) });
  rmSync(files.ballast, { force: true });
  rmSync(files.damaged, { force: true });
  rmSync(files.damagedWal, { force: true });
  const recovered = recoverTables(files);
  let report: RepairReport;
  try {
    report = rebuild(files, world, reason, recovered, 0);
  } catch (error) {
    if (sqliteCode(error) !== 'SQLITE_FULL') throw error;
    // No room for everything twice: what every reader has had stays behind.
    report = rebuild(
      files,
      world,
      `${reason}; no room to keep what was delivered`,
      recovered,
      recovered.lowWatermark,
    );
  }
  renameSync(files.salvaging, files.salvaged);
  syncFolder(files.dir);
  finishSalvage(files);
  world.logger.error('store.salvaged', { ...report });
  return report;
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

function rebuild(
  files: StoreFiles,
  world: World,
  reason: string,
  recovered: RecoveredTables,
  fromSeq: number,
): RepairReport {
  for (const suffix of ['', '-wal', '-shm']) rmSync(files.salvaging + suffix, { force: true });
  const db = openSqlite(files.salvaging);
  try {
    db.pragma('synchronous = OFF');
    migrate(db);
    copyRecords(db, files, recovered, fromSeq);
    const report = db.transaction(() => writeLossReport(db, recovered, world, reason))();
    db.pragma('wal_checkpoint(TRUNCATE)');
    return report;
  } finally {
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

/** Copies every intact record above `fromSeq` that retention has not removed. */
function copyRecords(db: Sqlite, files: StoreFiles, recovered: RecoveredTables, fromSeq: number): void {
  const insert = db.prepare(
    'INSERT OR IGNORE INTO log (seq, time, kind, device, prev, next, key, crc, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const { frontier } = recovered.removed;
  const source = openPageFile(files);
  let inBatch = 0;
  db.exec('BEGIN');
  try {
    for (const { number, page } of source.images()) {
      for (const { rowid, values } of rowsOfPage(page, number, source)) {
        const row = toRow(rowid, values);
        if (!row || row.seq <= fromSeq || row.seq <= (frontier[classIndexOf(row.kind)] ?? 0)) continue;
        const { seq, time, kind, device, prev, next, key, crc, body } = row;
        insert.run(seq, time, kind, device, prev, next, key, crc, body);
        if (++inBatch < BATCH) continue;
        inBatch = 0;
        db.exec('COMMIT; BEGIN');
      }
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  } finally {
    source.close();
  }
}

/** The values as a record if they are one, whole and unchanged. */
function toRow(seq: number, values: readonly ColumnValue[]) {
  const [, time, kind, device, prev, next, key, crc, body] = values;
  if (values.length !== 9 || typeof time !== 'number' || typeof kind !== 'number') return undefined;
  if (typeof crc !== 'number' || typeof body !== 'string') return undefined;
  const row: CheckedRow & { crc: number; prev: number | null } = {
    seq,
    time,
    kind,
    device: typeof device === 'number' ? device : null,
    prev: typeof prev === 'number' && prev < seq ? prev : null,
    next: typeof next === 'number' ? next : null,
    key: typeof key === 'string' ? key : null,
    crc,
    body,
  };
  return isIntact(row) ? row : undefined;
}
