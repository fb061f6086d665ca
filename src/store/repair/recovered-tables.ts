/**
 * What can still be told of a damaged store beside its records: from the key snapshot, which is whole or not there, and from
 * the tables of the file as far as SQLite can read them.
 */

import type { DeviceProfile } from '../../model/profile.ts';
import type { Ancestor, CodecSource } from '../contract.ts';
import type { StoreFiles } from '../files.ts';
import type { CursorPosition } from '../log/cursors.ts';
import { CLASSES } from '../log/kinds.ts';
import type { Removed } from '../retention/pruner.ts';
import { openReadOnly, type Sqlite } from '../sqlite.ts';
import { ANCESTORS, ancestorsIn } from '../tables/ancestors.ts';
import { readCodecRow } from '../tables/codecs.ts';
import { DEVICE_COLUMNS, type DeviceRow } from '../tables/devices.ts';
import { type DocumentRow, readDocumentRow, SELECT_DOCUMENTS } from '../tables/documents.ts';
import { type KeptRow, readKeptRow, SELECT_KEPT } from '../tables/kept.ts';
import { decodeMeta } from '../tables/meta.ts';
import { readProfileRow } from '../tables/profiles.ts';
import { CHECKED_TABLES, type CheckedTable, hasRowChecks, rowCheck } from '../tables/row-check.ts';
import {
  mergeSessionsRows,
  type NonceRow,
  type SessionRow,
  type SessionsRows,
} from '../tables/sessions-table.ts';
import { readKeySnapshot } from './key-snapshot.ts';

export interface RecoveredTables {
  readonly storeId: string | undefined;
  /** Of the damaged file, 0 if nobody knows. */
  readonly epoch: number;
  readonly ancestors: readonly Ancestor[];
  /** The newest record we have heard of. */
  readonly lastSeq: number;
  /** Counters in `states` are good up to this record; later rows of the log go on from there. */
  readonly countersSeq: number;
  /** What every reader had passed. */
  readonly lowWatermark: number;
  readonly removed: Removed;
  readonly cursors: ReadonlyMap<string, CursorPosition>;
  readonly devices: readonly DeviceRow[];
  readonly network: SessionsRows;
  readonly states: readonly DeviceStateRow[];
  readonly quarantine: readonly (readonly unknown[])[];
  /** The queue, in its order. */
  readonly downlinks: readonly (readonly unknown[])[];
  readonly codecs: readonly CodecSource[];
  readonly profiles: readonly DeviceProfile[];
  readonly documents: readonly DocumentRow[];
  readonly kept: readonly KeptRow[];
  readonly keysFrom: 'copy' | 'damaged file' | 'nowhere';
  /** Rows beside the log that are not as they were written, left out above. */
  readonly corruptRows: readonly CorruptRow[];
}

export interface CorruptRow {
  readonly table: CheckedTable;
  readonly values: readonly unknown[];
}

export interface DeviceStateRow {
  readonly id: number;
  readonly devEui: string;
  readonly nextFCntUp: number;
}

/** Refused records are few; more than this of a damaged file are not kept in memory. */
const MAX_QUARANTINED = 50_000;
const MAX_DOWNLINKS = 100_000;
const MAX_KEPT = 200_000;

export function recoverTables(files: StoreFiles): RecoveredTables {
  const snapshot = readKeySnapshot(files.keys);
  const tables = readTables(files.database);
  const { meta } = tables;
  const cursors = new Map(Object.entries(snapshot?.cursors ?? {}));
  for (const [key, value] of meta) {
    if (key.startsWith('cursor.')) cursors.set(key.slice('cursor.'.length), value as CursorPosition);
  }
  const positions = [...cursors.values()].map(({ seq }) => seq);
  const nothing: Removed = { frontier: CLASSES.map(() => 0), count: 0, sparseTo: 0 };
  const copied = new Set(snapshot?.devices.map((row) => row.dev_eui));
  const ids = new Set(snapshot?.known.map(({ id }) => id));
  const euis = new Set(snapshot?.known.map(({ devEui }) => devEui));
  return {
    storeId: snapshot?.storeId ?? (meta.get('store_id') as string | undefined),
    epoch: Math.max(snapshot?.epoch ?? 0, Number(meta.get('epoch') ?? 0)),
    ancestors: ancestorsIn(meta.get(ANCESTORS)),
    lastSeq: Math.max(snapshot?.lastSeq ?? 0, Number(meta.get('known_seq') ?? 0), ...positions),
    countersSeq: snapshot ? snapshot.lastSeq : Number(meta.get('known_seq') ?? 0),
    lowWatermark: positions.length === 0 ? 0 : Math.min(...positions),
    removed: (meta.get('removed') as Removed | undefined) ?? snapshot?.removed ?? nothing,
    cursors,
    devices: [...(snapshot?.devices ?? []), ...tables.devices.filter((row) => !copied.has(row.dev_eui))],
    network: mergeSessionsRows(snapshot?.network ?? { sessions: [], nonces: [] }, tables.network),
    states: [
      ...(snapshot?.known ?? []),
      ...tables.states.filter(({ id, devEui }) => !ids.has(id) && !euis.has(devEui)),
    ],
    quarantine: tables.quarantine,
    downlinks: tables.downlinks,
    codecs: tables.codecs,
    profiles: tables.profiles,
    documents: tables.documents,
    kept: tables.kept,
    keysFrom: snapshot
      ? 'copy'
      : tables.devices.length > 0 || tables.states.length > 0
        ? 'damaged file'
        : 'nowhere',
    corruptRows: tables.corruptRows,
  };
}

function readTables(file: string) {
  const meta = new Map<string, unknown>();
  const found = {
    meta,
    corruptRows: [] as CorruptRow[],
    devices: [] as DeviceRow[],
    network: { sessions: [] as SessionRow[], nonces: [] as NonceRow[] },
    states: [] as DeviceStateRow[],
    quarantine: [] as (readonly unknown[])[],
    downlinks: [] as (readonly unknown[])[],
    codecs: [] as CodecSource[],
    profiles: [] as DeviceProfile[],
    documents: [] as DocumentRow[],
    kept: [] as KeptRow[],
  };
  let db: Sqlite;
  try {
    db = openReadOnly(file);
  } catch {
    return found;
  }
  for (const row of rowsUntilError(db, 'SELECT key, value FROM meta', 1_000)) {
    const [key, text] = row;
    const value = typeof key === 'string' ? decodeMeta(key, text) : undefined;
    if (value !== undefined) meta.set(String(key), value);
  }
  const intact = (table: CheckedTable, limit: number) => intactRows(db, table, limit, found.corruptRows);
  for (const [id, devEui, nextFCntUp] of intact('known', 1_000_000)) {
    if (typeof id === 'number' && typeof devEui === 'string')
      found.states.push({ id, devEui, nextFCntUp: Number(nextFCntUp) });
  }
  for (const row of intact('devices', 100_000)) {
    const named = Object.fromEntries(DEVICE_COLUMNS.map((column, index) => [column, row[index]]));
    if (isDeviceRow(named)) found.devices.push(named);
  }
  for (const [devEui, fCntDown, joinNonce, state] of intact('network', 100_000)) {
    if (isEui(devEui) && typeof fCntDown === 'number' && typeof state === 'string')
      found.network.sessions.push([
        devEui,
        fCntDown,
        typeof joinNonce === 'number' ? joinNonce : null,
        state,
      ]);
  }
  for (const [devEui, joinEui, nonce] of intact('dev_nonces', 1_000_000)) {
    if (isEui(devEui) && isEui(joinEui) && typeof nonce === 'number')
      found.network.nonces.push([devEui, joinEui, nonce]);
  }
  found.downlinks.push(...intact('downlinks', MAX_DOWNLINKS));
  found.quarantine.push(...intact('quarantine', MAX_QUARANTINED));
  for (const row of rowsUntilError(db, 'SELECT name, crc, source FROM codecs', 1_000)) {
    const codec = readCodecRow(row);
    if (codec) found.codecs.push(codec);
  }
  for (const row of rowsUntilError(db, 'SELECT name, crc, body FROM profiles', 1_000)) {
    const profile = readProfileRow(row);
    if (profile) found.profiles.push(profile);
  }
  for (const row of rowsUntilError(db, SELECT_DOCUMENTS, 10_000)) {
    const document = readDocumentRow(row);
    if (document) found.documents.push(document);
  }
  for (const row of rowsUntilError(db, SELECT_KEPT, MAX_KEPT)) {
    const kept = readKeptRow(row);
    if (kept) found.kept.push(kept);
  }
  db.close();
  return found;
}

function isEui(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}

/** Whether a row of a damaged table is one that can be put into an intact one. */
function isDeviceRow(row: Readonly<Record<string, unknown>>): row is Record<string, unknown> & DeviceRow {
  if (!isEui(row.dev_eui) || typeof row.more !== 'string' || !isJsonObject(row.more)) return false;
  return ['name', 'codec', 'origin'].every((column) => typeof row[column] === 'string');
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

/** The rows of `table` that are as they were written; the others go to `corruptRows`. */
function intactRows(db: Sqlite, table: CheckedTable, limit: number, corruptRows: CorruptRow[]): unknown[][] {
  const columns = CHECKED_TABLES[table].join(', ');
  // A file of an older program has no checksums there: what can be read is taken.
  if (!hasRowChecks(db, table)) return rowsUntilError(db, `SELECT ${columns} FROM ${table}`, limit);
  const order = table === 'downlinks' ? ' ORDER BY place' : '';
  const rows = rowsUntilError(db, `SELECT ${columns}, crc FROM ${table}${order}`, limit);
  return rows.filter((values) => {
    const isIntact = values.pop() === rowCheck(values);
    if (!isIntact) corruptRows.push({ table, values });
    return isIntact;
  });
}

/** The rows of `sql` before the first that cannot be read. */
function rowsUntilError(db: Sqlite, sql: string, limit: number): unknown[][] {
  const rows: unknown[][] = [];
  try {
    for (const row of db.prepare(`${sql} LIMIT ${limit}`).raw().iterate() as IterableIterator<unknown[]>)
      rows.push(row);
  } catch {
    // The rest is lost; what was read is kept.
  }
  return rows;
}
