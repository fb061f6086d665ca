/**
 * Makes a copy of a store fit to take a store's place. The copy is older than what the devices and the centre have seen, so
 * it becomes a new incarnation: at its first opening downlink counters and JoinNonces leap ahead (network.ts), and the centre
 * is told by the epoch.
 */
import { existsSync, rmSync } from 'node:fs';
import type { World } from '../../model/world.ts';
import { type StoreFiles, storeFiles } from '../files.ts';
import { migrate } from '../schema.ts';
import { openSqlite, type Sqlite } from '../sqlite.ts';
import { noteEnd } from '../tables/ancestors.ts';
import { createMeta } from '../tables/meta.ts';
import { openSecrets } from '../tables/secrets.ts';
import { putSessionsRows, type SessionRow, type SessionsRows } from '../tables/sessions-table.ts';
import { recoverTables } from './recovered-tables.ts';
import { salvage } from './salvage.ts';

export interface Reincarnation {
  /** Folder with the copy; nobody else uses it. */
  readonly copy: string;
  /** Folder whose store it is to replace; there need be none. */
  readonly dir: string;
  /** Key of the sealed device keys. */
  readonly keyFile: string;
  readonly world: World;
}

/**
 * Prepares the copy; returns its new epoch. A copy without its database is made again from keys.json, without its records.
 * Throws an error that says what to do when the key is missing or another one, or the copy is of a newer program.
 */
export function reincarnate({ copy, dir, keyFile, world }: Reincarnation): number {
  const files = storeFiles(copy);
  if (!existsSync(files.database)) salvage(files, world, 'restored from a backup without its records');
  const before = recoverTables(storeFiles(dir));
  const db = openSqlite(files.database);
  try {
    migrate(db);
    checkKey(db, keyFile);
    const meta = createMeta(db);
    const epoch = Math.max(meta.epoch(), before.epoch) + 1;
    db.transaction(() => {
      const sessions = sessionsOf(db);
      const ours = before.storeId === meta.storeId();
      putSessionsRows(db, ours ? ahead(sessions, before.network) : { sessions, nonces: [] });
      noteEnd(meta, newestSeq(db));
      meta.setEpoch(epoch);
    })();
    return epoch;
  } finally {
    db.close();
    removeLeftovers(files);
  }
}

function newestSeq(db: Sqlite): number {
  return Number(db.prepare('SELECT max(seq) FROM log').pluck().get() ?? 0);
}

/** The key snapshot may be newer than the database and would be taken for a sign of damage; the next opening makes it anew. */
function removeLeftovers({ keys, damageNote, damaged, damagedWal }: StoreFiles): void {
  for (const file of [keys, damageNote, damaged, damagedWal]) rmSync(file, { force: true });
}

/** Without this check a wrong key would show only as devices without keys. */
function checkKey(db: Sqlite, keyFile: string): void {
  const row = db
    .prepare(
      'SELECT dev_eui, app_key, nwk_s_key FROM devices WHERE app_key IS NOT NULL OR nwk_s_key IS NOT NULL LIMIT 1',
    )
    .raw()
    .get() as [string, string | null, string | null] | undefined;
  if (!row) return;
  const [devEui, appKey, nwkSKey] = row;
  const [column, sealed] = appKey === null ? ['nwk_s_key', nwkSKey ?? ''] : ['app_key', appKey];
  if (openSecrets(keyFile, true).open(sealed, `${column} ${devEui}`) === undefined) {
    throw new Error(
      `${keyFile} is not the key of this backup: bring the device.key of the box that it was made on`,
    );
  }
}

/**
 * The sessions of `db`, one for each device: a device first answered after the copy was made has none in it, and would begin
 * again with counters it has seen. One without a state is a session that is not known any more.
 */
function sessionsOf(db: Sqlite): SessionRow[] {
  return db
    .prepare(
      `SELECT dev_eui, fcnt_down, join_nonce, state FROM network
       UNION ALL
       SELECT dev_eui, 0, CASE WHEN app_key IS NULL THEN NULL ELSE 0 END, '' FROM devices
       WHERE (app_key IS NOT NULL OR nwk_s_key IS NOT NULL) AND dev_eui NOT IN (SELECT dev_eui FROM network)`,
    )
    .raw()
    .all() as SessionRow[];
}

/** `sessions` with what the replaced store of the same site had used up meanwhile. */
function ahead(sessions: readonly SessionRow[], { sessions: replaced, nonces }: SessionsRows): SessionsRows {
  const before = new Map(replaced.map((row) => [row[0], row]));
  return {
    nonces,
    sessions: sessions.map((row): SessionRow => {
      const [devEui, fCntDown, joinNonce, state] = row;
      const [, usedDown, usedNonce] = before.get(devEui) ?? row;
      // Of another session the counters say nothing: its keys were others.
      const counter = usedNonce === joinNonce ? Math.max(fCntDown, usedDown) : fCntDown;
      const nonce = usedNonce === null || joinNonce === null ? joinNonce : Math.max(joinNonce, usedNonce);
      return [devEui, counter, nonce, state];
    }),
  };
}
