/** The API asked without a socket: conventions, cursors, errors, who may ask, and that keys never come out. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/ui/routes/app.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { decodeCursor, encodeCursor } from '../../src/ui/shapes/position.ts';
import { createUiSite, furnish, KEYS } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

const EUI = '70b3d57ed0000000';

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const PEER = {
  address: '127.0.0.1',
  tls: false,
  isSending: () => false,
  isGone: () => false,
  onEnd: (listener: () => void) => listener(),
  cut: () => {},
};

function makeApi(more: Partial<Services> = {}) {
  const world = createTestWorld();
  const site = createUiSite(world);
  const { app } = createApp({ ...site.deps, names: ['box.example'], ...more });
  async function ask(url: string, { method = 'GET', headers = {}, body }: Ask = {}) {
    const init = {
      method,
      headers: {
        host: 'localhost:8080',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    };
    const answer = await app.request(url, init, { peer: PEER });
    const text = await answer.text();
    const json = text === '' ? undefined : JSON.parse(text);
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text, json };
  }
  return { world, site, ask };
}

const newDevice = { devEui: EUI.toUpperCase(), name: 'Tank 1', devAddr: '01020304', ...KEYS };

describe('conventions of the API', () => {
  test('I1: half a character in a body is U+FFFD, in names and texts', async () => {
    const { ask, site } = makeApi();
    const body = JSON.stringify({ ...newDevice, name: 'Tank \ud800' });
    expect(body).toContain('\\ud800');
    expect((await ask('/api/v1/devices', { method: 'POST', body })).status).toBe(201);
    expect(site.deps.store.devices.list().map(({ name }) => name)).toContain('Tank \ufffd');
  });

  test('times are ISO 8601 in UTC and nothing is cached', async () => {
    const { ask } = makeApi();
    const { status, headers, json } = await ask('/api/v1/status');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(json).toMatchObject({
      now: '2026-01-01T00:00:00.000Z',
      store: { since: '2026-01-01T00:00:00.000Z' },
    });
  });

  test('an unknown path of the API is a problem document', async () => {
    const { ask } = makeApi();
    const { status, headers, json } = await ask('/api/v1/nothing');
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toMatchObject({ type: 'urn:webscada-edge:problem:not-found', status: 404 });
  });

  test('a known path with another method says which are allowed', async () => {
    const { ask } = makeApi();
    const { status, headers } = await ask('/api/v1/devices', { method: 'PATCH' });
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, POST, HEAD');
  });

  test('a handler that throws gives a problem without the reason, which is logged', async () => {
    const { ask, world } = makeApi({
      gateways: () => {
        throw new Error('inside story');
      },
    });
    const { status, text } = await ask('/api/v1/gateways');
    expect(status).toBe(500);
    expect(text).not.toContain('inside story');
    expect(world.logged).toMatchObject([{ level: 'error', event: 'http.request_failed' }]);
  });

  test('HEAD is answered like GET', async () => {
    const { ask } = makeApi();
    expect((await ask('/api/v1/status', { method: 'HEAD' })).status).toBe(200);
  });
});

describe('old names', () => {
  test('/strangers gives what /unknown-devices gives, and the document says that it goes', async () => {
    const { ask, site } = makeApi();
    furnish(site, 1);
    const [now, before] = [await ask('/api/v1/unknown-devices'), await ask('/api/v1/strangers')];
    expect(now.json.items.length).toBe(2);
    expect(before.json).toEqual(now.json);
    const { paths } = (await ask('/api/v1/openapi.json')).json;
    expect(paths['/api/v1/strangers'].get.deprecated).toBe(true);
    expect(paths['/api/v1/unknown-devices'].get.deprecated).toBeUndefined();
  });
});

describe('bodies', () => {
  test.each(['[', '{"a":'])('S7: %s half a million times is refused before it is parsed', async (piece) => {
    const { ask, world } = makeApi();
    const body = `{"source":"","object":${piece.repeat(1_000_000 / piece.length)}`;
    const { status, json } = await ask('/api/v1/codecs/test', { method: 'POST', body });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      type: 'urn:webscada-edge:problem:malformed-json',
      detail: 'Arrays and objects may be 64 deep.',
    });
    expect(world.logged).toEqual([]);
  });

  test('brackets within text are no depth, and malformed JSON is no fault of ours', async () => {
    const { ask, world } = makeApi();
    const put = (body: string) => ask('/api/v1/codecs/x', { method: 'PUT', body });
    expect((await put(JSON.stringify({ source: `"${'['.repeat(100)}\\"` }))).status).toBe(404);
    expect((await put('{"source":')).json.type).toBe('urn:webscada-edge:problem:malformed-json');
    expect(world.logged).toEqual([]);
  });

  test('a body of another media type is refused, with parameters it is taken', async () => {
    const { ask } = makeApi();
    const post = (type: string) =>
      ask('/api/v1/devices', { method: 'POST', body: newDevice, headers: { 'content-type': type } });
    expect((await post('text/plain')).status).toBe(415);
    expect((await post('application/jsonx')).status).toBe(415);
    expect((await post('Application/JSON; charset=utf-8')).status).toBe(201);
  });
});

describe('who may ask', () => {
  test.each(['localhost', '127.0.0.1:8080', '[::1]:8080', '10.1.2.3', 'box.example:8080', 'BOX.example'])(
    'host %s is ours',
    async (host) => {
      const { ask } = makeApi();
      expect((await ask('/api/v1/status', { headers: { host } })).status).toBe(200);
    },
  );

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '', 'box.example.evil'])(
    'host "%s" is refused',
    async (host) => {
      const { ask } = makeApi();
      expect((await ask('/api/v1/status', { headers: { host } })).status).toBe(421);
    },
  );

  test.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://localhost:8080' },
  ])('a change asked for with %o is refused', async (headers) => {
    const { ask, site } = makeApi();
    const answer = await ask('/api/v1/devices', { method: 'POST', headers, body: newDevice });
    expect(answer.status).toBe(403);
    expect(site.deps.store.devices.list()).toEqual([]);
  });

  test('a change from our own page is taken', async () => {
    const { ask } = makeApi();
    const headers = { origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' };
    expect((await ask('/api/v1/devices', { method: 'POST', headers, body: newDevice })).status).toBe(201);
  });
});

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
    expect(changed.json).toMatchObject({ name: 'Tank, "north"\n1', devAddr: '0a0b0c0d', last: null });
    expect(site.deps.store.devices.get(EUI)?.abp).toEqual({ devAddr: '0a0b0c0d', ...KEYS });
    expect((await ask(`/api/v1/devices/${EUI}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(`/api/v1/devices/${EUI}`)).status).toBe(404);
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

describe('health and description', () => {
  test('the box is ready while its store writes, whatever else is away', async () => {
    const { ask, site } = makeApi();
    const down = { state: 'down', detail: 'Refused.', sinceMs: 0 } as const;
    Object.assign(site.status, {
      broker: { ...site.status.broker, ...down },
      influx: { ...site.status.influx, ...down },
      centre: { ...site.status.centre, ...down },
    });
    expect((await ask('/readyz')).status).toBe(200);
    site.status.store = {
      ...site.status.store,
      state: 'down',
      detail: 'The disk is full.',
      hint: 'Make room.',
    };
    const { status, json } = await ask('/readyz');
    expect(status).toBe(503);
    expect(json.detail).toBe('The disk is full. Make room.');
    expect((await ask('/healthz')).json).toEqual({ alive: true, version: site.status.version });
  });

  test.each(['degraded', 'down'] as const)(
    'the box is not ready while its store is %s, as readings cannot be stored (O6)',
    async (state) => {
      const { ask, site } = makeApi();
      const detail = 'readings cannot be stored: the disk is full';
      site.status.store = { ...site.status.store, state, detail, hint: 'Make room.' };
      expect(await ask('/readyz')).toMatchObject({
        status: 503,
        json: { detail: `${detail} Make room.`, errors: [{ detail: `store: ${detail}` }] },
      });
      site.status.store = { ...site.status.store, state: 'ok', detail: 'the log takes readings' };
      expect((await ask('/readyz')).status).toBe(200);
    },
  );

  test('the OpenAPI document has every operation, and every reference in it leads somewhere', async () => {
    const { ask } = makeApi();
    const { text, json } = await ask('/api/v1/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    expect(Object.keys(json.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/status',
        '/api/v1/devices/{devEui}',
        '/api/v1/events',
        '/readyz',
        '/metrics',
      ]),
    );
    expect(json.paths['/api/v1/readings'].get.parameters).toMatchObject([
      { name: 'limit', in: 'query', schema: { minimum: 1, maximum: 1000, default: 100 } },
      { name: 'cursor' },
      { name: 'device' },
    ]);
    expect(json.paths['/api/v1/readings'].get.parameters[0]).not.toHaveProperty('required', true);
    expect(
      json.paths['/api/v1/devices'].post.requestBody.content['application/json'].schema.properties.nwkSKey
        .writeOnly,
    ).toBe(true);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      (match) => match[1],
    );
    expect(references).toContain('Device');
    for (const name of references) expect(json.components.schemas).toHaveProperty(String(name));
    expect(text).not.toContain('#/$defs');
  });
});
