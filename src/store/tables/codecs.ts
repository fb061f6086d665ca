/**
 * The device makers' scripts of the site, by name. Few and read seldom, so they stay on disk; each has a checksum, since a
 * script changed by a failing disk would go on decoding, only wrongly.
 */
import { crc32 } from 'node:zlib';
import type { CodecSource, CodecSources } from '../contract.ts';
import type { Sqlite } from '../sqlite.ts';

/** Inserts or replaces a script in `db`. */
export function prepareCodecRow(db: Sqlite): (codec: CodecSource) => void {
  const put = db.prepare('INSERT OR REPLACE INTO codecs (name, crc, source) VALUES (?, ?, ?)');
  return ({ name, source }) => void put.run(name, checkOf(name, source), source);
}

export function createCodecSources(db: Sqlite): CodecSources {
  const put = prepareCodecRow(db);
  const select = db.prepare('SELECT name, crc, source FROM codecs ORDER BY name').raw();
  const one = db.prepare('SELECT name, crc, source FROM codecs WHERE name = ?').raw();
  const drop = db.prepare('DELETE FROM codecs WHERE name = ?');
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    list: () => (select.all() as unknown[][]).flatMap((row) => readCodecRow(row) ?? []),
    get(name) {
      const row = one.get(name) as unknown[] | undefined;
      return row && readCodecRow(row)?.source;
    },
    put(codec) {
      put(codec);
      changed();
    },
    remove(name) {
      if (drop.run(name).changes === 0) return false;
      changed();
      return true;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The script of a row [name, crc, source]; undefined unless it is as it was written. */
export function readCodecRow([name, crc, source]: readonly unknown[]): CodecSource | undefined {
  if (typeof name !== 'string' || typeof source !== 'string' || crc !== checkOf(name, source))
    return undefined;
  return { name, source };
}

function checkOf(name: string, source: string): number {
  return crc32(`${name}\0${source}`);
}
