/**
 * The store's tables, as a list of migrations: entry n takes a file from version n to n + 1. A landed entry is never
 * edited. A reading touches one table only, so that it costs one page: the counter and the remembered key it moves lie in
 * its own row, and `log.prev` chains one device's records backwards instead of an index.
 */

import type { Sqlite } from './sqlite.ts';
import { decodeMeta, encodeMeta } from './tables/meta.ts';
import { addRowCheck } from './tables/row-check.ts';

/** The version once more, so that a flipped bit in the header is not taken for a newer program's file. */
const NOTED = 'schema';

const MIGRATIONS: readonly string[] = [
  `
  -- small state on one page: epoch, store id, cursors, what retention has removed
  CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
  CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,      -- epoch milliseconds
    kind INTEGER NOT NULL,      -- index into KINDS of kinds.ts
    device INTEGER,             -- known.id
    prev INTEGER,               -- seq of the same device's record before this one
    next INTEGER,               -- the device's next expected uplink counter after this record
    key TEXT,                   -- remembered, so that the same event is not taken twice
    crc INTEGER NOT NULL,       -- see record-check.ts
    body TEXT NOT NULL          -- JSON
  );
  -- every DevEUI ever seen; rows stay so that counters outlive a device's removal; lags behind the log (known.ts)
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
  `,
  `
  -- the clock book (boots.ts): boots whose records wait for their time, and what dates the others
  CREATE TABLE boots (
    boot TEXT PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    first_mono INTEGER NOT NULL,  -- milliseconds since the boot
    last_mono INTEGER NOT NULL,
    offset INTEGER                -- epoch milliseconds at the boot, where it was known once
  ) WITHOUT ROWID;
  CREATE TABLE clock_sets (
    seq INTEGER PRIMARY KEY,      -- of the record 'clock_set'
    boot TEXT NOT NULL,
    offset INTEGER NOT NULL,
    source TEXT NOT NULL,
    uncertainty INTEGER
  );
  `,
  `
  -- keys are sealed (secrets.ts)
  DROP TABLE devices;
  CREATE TABLE devices (
    dev_eui TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    codec TEXT NOT NULL,
    origin TEXT NOT NULL,
    dev_addr TEXT,
    nwk_s_key TEXT,
    app_s_key TEXT,
    app_key TEXT,
    more TEXT NOT NULL          -- JSON: what has no column of its own
  ) WITHOUT ROWID;
  -- the network server's side of a device; rows stay when the device goes, so that no counter is used twice
  CREATE TABLE network (
    dev_eui TEXT PRIMARY KEY,
    fcnt_down INTEGER NOT NULL, -- next
    join_nonce INTEGER,         -- last
    state TEXT NOT NULL         -- sealed JSON
  ) WITHOUT ROWID;
  CREATE TABLE dev_nonces (
    dev_eui TEXT NOT NULL,
    join_eui TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    PRIMARY KEY (dev_eui, join_eui, nonce)
  ) WITHOUT ROWID;
  CREATE TABLE downlinks (
    place INTEGER PRIMARY KEY,  -- order of the queue
    id TEXT NOT NULL UNIQUE,
    dev_eui TEXT NOT NULL,
    body TEXT NOT NULL          -- JSON
  );
  `,
  `
  -- device makers' scripts (codecs.ts)
  CREATE TABLE codecs (
    name TEXT PRIMARY KEY,
    crc INTEGER NOT NULL,
    source TEXT NOT NULL
  );
  `,
  `
  -- device profiles (profiles.ts)
  CREATE TABLE profiles (
    name TEXT PRIMARY KEY,
    crc INTEGER NOT NULL,
    body TEXT NOT NULL          -- JSON
  );
  `,
  `
  -- checksums of the rows beside the log (row-check.ts)
  ALTER TABLE known ADD COLUMN crc INTEGER;
  UPDATE known SET crc = row_check(id, dev_eui, next_fcnt_up, last_seq, last_seen);
  ALTER TABLE devices ADD COLUMN crc INTEGER;
  UPDATE devices SET crc = row_check(dev_eui, name, codec, origin, dev_addr, nwk_s_key, app_s_key, app_key, more);
  ALTER TABLE quarantine ADD COLUMN crc INTEGER;
  UPDATE quarantine SET crc = row_check(sink, seq, time, kind, dev_eui, body, reason, at);
  ALTER TABLE network ADD COLUMN crc INTEGER;
  UPDATE network SET crc = row_check(dev_eui, fcnt_down, join_nonce, state);
  ALTER TABLE dev_nonces ADD COLUMN crc INTEGER;
  UPDATE dev_nonces SET crc = row_check(dev_eui, join_eui, nonce);
  ALTER TABLE downlinks ADD COLUMN crc INTEGER;
  UPDATE downlinks SET crc = row_check(id, dev_eui, body);
  `,
  `
  -- roll-ups for charts (rollup-rows.ts), a row a device and day; major and minor: how much of the log is in it
  CREATE TABLE rollups (
    key INTEGER PRIMARY KEY,    -- known.id and day
    major INTEGER NOT NULL,
    minor INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    body BLOB NOT NULL          -- day-format.ts
  );
  `,
  `
  -- A reading's log.body is coded from here on, a blob (body/encode.ts); rows before it stay JSON. No table changes; a
  -- program that cannot read such rows would take them for damaged, and refuses the file by its version instead.
  `,
  `
  -- what people note down about the site (documents.ts)
  CREATE TABLE documents (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    crc INTEGER NOT NULL,
    body TEXT NOT NULL,         -- JSON
    PRIMARY KEY (kind, name)
  );
  `,
  `
  -- what readers of the log keep beside it: the alarm engine's state (kept.ts)
  CREATE TABLE kept (
    reader TEXT NOT NULL,
    key TEXT NOT NULL,
    crc INTEGER NOT NULL,
    body TEXT NOT NULL,         -- JSON
    PRIMARY KEY (reader, key)
  ) WITHOUT ROWID;
  `,
];

/** Brings `db` to version `to`, the newest, in one transaction; refuses a file of a newer program. */
export function migrate(db: Sqlite, to = MIGRATIONS.length): void {
  addRowCheck(db);
  const version = db.pragma('user_version', { simple: true }) as number;
  const tables = db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").pluck().get() as number;
  const noted =
    tables === 0
      ? 0
      : decodeMeta(NOTED, db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(NOTED));
  if (version !== noted) {
    const code = { code: 'SQLITE_CORRUPT_VERSION' };
    throw Object.assign(new Error(`the file calls itself version ${version}, its tables ${noted}`), code);
  }
  if (version === to) return;
  if (version > MIGRATIONS.length) {
    throw new Error(
      `the store is of version ${version}, this program knows ${MIGRATIONS.length}: run the newer program again, or restore a backup`,
    );
  }
  db.transaction(() => {
    for (const migration of MIGRATIONS.slice(version, to)) db.exec(migration);
    db.pragma(`user_version = ${to}`);
    const put = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
    put.run(NOTED, encodeMeta(NOTED, to));
  })();
}
