/**
 * What the network server must not forget: sessions with their downlink counters, DevNonces taken, the queue of downlinks.
 * Nothing is held in memory here; the network server reads it once and writes it with its changes.
 *
 * Invariant: a downlink counter or JoinNonce that may have been used is never given out again. A store that was repaired
 * or restored (its epoch has grown) may have forgotten the last ones, so both leap ahead by more than could be forgotten.
 */
import type { QueuedDownlink } from '../../model/downlink.ts';
import type { NetworkChange, NetworkStore, StoredSession } from '../contract.ts';
import type { Sqlite } from '../sqlite.ts';
import type { Meta } from './meta.ts';
import { prepareChecked, reseal, rowCheck } from './row-check.ts';
import type { Secrets } from './secrets.ts';

/** Row of the table `network`: `state` is sealed. */
export type SessionRow = readonly [devEui: string, fCntDown: number, joinNonce: number | null, state: string];
export type NonceRow = readonly [devEui: string, joinEui: string, devNonce: number];

/** The rows worth a copy, as they are in the file. */
export interface SessionsRows {
  readonly sessions: readonly SessionRow[];
  readonly nonces: readonly NonceRow[];
}

export interface SessionsTable extends NetworkStore {
  /** Within a transaction. */
  apply(change: NetworkChange): void;
  rows(): SessionsRows;
  /** Changes since `copied` was called: joins, and all together. */
  uncopied(): { readonly joins: number; readonly all: number };
  copied(): void;
}

/** Devices take a counter that is ahead by less than 16384 (LoRaWAN 1.0.3 MAX_FCNT_GAP). */
const LEAP = 4_096;
const LEAPT = 'network_epoch';
const MAX_COUNTER = 0xffff_ffff;
const MAX_NONCE = 0xff_ffff;

/** The tables over `db`; leaps ahead if the epoch has grown since the last time. */
export function createSessionsTable(db: Sqlite, meta: Meta, secrets: Secrets): SessionsTable {
  const putSession = prepareChecked(db, 'network', 'INSERT OR REPLACE');
  const putNonce = prepareChecked(db, 'dev_nonces', 'INSERT OR IGNORE');
  const putDownlink = db.prepare(
    `INSERT INTO downlinks (id, dev_eui, body, crc) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET dev_eui = excluded.dev_eui, body = excluded.body, crc = excluded.crc`,
  );
  const dropDownlink = db.prepare('DELETE FROM downlinks WHERE id = ?');
  const hasNonce = db
    .prepare('SELECT count(*) FROM dev_nonces WHERE dev_eui = ? AND join_eui = ? AND nonce = ?')
    .pluck();
  const lastNonce = db
    .prepare('SELECT max(nonce) FROM dev_nonces WHERE dev_eui = ? AND join_eui = ?')
    .pluck();
  const sessionRows = db.prepare('SELECT dev_eui, fcnt_down, join_nonce, state FROM network').raw();
  const nonceRows = db.prepare('SELECT dev_eui, join_eui, nonce FROM dev_nonces').raw();
  const queue = db.prepare('SELECT body FROM downlinks ORDER BY place').pluck();
  let joins = 0;
  let changes = 0;

  if (meta.get(LEAPT) !== meta.epoch()) {
    db.transaction(() => {
      db.prepare(
        `UPDATE network SET fcnt_down = min(fcnt_down + ${LEAP}, ${MAX_COUNTER}), join_nonce = min(join_nonce + ${LEAP}, ${MAX_NONCE})`,
      ).run();
      reseal(db, 'network');
      meta.set(LEAPT, meta.epoch());
    })();
  }

  return {
    apply({ sessions = [], nonces = [], downlinks = [], finished = [] }) {
      for (const { devEui, fCntDown, joinNonce, state } of sessions)
        putSession([devEui, fCntDown, joinNonce, secrets.seal(state, `network ${devEui}`)]);
      for (const { devEui, joinEui, devNonce } of nonces) putNonce([devEui, joinEui, devNonce]);
      for (const downlink of downlinks) {
        const row = [downlink.id, downlink.devEui, JSON.stringify(downlink)];
        putDownlink.run(...row, rowCheck(row));
      }
      for (const id of finished) dropDownlink.run(id);
      joins += nonces.length;
      changes += sessions.length;
    },
    sessions() {
      return (sessionRows.all() as SessionRow[]).flatMap(([devEui, fCntDown, joinNonce, sealed]) => {
        const state = secrets.open(sealed, `network ${devEui}`);
        // Counters are kept whatever happens to the rest.
        return [{ devEui, fCntDown, joinNonce, state: state ?? '' } satisfies StoredSession];
      });
    },
    devNonces: (devEui, joinEui) => ({
      last: lastNonce.get(devEui, joinEui) as number | null,
      used: { has: (devNonce) => hasNonce.get(devEui, joinEui, devNonce) !== 0 },
    }),
    downlinks: () => (queue.all() as string[]).map((body) => JSON.parse(body) as QueuedDownlink),
    rows: () => ({
      sessions: sessionRows.all() as SessionRow[],
      nonces: nonceRows.all() as NonceRow[],
    }),
    uncopied: () => ({ joins, all: changes }),
    copied() {
      joins = 0;
      changes = 0;
    },
  };
}

/** Writes copied rows into a new file; within a transaction. */
export function putSessionsRows(db: Sqlite, { sessions, nonces }: SessionsRows): void {
  const session = prepareChecked(db, 'network', 'INSERT OR REPLACE');
  for (const row of sessions) session(row);
  const nonce = prepareChecked(db, 'dev_nonces', 'INSERT OR IGNORE');
  for (const row of nonces) nonce(row);
}

/**
 * The rows of a copy and of a damaged file together: of a session the one that joined later, and the greater counter;
 * every DevNonce of either.
 */
export function mergeSessionsRows(copy: SessionsRows, found: SessionsRows): SessionsRows {
  const sessions = new Map(copy.sessions.map((row) => [row[0], row]));
  for (const row of found.sessions) {
    const [devEui, fCntDown, joinNonce] = row;
    const before = sessions.get(devEui);
    const later = !before || (joinNonce ?? 0) > (before[2] ?? 0) ? row : before;
    const counter = Math.max(fCntDown, before?.[1] ?? 0);
    sessions.set(devEui, [devEui, counter, later[2], later[3]]);
  }
  return { sessions: [...sessions.values()], nonces: [...copy.nonces, ...found.nonces] };
}
