/** The API asked without a socket: conventions, errors, who may ask, and what it says of itself. */
import { describe, expect, test } from 'vitest';
import { makeApi } from '../support/api.ts';
import { furnish, KEYS } from '../support/ui-site.ts';

const EUI = '70b3d57ed0000000';
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

  test('behind a proxy that asks by a Host header of its own, the refusal names both and what to do', async () => {
    const { ask } = makeApi();
    const headers = {
      host: '127.0.0.1:8080',
      origin: 'https://box.example',
      'sec-fetch-site': 'same-origin',
    };
    const answer = await ask('/api/v1/devices', { method: 'POST', headers, body: newDevice });
    expect(answer).toMatchObject({
      status: 403,
      json: {
        type: 'urn:webscada-edge:problem:cross-origin',
        detail: expect.stringContaining('let the proxy hand on the Host header'),
        values: { origin: 'https://box.example', host: '127.0.0.1:8080' },
      },
    });
  });

  test('a change from our own page is taken', async () => {
    const { ask } = makeApi();
    const headers = { origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' };
    expect((await ask('/api/v1/devices', { method: 'POST', headers, body: newDevice })).status).toBe(201);
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
      ...{ state: 'down', takesReadings: false },
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
      site.status.store = { ...site.status.store, state, detail, hint: 'Make room.', takesReadings: false };
      expect(await ask('/readyz')).toMatchObject({
        status: 503,
        json: { detail: `${detail} Make room.`, errors: [{ detail: `store: ${detail}` }] },
      });
      // A disk that is nearly full, or forgets, is told and takes them.
      site.status.store = { ...site.status.store, state: 'degraded', takesReadings: true };
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

  test('no list takes a cursor that it did not give out', async () => {
    const { ask } = makeApi();
    const { paths } = (await ask('/api/v1/openapi.json')).json;
    const lists = Object.keys(paths).filter((path) =>
      paths[path].get?.parameters?.some(({ name }: { name: string }) => name === 'cursor'),
    );
    expect(lists.length).toBeGreaterThan(6);
    const taken: string[] = [];
    for (const path of lists) {
      const { status, json } = await ask(`${path}?cursor=nonsense`);
      // Alarms are not watched here: test/ui/ui-alarms-api.test.ts has theirs.
      if (status === 503 && path.includes('/alarms')) continue;
      if (status !== 400 || json.errors?.[0]?.parameter !== 'cursor') taken.push(`${path}: ${status}`);
    }
    expect(taken).toEqual([]);
  });
});
