/** Areas and notes in files: out and in again in every form, and never taken away by a file that has none. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { EXPORT_FORMATS } from '../../src/model/onboarding.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const EUI = '70b3d57ed0000001';
let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
beforeEach(() => {
  folder = temporaryFolder();
  store = openStore({ dir: folder.path, world: createTestWorld() });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

function box() {
  const service = createDeviceImportService({ store, codecs: () => ['raw'] });
  const otaa = { joinEui: '00'.repeat(8), appKey: 'ab'.repeat(16) };
  const device = { devEui: EUI, name: 'Tank', codec: 'raw', origin: 'api', otaa } as const;
  return { ...service, devices: store.devices, device };
}

test.each(EXPORT_FORMATS)('area and notes come back from a file of the form %s', async (format) => {
  const { devices, device, exportFile, importFile } = box();
  devices.put({ ...device, area: 'Pump house', notes: 'Ladder, "long"\nKey at the gate' });
  const file = exportFile({ format, withKeys: true });
  expect((await importFile(file)).skipped).toMatchObject([{ devEui: EUI, note: 'is the same already' }]);
  devices.put(device);
  expect((await importFile(file)).changed).toHaveLength(1);
  expect(devices.get(EUI)).toMatchObject({ area: 'Pump house', notes: 'Ladder, "long"\nKey at the gate' });
});

test('a file without them takes nothing away, and one with another area moves the device', async () => {
  const { devices, device, importFile } = box();
  devices.put({ ...device, area: 'Pump house', notes: 'n', formerly: ['70b3d57ed0000009'] });
  await importFile(`dev_eui,name\n${EUI},Tank 2\n`);
  expect(devices.get(EUI)).toMatchObject({
    name: 'Tank 2',
    area: 'Pump house',
    notes: 'n',
    formerly: ['70b3d57ed0000009'],
  });
  await importFile(`dev_eui;Area\n${EUI};Yard\n`);
  expect(devices.get(EUI)).toMatchObject({ name: 'Tank 2', area: 'Yard', notes: 'n' });
});

test('they are there after a restart', async () => {
  const { devices, device } = box();
  devices.put({ ...device, area: 'Pump house', notes: 'n', formerly: ['70b3d57ed0000009'] });
  await store.close();
  store = openStore({ dir: folder.path, world: createTestWorld() });
  expect(store.devices.get(EUI)).toMatchObject({
    area: 'Pump house',
    notes: 'n',
    formerly: ['70b3d57ed0000009'],
  });
});

test('an import is taken back: new ones go, changed ones are as before with their counters, what was changed since stays', async () => {
  const { devices, device, importFile, undoImport } = box();
  const [two, three] = ['70b3d57ed0000002', '70b3d57ed0000003'];
  const abp = { devAddr: '01020304', nwkSKey: 'ab'.repeat(16), appSKey: 'cd'.repeat(16) };
  const { otaa: _, ...plain } = device;
  devices.putAll(
    [
      { ...plain, abp },
      { ...device, devEui: two, name: 'Two' },
    ],
    new Map([[EUI, 70]]),
  );
  expect(undoImport()).toBeUndefined();
  const session = `01020305,${'ef'.repeat(16)},${'cd'.repeat(16)}`;
  await importFile(
    `dev_eui,name,devaddr,nwkskey,appskey\n${EUI},Else,${session}\n${two},Two else,,,\n${three},Three,,,\n`,
  );
  expect(devices.get(EUI)).toMatchObject({ name: 'Else', nextFCntUp: 0 });
  await importFile(`dev_eui\n${EUI}\n`);
  devices.put({ ...device, devEui: two, name: 'Changed since' });
  expect(undoImport()).toMatchObject({
    restored: [{ devEui: EUI, name: 'Tank' }],
    removed: [{ devEui: three }],
    skipped: [{ devEui: two, name: 'Changed since' }],
  });
  expect(devices.get(EUI)).toMatchObject({ name: 'Tank', abp, nextFCntUp: 70 });
  expect(devices.get(three)).toBeUndefined();
  expect(undoImport()).toBeUndefined();
});
