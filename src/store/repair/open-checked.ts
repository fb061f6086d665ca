/**
 * Opens the database so that it can be relied on: looks for damage first, in a time that does not grow with the log, and
 * repairs what is damaged. The rest of a large log is read in the background (background-check.ts).
 */
import { existsSync, readFileSync } from 'node:fs';
import type { World } from '../../model/world.ts';
import { sqliteCode } from '../errors.ts';
import type { StoreFiles } from '../files.ts';
import { type CheckedRow, faultOf } from '../log/record-check.ts';
import { loadRemoved } from '../retention/pruner.ts';
import { sizeOf } from '../retention/reserve-file.ts';
import { migrate } from '../schema.ts';
import { openSqlite, type Sqlite } from '../sqlite.ts';
import { createMeta } from '../tables/meta.ts';
import { findCorruptRow } from '../tables/row-check.ts';
import { readKeySnapshot } from './key-snapshot.ts';
import { inspectWal } from './page-file.ts';
import type { RepairSteps } from './progress.ts';
import { finishSalvage, salvageInSteps } from './salvage.ts';

/** A file up to this size is checked whole at the opening, about a second on a small machine. */
const CHECKED_WHOLE_BYTES = 16 * 1024 * 1024;
/** Of a larger one the newest records; a power cut or a failing card hits where it was writing. */
const CHECKED_RECORDS = 5_000;

/** Codes that say something about the disk or another process, not about the file's contents. */
const NOT_DAMAGE = /^(SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|READONLY|CANTOPEN|PERM|AUTH)|E[A-Z]+$)/;

export interface Opened {
  readonly db: Sqlite;
  /** Frames at the end of the write-ahead log that did not make it into the database (wal-file.ts). */
  readonly cutFrames: number;
}

/**
 * The database of `files`, migrated and intact as far as was looked; in steps where it has to be repaired. Throws what
 * SQLite says if the disk refuses.
 */
export function* openChecked(files: StoreFiles, world: World): RepairSteps<Opened> {
  refuseHalfRestored(files);
  finishSalvage(files);
  const wal = inspectWal(files);
  const before = noticeDamage(files, wal.damaged);
  if (before === undefined) {
    try {
      const db = openAndCheck(files);
      if (wal.cutFrames > 0) beginWal(db);
      return { db, cutFrames: wal.cutFrames };
    } catch (error) {
      const damage = damageIn(error);
      if (damage === undefined) throw error;
      yield* salvageInSteps(files, world, damage);
    }
  } else {
    yield* salvageInSteps(files, world, before);
  }
  const db = openSqlite(files.database);
  migrate(db);
  // The repair had only what is before them, and its report names nothing that was in them alone.
  return { db, cutFrames: wal.cutFrames };
}

/** An empty store in this place would look like a success, and take new readings beside the old ones. */
function refuseHalfRestored({ database, restoring }: StoreFiles): void {
  if (existsSync(database) || !existsSync(restoring)) return;
  throw new Error(
    `a restore was cut short: run \`webscada-edge backup restore\` once more (what was here before is in before-restore-…), or remove ${restoring} to begin with an empty store`,
  );
}

/** Starts the write-ahead log anew, so that what was cut off is not met again at the next start. */
function beginWal(db: Sqlite): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // No room on the disk: it is told twice.
  }
}

/** Damage that shows without opening the database. */
function noticeDamage(files: StoreFiles, walDamaged: boolean): string | undefined {
  if (existsSync(files.damageNote))
    return readFileSync(files.damageNote, 'utf8').trim() || 'found damaged in use';
  if (walDamaged) return 'the write-ahead log is damaged before its last commits';
  if (sizeOf(files.database) === 0 && (readKeySnapshot(files.keys)?.lastSeq ?? 0) > 0)
    return 'the database is gone';
  return undefined;
}

/** What an error of opening says about the file's contents, undefined when it is about something else. */
function damageIn(error: unknown): string | undefined {
  const code = sqliteCode(error);
  if (code === '' || NOT_DAMAGE.test(code)) return undefined;
  return error instanceof Error ? error.message : code;
}

function openAndCheck(files: StoreFiles): Sqlite {
  const db = openSqlite(files.database);
  try {
    migrate(db);
    check(db, sizeOf(files.database), readKeySnapshot(files.keys)?.known ?? []);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The text of the tables, which a flipped letter makes other tables. */
function schemaOf(db: Sqlite): string {
  const rows = db
    .prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name')
    .raw()
    .all();
  return JSON.stringify(rows);
}

function checkSchema(db: Sqlite): void {
  const fresh = openSqlite(':memory:');
  try {
    migrate(fresh);
    const same = schemaOf(fresh) === schemaOf(db);
    if (!same) throw damage('the tables are not as this program made them');
  } finally {
    fresh.close();
  }
}

function check(db: Sqlite, bytes: number, copied: readonly { id: number; devEui: string }[]): void {
  const whole = bytes <= CHECKED_WHOLE_BYTES;
  checkSchema(db);
  const tables = whole
    ? ['']
    : [
        '(meta)',
        '(known)',
        '(devices)',
        '(codecs)',
        '(profiles)',
        '(documents)',
        '(kept)',
        '(quarantine)',
        '(network)',
        '(dev_nonces)',
        '(downlinks)',
      ];
  for (const table of tables) {
    const answer = db.pragma(`quick_check${table}`, { simple: true });
    if (answer !== 'ok') throw damage(`quick_check: ${String(answer)}`);
  }
  createMeta(db).startingWith('');
  const corrupt = findCorruptRow(db);
  if (corrupt) throw damage(corrupt.detail);
  const storedEui = db.prepare('SELECT dev_eui FROM known WHERE id = ?').pluck();
  if (copied.some(({ id, devEui }) => storedEui.get(id) !== devEui))
    throw damage('the table of known devices differs from its copy');
  checkRecords(db, whole);
}

function checkRecords(db: Sqlite, whole: boolean): void {
  const lastSeq = (db.prepare('SELECT max(seq) FROM log').pluck().get() as number | null) ?? 0;
  const from = whole ? 0 : lastSeq - CHECKED_RECORDS;
  const rows = db.prepare('SELECT * FROM log WHERE seq > ? ORDER BY seq');
  let count = 0;
  for (const row of rows.iterate(from) as IterableIterator<CheckedRow & { crc: number }>) {
    const fault = faultOf(row);
    if (fault) throw damage(fault.detail);
    count++;
  }
  const removed = loadRemoved(createMeta(db));
  const missing = lastSeq - removed.count - count;
  if (whole && missing !== 0) throw damage(`${missing} records are missing`);
  const dense = Math.max(from, removed.sparseTo);
  if (!whole && dense === from && count !== lastSeq - from)
    throw damage('records are missing at the end of the log');
}

function damage(message: string): Error {
  return Object.assign(new Error(message), { code: 'SQLITE_CORRUPT_CHECK' });
}
