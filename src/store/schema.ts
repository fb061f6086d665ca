/**
 * The store's tables, as a list of migrations: entry n takes a file from version n to n + 1. A landed entry is never
 * edited. `log.prev` chains one device's records backwards, so a device's history costs no index page per reading.
 */
import type { Sqlite } from './sqlite.ts';

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
  CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,      -- epoch milliseconds
    kind INTEGER NOT NULL,      -- index into KINDS of log.ts
    device INTEGER,             -- known.id
    prev INTEGER,               -- seq of the same device's record before this one
    body TEXT NOT NULL          -- JSON
  );
  -- every DevEUI ever seen, with what its uplinks changed; rows stay so that counters outlive a device's removal
  CREATE TABLE known (
    id INTEGER PRIMARY KEY,
    dev_eui TEXT NOT NULL UNIQUE,
    next_fcnt_up INTEGER NOT NULL DEFAULT 0,
    last_seq INTEGER NOT NULL DEFAULT 0,
    last_seen INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE devices (
    dev_eui TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    codec TEXT NOT NULL,
    origin TEXT NOT NULL,
    dev_addr TEXT,
    nwk_s_key TEXT,
    app_s_key TEXT
  ) WITHOUT ROWID;
  CREATE TABLE cursors (
    name TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    expired INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE quarantine (
    sink TEXT NOT NULL,
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    dev_eui TEXT,
    body TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (sink, seq)
  ) WITHOUT ROWID;
  CREATE TABLE seen (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX seen_by_seq ON seen (seq);
  `,
];

/** Brings `db` to the newest version in one transaction; refuses a file of a newer program. */
export function migrate(db: Sqlite): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > MIGRATIONS.length) {
    throw new Error(
      `the store is of version ${version}, this program knows ${MIGRATIONS.length}: run the newer program again, or restore a backup`,
    );
  }
  db.transaction(() => {
    for (const migration of MIGRATIONS.slice(version)) db.exec(migration);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  })();
}
