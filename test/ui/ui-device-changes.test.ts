/** Where devices are, two people at one device, several changed at once, and one put in the place of another. */
import { describe, expect, test } from 'vitest';
import { declareDevices } from '../../src/devices/declared-devices.ts';
import { joinHistories } from '../../src/ui/routes/joined-history.ts';
import { makeApi } from '../support/api.ts';
import { KEYS } from '../support/ui-site.ts';

const ONE = '70b3d57ed0000001';
const TWO = '70b3d57ed0000002';
const NEXT = '70b3d57ed0000099';
const abp = { devAddr: '01020304', ...KEYS };

function twoTanks() {
  const api = makeApi();
  const { devices, profiles } = api.site.deps.store;
  devices.put({ devEui: ONE, name: 'Tank 1', codec: 'raw', origin: 'api', abp });
  devices.put({ devEui: TWO, name: 'Tank 2', codec: 'raw', origin: 'api', abp, area: 'Yard' });
  profiles.put({ name: 'level', codec: 'cayenne' });
  return { ...api, devices };
}

describe('where a device is and what is written down of it', () => {
  test('is set, stays where it is left out, and goes by null', async () => {
    const { ask, devices } = twoTanks();
    const put = (body: object) =>
      ask(`/api/v1/devices/${ONE}`, {
        method: 'PUT',
        body: { name: 'Tank 1', devAddr: '01020304', ...body },
      });
    const notes = 'Key at the gate.\u0007\r\nLadder needed.  ';
    expect(await put({ area: ' Pump\nhouse ', notes })).toMatchObject({
      status: 200,
      json: { area: 'Pump house', notes: 'Key at the gate.\nLadder needed.' },
    });
    expect((await put({})).json).toMatchObject({
      area: 'Pump house',
      notes: expect.stringContaining('Ladder'),
    });
    expect((await put({ area: null, notes: null })).json).not.toHaveProperty('area');
    expect(devices.get(ONE)).not.toHaveProperty('notes');
    expect((await put({ notes: 'x'.repeat(2_001) })).status).toBe(422);
    expect((await put({ area: 'x'.repeat(101) })).status).toBe(422);
  });

  test('is the site’s, whoever declared the device: the config file and ChirpStack take none of it away', async () => {
    const { ask, devices } = twoTanks();
    for (const origin of ['config', 'chirpstack'] as const) {
      devices.put({ devEui: ONE, name: 'Tank', codec: 'raw', origin, abp });
      const body = { name: 'Tank', area: 'Yard', notes: 'mine' };
      expect(await ask(`/api/v1/devices/${ONE}`, { method: 'PUT', body })).toMatchObject({
        status: 200,
        json: { origin, area: 'Yard', notes: 'mine' },
      });
    }
    devices.put({ devEui: ONE, name: 'Tank', codec: 'raw', origin: 'config', area: 'Yard' });
    const renamed = { name: 'Mine', area: 'Elsewhere' };
    expect((await ask(`/api/v1/devices/${ONE}`, { method: 'PUT', body: renamed })).status).toBe(409);
    declareDevices({ devices }, [{ devEui: ONE, name: 'Declared', codec: 'raw', origin: 'config', abp }]);
    expect(devices.get(ONE)).toMatchObject({ name: 'Declared', area: 'Yard' });
  });
});

describe('two people at one device', () => {
  test('the second is told and overwrites nothing; who looks again may go on', async () => {
    const { ask, devices } = twoTanks();
    const looked = await ask(`/api/v1/devices/${ONE}`);
    expect(looked.headers.etag).toBe(`"${looked.json.revision}"`);
    const put = (name: string, tag: string) =>
      ask(`/api/v1/devices/${ONE}`, {
        method: 'PUT',
        headers: { 'if-match': tag },
        body: { name, devAddr: '01020304' },
      });
    const first = await put('First', looked.headers.etag ?? '');
    expect(first.status).toBe(200);
    const second = await put('Second', looked.headers.etag ?? '');
    expect(second).toMatchObject({
      status: 412,
      json: { type: 'urn:webscada-edge:problem:changed-meanwhile', device: { name: 'First' } },
    });
    expect(devices.get(ONE)?.name).toBe('First');
    expect((await put('Second', first.headers.etag ?? '')).status).toBe(200);
    const headers = { 'if-match': looked.headers.etag ?? '' };
    expect((await ask(`/api/v1/devices/${ONE}`, { method: 'DELETE', headers })).status).toBe(412);
    expect((await ask(`/api/v1/devices/${NEXT}`, { method: 'PUT', headers, body: {} })).status).not.toBe(201);
  });

  test.each([
    ['made weak, as an answer that was compressed', 'W/"TAG"'],
    ['with the coding in it, as by Apache 2.4', '"TAG-gzip"'],
    ['with the coding of a newer proxy', 'W/"TAG-zstd"'],
    ['beside another', '"other", "TAG"'],
  ])('a tag %s is the same one', async (_, form) => {
    const { ask } = twoTanks();
    const { revision } = (await ask(`/api/v1/devices/${ONE}`)).json;
    const put = (tag: string) =>
      ask(`/api/v1/devices/${ONE}`, {
        method: 'PUT',
        headers: { 'if-match': form.replace('TAG', tag) },
        body: { name: 'Renamed', devAddr: '01020304' },
      });
    expect((await put('another')).status).toBe(412);
    expect((await put(String(revision))).status).toBe(200);
  });

  test('a key that was changed is a change, and a reading is none', async () => {
    const { ask, site, devices } = twoTanks();
    const revision = async () => (await ask(`/api/v1/devices/${ONE}`)).json.revision;
    const before = await revision();
    site.hear(ONE, { temperature_1: 4 });
    expect(await revision()).toBe(before);
    devices.put({
      devEui: ONE,
      name: 'Tank 1',
      codec: 'raw',
      origin: 'api',
      abp: { ...abp, appSKey: 'ee'.repeat(16) },
    });
    expect(await revision()).not.toBe(before);
  });
});

describe('several devices at once', () => {
  test('are shown as they would be, then changed so; what is another’s or another by now is left alone', async () => {
    const { ask, devices } = twoTanks();
    devices.put({ devEui: NEXT, name: 'Theirs', codec: 'raw', origin: 'chirpstack' });
    const [one, two] = await Promise.all(
      [ONE, TWO].map(async (devEui) => ({
        devEui,
        revision: (await ask(`/api/v1/devices/${devEui}`)).json.revision,
      })),
    );
    const body = {
      devices: [one, two, { devEui: NEXT }, { devEui: 'ff'.repeat(8) }],
      area: 'Yard',
      profile: 'level',
    };
    const dry = await ask('/api/v1/devices/change?dryRun=true', { method: 'POST', body });
    expect(dry).toMatchObject({
      status: 200,
      json: {
        dryRun: true,
        changed: [
          { devEui: ONE, from: { area: null, profile: null }, to: { area: 'Yard', profile: 'level' } },
          { devEui: TWO, from: { profile: null }, to: { profile: 'level' } },
        ],
        skipped: [
          { devEui: NEXT, why: 'chirpstack' },
          { devEui: 'ff'.repeat(8), why: 'unknown' },
        ],
      },
    });
    expect(dry.json.changed[1].to).not.toHaveProperty('area');
    expect(devices.get(ONE)?.area).toBeUndefined();
    devices.put({ devEui: TWO, name: 'Tank 2b', codec: 'raw', origin: 'api', abp, area: 'Yard' });
    const done = await ask('/api/v1/devices/change', { method: 'POST', body });
    expect(done.json.skipped).toContainEqual({ devEui: TWO, name: 'Tank 2b', why: 'changed' });
    expect(devices.get(ONE)).toMatchObject({ area: 'Yard', profile: 'level', abp });
    expect(devices.get(TWO)?.profile).toBeUndefined();
    // Where it is may be said of any.
    const where = { devices: [{ devEui: NEXT }], area: 'Roof' };
    await ask('/api/v1/devices/change', { method: 'POST', body: where });
    expect(devices.get(NEXT)).toMatchObject({ area: 'Roof', origin: 'chirpstack' });
  });

  test('are removed, but for those the config file declares', async () => {
    const { ask, devices } = twoTanks();
    devices.put({ devEui: NEXT, name: 'Declared', codec: 'raw', origin: 'config', abp });
    const body = { devices: [ONE, NEXT].map((devEui) => ({ devEui })), remove: true };
    await ask('/api/v1/devices/change?dryRun=true', { method: 'POST', body });
    expect(devices.list()).toHaveLength(3);
    expect(await ask('/api/v1/devices/change', { method: 'POST', body })).toMatchObject({
      json: { removed: [{ devEui: ONE }], skipped: [{ devEui: NEXT, why: 'config' }] },
    });
    expect(devices.list().map(({ devEui }) => devEui)).toEqual([TWO, NEXT]);
  });

  test('nothing to set, both at once, too many, names that there are not: refused', async () => {
    const { ask } = twoTanks();
    const devices = [{ devEui: ONE }];
    for (const body of [
      { devices },
      { devices, remove: true, area: 'Yard' },
      { devices: [], area: 'Yard' },
      { devices: Array.from({ length: 1_001 }, () => ({ devEui: ONE })), area: 'Yard' },
      { devices, profile: 'no such' },
      { devices, codec: 'no such' },
    ])
      expect((await ask('/api/v1/devices/change', { method: 'POST', body })).status).toBe(422);
  });
});

describe('a device in the place of another', () => {
  const joins = { devEui: NEXT, joinEui: '00'.repeat(8), appKey: 'ab'.repeat(16) };

  test('has its name, area, profile and notes, and its past; the log says so', async () => {
    const { ask, site, devices } = twoTanks();
    devices.put({
      ...{
        devEui: ONE,
        name: 'Tank 1',
        codec: 'raw',
        origin: 'api',
        abp,
        profile: 'level',
        area: 'Yard',
        notes: 'n',
      },
      ...{ link: { adr: false }, formerly: [TWO] },
    });
    const done = await ask(`/api/v1/devices/${ONE}/replace`, { method: 'POST', body: joins });
    expect(done).toMatchObject({
      status: 201,
      headers: { location: `/api/v1/devices/${NEXT}` },
      json: {
        name: 'Tank 1',
        profile: 'level',
        area: 'Yard',
        notes: 'n',
        formerly: [ONE, TWO],
        activation: 'otaa',
      },
    });
    expect(devices.get(ONE)).toBeUndefined();
    expect(devices.get(NEXT)).not.toHaveProperty('abp');
    const [record] = site.deps.store.log.ofDevice(NEXT, Number.MAX_SAFE_INTEGER, 1);
    expect(JSON.parse(record?.body ?? '')).toEqual({ event: 'device_replaced', name: 'Tank 1', former: ONE });
  });

  test('is refused where it is known already, where the old one is another’s, and where keys are missing', async () => {
    const { ask, devices } = twoTanks();
    const replace = (devEui: string, body: object) =>
      ask(`/api/v1/devices/${devEui}/replace`, { method: 'POST', body });
    expect((await replace(ONE, { ...joins, devEui: TWO })).status).toBe(409);
    expect((await replace('ff'.repeat(8), joins)).status).toBe(404);
    const { appKey: _, ...without } = joins;
    expect((await replace(ONE, without)).status).toBe(422);
    devices.put({ devEui: TWO, name: 'Declared', codec: 'raw', origin: 'config', abp });
    expect((await replace(TWO, joins)).status).toBe(409);
    expect(devices.get(ONE)?.name).toBe('Tank 1');
    // One whose identity was captured before.
    devices.put({
      devEui: NEXT,
      name: NEXT,
      codec: 'raw',
      origin: 'api',
      keyless: { joinEui: '00'.repeat(8) },
    });
    expect((await replace(ONE, joins)).status).toBe(201);
  });

  test('its chart goes on from theirs, and the bucket between counts both', () => {
    const point = (startMs: number, value: number, count = 1) => ({
      ...{ startMs, count, min: value, max: value, mean: value, first: value, firstMs: startMs },
      ...{ last: value, lastMs: startMs },
    });
    const history = { source: 'readings', fromMs: 0, bucketMs: 10, behind: 0 } as const;
    const own = { ...history, series: [{ field: 'level', points: [point(20, 6), point(30, 7)] }] };
    const former = {
      ...{ ...history, source: 'hours' as const, behind: 1 },
      series: [
        { field: 'level', points: [point(10, 1), point(20, 3, 2)] },
        { field: 'door', points: [point(10, 1)] },
      ],
    };
    const joined = joinHistories(own, [former]);
    expect(joined).toMatchObject({ source: 'hours', behind: 1 });
    expect(joined.series.map(({ field }) => field)).toEqual(['door', 'level']);
    expect(
      joined.series[1]?.points.map(({ startMs, count, min, mean }) => [startMs, count, min, mean]),
    ).toEqual([
      [10, 1, 1, 1],
      [20, 3, 3, 4],
      [30, 1, 7, 7],
    ]);
  });
});
