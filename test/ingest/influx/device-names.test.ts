/** Which name a record is written under: the one its device had then, however often and whenever it is written. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDeviceNames } from '../../../src/ingest/influx/device-names.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const DEVICE = '0101010101010101';
let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let nameAt: ReturnType<typeof createDeviceNames>;

function open(): void {
  const world = createTestWorld();
  store = openStore({ dir: folder.path, world });
  nameAt = createDeviceNames(store, world.logger);
}
beforeEach(() => {
  folder = temporaryFolder();
  open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const put = (name: string) => store.devices.put({ devEui: DEVICE, name, codec: 'raw', origin: 'chirpstack' });
const append = () =>
  store.commit({
    records: [{ kind: 'system', timeMs: 0, device: DEVICE, body: { event: 'test' } }],
    urgent: true,
  });
const names = () => [1, 2, 3, 4].map((seq) => nameAt(DEVICE, seq));

test('I9: after a renaming records from before keep the name they were written under, also after a restart', async () => {
  put('Tank');
  await append();
  await append();
  put('Tank north');
  await append();
  expect(names()).toEqual(['Tank', 'Tank', 'Tank north', 'Tank north']);
  await store.close();
  open();
  put('Tank south');
  expect(names()).toEqual(['Tank', 'Tank', 'Tank north', 'Tank south']);
});

test('I9: a device that is forgotten, and one that comes back, change nothing for older records', async () => {
  put('Tank');
  await append();
  store.devices.remove(DEVICE);
  await append();
  put('Pump');
  expect(names()).toEqual(['Tank', '', 'Pump', 'Pump']);
  expect(nameAt('ffffffffffffffff', 1)).toBe('');
});

test('I9: what is remembered is bounded: the oldest names of a device go, then those of the devices renamed longest ago', async () => {
  for (let number = 0; number < 50; number += 1) {
    put(`name ${number}`);
    await append();
  }
  expect([nameAt(DEVICE, 49), nameAt(DEVICE, 44), nameAt(DEVICE, 1)]).toEqual([
    'name 48',
    'name 43',
    'name 49',
  ]);
  const many = (name: string) =>
    store.devices.putAll(
      Array.from({ length: 1_500 }, (_, index) => ({
        ...{ devEui: index.toString(16).padStart(16, '0'), name, codec: 'raw' },
        origin: 'api' as const,
      })),
    );
  many('first');
  many('second');
  expect(JSON.stringify(store.notes.get('influx_device_names')).length).toBeLessThan(200_000);
  expect(nameAt((1_499).toString(16).padStart(16, '0'), 1)).toBe('first');
});
