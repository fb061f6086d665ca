/**
 * Looks into a store from outside, also beside the appliance that writes it: every read is short, so that the write-ahead
 * log can be carried over in between. Changes nothing but for `repairStore`, which needs the store to itself.
 */
import { closeSync, existsSync, fdatasyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { LogRecord } from '../../model/record.ts';
import { type Told, tell, toldOf } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import type { Ancestor, CursorState } from '../contract.ts';
import { sqliteCode } from '../errors.ts';
import { storeFiles } from '../files.ts';
import { type CursorPosition, stateOf } from '../log/cursors.ts';
import { KINDS } from '../log/kinds.ts';
import { bodyOf, type CheckedRow, faultOf } from '../log/record-check.ts';
import { freeBytesAt, sizeOf } from '../retention/reserve-file.ts';
import { findCorruptRollup, hasRollups } from '../rollup/rollup-rows.ts';
import { lockFile, openReadOnly, type Sqlite } from '../sqlite.ts';
import { ANCESTORS, ancestorsIn } from '../tables/ancestors.ts';
import { decodeMeta } from '../tables/meta.ts';
import { findCorruptRow, hasRowChecks } from '../tables/row-check.ts';
import { inspectWal } from './page-file.ts';
import type { RepairReport } from './repair-report.ts';
import { salvage } from './salvage.ts';

export interface StoreStats {
  readonly dir: string;
  readonly running: boolean;
  readonly storeId: string;
  readonly epoch: number;
  readonly ancestors: readonly Ancestor[];
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Records there are; fewer than the numbers between first and last where retention has been. */
  readonly records: number;
  readonly removed: number;
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
  readonly devices: number;
  readonly quarantined: number;
  readonly cursors: Readonly<Record<string, CursorState>>;
  readonly fileBytes: number;
  readonly walBytes: number;
  readonly freePagesBytes: number;
  readonly freeDiskBytes: number;
}

export interface VerifyReport {
  readonly sound: boolean;
  readonly running: boolean;
  readonly records: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** What is wrong, the first ones. */
  readonly problems: readonly string[];
}

export interface StoreCheck extends Omit<VerifyReport, 'problems'> {
  readonly problems: readonly Told[];
}

const ROWS = 1_000;
const MAX_PROBLEMS = 50;

/** Whether an appliance holds the store in `dir`. */
export function isRunning(dir: string): boolean {
  if (!existsSync(join(dir, 'lock'))) return false;
  try {
    lockFile(join(dir, 'lock'))();
    return false;
  } catch (error) {
    return sqliteCode(error).startsWith('SQLITE_BUSY');
  }
}

/** Whether there is a store in `dir`. */
export function isStore(dir: string): boolean {
  return existsSync(storeFiles(dir).database);
}

/** The figures of the store in `dir`. Throws what SQLite says if it cannot be read. */
export function storeStats(dir: string): StoreStats {
  const files = storeFiles(dir);
  return reading(files.database, (db) => {
    const meta = metaOf(db);
    const one = (sql: string) => db.prepare(sql).pluck().get() as number | null;
    const lastSeq = one('SELECT max(seq) FROM log') ?? 0;
    const { count: removed = 0 } = (meta.get('removed') ?? {}) as { count?: number };
    const cursors = [...meta].filter(([key]) => key.startsWith('cursor.'));
    return {
      dir,
      running: isRunning(dir),
      storeId: String(meta.get('store_id') ?? ''),
      epoch: Number(meta.get('epoch') ?? 0),
      ancestors: ancestorsIn(meta.get(ANCESTORS)),
      firstSeq: one('SELECT min(seq) FROM log') ?? lastSeq + 1,
      lastSeq,
      records: lastSeq - removed,
      removed,
      oldestMs: one('SELECT time FROM log ORDER BY seq LIMIT 1') ?? null,
      newestMs: one('SELECT time FROM log ORDER BY seq DESC LIMIT 1') ?? null,
      devices: one('SELECT count(*) FROM devices') ?? 0,
      quarantined: one('SELECT count(*) FROM quarantine') ?? 0,
      cursors: Object.fromEntries(
        cursors.map(([key, position]) => [
          key.slice('cursor.'.length),
          stateOf(position as CursorPosition, lastSeq),
        ]),
      ),
      fileBytes: sizeOf(files.database),
      walBytes: sizeOf(files.wal),
      freePagesBytes: (one('PRAGMA freelist_count') ?? 0) * (one('PRAGMA page_size') ?? 0),
      freeDiskBytes: freeBytesAt(dir),
    };
  });
}

/** The same in words alone. */
export function verifyStore(dir: string): VerifyReport {
  const { problems, ...report } = checkStore(dir);
  return { ...report, problems: problems.map(({ detail }) => detail) };
}

/**
 * Checks every record, and, with the appliance stopped, every page. Never throws for damage: that is the report. `tablesOnly`: the
 * log is elsewhere.
 */
export function checkStore(dir: string, tablesOnly = false): StoreCheck {
  const files = storeFiles(dir);
  const running = isRunning(dir);
  const problems: Told[] = [];
  const found = { records: 0, firstSeq: 0, lastSeq: 0 };
  if (existsSync(files.damageNote)) problems.push(tell('damage.inUse'));
  if (!running && inspectWal(files).damaged) problems.push(tell('damage.wal'));
  try {
    reading(files.database, (db) => {
      for (const [key, value] of metaOf(db))
        if (value === undefined) problems.push(tell('damage.state', { key }));
      if (!running) {
        const lines = db.pragma(`quick_check(${MAX_PROBLEMS})`) as { quick_check: string }[];
        const wrong = lines.map((line) => line.quick_check).filter((line) => line !== 'ok');
        problems.push(...wrong.map(sayAsIs));
      }
      problems.push(...badRowsOf(db));
      if (!tablesOnly) verifyRecords(db, running, found, problems);
    });
  } catch (error) {
    const told = toldOf(error);
    problems.push(told.said.length > 0 ? told : sayAsIs(told.detail));
  }
  return { sound: problems.length === 0, running, ...found, problems: problems.slice(0, MAX_PROBLEMS) };
}

/** What SQLite says. */
function sayAsIs(error: string): Told {
  return tell('step.error', { error });
}

/** A file that no program with checksums has opened yet has none to compare. */
function badRowsOf(db: Sqlite): Told[] {
  const corrupt = hasRowChecks(db) ? findCorruptRow(db) : undefined;
  const rollup = hasRollups(db) ? findCorruptRollup(db) : undefined;
  return [corrupt, rollup].filter((problem) => problem !== undefined);
}

function verifyRecords(
  db: Sqlite,
  running: boolean,
  found: { records: number; firstSeq: number; lastSeq: number },
  problems: Told[],
): void {
  const end = (db.prepare('SELECT max(seq) FROM log').pluck().get() as number | null) ?? 0;
  const rows = db.prepare('SELECT * FROM log WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?');
  for (let at = 0; ; at = found.lastSeq) {
    const batch = rows.all(at, end, ROWS) as (CheckedRow & { crc: number })[];
    for (const row of batch) {
      const fault = problems.length < MAX_PROBLEMS ? faultOf(row) : undefined;
      if (fault) problems.push(fault);
      found.firstSeq ||= row.seq;
      found.lastSeq = row.seq;
    }
    found.records += batch.length;
    if (batch.length < ROWS) break;
  }
  const { count = 0 } = (metaOf(db).get('removed') ?? {}) as { count?: number };
  const missing = end - count - found.records;
  if (!running && missing !== 0) problems.push(tell('damage.missing', { number: missing }));
}

/**
 * The seqs of the records from `fromMs` to before `toMs`, as one range: where the clock was set meanwhile there may be others
 * between. undefined when there are none.
 */
export function seqRange(
  dir: string,
  fromMs: number,
  toMs: number,
): { first: number; last: number } | undefined {
  return reading(storeFiles(dir).database, (db) => {
    const edge = (order: 'ASC' | 'DESC') =>
      db
        .prepare(`SELECT seq FROM log WHERE time >= ? AND time < ? ORDER BY seq ${order} LIMIT 1`)
        .pluck()
        .get(fromMs, toMs) as number | undefined;
    const [first, last] = [edge('ASC'), edge('DESC')];
    return first === undefined || last === undefined ? undefined : { first, last };
  });
}

/**
 * Brings what is committed to the disk: what leaves the box for good must not be taken back by a power cut, since the numbers
 * would then be given again.
 */
export function syncStore(dir: string): void {
  const { database, wal } = storeFiles(dir);
  for (const file of [wal, database]) {
    if (!existsSync(file)) continue;
    const fd = openSync(file, 'r');
    try {
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/**
 * The records from seq `from` to `to`, both included, in order. Throws what SQLite says when a page cannot be read and, `checked`,
 * at a record that does not match its checksum.
 */
export function* exportRecords(dir: string, from: number, to: number, checked = false): Generator<LogRecord> {
  const db = openReadOnly(storeFiles(dir).database);
  try {
    const rows = db.prepare(
      `SELECT log.*, known.dev_eui FROM log LEFT JOIN known ON known.id = log.device
       WHERE seq >= ? AND seq <= ? ORDER BY seq LIMIT ${ROWS}`,
    );
    for (let next = from; ; ) {
      const batch = rows.all(next, to) as (CheckedRow & { crc: number; dev_eui: string | null })[];
      for (const row of batch) {
        const { seq, time, kind, dev_eui: device } = row;
        // What is coded and does not fit has no text that could be handed out unchecked.
        const body = checked || typeof row.body !== 'string' ? bodyOf(row) : row.body;
        yield { seq, timeMs: time, kind: KINDS[kind] ?? 'system', device, body };
      }
      const last = batch.at(-1);
      if (!last || batch.length < ROWS) return;
      next = last.seq + 1;
    }
  } finally {
    db.close();
  }
}

/** Repairs the store in `dir` whatever its state. Throws an error with code SQLITE_BUSY while an appliance holds it. */
export function repairStore(dir: string, world: World, reason: string): RepairReport {
  const unlock = lockFile(join(dir, 'lock'));
  try {
    return salvage(storeFiles(dir), world, reason);
  } finally {
    unlock();
  }
}

function reading<T>(file: string, use: (db: Sqlite) => T): T {
  const db = openReadOnly(file);
  try {
    return use(db);
  } finally {
    db.close();
  }
}

/** All small state by name; undefined for what fails its checksum. */
function metaOf(db: Sqlite): Map<string, unknown> {
  const rows = db.prepare('SELECT key, value FROM meta').all() as { key: string; value: unknown }[];
  return new Map(rows.map(({ key, value }) => [key, decodeMeta(key, value)]));
}
