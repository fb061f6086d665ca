/** Codecs and device files over the API: what is refused and in which words, who gets keys, and that no answer repeats one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXPORT_FORMATS } from '../../src/model/onboarding.ts';
import { SCOPES } from '../../src/ui/access/access-rule.ts';
import { type AccessBox, type Ask, createAccessBox } from '../support/access-box.ts';
import { createFleet } from '../support/fleet.ts';
import { germanSaid } from '../support/german.ts';
import { temporaryFolder } from '../support/process.ts';

const GOOD = 'function decodeUplink({ bytes, fPort }) { return { data: { level: bytes[0], port: fPort } }; }';
const ENCODER = 'function encodeDownlink({ data }) { return { bytes: [data.minutes, 0xff], fPort: 9 }; }';
const fleet = createFleet(3);

const folder = temporaryFolder();
let box: AccessBox;
let cookie: string;
beforeAll(async () => {
  box = await createAccessBox({ dir: folder.path });
  cookie = await box.claim();
});
afterAll(async () => {
  await box.stop();
  folder.remove();
});

const ask = (path: string, more: Ask = {}) => box.ask(`/api/v1${path}`, { cookie, ...more });
const put = (name: string, source: string) => ask(`/codecs/${name}`, { method: 'PUT', body: { source } });
const tryOut = (body: object) => ask('/codecs/test', { method: 'POST', body });
const importFile = (text: string, search = '') => ask('/devices/import', { method: 'POST', text, search });

describe('codecs', () => {
  test('a script is added, shown, replaced and removed', async () => {
    expect(await put('acme level', GOOD)).toMatchObject({
      status: 201,
      json: { kind: 'script', devices: 0 },
    });
    expect((await put('acme level', `${GOOD}\n`)).status).toBe(200);
    const { json: list } = await ask('/codecs');
    expect(list.items.map(({ name }: { name: string }) => name)).toEqual(['raw', 'cayenne', 'acme level']);
    expect(list.items[2].source).toBeUndefined();
    expect((await ask('/codecs/acme level')).json.source).toBe(`${GOOD}\n`);
    expect((await ask('/codecs/acme level', { method: 'DELETE' })).status).toBe(204);
    expect((await ask('/codecs/acme level')).status).toBe(404);
  });

  test('a mistake is told with its line, and what was there stays', async () => {
    await put('steady', GOOD);
    const { status, headers, json } = await put('steady', 'function decodeUplink(input) {\n  return {;\n}');
    expect(status).toBe(422);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json.errors).toEqual([
      expect.objectContaining({
        pointer: '/source',
        code: 'sentence',
        detail: expect.stringMatching(/^SyntaxError: .*\(line 2\)$/),
      }),
    ]);
    expect((await ask('/codecs/steady')).json.source).toBe(GOOD);
  });

  test('names, sizes and built-in ones are refused in words', async () => {
    expect(await put('-x', GOOD)).toMatchObject({
      status: 422,
      json: { type: expect.stringMatching(/codec-name$/) },
    });
    expect(await put('big', ' '.repeat(262_145))).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/source' }] },
    });
    expect((await put('raw', GOOD)).status).toBe(409);
    expect((await ask('/codecs/cayenne', { method: 'DELETE' })).status).toBe(409);
    expect((await ask('/codecs/none', { method: 'DELETE' })).status).toBe(404);
  });

  test('one that devices name is not removed, and they are named', async () => {
    await put('busy', GOOD);
    const [device] = fleet;
    const { devEui, devAddr, nwkSKey, appSKey } = device ?? {};
    await ask('/devices', {
      method: 'POST',
      body: { devEui, name: 'Tank', codec: 'busy', devAddr, nwkSKey, appSKey },
    });
    const { status, json } = await ask('/codecs/busy', { method: 'DELETE' });
    expect(status).toBe(409);
    expect(json.errors).toEqual([{ detail: `${devEui} Tank` }]);
    expect((await ask('/codecs/busy')).json.devices).toBe(1);
    await ask(`/devices/${devEui}`, { method: 'DELETE' });
    expect((await ask('/codecs/busy', { method: 'DELETE' })).status).toBe(204);
  });

  test('sample bytes are decoded with a script that is not there yet, or with one by name', async () => {
    await put('there', GOOD);
    const fields = { level: 7, port: 2 };
    expect((await tryOut({ source: GOOD, fPort: 2, bytes: '07' })).json).toEqual({ fields, warnings: [] });
    expect(
      (await tryOut({ name: 'there', fPort: 2, bytes: 'Bw==', encoding: 'base64' })).json.fields,
    ).toEqual(fields);
    expect((await tryOut({ name: 'cayenne', fPort: 1, bytes: '0367 0110' })).json.fields).toEqual({
      temperature_3: 27.2,
    });
    expect((await tryOut({ source: ENCODER, object: { minutes: 5 } })).json).toEqual({
      hex: '05ff',
      base64: 'Bf8=',
      fPort: 9,
      warnings: [],
    });
    expect((await tryOut({ source: 'decodeUplink = 1 +', fPort: 1, bytes: '' })).json.problem).toMatch(
      /^SyntaxError/,
    );
    expect((await tryOut({ source: 'while (true);', fPort: 1, bytes: '' })).json.problem).toContain(
      'more than 100 ms',
    );
    expect((await tryOut({ name: 'none', fPort: 1, bytes: '' })).status).toBe(404);
  });

  test.each([
    [{ fPort: 1, bytes: '00' }, '/source'],
    [{ name: 'raw', source: GOOD, fPort: 1, bytes: '00' }, '/source'],
    [{ name: 'raw', fPort: 1 }, '/bytes'],
    [{ name: 'raw', fPort: 1, bytes: '0' }, '/bytes'],
    [{ name: 'raw', fPort: 1, bytes: '00'.repeat(243) }, '/bytes'],
    [{ name: 'raw', bytes: '00' }, '/fPort'],
    [{ name: 'raw', fPort: 224, bytes: '00' }, '/fPort'],
  ])('a trial of %j is refused at %s', async (body, pointer) => {
    const { status, json } = await tryOut(body);
    expect(status).toBe(422);
    expect(json.errors).toContainEqual(expect.objectContaining({ pointer }));
  });
});

describe('devices as files', () => {
  const [one, two, three] = fleet;
  if (!one || !two || !three) throw new Error('a fleet of three');
  const row = ({ devEui, name, devAddr, nwkSKey, appSKey }: typeof one, fCntUp = 0) =>
    [devEui, name, devAddr, nwkSKey, appSKey, fCntUp].join(',');
  const csv = (...rows: string[]) =>
    ['dev_eui,name,dev_addr,nwk_s_key,app_s_key,f_cnt_up', ...rows, ''].join('\n');
  const secrets = fleet.flatMap(({ nwkSKey, appSKey }) => [nwkSKey, appSKey]);
  const devEuis = (items: readonly { devEui: string }[]) => items.map(({ devEui }) => devEui);

  test('come in, go out and come in again, and no answer tells a key', async () => {
    const file = csv(row(one, 70_000), row(two), 'nonsense,,,,,');
    const dry = await importFile(file, 'dryRun=true&codec=cayenne');
    expect(dry.json).toMatchObject({ dryRun: true, problems: [{ line: 4 }] });
    expect(devEuis(dry.json.created)).toEqual([one.devEui, two.devEui]);
    expect((await ask(`/devices/${one.devEui}`)).status).toBe(404);

    const real = await importFile(file, 'codec=cayenne');
    expect(devEuis(real.json.created)).toEqual([one.devEui, two.devEui]);
    expect((await ask(`/devices/${one.devEui}`)).json).toMatchObject({
      codec: 'cayenne',
      nextFCntUp: 70_000,
    });
    const again = await importFile(file);
    expect(again.json).toMatchObject({
      created: [],
      changed: [],
      skipped: [{ note: 'is the same already' }, {}],
    });
    const renamed = await importFile(`dev_eui,name\n${one.devEui},Well`);
    expect(devEuis(renamed.json.changed)).toEqual([one.devEui]);
    expect((await ask(`/devices/${one.devEui}`)).json).toMatchObject({
      name: 'Well',
      devAddr: one.devAddr,
      nextFCntUp: 70_000,
    });
    const answers = JSON.stringify([dry, real, again, renamed]);
    for (const secret of secrets) expect(answers).not.toContain(secret);
  });

  test('devices of the config file are left alone, and what is missing is said', async () => {
    const { devEui, name } = three;
    box.site.deps.store.devices.put({ devEui, name, codec: 'raw', origin: 'config' });
    const text = `dev_eui,codec\n${devEui},raw\n1122334455667788,morse`;
    const { json } = await importFile(text);
    expect(json.skipped).toMatchObject([
      { devEui, name, note: 'is declared in the config file, which wins' },
    ]);
    expect(await germanSaid(json.skipped[0].said)).toBe('steht in der Konfigurationsdatei, die gilt');
    expect(json.created[0].note).toContain('it has no key yet');
    expect(json.created[0].note).toContain('no codec is called "morse"');
    expect(await importFile(text, 'codec=morse')).toMatchObject({
      status: 400,
      json: { errors: [{ parameter: 'codec' }] },
    });
  });

  test.each(EXPORT_FORMATS)('as %s, keys are an administrator’s and only when asked for', async (format) => {
    const without = await ask('/devices/export', { search: `format=${format}` });
    expect(without.status).toBe(200);
    expect(without.text.toLowerCase()).toContain(one.devEui);
    const withKeys = await ask('/devices/export', { search: `format=${format}&keys=true` });
    expect(withKeys.text.toLowerCase()).toContain(one.nwkSKey);
    for (const secret of secrets) expect(without.text.toLowerCase()).not.toContain(secret);
    expect((await importFile(withKeys.text)).json.problems).toEqual([]);
  });

  test.each(SCOPES)('a token of the scope %s gets keys only if it may', async (scope) => {
    const made = await ask('/tokens', { method: 'POST', body: { name: scope, scopes: [scope] } });
    const get = (search: string) => box.ask('/api/v1/devices/export', { token: made.json.token, search });
    for (const secrets of ['keys=true', 'sessions=true'])
      expect((await get(secrets)).status).toBe(scope === 'admin' ? 200 : 403);
    expect((await get('')).status).toBe(['metrics', 'records'].includes(scope) ? 403 : 200);
  });

  test('a QR code gives the identity; the key is missing', async () => {
    const parse = (code: string) => ask('/onboarding/parse', { method: 'POST', body: { code } });
    const { json } = await parse(`LW:D0:0011223344556677:${one.devEui.toUpperCase()}:00AA1122:S123`);
    expect(json).toEqual({
      format: 'tr005',
      devEui: one.devEui,
      joinEui: '0011223344556677',
      vendorId: '00aa',
      modelId: '1122',
      serialNumber: '123',
      known: true,
      missing: 'key',
    });
    expect(await parse('hello')).toMatchObject({ status: 422, json: { errors: [{ pointer: '/code' }] } });
  });
});
