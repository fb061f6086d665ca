/**
 * The table of the roll-ups: a row a device and UTC day, those of a device next to each other, so that a year of it is some
 * hundred neighbouring rows. A row says up to which position of the log it holds its device's readings: it is whole in
 * itself, however a process ends, and a reading met again is known to be in it.
 */
import { crc32 } from 'node:zlib';
import { type Told, tell } from '../../model/said.ts';
import type { Sqlite } from '../sqlite.ts';
import type { Meta } from '../tables/meta.ts';

export const DAY_MS = 86_400_000;

/**
 * Where in the order of merging something stands. A reading with number `seq` is at (seq, 0). One whose time was not known
 * then is at (set - 1, seq), `set` being the number of the 'clock_set' that dates it. The log alone decides.
 */
export interface Position {
  readonly major: number;
  readonly minor: number;
}

export function isAfter(a: Position, b: Position): boolean {
  return a.major > b.major || (a.major === b.major && a.minor > b.minor);
}

export interface DayRow extends Position {
  readonly body: Buffer;
}

/** Small state of the roll-ups, on disk with the rows. */
export interface RollupState extends Position {
  /** Boots with readings that wait for their time, by the number of the first. */
  readonly held: Readonly<Record<string, number>>;
  /** Of the rows: none is of an earlier day. */
  readonly oldestDay: number;
  readonly bytes: number;
}

export interface RollupRows {
  get(device: number, day: number): DayRow | undefined;
  /** Within a transaction. Returns by how many bytes the table has grown. */
  put(device: number, day: number, row: DayRow): number;
  /** Within a transaction. Returns by how many bytes the table has shrunk. */
  remove(device: number, day: number): number;
  /** Ascending. */
  range(device: number, fromDay: number, toDay: number): IterableIterator<DayRow & { readonly day: number }>;
  loadState(): RollupState;
  /** Within a transaction. */
  saveState(state: RollupState): void;
}

interface StoredRow extends DayRow {
  readonly key: number;
  readonly crc: number;
}

/** More than the days until the year 2300. */
export const KEYS_A_DEVICE = 131_072;
const STATE = 'rollup';
/** Of a row, beside its body. */
const ROW_BYTES = 32;

/** Unsigned, 32 bits, over all of a row. */
export function rollupCheck(key: number, { major, minor, body }: DayRow): number {
  return crc32(body, crc32(`${key} ${major} ${minor}`));
}

export function createRollupRows(db: Sqlite, meta: Meta): RollupRows {
  const select = db.prepare('SELECT key, major, minor, crc, body FROM rollups WHERE key = ?');
  const between = db.prepare(
    'SELECT key, major, minor, crc, body FROM rollups WHERE key >= ? AND key <= ? ORDER BY key',
  );
  const lengthOf = db.prepare('SELECT length(body) FROM rollups WHERE key = ?').pluck();
  const replace = db.prepare(
    'INSERT OR REPLACE INTO rollups (key, major, minor, crc, body) VALUES (?, ?, ?, ?, ?)',
  );
  const drop = db.prepare('DELETE FROM rollups WHERE key = ?');
  const bytesOf = (key: number): number => {
    const length = lengthOf.get(key) as number | undefined;
    return length === undefined ? 0 : length + ROW_BYTES;
  };
  return {
    get(device, day) {
      const row = select.get(keyOf(device, day)) as StoredRow | undefined;
      return row && checked(row);
    },
    put(device, day, row) {
      const key = keyOf(device, day);
      const before = bytesOf(key);
      replace.run(key, row.major, row.minor, rollupCheck(key, row), row.body);
      return row.body.length + ROW_BYTES - before;
    },
    remove(device, day) {
      const before = bytesOf(keyOf(device, day));
      if (before > 0) drop.run(keyOf(device, day));
      return before;
    },
    *range(device, fromDay, toDay) {
      const rows = between.all(keyOf(device, fromDay), keyOf(device, toDay)) as StoredRow[];
      for (const row of rows) yield { ...checked(row), day: row.key % KEYS_A_DEVICE };
    },
    loadState: () => (meta.get(STATE) as RollupState | undefined) ?? newState(db),
    saveState: (state) => meta.set(STATE, state),
  };
}

/** The first time, and after a repair, which leaves intact rows alone: the log is read from its start. */
function newState(db: Sqlite): RollupState {
  const counted = db
    .prepare(
      `SELECT count(*) AS count, coalesce(sum(length(body)), 0) AS bytes, min(key % ${KEYS_A_DEVICE}) AS oldest FROM rollups`,
    )
    .get() as { count: number; bytes: number; oldest: number | null };
  const oldestDay = counted.oldest ?? KEYS_A_DEVICE;
  return { major: 0, minor: 0, held: {}, oldestDay, bytes: counted.bytes + counted.count * ROW_BYTES };
}

export function keyOf(device: number, day: number): number {
  return device * KEYS_A_DEVICE + day;
}

function checked(row: StoredRow): DayRow {
  if (rollupCheck(row.key, row) === row.crc) return row;
  const code = { code: 'SQLITE_CORRUPT_RECORD' };
  throw Object.assign(new Error(`roll-up ${row.key} does not match its checksum`), code);
}

/**
 * Within a transaction, for a repair: puts the columns of a row in a damaged file into `db` if they are those of an intact
 * roll-up. Of several copies of one, which old pages still have, the newest stays.
 */
export function prepareTakeRollup(db: Sqlite): (key: number, columns: readonly unknown[]) => void {
  const put = db.prepare(
    `INSERT INTO rollups (key, major, minor, crc, body) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET major = excluded.major, minor = excluded.minor, crc = excluded.crc, body = excluded.body
     WHERE (excluded.major, excluded.minor) > (major, minor)`,
  );
  return (key, columns) => {
    const [, major, minor, crc, body] = columns;
    if (columns.length !== 5 || typeof major !== 'number' || typeof minor !== 'number') return;
    if (!Buffer.isBuffer(body) || rollupCheck(key, { major, minor, body }) !== crc) return;
    put.run(key, major, minor, crc, body);
  };
}

/** A record that is in a roll-up was there, and its number is not given out again. */
export function newestInRollups(db: Sqlite): number {
  return (db.prepare('SELECT max(major) FROM rollups').pluck().get() as number | null) ?? 0;
}

/** Whether the file has roll-ups: one that only an older program has opened has none. */
export function hasRollups(db: Sqlite): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'rollups'").get() !== undefined;
}

/** What is wrong with the first row that is not as it was written. */
export function findCorruptRollup(db: Sqlite): Told | undefined {
  const rows = db.prepare('SELECT key, major, minor, crc, body FROM rollups');
  for (const row of rows.iterate() as IterableIterator<StoredRow>) {
    if (rollupCheck(row.key, row) !== row.crc) return tell('damage.rollup', { key: String(row.key) });
  }
  return undefined;
}
