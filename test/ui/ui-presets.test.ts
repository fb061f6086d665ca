/** What a profile declares beyond codec and radio: names of states, and downlinks sent by one touch. */
import { expect, test } from 'vitest';
import { makeApi } from '../support/api.ts';
import { createCodecShelf, createDownlinkLine } from '../support/ui-desks.ts';

const EUI = '70b3d57ed0000001';

test('states and presets of a profile come with each of its devices; mistakes in them are named', async () => {
  const { ask, site } = makeApi();
  const put = (body: object) =>
    ask('/api/v1/profiles/valve', { method: 'PUT', body: { codec: 'raw', ...body } });
  const open = { name: 'Open valve', fPort: 10, data: '01FF', confirmed: true };
  const fields = { valve: { states: { 0: 'closed', 1: 'open' } } };
  expect((await put({ fields, presets: [open] })).status).toBe(201);
  site.deps.store.devices.put({ devEui: EUI, name: 'Valve', codec: 'raw', origin: 'api', profile: 'valve' });
  const { json } = await ask(`/api/v1/devices/${EUI}`);
  expect(json).toMatchObject({ fields, presets: [{ ...open, data: '01ff' }] });
  for (const presets of [
    [{ ...open, data: '0' }],
    [{ ...open, fPort: 0 }],
    [{ ...open, name: '' }],
    Array.from({ length: 21 }, () => open),
  ])
    expect((await put({ presets })).status).toBe(422);
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [String(n), 'x']));
  expect((await put({ fields: { valve: { states: many } } })).status).toBe(422);
});

const SCRIPT = `function decodeUplink() { return { data: {} }; }
function encodeDownlink({ data, variables }) {
  if (data.valve === 'port') return { bytes: [1] };
  if (data.valve !== 'open') throw new Error('no such state');
  return { fPort: 2, bytes: [1, Number(variables.version ?? 0)] };
}`;

/** A valve whose profile has a script that makes bytes of objects. */
async function makeValve() {
  const { site } = makeApi();
  const { desk: scripts } = createCodecShelf(site);
  const { desk: downlinks } = createDownlinkLine(site);
  await scripts.put('valve-script', SCRIPT);
  const codecs = () => ['raw', 'valve-script'];
  const { ask } = makeApi({ ...site.deps, scripts, downlinks, codecs });
  const put = (body: object) =>
    ask('/api/v1/profiles/valve', { method: 'PUT', body: { codec: 'valve-script', ...body } });
  await put({ variables: { version: '3' } });
  site.deps.store.devices.put({ devEui: EUI, name: 'Valve', codec: 'raw', origin: 'api', profile: 'valve' });
  const send = (body: object) => ask(`/api/v1/devices/${EUI}/downlinks`, { method: 'POST', body });
  return { ask, put, send };
}

test('a preset may be an object the codec makes bytes of; bytes and object are not mixed', async () => {
  const { ask, put } = await makeValve();
  const preset = { name: 'Open valve', object: { valve: 'open' } };
  const example = {
    name: 'As the maker shows it',
    fPort: 2,
    object: { valve: 'open', nested: { a: [1, null] } },
  };
  expect((await put({ presets: [preset], examples: [example] })).json).toMatchObject({
    presets: [preset],
    examples: [example],
  });
  expect((await ask(`/api/v1/devices/${EUI}`)).json.presets).toEqual([preset]);
  for (const presets of [
    [{ name: 'Neither' }],
    [{ ...preset, data: '00', fPort: 1 }],
    [{ name: 'No port', data: '00' }],
    [{ name: 'Long', object: { a: 'x'.repeat(2_001) } }],
  ])
    expect((await put({ presets })).status).toBe(422);
  expect((await put({ examples: Array.from({ length: 21 }, () => example) })).status).toBe(422);
});

test('a downlink given as an object goes out as the bytes the codec of the device makes of it', async () => {
  const { send } = await makeValve();
  expect(await send({ object: { valve: 'open' } })).toMatchObject({
    status: 201,
    json: { fPort: 2, data: '0103' },
  });
  expect((await send({ object: { valve: 'open' }, fPort: 9 })).json.fPort).toBe(2);
  expect((await send({ object: { valve: 'port' }, fPort: 9 })).json).toMatchObject({ fPort: 9, data: '01' });
  const refused = async (body: object) => {
    const { status, json } = await send(body);
    return [status, json.errors[0].pointer, json.errors[0].detail];
  };
  expect(await refused({ object: { valve: 'ajar' } })).toEqual([
    422,
    '/object',
    expect.stringContaining('no such state'),
  ]);
  expect(await refused({ object: { valve: 'port' } })).toEqual([
    422,
    '/fPort',
    expect.stringContaining('does not say it'),
  ]);
  expect(await refused({ object: {}, data: '00', fPort: 1 })).toEqual([
    422,
    '/object',
    expect.stringContaining('not both'),
  ]);
  expect((await refused({ data: '00' }))[1]).toBe('/fPort');
});
