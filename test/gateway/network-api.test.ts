/** Devices that join and downlinks over the API, with the real network server behind it: keys come in and never out. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ABP, createNetworkStory, KEYS } from '../support/network-story.ts';
import { createUiSite } from '../support/ui-site.ts';
import { createWebServer } from '../support/web-server.ts';

const net = createNetworkStory();
let url = '';
let stop: () => Promise<void>;

beforeEach(async () => {
  const { world, store, gateway } = net.newSite();
  const { deps } = createUiSite(world);
  const http = createWebServer({ ...deps, store: store(), downlinks: gateway().downlinks });
  await http.start();
  stop = http.stop;
  url = new URL('/api/v1/devices', http.url()).href;
});
afterEach(() => stop());

async function call(method: string, path: string, body?: unknown) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, {
    method,
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, json: text === '' ? undefined : JSON.parse(text) };
}

const VALVE = { name: 'Valve', codec: 'raw', joinEui: KEYS.joinEui };

test('a device that joins is declared with its key, which is never shown and may be left out later', async () => {
  expect((await call('POST', '', { devEui: KEYS.devEui, ...VALVE })).json.errors).toMatchObject([
    { pointer: '/appKey' },
  ]);
  const made = await call('POST', '', { devEui: KEYS.devEui, ...VALVE, appKey: KEYS.appKey.toUpperCase() });
  expect(made.status).toBe(201);
  expect(made.json).toMatchObject({ activation: 'otaa', joinEui: KEYS.joinEui });
  const link = { deviceClass: 'C', region: 'EU868' };
  const changed = await call('PUT', `/${KEYS.devEui}`, { ...VALVE, name: 'Gate', link });
  expect(changed.json).toMatchObject({ name: 'Gate', link });
  expect(made.text + changed.text).not.toContain(KEYS.appKey);
  expect(net.site.store().devices.get(KEYS.devEui)?.otaa).toEqual({
    joinEui: KEYS.joinEui,
    appKey: KEYS.appKey,
  });
  const both = { ...VALVE, devAddr: '01020304' };
  expect((await call('PUT', `/${KEYS.devEui}`, both)).status).toBe(422);
});

test('a device that has joined shows its session and battery', async () => {
  await net.joined();
  const { json } = await call('GET', `/${KEYS.devEui}`);
  expect(json).toMatchObject({
    activation: 'otaa',
    network: { region: 'EU868', deviceClass: 'A', nextFCntDown: 0, dataRate: expect.stringMatching(/^SF/) },
  });
  expect(Date.parse(json.network.joined)).toBeLessThanOrEqual(net.site.world.clock.nowMs());
});

test('a device with many downlinks still shows its last reading', async () => {
  const device = await net.joined();
  await net.talk(device, { payload: Uint8Array.of(7) });
  for (let n = 0; n < 20; n++) await call('POST', `/${KEYS.devEui}/downlinks`, { fPort: 1, data: '00' });
  const { json } = await call('GET', `/${KEYS.devEui}`);
  expect(json.last).toMatchObject({ data: '07' });
  expect(json.lastSeen).toBe(json.last.time);
});

test('downlinks are queued, listed, cancelled one by one and all together', async () => {
  net.otaaDevice();
  const path = `/${KEYS.devEui}/downlinks`;
  const first = await call('POST', path, {
    fPort: 10,
    data: 'C0FFEE',
    confirmed: true,
    expiresInSeconds: 60,
  });
  expect(first.status).toBe(201);
  expect(first.json).toMatchObject({
    fPort: 10,
    data: 'c0ffee',
    confirmed: true,
    state: 'waiting',
    retries: 2,
  });
  await call('POST', path, { fPort: 11 });
  await call('POST', path, { fPort: 12, data: '00' });
  const ports = async () => (await call('GET', path)).json.items.map((item: { fPort: number }) => item.fPort);
  expect(await ports()).toEqual([10, 11, 12]);
  expect((await call('DELETE', `${path}/${first.json.id}`)).status).toBe(204);
  expect((await call('DELETE', `${path}/${first.json.id}`)).status).toBe(404);
  expect(await ports()).toEqual([11, 12]);
  expect((await call('DELETE', path)).status).toBe(204);
  expect(await ports()).toEqual([]);
});

test('what cannot be is refused with the place of the mistake', async () => {
  net.otaaDevice();
  const path = `/${KEYS.devEui}/downlinks`;
  const pointers = async (body: unknown) =>
    (await call('POST', path, body)).json.errors.map(({ pointer }: { pointer: string }) => pointer);
  expect(await pointers({ fPort: 0, data: 'abc' })).toEqual(['/fPort', '/data']);
  expect(await pointers({ fPort: 1, data: '00'.repeat(243) })).toEqual(['/data']);
  const twice = { fPort: 1, expiresInSeconds: 1, expires: '2026-01-01T00:00:00Z' };
  expect(await pointers(twice)).toEqual(['/expires']);
  const other = '/70b3d57ed0000fff/downlinks';
  expect((await call('POST', other, { fPort: 1 })).status).toBe(404);
  expect((await call('GET', other)).status).toBe(404);
});

test('A15: a device that came with a running session keeps it when it is renamed', async () => {
  const { joinEui, appKey, devEui } = KEYS;
  const session = { abp: ABP, carried: { fCntDown: 42, joinNonce: 40 } };
  const device = {
    devEui,
    name: 'Valve',
    codec: 'raw',
    origin: 'api',
    otaa: { joinEui, appKey },
    ...session,
  } as const;
  net.site.store().devices.put(device);
  await call('PUT', `/${devEui}`, { ...VALVE, name: 'Gate' });
  expect(net.site.store().devices.get(devEui)).toMatchObject({ name: 'Gate', ...session });
  await call('PUT', `/${devEui}`, { ...VALVE, appKey: 'ab'.repeat(16) });
  const { abp, carried } = net.site.store().devices.get(devEui) ?? {};
  expect({ abp, carried }).toEqual({});
});
