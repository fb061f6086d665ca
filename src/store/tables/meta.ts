/**
 * The store's small state by name, all on one page of the file: JSON text behind its own checksum, since a cursor with a
 * flipped digit would skip readings in silence.
 */
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Sqlite } from '../sqlite.ts';

export interface Meta {
  epoch(): number;
  storeId(): string;
  setEpoch(epoch: number): void;
  /** The value, undefined when there is none. Throws an error with code SQLITE_CORRUPT_META when it is damaged. */
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  /** All values whose key begins with `prefix`, by the rest of the key. */
  startingWith(prefix: string): Map<string, unknown>;
}

/** The state in `db`; a new file gets an id and epoch 1. */
export function createMeta(db: Sqlite): Meta {
  const select = db.prepare('SELECT value FROM meta WHERE key = ?').pluck();
  const put = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
  const all = db.prepare('SELECT key, value FROM meta');
  const get = (key: string): unknown => {
    const text = select.get(key);
    return text === undefined ? undefined : checkedValue(key, text);
  };
  const set = (key: string, value: unknown): void => void put.run(key, encodeMeta(key, value));
  if (get('store_id') === undefined) {
    db.transaction(() => {
      set('store_id', randomUUID());
      set('epoch', 1);
      // The first epoch of a new id is nobody else's (ancestors.ts).
      set('ancestors', [{ epoch: 1, seq: 0 }]);
    })();
  }
  // Asked often, and also when the file has gone bad.
  let epoch = Number(get('epoch'));
  const storeId = String(get('store_id'));
  return {
    epoch: () => epoch,
    storeId: () => storeId,
    setEpoch(next) {
      set('epoch', next);
      epoch = next;
    },
    get,
    set,
    startingWith(prefix) {
      const rows = all.all() as { key: string; value: unknown }[];
      const found = rows.filter(({ key }) => key.startsWith(prefix));
      return new Map(found.map(({ key, value }) => [key.slice(prefix.length), checkedValue(key, value)]));
    },
  };
}

/** A value as it is stored under `key`. */
export function encodeMeta(key: string, value: unknown): string {
  const json = JSON.stringify(value);
  return `${crc32(json, crc32(key))} ${json}`;
}

/** The value stored as `text` under `key`, undefined when it is damaged. */
export function decodeMeta(key: string, text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  const json = text.slice(text.indexOf(' ') + 1);
  if (String(crc32(json, crc32(key))) !== text.slice(0, text.indexOf(' '))) return undefined;
  return JSON.parse(json);
}

function checkedValue(key: string, text: unknown): unknown {
  const value = decodeMeta(key, text);
  if (value === undefined) {
    const code = { code: 'SQLITE_CORRUPT_META' };
    throw Object.assign(new Error(`the stored value of ${key} does not match its checksum`), code);
  }
  return value;
}
