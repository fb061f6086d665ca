/**
 * What readers of the log keep of their own, by reader and key, as JSON: state that moves in the same transaction as the records a
 * reader writes, so that a crash finds both or neither. Not held in memory: each reader holds its own.
 */
import { crc32 } from 'node:zlib';
import { wellFormedJson } from '../../model/text.ts';
import type { KeptChange } from '../contract.ts';
import type { Sqlite } from '../sqlite.ts';

/** [reader, key, crc, body] */
export type KeptRow = readonly [reader: string, key: string, crc: number, body: string];

export const SELECT_KEPT = 'SELECT reader, key, crc, body FROM kept';

export interface KeptTable {
  /** Within a transaction. */
  apply(change: KeptChange): void;
  all(reader: string): ReadonlyMap<string, unknown>;
}

/** Inserts or replaces a row in `db`. */
export function prepareKeptRow(db: Sqlite): (row: KeptRow) => void {
  const put = db.prepare('INSERT OR REPLACE INTO kept (reader, key, crc, body) VALUES (?, ?, ?, ?)');
  return (row) => void put.run(...row);
}

export function createKept(db: Sqlite): KeptTable {
  const put = prepareKeptRow(db);
  const drop = db.prepare('DELETE FROM kept WHERE reader = ? AND key = ?');
  const select = db.prepare(`${SELECT_KEPT} WHERE reader = ? ORDER BY key`).raw();
  return {
    apply({ reader, put: values, remove = [] }) {
      for (const key of remove) drop.run(reader, key);
      for (const [key, value] of values ?? []) {
        const body = wellFormedJson(JSON.stringify(value));
        put([reader, key, checkOf(reader, key, body), body]);
      }
    },
    all(reader) {
      const found = new Map<string, unknown>();
      for (const raw of select.iterate(reader) as IterableIterator<unknown[]>) {
        const row = readKeptRow(raw);
        if (row) found.set(row[1], JSON.parse(row[3]));
      }
      return found;
    },
  };
}

/** The row; undefined unless it is as it was written. */
export function readKeptRow([reader, key, crc, body]: readonly unknown[]): KeptRow | undefined {
  if (typeof reader !== 'string' || typeof key !== 'string' || typeof body !== 'string') return undefined;
  return crc === checkOf(reader, key, body) ? [reader, key, crc as number, body] : undefined;
}

function checkOf(reader: string, key: string, body: string): number {
  return crc32(`${reader}\0${key}\0${body}`);
}
