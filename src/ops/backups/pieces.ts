/**
 * A store copied in pieces: all tables but the log as they are, and the log, which is only appended to, as files of records from
 * one number to another (`log-1-4096-all.db`). A later backup takes the pieces of the one before over as hard links and writes
 * only what is new, so each folder is whole by itself and none depends on another. `log-present.db` has the ranges of numbers
 * that were there, since retention takes records out of the middle of what earlier pieces hold.
 */
import { copyFileSync, linkSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openOnce, openReadOnly, openSqlite, type Sqlite } from '../../store/sqlite.ts';

/** So many of a day each are written again as one, which stays as it is: every record is written twice at most. */
const DAYS_IN_ONE = 8;
/** More make every check and restore slower; then the log is written anew. Nearly three years of it. */
const MAX_PIECES = 128;
export const PRESENT = 'log-present.db';
const TABLES =
  "SELECT name, sql FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%' AND sql IS NOT NULL";

export interface Piece {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Of several days, or all there was at the beginning: it is not written again. */
  readonly isLasting: boolean;
}

/** The pieces among these file names, in the order of their records. */
export function piecesAmong(names: readonly string[]): Piece[] {
  return names
    .flatMap((name): Piece[] => {
      const match = /^log-(\d{1,15})-(\d{1,15})(-all)?\.db$/.exec(name);
      return match
        ? [{ name, from: Number(match[1]), to: Number(match[2]), isLasting: match[3] !== undefined }]
        : [];
    })
    .sort((a, b) => a.from - b.from);
}

/** Bytes of the pieces in a folder. */
export function pieceBytes(folder: string): number {
  return piecesAmong(readdirSync(folder)).reduce(
    (sum, { name }) => sum + statSync(join(folder, name)).size,
    0,
  );
}

/** Whether files of `from` can be had in `to` without copying them. FAT, and some shares, have no hard links. */
export function canLink(from: string, to: string): boolean {
  const [piece] = piecesAmong(readdirSync(from));
  if (!piece) return false;
  const probe = join(to, `.${piece.name}.probe`);
  try {
    rmSync(probe, { force: true });
    linkSync(join(from, piece.name), probe);
    rmSync(probe);
    return true;
  } catch {
    return false;
  }
}

export interface PiecesOptions {
  /** The database, also while it is written. */
  readonly database: string;
  /** Folder to put the files into. */
  readonly to: string;
  /** Name of the file with the tables. */
  readonly name: string;
  /** Folder of an earlier backup of the same store and epoch, for its pieces. */
  readonly base?: string | undefined;
}

/** All of it as at one moment. */
export function copyInPieces({ database, to, name, base }: PiecesOptions): void {
  const source = openReadOnly(database).defaultSafeIntegers(true);
  try {
    source.exec('BEGIN');
    const { first, last } = source.prepare('SELECT min(seq) AS first, max(seq) AS last FROM log').get() as {
      first: bigint | null;
      last: bigint | null;
    };
    copyTables(source, join(to, name));
    const before = base === undefined ? [] : piecesAmong(readdirSync(base));
    const taken = base === undefined ? [] : takeOver(before, base, to, Number(first ?? 0n));
    const done = taken.at(-1)?.to ?? Number(first ?? 1n) - 1;
    if (last !== null && Number(last) > done) {
      const piece = join(to, pieceName(taken, before, done + 1, Number(last)));
      copyRows(source, 'log', piece, `SELECT * FROM log WHERE seq > ${done} ORDER BY seq`);
    }
    writePresent(source, join(to, PRESENT));
    source.exec('COMMIT');
  } finally {
    source.close();
  }
}

/** Of the pieces there are, those to take over for a log that begins with `first`; what is behind them is written. */
export function piecesToTake(pieces: readonly Piece[], first: number): Piece[] {
  const useful = pieces.filter((piece) => piece.to >= first);
  if (useful.length >= MAX_PIECES) return [];
  const ofADay = useful.length - 1 - useful.findLastIndex(({ isLasting }) => isLasting);
  return ofADay >= DAYS_IN_ONE - 1 ? useful.slice(0, useful.length - ofADay) : useful;
}

/** The name of the piece that is written behind those. */
export function pieceName(
  taken: readonly Piece[],
  before: readonly Piece[],
  from: number,
  to: number,
): string {
  const isLasting = taken.length === 0 || taken.at(-1)?.to !== before.at(-1)?.to;
  return `log-${from}-${to}${isLasting ? '-all' : ''}.db`;
}

function takeOver(pieces: readonly Piece[], base: string, to: string, first: number): Piece[] {
  const taken = piecesToTake(pieces, first);
  for (const { name } of taken) linkOrCopy(join(base, name), join(to, name));
  return taken;
}

/** A file has so many names at most, 65 000 on ext4. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function copyTables(source: Sqlite, file: string): void {
  const version = source.pragma('user_version', { simple: true });
  const tables = source.prepare(TABLES).all('table') as { name: string; sql: string }[];
  const others = source.prepare(TABLES).all('index') as { name: string; sql: string }[];
  writing(file, (target) => {
    target.pragma(`user_version = ${version}`);
    for (const { name, sql } of tables) {
      target.exec(sql);
      if (name !== 'log') insertAll(source, `SELECT * FROM ${quoted(name)}`, target, name);
    }
    for (const { sql } of others) target.exec(sql);
  });
}

function copyRows(source: Sqlite, table: string, file: string, select: string): void {
  const { sql } = source.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(table) as {
    sql: string;
  };
  writing(file, (target) => {
    target.exec(sql);
    insertAll(source, select, target, table);
  });
}

function writePresent(source: Sqlite, file: string): void {
  const ranges = `SELECT min(seq) AS first, max(seq) AS last
    FROM (SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island FROM log) GROUP BY island`;
  writing(file, (target) => {
    target.exec('CREATE TABLE present (first INTEGER PRIMARY KEY, last INTEGER NOT NULL)');
    insertAll(source, ranges, target, 'present');
  });
}

/** Values as they are stored: whole numbers as 64 bits, so that none becomes a fraction. */
function insertAll(source: Sqlite, select: string, target: Sqlite, table: string): void {
  const rows = source.prepare(select).raw();
  const columns = rows.columns().map(({ name }) => quoted(name));
  const marks = columns.map(() => '?').join(', ');
  const insert = target.prepare(`INSERT INTO ${quoted(table)} (${columns.join(', ')}) VALUES (${marks})`);
  for (const row of rows.iterate() as IterableIterator<unknown[]>) insert.run(row);
}

function writing(file: string, write: (target: Sqlite) => void): void {
  const target = openOnce(file);
  try {
    target.exec('BEGIN');
    write(target);
    target.exec('COMMIT');
  } finally {
    target.close();
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Puts the records of the pieces in `folder` into the database, which has the tables already. */
export function assembleLog(folder: string, database: string): void {
  const names = readdirSync(folder);
  if (!names.includes(PRESENT)) return;
  const target = openSqlite(database);
  try {
    target.pragma('synchronous = OFF');
    const ranges = rangesIn(folder);
    for (const { name } of piecesAmong(names)) {
      const piece = openReadOnly(join(folder, name)).defaultSafeIntegers(true);
      try {
        target.transaction(() => {
          for (const [first, last] of ranges)
            insertAll(
              piece,
              `SELECT * FROM log WHERE seq BETWEEN ${first} AND ${last} ORDER BY seq`,
              target,
              'log',
            );
        })();
      } finally {
        piece.close();
      }
    }
    target.pragma('journal_mode = DELETE');
    target.pragma('synchronous = FULL');
  } finally {
    target.close();
  }
}

/** First and last numbers of the stretches that are there. */
export function rangesIn(folder: string): (readonly [first: number, last: number])[] {
  const db = openReadOnly(join(folder, PRESENT));
  try {
    return db.prepare('SELECT first, last FROM present ORDER BY first').raw().all() as [number, number][];
  } finally {
    db.close();
  }
}
