/** The tag of what is set of a device: the same after a restart, another one with any change, and no way to try keys by. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Device } from '../../../src/model/device.ts';
import { openStore } from '../../../src/store/store.ts';
import { makeApi } from '../../support/api.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());
const open = () => openStore({ dir: folder.path, world: createTestWorld() });

const DEVICE: Device = {
  ...{ devEui: '70b3d57ed0000001', name: 'Tank', codec: 'raw', origin: 'api', area: 'Hall', notes: 'a\nb' },
  otaa: { joinEui: '0'.repeat(16), appKey: 'ab'.repeat(16) },
  link: { region: 'EU868', deviceClass: 'A' },
};

async function tagOf(store: ReturnType<typeof open>): Promise<string | undefined> {
  const { ask } = makeApi({ store });
  return (await ask(`/api/v1/devices/${DEVICE.devEui}`)).headers.etag;
}

test('it is the same after the box was started anew, and who looked before may change the device after', async () => {
  const before = open();
  // In another order than it is read in.
  before.devices.put(Object.fromEntries(Object.entries(DEVICE).reverse()) as typeof DEVICE);
  const tag = await tagOf(before);
  expect(tag).toMatch(/^"[\w-]{16}"$/);
  await before.close();
  const after = open();
  expect(await tagOf(after)).toBe(tag);
  const { ask } = makeApi({ store: after });
  const change = (name: string) =>
    ask(`/api/v1/devices/${DEVICE.devEui}`, {
      method: 'PUT',
      body: { name, codec: 'raw', joinEui: '0'.repeat(16) },
      headers: { 'if-match': tag ?? '' },
    });
  expect((await change('Tank 2')).status).toBe(200);
  expect((await change('Tank 3')).status).toBe(412);
  await after.close();
});

test('every change makes it another one, a key too; hearing the device does not', async () => {
  const store = open();
  store.devices.put(DEVICE);
  const tag = store.devices.revisionOf(DEVICE);
  for (const other of [
    { ...DEVICE, name: 'Tank 2' },
    { ...DEVICE, area: 'Yard' },
    { ...DEVICE, otaa: { joinEui: '0'.repeat(16), appKey: 'ac'.repeat(16) } },
    { ...DEVICE, link: { region: 'EU868' as const, deviceClass: 'C' as const } },
  ])
    expect(store.devices.revisionOf(other)).not.toBe(tag);
  expect(store.devices.revisionOf({ ...DEVICE, nextFCntUp: 9, lastSeq: 4, lastSeenMs: 7 })).toBe(tag);
  await store.close();
});

test('a box with another key file has other tags for the same device', async () => {
  const first = open();
  const tag = first.devices.revisionOf(DEVICE);
  await first.close();
  rmSync(join(folder.path, 'device.key'));
  const second = open();
  expect(second.devices.revisionOf(DEVICE)).not.toBe(tag);
  await second.close();
});
