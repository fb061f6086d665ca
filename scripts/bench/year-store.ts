/** A store with a year of one device in it, and of others beside it, made by the store's own commits. */
import type { NewRecord } from '../../src/model/record.ts';
import { openStore } from '../../src/store/store.ts';
import { createFastWorld } from '../../test/support/world.ts';

const YEAR_MS = 365 * 86_400_000;
const OTHERS = 99;
const BATCH = 1_000;

export interface YearStore {
  readonly dir: string;
  /** Of all devices. */
  readonly records: number;
  /** Of the one, and which it is. */
  readonly own: number;
  readonly device: string;
  readonly endMs: number;
}

export function readingOf(index: number, device: string, timeMs: number): NewRecord {
  const wave = Math.round(100 * Math.sin(index / 500)) / 10;
  return {
    ...{ kind: 'uplink', timeMs: Math.floor(timeMs), device },
    body: {
      fields: {
        temperature: 20 + wave,
        humidity: 60 - wave,
        battery: 3.6,
        rain: index % 50,
        open: index % 9 === 0,
      },
      ...{ data: '0367011002687803', fPort: 2, fCnt: index, devAddr: '01020304', confirmed: false },
      ...{ freq: 868_100_000, dr: 'SF7BW125', codec: 'cayenne', via: 'bridge' },
      rx: [{ gw: '0016c001ff10a235', rssi: -71, snr: 9.5 }],
    },
  };
}

/** Another device of the same site. */
export function otherDevice(index: number): string {
  return (1 + (index % OTHERS)).toString(16).padStart(16, '0');
}

/** Makes it; returns the processor time of a record, microseconds. */
export async function fillYear({ dir, records, own, device, endMs }: YearStore): Promise<number> {
  const store = openStore({ dir, world: createFastWorld(1) });
  const each = records / own;
  const before = process.cpuUsage();
  for (let from = 0; from < records; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, records - from) }, (_, offset) => {
      const index = from + offset;
      const timeMs = endMs - YEAR_MS + (index / records) * YEAR_MS;
      return readingOf(index, index % each < 1 ? device : otherDevice(index), timeMs);
    });
    await store.commitAll([{ records: batch, urgent: true }]);
  }
  await store.close();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / records;
}
