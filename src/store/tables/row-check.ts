/**
 * The checksum of the rows beside the log: devices, counters, sessions, refused records. Like those of the log they lie on
 * pages that carry none; a flipped bit in a counter or a DevNonce would open the door to replays, in a name just be wrong.
 * Every such table ends with a column `crc` over the others. Written with the row, compared when the row is read.
 */
import { crc32 } from 'node:zlib';
import { type Told, tell } from '../../model/said.ts';
import { wellFormed } from '../../model/text.ts';
import type { Sqlite } from '../sqlite.ts';

/** The columns that count, in the order in which they are summed. */
export const CHECKED_TABLES = {
  known: ['id', 'dev_eui', 'next_fcnt_up', 'last_seq', 'last_seen'],
  devices: ['dev_eui', 'name', 'codec', 'origin', 'dev_addr', 'nwk_s_key', 'app_s_key', 'app_key', 'more'],
  quarantine: ['sink', 'seq', 'time', 'kind', 'dev_eui', 'body', 'reason', 'at'],
  network: ['dev_eui', 'fcnt_down', 'join_nonce', 'state'],
  dev_nonces: ['dev_eui', 'join_eui', 'nonce'],
  // Without `place`: it is given by SQLite, and its order is part of every page check.
  downlinks: ['id', 'dev_eui', 'body'],
} as const;

export type CheckedTable = keyof typeof CHECKED_TABLES;

const TABLES = Object.keys(CHECKED_TABLES) as readonly CheckedTable[];

/**
 * Unsigned, 32 bits, over the values of a row in the order of `CHECKED_TABLES`, texts as SQLite stores them: a half
 * character, which JSON would escape, is U+FFFD on the disk.
 */
export function rowCheck(values: readonly unknown[]): number {
  return crc32(
    JSON.stringify(values.map((value) => (typeof value === 'string' ? wellFormed(value) : value))),
  );
}

/** Gives the statements of `db` the function `row_check`, for rows that are changed where they lie. */
export function addRowCheck(db: Sqlite): void {
  db.function('row_check', { varargs: true, deterministic: true }, (...values: unknown[]) =>
    rowCheck(values),
  );
}

/** Puts a row, given by the values of its columns, into `table`; its checksum may have been made before. */
export function prepareChecked(
  db: Sqlite,
  table: CheckedTable,
  verb: 'INSERT' | 'INSERT OR REPLACE' | 'INSERT OR IGNORE',
): (values: readonly unknown[], crc?: number) => void {
  const columns = CHECKED_TABLES[table];
  const marks = columns.map(() => '?').join(', ');
  const put = db.prepare(`${verb} INTO ${table} (${columns.join(', ')}, crc) VALUES (${marks}, ?)`);
  return (values, crc = rowCheck(values)) => void put.run(...values, crc);
}

/** Sums all rows of `table` anew, after statements that changed them in place. */
export function reseal(db: Sqlite, table: CheckedTable): void {
  db.exec(`UPDATE ${table} SET crc = row_check(${CHECKED_TABLES[table].join(', ')})`);
}

/** Whether `table` has checksums: a file that only an older program has opened has none. */
export function hasRowChecks(db: Sqlite, table: CheckedTable = 'known'): boolean {
  try {
    db.prepare(`SELECT crc FROM ${table}`);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with the first row beside the log that is not as it was written, undefined when all are. */
export function findCorruptRow(db: Sqlite): Told | undefined {
  for (const table of TABLES) {
    const rows = db.prepare(`SELECT ${CHECKED_TABLES[table].join(', ')}, crc FROM ${table}`).raw();
    for (const row of rows.iterate() as IterableIterator<unknown[]>) {
      if (row.pop() !== rowCheck(row)) return tell('damage.row', { table });
    }
  }
  return undefined;
}
