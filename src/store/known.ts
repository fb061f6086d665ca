/**
 * Every DevEUI the store has seen, with what its uplinks changed (next counter, newest record). Held in memory, written
 * in the transaction that stores the uplink; after a rollback the memory is read back from the file.
 */
import type { DeviceState } from '../model/device.ts';
import type { Sqlite } from './sqlite.ts';

export interface KnownDevice {
  readonly id: number;
  readonly devEui: string;
  nextFCntUp: number;
  lastSeq: number;
  lastSeenMs: number;
}

export interface KnownDevices {
  get(devEui: string): KnownDevice | undefined;
  byId(id: number): KnownDevice | undefined;
  /** Within a transaction: the row to change; `save` writes it. */
  touch(devEui: string): KnownDevice;
  /** Within a transaction: writes every touched row. */
  save(): void;
  /** After the commit. */
  forgetTouched(): void;
  /** After a rollback. */
  reload(): void;
}

export const NO_STATE: DeviceState = { nextFCntUp: 0, lastSeq: 0, lastSeenMs: 0 };

/** Reads the table; cost is one row a device ever seen. */
export function createKnownDevices(db: Sqlite): KnownDevices {
  const insert = db.prepare('INSERT INTO known (dev_eui) VALUES (?)');
  const update = db.prepare('UPDATE known SET next_fcnt_up = ?, last_seq = ?, last_seen = ? WHERE id = ?');
  const select = db.prepare(
    'SELECT id, dev_eui AS devEui, next_fcnt_up AS nextFCntUp, last_seq AS lastSeq, last_seen AS lastSeenMs FROM known',
  );
  const byEui = new Map<string, KnownDevice>();
  const byId = new Map<number, KnownDevice>();
  const touched = new Set<KnownDevice>();

  function add(device: KnownDevice): KnownDevice {
    byEui.set(device.devEui, device);
    byId.set(device.id, device);
    return device;
  }

  function reload(): void {
    byEui.clear();
    byId.clear();
    touched.clear();
    for (const row of select.all() as KnownDevice[]) add(row);
  }

  reload();
  return {
    get: (devEui) => byEui.get(devEui),
    byId: (id) => byId.get(id),
    touch(devEui) {
      const device =
        byEui.get(devEui) ?? add({ id: Number(insert.run(devEui).lastInsertRowid), devEui, ...NO_STATE });
      touched.add(device);
      return device;
    },
    save() {
      for (const device of touched)
        update.run(device.nextFCntUp, device.lastSeq, device.lastSeenMs, device.id);
    },
    forgetTouched: () => touched.clear(),
    reload,
  };
}
