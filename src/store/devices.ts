/** The site's devices: who declared them, their session keys and codec. Few rows, held in memory, written at once. */
import type { Device } from '../model/device.ts';
import type { Devices } from './contract.ts';
import { type KnownDevices, NO_STATE } from './known.ts';
import type { Sqlite } from './sqlite.ts';

interface Row {
  readonly dev_eui: string;
  readonly name: string;
  readonly codec: string;
  readonly origin: string;
  readonly dev_addr: string | null;
  readonly nwk_s_key: string | null;
  readonly app_s_key: string | null;
}

/** Devices over `db`. */
export function createDevices(db: Sqlite, known: KnownDevices): Devices {
  const upsert = db.prepare('INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)');
  const drop = db.prepare('DELETE FROM devices WHERE dev_eui = ?');
  const devices = new Map<string, Device>();
  const listeners = new Set<() => void>();
  for (const row of db.prepare('SELECT * FROM devices').all() as Row[])
    devices.set(row.dev_eui, toDevice(row));

  function withState(device: Device) {
    const { nextFCntUp, lastSeq, lastSeenMs } = known.get(device.devEui) ?? NO_STATE;
    return { ...device, nextFCntUp, lastSeq, lastSeenMs };
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  const write = db.transaction((device: Device) => {
    const { devEui, name, codec, origin, abp } = device;
    upsert.run(devEui, name, codec, origin, abp?.devAddr ?? null, abp?.nwkSKey ?? null, abp?.appSKey ?? null);
    if (!sameSession(devices.get(devEui), device)) {
      known.touch(devEui).nextFCntUp = 0;
      known.save();
    }
  });

  return {
    list: () => [...devices.values()].map(withState),
    get(devEui) {
      const device = devices.get(devEui);
      return device && withState(device);
    },
    put(device) {
      const before = devices.get(device.devEui);
      if (before && JSON.stringify(before) === JSON.stringify(device)) return;
      try {
        write(device);
        known.forgetTouched();
      } catch (error) {
        known.reload();
        throw error;
      }
      devices.set(device.devEui, device);
      changed();
    },
    remove(devEui) {
      if (!devices.delete(devEui)) return false;
      drop.run(devEui);
      changed();
      return true;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A device put back with the session it had keeps its counter: forgetting it would open the door to replays. */
function sameSession(before: Device | undefined, after: Device): boolean {
  if (!before?.abp || !after.abp) return true;
  const { devAddr, nwkSKey, appSKey } = after.abp;
  return before.abp.devAddr === devAddr && before.abp.nwkSKey === nwkSKey && before.abp.appSKey === appSKey;
}

function toDevice(row: Row): Device {
  const { dev_addr: devAddr, nwk_s_key: nwkSKey, app_s_key: appSKey } = row;
  return {
    devEui: row.dev_eui,
    name: row.name,
    codec: row.codec,
    origin: row.origin as Device['origin'],
    ...(devAddr && nwkSKey && appSKey ? { abp: { devAddr, nwkSKey, appSKey } } : {}),
  };
}
