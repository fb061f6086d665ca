/** Pages of devices with only what is asked for of each. */
import { expect, test } from 'vitest';
import { DEVICE_MEMBERS } from '../../src/ui/shapes/chosen-fields.ts';
import { deviceSchema } from '../../src/ui/shapes/devices.ts';
import { makeApi } from '../support/api.ts';

const eui = (n: number): string => `70b3d57ed00000${n.toString(16).padStart(2, '0')}`;

function makeSite(count: number) {
  const api = makeApi();
  for (let n = 0; n < count; n += 1) {
    api.site.deps.store.devices.put({ devEui: eui(n), name: `Tank ${n}`, codec: 'raw', origin: 'api' });
    api.site.hear(eui(n), { level: n });
  }
  return api;
}

test('of each device come the members that are asked for, and its DevEUI', async () => {
  const { ask } = makeSite(3);
  const { json } = await ask('/api/v1/devices?fields=name,%20codec&limit=2');
  expect(json.items).toEqual([
    { devEui: eui(0), name: 'Tank 0', codec: 'raw' },
    { devEui: eui(1), name: 'Tank 1', codec: 'raw' },
  ]);
  const next = await ask(`/api/v1/devices?fields=last&limit=2&cursor=${json.nextCursor}`);
  expect(next.json.items).toEqual([
    { devEui: eui(2), last: expect.objectContaining({ fields: { level: 2 } }) },
  ]);
  expect(next.json).not.toHaveProperty('nextCursor');
  const one = await ask(`/api/v1/devices/${eui(1)}?fields=name`);
  expect(one.json).toEqual({ devEui: eui(1), name: 'Tank 1' });
  expect(one.headers.etag).toMatch(/^"/);
});

test('all pages together hold every device once, whatever is asked for', async () => {
  const { ask } = makeSite(25);
  for (const fields of ['name', 'last', 'devEui', 'recent,lastSeen']) {
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const after = cursor === '' ? '' : `&cursor=${cursor}`;
      const { json } = await ask(`/api/v1/devices?limit=10&recent=2&fields=${fields}${after}`);
      seen.push(...json.items.map(({ devEui }: { devEui: string }) => devEui));
      cursor = json.nextCursor;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => eui(n)));
  }
});

test('what no device has is named, with what was meant; readings that nobody asks for are not looked for', async () => {
  const { ask, site } = makeSite(2);
  for (const fields of ['nmae', 'name,', 'name,appKey', '__proto__']) {
    const { status, json } = await ask(`/api/v1/devices?fields=${fields}`);
    expect([status, json.errors[0].parameter]).toEqual([400, 'fields']);
  }
  expect((await ask('/api/v1/devices?fields=nmae')).json.errors[0].detail).toBe(
    'a device has no member "nmae"; did you mean `name`?',
  );
  let asked = 0;
  const { log } = site.deps.store;
  const counted = makeApi({
    store: {
      ...site.deps.store,
      log: {
        ...log,
        ofDevice: (...given: Parameters<typeof log.ofDevice>) => {
          asked += 1;
          return log.ofDevice(...given);
        },
      },
    },
  });
  await counted.ask('/api/v1/devices?fields=name,area,revision');
  expect(asked).toBe(0);
  await counted.ask('/api/v1/devices?fields=last');
  expect(asked).toBeGreaterThan(0);
});

test('every member of a device can be asked for', () => {
  expect([...DEVICE_MEMBERS].sort()).toEqual(Object.keys(deviceSchema.shape).sort());
});

test('the API document says so', async () => {
  const { ask } = makeApi();
  const { json } = await ask('/api/v1/openapi.json');
  for (const path of ['/api/v1/devices', '/api/v1/devices/{devEui}'])
    expect(json.paths[path].get.parameters).toContainEqual(
      expect.objectContaining({
        name: 'fields',
        in: 'query',
        description: expect.stringContaining('by commas'),
      }),
    );
});
