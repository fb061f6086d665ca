/**
 * What is still known of a damaged store beside its records: from the rolling copy, which is whole or not there, and from
 * the tables of the file as far as SQLite can read them.
 */
import { readCodecRow } from './codecs.ts';
import type { CodecSource } from './contract.ts';
import type { Place } from './cursors.ts';
import { DEVICE_COLUMNS, type DeviceRow } from './devices.ts';
import type { StoreFiles } from './files.ts';
import { CLASSES } from './kinds.ts';
import { decodeMeta } from './meta.ts';
import { mergeNetworkRows, type NetworkRow, type NetworkRows, type NonceRow } from './network.ts';
import type { Removed } from './pruner.ts';
import { readCopy } from './rolling-copy.ts';
import { openReadOnly, type Sqlite } from './sqlite.ts';

export interface Remains {
  readonly storeId: string | undefined;
  /** Of the damaged file, 0 if nobody knows. */
  readonly epoch: number;
  /** The newest record we have heard of. */
  readonly lastSeq: number;
  /** Counters in `known` are good up to this record; later rows of the log go on from there. */
  readonly countersSeq: number;
  /** What every reader had passed. */
  readonly heldSeq: number;
  readonly removed: Removed;
  readonly cursors: ReadonlyMap<string, Place>;
  readonly devices: readonly DeviceRow[];
  readonly network: NetworkRows;
  readonly known: readonly KnownRow[];
  readonly quarantine: readonly (readonly unknown[])[];
  readonly codecs: readonly CodecSource[];
  readonly keysFrom: 'copy' | 'damaged file' | 'nowhere';
}

export interface KnownRow {
  readonly id: number;
  readonly devEui: string;
  readonly nextFCntUp: number;
}

/** Refused records are few; more than this of a damaged file are not kept in memory. */
const MAX_QUARANTINED = 50_000;

export function readRemains(files: StoreFiles): Remains {
  const copy = readCopy(files.keys);
  const tables = readTables(files.database);
  const { meta } = tables;
  const cursors = new Map(Object.entries(copy?.cursors ?? {}));
  for (const [key, value] of meta) {
    if (key.startsWith('cursor.')) cursors.set(key.slice('cursor.'.length), value as Place);
  }
  const places = [...cursors.values()].map(({ seq }) => seq);
  const nothing: Removed = { frontier: CLASSES.map(() => 0), count: 0, sparseTo: 0 };
  const copied = new Set(copy?.devices.map((row) => row.dev_eui));
  const ids = new Set(copy?.known.map(({ id }) => id));
  const euis = new Set(copy?.known.map(({ devEui }) => devEui));
  return {
    storeId: copy?.storeId ?? (meta.get('store_id') as string | undefined),
    epoch: Math.max(copy?.epoch ?? 0, Number(meta.get('epoch') ?? 0)),
    lastSeq: Math.max(copy?.lastSeq ?? 0, Number(meta.get('known_seq') ?? 0), ...places),
    countersSeq: copy ? copy.lastSeq : Number(meta.get('known_seq') ?? 0),
    heldSeq: places.length === 0 ? 0 : Math.min(...places),
    removed: (meta.get('removed') as Removed | undefined) ?? copy?.removed ?? nothing,
    cursors,
    devices: [...(copy?.devices ?? []), ...tables.devices.filter((row) => !copied.has(row.dev_eui))],
    network: mergeNetworkRows(copy?.network ?? { sessions: [], nonces: [] }, tables.network),
    known: [
      ...(copy?.known ?? []),
      ...tables.known.filter(({ id, devEui }) => !ids.has(id) && !euis.has(devEui)),
    ],
    quarantine: tables.quarantine,
    codecs: tables.codecs,
    keysFrom: copy
      ? 'copy'
      : tables.devices.length > 0 || tables.known.length > 0
        ? 'damaged file'
        : 'nowhere',
  };
}

function readTables(file: string) {
  const meta = new Map<string, unknown>();
  const found = {
    meta,
    devices: [] as DeviceRow[],
    network: { sessions: [] as NetworkRow[], nonces: [] as NonceRow[] },
    known: [] as KnownRow[],
    quarantine: [] as (readonly unknown[])[],
    codecs: [] as CodecSource[],
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
  for (const row of rowsUntilError(db, 'SELECT id, dev_eui, next_fcnt_up FROM known', 1_000_000)) {
    const [id, devEui, nextFCntUp] = row;
    if (typeof id === 'number' && typeof devEui === 'string')
      found.known.push({ id, devEui, nextFCntUp: Number(nextFCntUp) });
  }
  const columns = DEVICE_COLUMNS.join(', ');
  for (const row of rowsUntilError(db, `SELECT ${columns} FROM devices`, 100_000)) {
    const named = Object.fromEntries(DEVICE_COLUMNS.map((column, index) => [column, row[index]]));
    if (isDeviceRow(named)) found.devices.push(named);
  }
  for (const row of rowsUntilError(
    db,
    'SELECT dev_eui, fcnt_down, join_nonce, state FROM network',
    100_000,
  )) {
    const [devEui, fCntDown, joinNonce, state] = row;
    if (isEui(devEui) && typeof fCntDown === 'number' && typeof state === 'string')
      found.network.sessions.push([
        devEui,
        fCntDown,
        typeof joinNonce === 'number' ? joinNonce : null,
        state,
      ]);
  }
  for (const row of rowsUntilError(db, 'SELECT dev_eui, join_eui, nonce FROM dev_nonces', 1_000_000)) {
    const [devEui, joinEui, nonce] = row;
    if (isEui(devEui) && isEui(joinEui) && typeof nonce === 'number')
      found.network.nonces.push([devEui, joinEui, nonce]);
  }
  found.quarantine.push(...rowsUntilError(db, 'SELECT * FROM quarantine', MAX_QUARANTINED));
  for (const row of rowsUntilError(db, 'SELECT name, crc, source FROM codecs', 1_000)) {
    const codec = readCodecRow(row);
    if (codec) found.codecs.push(codec);
  }
  db.close();
  return found;
}

function isEui(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}

/** Whether a row of a damaged table is one that can be put into a sound one. */
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
