/** The API's devices and readings: declared, paged, mistakes named, and keys never come out. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from '../../src/ui/shapes/position.ts';
import { makeApi } from '../support/api.ts';
import { furnish, KEYS } from '../support/ui-site.ts';

const EUI = '70b3d57ed0000000';
const newDevice = { devEui: EUI.toUpperCase(), name: 'Tank 1', devAddr: '01020304', ...KEYS };

describe('devices', () => {
  test('a device is declared, seen, changed without its keys, and forgotten', async () => {
    const { ask, site } = makeApi();
    const created = await ask('/api/v1/devices', { method: 'POST', body: newDevice });
    expect(created.status).toBe(201);
    expect(created.headers.location).toBe(`/api/v1/devices/${EUI}`);
    const changed = await ask(`/api/v1/devices/${EUI}`, {
      method: 'PUT',
      body: { name: 'Tank, "north"\n1', codec: 'raw', devAddr: '0A0B0C0D' },
    });
    expect(changed.status).toBe(200);
    expect(changed.json).toMatchObject({ name: 'Tank, "north" 1', devAddr: '0a0b0c0d', last: null });
    expect(site.deps.store.devices.get(EUI)?.abp).toEqual({ devAddr: '0a0b0c0d', ...KEYS });
    expect((await ask(`/api/v1/devices/${EUI}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(`/api/v1/devices/${EUI}`)).status).toBe(404);
  });

  test('a device may be kept without its key, until that comes; it is not let in, and nothing of it is lost', async () => {
    const { ask, site } = makeApi();
    const joinEui = '70b3d57ed0ffffff';
    const put = (body: object) =>
      ask(`/api/v1/devices/${EUI}`, { method: 'PUT', body: { name: 'Tank', joinEui, ...body } });
    expect((await put({})).status).toBe(422);
    const link = { region: 'EU868' };
    expect(await put({ keyMissing: true, link })).toMatchObject({
      status: 201,
      json: { joinEui, keyMissing: true },
    });
    expect(site.deps.store.devices.get(EUI)).toMatchObject({ keyless: { joinEui } });
    expect((await ask(`/api/v1/devices/${EUI}/silence`)).json).toMatchObject({ cause: 'no_key' });
    const appKey = 'ef'.repeat(16);
    const complete = await put({ appKey });
    expect(complete).toMatchObject({ status: 200, json: { joinEui, activation: 'otaa', link } });
    expect(complete.json).not.toHaveProperty('keyMissing');
    expect(site.deps.store.devices.get(EUI)).toMatchObject({ otaa: { joinEui, appKey } });
    // A key that is known is not lost by saying that it is missing.
    await put({ keyMissing: true });
    expect(site.deps.store.devices.get(EUI)).toMatchObject({ otaa: { joinEui, appKey } });
  });

  test('a device declared twice, or by the config file, is a conflict that says why', async () => {
    const { ask, site } = makeApi();
    await ask('/api/v1/devices', { method: 'POST', body: newDevice });
    expect((await ask('/api/v1/devices', { method: 'POST', body: newDevice })).status).toBe(409);
    const abp = { devAddr: '01020304', ...KEYS };
    site.deps.store.devices.put({ devEui: EUI, name: 'Tank', codec: 'raw', origin: 'config', abp });
    const body = { name: 'Mine', devAddr: '01020304' };
    const put = await ask(`/api/v1/devices/${EUI}`, { method: 'PUT', body });
    expect(put).toMatchObject({
      status: 409,
      json: { type: 'urn:webscada-edge:problem:device-owned-elsewhere' },
    });
    expect(put.json.detail).toContain('config file');
    expect((await ask(`/api/v1/devices/${EUI}`, { method: 'DELETE' })).status).toBe(409);
    expect(site.deps.store.devices.get(EUI)?.name).toBe('Tank');
  });

  test("I9: a device of ChirpStack's can be named here, and nothing else of it changed", async () => {
    const { ask, site } = makeApi();
    const { devices } = site.deps.store;
    devices.put({ devEui: EUI, name: 'Theirs', codec: 'raw', origin: 'chirpstack' });
    const put = (body: object) => ask(`/api/v1/devices/${EUI}`, { method: 'PUT', body });
    // The name it has is no wish to keep it.
    expect((await put({ name: 'Theirs' })).status).toBe(200);
    expect(devices.get(EUI)?.namedHere).toBeUndefined();
    expect(await put({ name: 'Mine', codec: 'raw' })).toMatchObject({
      status: 200,
      json: { name: 'Mine', codec: 'raw', origin: 'chirpstack' },
    });
    expect(devices.get(EUI)).toMatchObject({ name: 'Mine', namedHere: true, origin: 'chirpstack' });
    for (const more of [{ codec: 'cayenne' }, { devAddr: '01020304', ...KEYS }, { link: { adr: true } }]) {
      const { status, json } = await put({ name: 'Other', ...more });
      expect([status, json.detail]).toEqual([409, expect.stringContaining('only its name')]);
    }
    expect((await put({ name: '' })).status).toBe(422);
    expect(devices.get(EUI)?.name).toBe('Mine');
  });

  test('each mistake in a body is named by its place', async () => {
    const { ask } = makeApi();
    const body = { devEui: '12', name: '', devAddr: 'xyz', ...KEYS, colour: 'red' };
    const { status, json } = await ask('/api/v1/devices', { method: 'POST', body });
    expect(status).toBe(422);
    expect(json.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '',
      '/devAddr',
      '/devEui',
      '/name',
    ]);
  });

  test('a new device without keys, or with an unknown codec, is refused', async () => {
    const { ask } = makeApi();
    const { nwkSKey: _, ...keyless } = newDevice;
    const without = await ask('/api/v1/devices', { method: 'POST', body: keyless });
    expect(without).toMatchObject({ status: 422, json: { errors: [{ pointer: '/nwkSKey' }] } });
    const odd = await ask('/api/v1/devices', { method: 'POST', body: { ...newDevice, codec: 'morse' } });
    expect(odd).toMatchObject({ status: 422, json: { errors: [{ pointer: '/codec' }] } });
  });

  test('a body that is no JSON, or not said to be, is refused', async () => {
    const { ask } = makeApi();
    expect((await ask('/api/v1/devices', { method: 'POST', body: '{"name"' })).status).toBe(400);
    const headers = { 'content-type': 'text/plain' };
    expect((await ask('/api/v1/devices', { method: 'POST', headers, body: newDevice })).status).toBe(415);
  });

  test('keys never come out, whatever is asked', async () => {
    const { ask, site, world } = makeApi();
    furnish(site, 7);
    const urls = [
      '/api/v1/devices?recent=5',
      '/api/v1/devices/70b3d57ed0000001',
      '/api/v1/readings',
      '/api/v1/status',
    ];
    const answers = await Promise.all(urls.map((url) => ask(url)));
    answers.push(
      await ask('/api/v1/devices', { method: 'POST', body: { ...newDevice, devEui: 'ff'.repeat(8) } }),
    );
    answers.push(
      await ask('/api/v1/devices', { method: 'POST', body: { ...newDevice, nwkSKey: `${KEYS.nwkSKey}00` } }),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 201, 422]);
    const told = JSON.stringify([answers.map(({ text }) => text), world.logged]);
    expect(told).not.toContain(KEYS.nwkSKey);
    expect(told).not.toContain(KEYS.appSKey);
    expect(told).not.toContain('SKey":"');
  });

  test('a device shows its last reading, its age, its usual interval and as much history as asked for', async () => {
    const { ask, site, world } = makeApi();
    await ask('/api/v1/devices', { method: 'POST', body: newDevice });
    for (const value of [1, 2, 3, 4]) {
      site.hear(EUI, { temperature_1: value });
      world.advance(60_000);
    }
    const { json } = await ask(`/api/v1/devices/${EUI}?recent=2`);
    expect(json).toMatchObject({
      ageSeconds: 60,
      usualIntervalSeconds: 60,
      last: { id: '1-4', fields: { temperature_1: 4 } },
    });
    expect(json.recent.map((item: { fields: unknown }) => item.fields)).toEqual([
      { temperature_1: 4 },
      { temperature_1: 3 },
    ]);
  });

  test('P4: a device is shown as its profile wants: fields, limits, interval, and the codec that decodes', async () => {
    const { ask, site } = makeApi();
    const fields = { level: { name: 'Level', unit: 'cm', digits: 1, low: 5, high: 90 } };
    const profile = { codec: 'cayenne', expectedIntervalMs: 900_000, fields };
    expect((await ask('/api/v1/profiles/tank', { method: 'PUT', body: profile })).status).toBe(201);
    const body = { ...newDevice, codec: 'raw', profile: 'tank' };
    const { json } = await ask('/api/v1/devices', { method: 'POST', body });
    expect(json).toMatchObject({ codec: 'raw', decoder: 'cayenne', expectedIntervalSeconds: 900, fields });
    const own = { devAddr: '01020304', name: 'Tank', codec: 'cayenne' };
    const changed = await ask(`/api/v1/devices/${EUI}`, { method: 'PUT', body: own });
    expect(changed.json.decoder).toBe('cayenne');
    expect(changed.json).not.toHaveProperty('expectedIntervalSeconds');
    expect(site.deps.store.profiles.get('tank')?.fields).toEqual(fields);
    const crossed = { ...profile, fields: { level: { low: 5, high: 5 } } };
    const refused = await ask('/api/v1/profiles/tank', { method: 'PUT', body: crossed });
    expect(refused).toMatchObject({ status: 422, json: { errors: [{ pointer: '/fields/level/high' }] } });
  });

  test('I1: a table with a member called __proto__ is refused, which would be left out without a word', async () => {
    const { ask } = makeApi();
    for (const name of ['__proto__', '\\u005f_proto\\u005f_']) {
      const body = `{"codec":"raw","variables":{"${name}":"1","constructor":"2","toString":"3"}}`;
      const answer = await ask('/api/v1/profiles/tank', { method: 'PUT', body });
      expect(answer).toMatchObject({
        status: 422,
        json: { errors: [{ detail: 'nothing in it may be called __proto__' }] },
      });
    }
    const body = '{"codec":"raw","variables":{"constructor":"__proto__","toString":"\\u005f"}}';
    expect(await ask('/api/v1/profiles/tank', { method: 'PUT', body })).toMatchObject({
      status: 201,
      json: { variables: { constructor: '__proto__', toString: '_' } },
    });
  });

  test('I1: a name is one line, without what turns or hides the text around it', async () => {
    const { ask } = makeApi();
    const body = { ...newDevice, name: ' a\u202e\u0000\n\u001b[31mb\t' };
    const { status, json } = await ask('/api/v1/devices', { method: 'POST', body });
    expect([status, json.name]).toEqual([201, 'a [31mb']);
    const none = await ask(`/api/v1/devices/${EUI}`, { method: 'PUT', body: { name: '\u0000\u202e' } });
    expect(none.status).toBe(422);
  });

  test('P7: the state tells the time zone of the site', async () => {
    const { ask, site } = makeApi();
    site.status.timeZone = 'Europe/Berlin';
    expect((await ask('/api/v1/status')).json.timeZone).toBe('Europe/Berlin');
  });

  test('the list is paged by DevEUI', async () => {
    const { ask, site } = makeApi();
    const ids = furnish(site, 7);
    const first = await ask('/api/v1/devices?limit=5');
    const second = await ask(`/api/v1/devices?limit=5&cursor=${first.json.nextCursor}`);
    const seen = [...first.json.items, ...second.json.items].map(({ devEui }) => devEui);
    expect(seen).toEqual(ids);
    expect(second.json).not.toHaveProperty('nextCursor');
  });
});

describe('readings', () => {
  test('any page size walks all readings, newest first, each once, past records of other kinds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        async (kinds, limit) => {
          const { ask, site } = makeApi();
          const seqs = kinds.map((reading) => ({
            reading,
            seq: reading ? site.hear(EUI, {}) : site.note('started'),
          }));
          const wanted = seqs.filter(({ reading }) => reading).map(({ seq }) => seq);
          const got: number[] = [];
          let url: string | undefined = `/api/v1/readings?limit=${limit}`;
          while (url !== undefined) {
            const { json } = await ask(url);
            got.push(...json.items.map(({ seq }: { seq: number }) => seq));
            url =
              json.nextCursor === undefined
                ? undefined
                : `/api/v1/readings?limit=${limit}&cursor=${json.nextCursor}`;
          }
          expect(got).toEqual(wanted.toReversed());
        },
      ),
      { numRuns: 60 },
    );
  });

  test('readings can be those of one device', async () => {
    const { ask, site } = makeApi();
    furnish(site, 3);
    const { json } = await ask('/api/v1/readings?device=70B3D57ED0000001&limit=1000');
    expect(json.items).toHaveLength(30);
    expect(new Set(json.items.map(({ device }: { device: string }) => device))).toEqual(
      new Set(['70b3d57ed0000001']),
    );
  });

  test.each(['limit=0', 'limit=1001', 'limit=many', 'limit=', 'cursor=MTox', 'cursor=%00', 'device=tank'])(
    'the query %s is refused, naming the parameter',
    async (search) => {
      const { ask } = makeApi();
      const { status, json } = await ask(`/api/v1/readings?${search}`);
      expect(status).toBe(400);
      expect(json.errors[0].parameter).toBe(search.split('=')[0]);
    },
  );

  test('a cursor of an earlier store is refused with advice', async () => {
    const { ask, site } = makeApi();
    furnish(site, 2);
    const { json } = await ask('/api/v1/readings?limit=3');
    site.setEpoch(2);
    const later = await ask(`/api/v1/readings?cursor=${json.nextCursor}`);
    expect(later).toMatchObject({
      status: 400,
      json: { errors: [{ detail: expect.stringContaining('earlier store') }] },
    });
  });

  test('a cursor holds what was put in, and nothing else is taken for one', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const clean = Buffer.from(text).toString('utf8');
        expect(decodeCursor(encodeCursor(clean))).toBe(clean);
        const odd = decodeCursor(text);
        expect(odd === undefined || encodeCursor(odd) === text).toBe(true);
      }),
    );
  });
});
