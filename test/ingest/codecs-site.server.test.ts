/**
 * Device makers' scripts at work in the whole appliance: frames over the air, the script replaced while it runs, one that
 * never ends, devices that came as another network server's file.
 */
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { createAppliance } from '../../src/appliance.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createWorld } from '../../src/ops/world.ts';
import { createFleet, type FleetDevice, frameOf, upEvent } from '../support/fleet.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const LEVEL =
  'function decodeUplink({ bytes, fPort }) { return { data: { level: bytes[0], port: fPort } }; }';
const ENDLESS = 'function decodeUplink() { for (;;); }';

interface Reading {
  readonly device: string;
  readonly fCnt: number;
  readonly data: string;
  readonly codec: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly problem?: string;
}

/** A folder with settings for an appliance with its own broker. */
async function prepare() {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const [httpPort, mqttPort] = [await freePort(), await freePort()];
  const settings = {
    http: { port: httpPort },
    mqtt: { embedded_port: mqttPort },
    store: { dir: join(folder.path, 'data'), reserve_bytes: 0 },
    gateway: { dedup_window_ms: 20 },
  };
  const file = join(folder.path, 'site.json');
  writeFileSync(file, JSON.stringify(settings));
  const api = (path: string, method = 'GET', body?: unknown) =>
    fetch(`http://127.0.0.1:${httpPort}/api/v1${path}`, {
      method,
      ...(body === undefined
        ? {}
        : {
            headers: { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          }),
    });
  return { settings, file, folder: folder.path, mqttPort, api };
}

type Site = Awaited<ReturnType<typeof prepare>>;

async function start({ settings, mqttPort, api }: Site) {
  const text = JSON.stringify(settings);
  const missing = () => Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' }));
  const loaded = await loadConfig({
    file: 'site.json',
    env: {},
    readFile: (path) => (path === 'site.json' ? Promise.resolve(text) : missing()),
    listFolder: missing,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const appliance = await createAppliance(loaded.config, createWorld(createTestWorld().logger));
  await appliance.start();
  const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`);
  async function stop() {
    await client.endAsync(true);
    await appliance.stop();
  }
  ends.push(stop);
  const send = (device: FleetDevice, fCnt: number, payload: Uint8Array) => {
    const event = upEvent(frameOf(device, fCnt, payload));
    return client.publishAsync(event.topic, event.payload, { qos: 1 });
  };
  /** The reading of that frame, once it is there. */
  const reading = ({ devEui }: FleetDevice, fCnt: number) =>
    eventually(`frame ${fCnt} of ${devEui}`, async () => {
      const answer = await api(`/readings?device=${devEui}&limit=100`);
      const { items } = (await answer.json()) as { items: readonly Reading[] };
      return items.find((item) => item.fCnt === fCnt);
    });
  const heard = async (device: FleetDevice, fCnt: number, payload: Uint8Array) => {
    await send(device, fCnt, payload);
    return reading(device, fCnt);
  };
  return { stop, send, reading, heard };
}

async function declare({ api }: Site, device: FleetDevice, codec: string) {
  const { devEui, name, devAddr, nwkSKey, appSKey } = device;
  // By import, so that the codec may come after its devices.
  const head = 'dev_eui,name,codec,dev_addr,nwk_s_key,app_s_key';
  const answer = await api(
    '/devices/import',
    'POST',
    `${head}\n${[devEui, name, codec, devAddr, nwkSKey, appSKey]}`,
  );
  expect(answer.status).toBe(200);
}

/** Two devices, for any of which there may be none in a list. */
function pair(label: string): readonly [FleetDevice, FleetDevice] {
  const [one, two] = createFleet(2, label);
  if (!one || !two) throw new Error('no devices');
  return [one, two];
}

describe("a device maker's script", () => {
  test('decodes over the air, from the next frame on when it is replaced, and again after a restart', async () => {
    const site = await prepare();
    const [device] = pair('replaced');
    const first = await start(site);
    await declare(site, device, 'acme level');
    expect(await first.heard(device, 0, Buffer.from([7]))).toMatchObject({
      data: '07',
      fields: {},
      problem: 'no codec is called "acme level"',
    });
    expect((await site.api('/codecs/acme level', 'PUT', { source: LEVEL })).status).toBe(201);
    const decoded = await first.heard(device, 1, Buffer.from([8]));
    expect(decoded).toMatchObject({ data: '08', codec: 'acme level', fields: { level: 8, port: 2 } });
    expect(decoded.problem).toBeUndefined();
    const depth = LEVEL.replace('level', 'depth');
    expect((await site.api('/codecs/acme level', 'PUT', { source: depth })).status).toBe(200);
    expect((await first.heard(device, 2, Buffer.from([9]))).fields).toEqual({ depth: 9, port: 2 });
    expect((await site.api('/codecs/acme level', 'DELETE')).status).toBe(409);

    await first.stop();
    const second = await start(site);
    expect((await second.heard(device, 3, Buffer.from([10]))).fields).toEqual({ depth: 10, port: 2 });
  });

  test('that never ends is stopped and paused, and the frames of other devices land', async () => {
    const site = await prepare();
    const [bomb, good] = pair('bomb');
    const { send, reading } = await start(site);
    await site.api('/codecs/endless', 'PUT', { source: ENDLESS });
    await declare(site, bomb, 'endless');
    await declare(site, good, 'cayenne');
    for (let fCnt = 0; fCnt < 20; fCnt++) {
      await send(bomb, fCnt, Buffer.from([1]));
      await send(good, fCnt, Buffer.from([1, 0x67, 0, fCnt]));
    }
    const last = await reading(good, 19);
    expect(last.fields).toEqual({ temperature_1: 1.9 });
    const stopped = await reading(bomb, 0);
    expect(stopped).toMatchObject({
      data: '01',
      fields: {},
      problem: expect.stringContaining('more than 100 ms'),
    });
    expect((await reading(bomb, 19)).problem).toContain('paused');
    const state = (await (await site.api('/codecs/endless')).json()) as { misbehaved: number };
    // Three calls of 100 ms, then it is paused; without the pause it would be twenty.
    expect(state.misbehaved).toBe(3);
  });
});

describe('devices that were at another network server', () => {
  /** As ChirpStack's API has a device with its activation. */
  const chirpstackFile = (devices: readonly FleetDevice[], fCntUp: number, joins = false) =>
    JSON.stringify({
      devices: devices.map(({ devEui, name, devAddr, nwkSKey, appSKey }) => ({
        device: { devEui, name, joinEui: '0011223344556677', deviceProfileName: 'acme level' },
        deviceActivation: {
          ...{ devEui, devAddr, appSKey, nFCntDown: 3, fCntUp },
          ...{ nwkSEncKey: nwkSKey, sNwkSIntKey: nwkSKey, fNwkSIntKey: nwkSKey },
        },
        ...(joins ? { deviceKeys: { devEui, nwkKey: 'ab'.repeat(16), appKey: '0'.repeat(32) } } : {}),
      })),
    });

  test.each([
    ['personalised', false],
    ['joined there', true],
  ])('are heard as soon as its export is imported, where their counters were: %s', async (_, joins) => {
    const site = await prepare();
    const fleet = pair('moved');
    const { heard } = await start(site);
    await site.api('/codecs/acme level', 'PUT', { source: LEVEL });
    const answer = await site.api('/devices/import', 'POST', chirpstackFile(fleet, 200_000, joins));
    expect(await answer.json()).toMatchObject({ created: [{ devEui: fleet[0].devEui }, {}], problems: [] });
    for (const device of fleet) {
      const { fields, codec } = await heard(device, 200_003, Buffer.from([42]));
      expect({ fields, codec }).toEqual({ fields: { level: 42, port: 2 }, codec: 'acme level' });
    }
  });

  test('move on to another box by the command line, the box running or stopped', async () => {
    const [from, to] = [await prepare(), await prepare()];
    const [device] = pair('onwards');
    const site = await start(from);
    const input = join(from.folder, 'chirpstack.json');
    writeFileSync(input, chirpstackFile([device], 0));
    const imported = await cli(['devices', 'import', input, '--codec', 'cayenne'], from);
    expect(imported.out).toContain(`new      ${device.devEui}  ${device.name}`);
    await site.heard(device, 5, Buffer.from([1, 0x67, 0, 10]));
    expect((await cli(['devices', 'list'], from)).out).toMatch(new RegExp(`^${device.devEui}  cayenne  20`));

    await site.stop();
    const exported = await cli(['devices', 'export', '--format', 'json', '--keys'], from);
    expect(exported).toMatchObject({ code: 0, err: '' });
    const file = join(from.folder, 'export.json');
    writeFileSync(file, exported.out);
    const nowhere = await cli(['devices', 'import', file], to);
    expect(nowhere.code).toBe(69);
    expect(nowhere.err).toContain('there is no store in');

    const next = await start(to);
    expect((await cli(['devices', 'import', file, '--json'], to)).code).toBe(0);
    // The counter has moved along: the frame that was heard there is a replay here.
    await next.send(device, 5, Buffer.from([1, 0x67, 0, 11]));
    expect((await next.heard(device, 6, Buffer.from([1, 0x67, 0, 12]))).fields).toEqual({
      temperature_1: 1.2,
    });
    const listed = (await (await to.api(`/readings?device=${device.devEui}`)).json()) as { items: Reading[] };
    expect(listed.items.map(({ fCnt }) => fCnt)).toEqual([6]);
  });

  test('are listed behind TLS, where the box is known by its own certificate and nobody else is told the token', async () => {
    const plain = await prepare();
    const settings = { ...plain.settings, http: { ...plain.settings.http, tls: 'self' } };
    writeFileSync(plain.file, JSON.stringify(settings));
    const site = { ...plain, settings };
    await start(site);
    expect(await cli(['devices', 'list'], site)).toMatchObject({ code: 0, err: 'there are no devices\n' });
    rmSync(join(settings.store.dir, 'tls.pem'));
    expect((await cli(['devices', 'list'], site)).code).not.toBe(0);
  });

  test('are left alone by the command line while a box holds the store and does not answer', async () => {
    const site = await prepare();
    await start(site);
    const elsewhere = await cli(['devices', 'list', '--set', `http.port=${await freePort()}`], site);
    expect(elsewhere).toMatchObject({ code: 75, out: '' });
    expect(elsewhere.err).toContain('another webscada-edge holds this data folder');
  });
});

async function cli(argv: readonly string[], { file }: Pick<Site, 'file'>) {
  let out = '';
  let err = '';
  const code = await runCli([...argv, ...(argv[0] === 'codec' ? [] : ['--config', file])], {
    runAppliance: () => Promise.reject(new Error('not here')),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
    version: '0.0.0',
  });
  return { code, out, err };
}

describe('codec test', () => {
  test('decodes and encodes without a box, and says what is wrong', async () => {
    const folder = temporaryFolder();
    ends.push(folder.remove);
    const file = join(folder.path, 'acme.js');
    writeFileSync(
      file,
      `${LEVEL}\nfunction encodeDownlink({ data }) { return { bytes: [data.minutes], fPort: 9 }; }`,
    );
    const run = (...args: string[]) => cli(['codec', 'test', file, ...args], { file });
    expect(await run('--port', '85', '--bytes', '07')).toEqual({
      code: 0,
      out: 'level = 7\nport = 85\n',
      err: '',
    });
    expect(JSON.parse((await run('--bytes', '07', '--json')).out)).toEqual({
      fields: { level: 7, port: 1 },
      warnings: [],
    });
    expect((await run('--object', '{"minutes": 5}')).out).toBe('05 on FPort 9\n');
    expect((await run('--bytes', '0')).code).toBe(2);
    writeFileSync(file, 'function decodeUplink( {');
    expect(await run('--bytes', '00')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/SyntaxError: .*line 1/),
    });
  });

  test('ends when it has answered: the worker of the codecs does not keep the program alive', async () => {
    const folder = temporaryFolder();
    ends.push(folder.remove);
    const file = join(folder.path, 'acme.js');
    writeFileSync(file, LEVEL);
    const main = join(import.meta.dirname, '../../dist/main.js');
    const args = [main, 'codec', 'test', file, '--port', '85', '--bytes', '07'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    expect(stdout).toBe('level = 7\nport = 85\n');
  });
});
