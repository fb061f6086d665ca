/**
 * The site's devices: who declared them, their keys and codec. Few rows, held in memory, written at once; keys are sealed
 * on their way to the disk.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CarriedOver,
  type Device,
  type DeviceState,
  type LinkSettings,
  type Remarks,
  remarksOf,
} from '../../model/device.ts';
import { wellFormedValue } from '../../model/text.ts';
import type { Devices } from '../contract.ts';
import type { Sqlite } from '../sqlite.ts';
import { settingsText } from './device-revision.ts';
import { type DeviceStates, NO_STATE } from './device-states.ts';
import { CHECKED_TABLES, prepareChecked, rowCheck } from './row-check.ts';
import type { Secrets } from './secrets.ts';

/** As in the table and its copy: keys sealed. */
export interface DeviceRow {
  readonly dev_eui: string;
  readonly name: string;
  readonly codec: string;
  readonly origin: string;
  readonly dev_addr: string | null;
  readonly nwk_s_key: string | null;
  readonly app_s_key: string | null;
  readonly app_key: string | null;
  readonly more: string;
}

export const DEVICE_COLUMNS = CHECKED_TABLES.devices satisfies readonly (keyof DeviceRow)[];

export interface DeviceTable extends Devices {
  rows(): DeviceRow[];
}

/** Inserts or replaces a row in `db`. */
export function prepareDeviceRow(db: Sqlite): (row: DeviceRow) => void {
  const put = prepareChecked(db, 'devices', 'INSERT OR REPLACE');
  return (row) => put(valuesOf(row));
}

function valuesOf(row: DeviceRow): readonly unknown[] {
  return DEVICE_COLUMNS.map((column) => row[column]);
}

/** Keys sealed and the row summed before its transaction. */
interface ReadyDevice {
  readonly device: Device;
  readonly values: readonly unknown[];
  readonly crc: number;
}

/** Devices made ready between which others have their turn: a few milliseconds. */
const READY_PIECE = 100;

interface DevicesContext {
  readonly states: DeviceStates;
  readonly secrets: Secrets;
  /** seq of the newest committed record. */
  readonly lastSeq: () => number;
  readonly devices: Map<string, Device>;
  readonly listeners: Set<() => void>;
  readonly statements: DeviceStatements;
  /** By the object given, and by what is written of it. */
  readonly ready: WeakMap<Device, ReadyDevice>;
}

/** Devices over `db`; `lastSeq` is that of the newest committed record. */
export function createDevices(
  db: Sqlite,
  states: DeviceStates,
  lastSeq: () => number,
  secrets: Secrets,
): DeviceTable {
  const statements = prepareStatements(db);
  const rows = () => statements.select.all() as DeviceRow[];
  const devices = new Map(rows().map((row) => [row.dev_eui, toDevice(row, secrets)]));
  const listeners = new Set<() => void>();
  const ready = new WeakMap<Device, ReadyDevice>();
  const context: DevicesContext = { states, secrets, lastSeq, devices, listeners, statements, ready };
  const writeAll = db.transaction((changes: readonly Device[], counters: ReadonlyMap<string, number>) => {
    for (const device of changes) write(context, device, counters.get(device.devEui));
    states.save(lastSeq(), true);
  });
  // Its counters stay, so that none is used twice under its keys. Its DevNonces go: a device that was reset is let in again
  // so, and a request of before that is played back opens nothing, since the JoinNonce counts on.
  const drop = db.transaction((devEui: string) => {
    statements.drop.run(devEui);
    statements.forgetNonces.run(devEui);
  });
  return {
    rows,
    list: () => [...devices.values()].map((device) => withState(context, device)),
    get(devEui) {
      const device = devices.get(devEui);
      return device && withState(context, device);
    },
    async prepare(given) {
      for (const [i, device] of given.entries()) {
        if (i % READY_PIECE === READY_PIECE - 1) await nextTurn();
        makeReady(context, device);
      }
    },
    put: (device) => putAll(context, writeAll, [device]),
    putAll: (given, counters) => putAll(context, writeAll, given, counters),
    remove(devEui) {
      if (!devices.has(devEui)) return false;
      drop(devEui);
      devices.delete(devEui);
      tellListeners(context);
      return true;
    },
    revisionOf: (device) => secrets.mark(settingsText(device)),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type DeviceStatements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: Sqlite) {
  return {
    upsert: prepareChecked(db, 'devices', 'INSERT OR REPLACE'),
    select: db.prepare(`SELECT ${DEVICE_COLUMNS.join(', ')} FROM devices`),
    forgetNonces: db.prepare('DELETE FROM dev_nonces WHERE dev_eui = ?'),
    drop: db.prepare('DELETE FROM devices WHERE dev_eui = ?'),
  };
}

function tellListeners({ listeners }: DevicesContext): void {
  for (const listener of listeners) listener();
}

function withState({ states }: DevicesContext, device: Device): Device & DeviceState {
  const { nextFCntUp, lastSeq, lastSeenMs } = states.get(device.devEui) ?? NO_STATE;
  return { ...device, nextFCntUp, lastSeq, lastSeenMs };
}

/** `writeAll` is `write` for many in one transaction. */
function putAll(
  context: DevicesContext,
  writeAll: (changes: readonly Device[], counters: ReadonlyMap<string, number>) => void,
  given: readonly Device[],
  counters: ReadonlyMap<string, number> = new Map(),
): void {
  const { devices, states, ready } = context;
  const formed = given.map((device) => ready.get(device)?.device ?? wellFormedValue(device));
  const changes = formed.filter((device) => {
    const before = devices.get(device.devEui);
    if (!before || JSON.stringify(before) !== JSON.stringify(device)) return true;
    return isAhead(context, device.devEui, counters.get(device.devEui));
  });
  if (changes.length === 0) return;
  try {
    writeAll(changes, counters);
  } catch (error) {
    states.reload();
    throw error;
  }
  for (const device of changes) devices.set(device.devEui, device);
  tellListeners(context);
}

/** Within a transaction. */
function write(context: DevicesContext, device: Device, nextFCntUp: number | undefined): void {
  const { devices, states, statements } = context;
  const { devEui } = device;
  const before = devices.get(devEui);
  const { values, crc } = context.ready.get(device) ?? makeReady(context, device);
  statements.upsert(values, crc);
  // Under another root key every DevNonce is new.
  if (before?.otaa && before.otaa.appKey !== device.otaa?.appKey) statements.forgetNonces.run(devEui);
  const fresh = !sameSession(before, device);
  if (fresh || isAhead(context, devEui, nextFCntUp)) states.touch(devEui).nextFCntUp = nextFCntUp ?? 0;
}

function makeReady({ ready, secrets }: DevicesContext, given: Device): ReadyDevice {
  const device = wellFormedValue(given);
  const values = valuesOf(toRow(device, secrets));
  const made = { device, values, crc: rowCheck(values) };
  ready.set(given, made);
  ready.set(device, made);
  return made;
}

/** Whether the counter is ahead of the one stored. */
function isAhead({ states }: DevicesContext, devEui: string, nextFCntUp = 0): boolean {
  return nextFCntUp > (states.get(devEui) ?? NO_STATE).nextFCntUp;
}

/** A device put back with the session it had keeps its counter: forgetting it would open the door to replays. */
function sameSession(before: Device | undefined, after: Device): boolean {
  if (!before || !after.abp) return true;
  if (!before.abp) return false;
  const { devAddr, nwkSKey, appSKey } = after.abp;
  return before.abp.devAddr === devAddr && before.abp.nwkSKey === nwkSKey && before.abp.appSKey === appSKey;
}

function toRow(device: Device, secrets: Secrets): DeviceRow {
  const { devEui, name, namedHere, codec, origin, abp, otaa, keyless, profile, link, carried } = device;
  const sealed = (column: string, key: string | undefined) =>
    key === undefined ? null : secrets.seal(key, `${column} ${devEui}`);
  return {
    dev_eui: devEui,
    name,
    codec,
    origin,
    dev_addr: abp?.devAddr ?? null,
    nwk_s_key: sealed('nwk_s_key', abp?.nwkSKey),
    app_s_key: sealed('app_s_key', abp?.appSKey),
    app_key: sealed('app_key', otaa?.appKey),
    more: JSON.stringify({
      ...{ joinEui: (otaa ?? keyless)?.joinEui, profile, link, carried, namedHere },
      ...remarksOf(device),
    }),
  };
}

/** A key that cannot be read any more is as good as none: the device is shown, and has to be given its keys again. */
function toDevice(row: DeviceRow, secrets: Secrets): Device {
  const opened = (column: 'nwk_s_key' | 'app_s_key' | 'app_key') =>
    row[column] === null ? undefined : secrets.open(row[column], `${column} ${row.dev_eui}`);
  const { dev_addr: devAddr } = row;
  const [nwkSKey, appSKey, appKey] = [opened('nwk_s_key'), opened('app_s_key'), opened('app_key')];
  const { joinEui, profile, link, carried, namedHere, ...remarks } = JSON.parse(row.more) as Remarks & {
    joinEui?: string;
    profile?: string;
    link?: LinkSettings;
    carried?: CarriedOver;
    namedHere?: true;
  };
  return {
    devEui: row.dev_eui,
    name: row.name,
    codec: row.codec,
    origin: row.origin as Device['origin'],
    ...(devAddr && nwkSKey && appSKey ? { abp: { devAddr, nwkSKey, appSKey } } : {}),
    ...(joinEui && appKey ? { otaa: { joinEui, appKey } } : {}),
    ...(joinEui && !appKey ? { keyless: { joinEui } } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(link === undefined ? {} : { link }),
    ...(carried === undefined ? {} : { carried }),
    ...(namedHere ? { namedHere } : {}),
    ...remarksOf(remarks),
  };
}
