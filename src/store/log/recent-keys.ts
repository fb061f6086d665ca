/**
 * The keys of the last `KEPT` remembered events, in memory: they lie in the rows of the log, so remembering costs no page
 * of its own, and they are read back from its end at start. A broker sends again only what is in flight.
 */
import type { Sqlite } from '../sqlite.ts';

/** More than any broker keeps in flight to one client. */
const KEPT = 20_000;

export interface RecentKeys {
  has(key: string): boolean;
  /** Known once `committed`. */
  add(key: string): void;
  committed(): void;
  rolledBack(): void;
}

/** The keys in the newest rows of `db`. */
export function createRecentKeys(db: Sqlite, lastSeq: number): RecentKeys {
  const rows = db.prepare('SELECT key FROM log WHERE seq > ? AND key IS NOT NULL').pluck();
  /** Insertion order is age. */
  const keys = new Set<string>();
  const waiting: string[] = [];
  for (const key of rows.iterate(lastSeq - KEPT) as IterableIterator<string>) keys.add(key);
  return {
    has: (key) => keys.has(key),
    add: (key) => void waiting.push(key),
    committed() {
      if (waiting.length === 0) return;
      for (const key of waiting.splice(0)) keys.add(key);
      for (const key of keys) {
        if (keys.size <= KEPT) break;
        keys.delete(key);
      }
    },
    rolledBack: () => void waiting.splice(0),
  };
}
