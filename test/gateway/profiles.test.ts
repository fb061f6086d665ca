/** Device profiles: over the API, on disk, and at work on the radio and on payloads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createCodecs } from '../../src/ingest/codec/codecs.ts';
import { toRecord } from '../../src/ingest/reading.ts';
import type { DeviceProfile } from '../../src/model/profile.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore } from '../../src/store/store.ts';
import { type AccessBox, type Ask, createAccessBox } from '../support/access-box.ts';
import { createNetworkStory, KEYS } from '../support/network-story.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const EUI = '70b3d57ed0000001';
const SESSION = { devAddr: '01020304', nwkSKey: 'ab'.repeat(16), appSKey: 'cd'.repeat(16) };
const SCALED =
  'function decodeUplink({ bytes, variables }) { return { data: { level: bytes[0] * Number((variables || {}).scale || 1) } }; }';
const ACME: DeviceProfile = {
  name: 'Acme level',
  codec: 'acme',
  deviceClass: 'C',
  variables: { scale: '2' },
  fields: { level: { name: 'Level', unit: 'cm', digits: 1 } },
};

describe('over the API', () => {
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
  const put = (path: string, body: object) => ask(path, { method: 'PUT', body });
  const { name, ...acme } = ACME;

  test('a profile is added, shown with its devices, changed, and not removed while devices have it', async () => {
    await put('/codecs/acme', { source: SCALED });
    expect(await put(`/profiles/${name}`, acme)).toMatchObject({
      status: 201,
      json: { ...ACME, devices: 0 },
    });
    const device = { name: 'Tank', profile: name, ...SESSION };
    const { json: made } = await put(`/devices/${EUI}`, device);
    expect(made).toMatchObject({ codec: 'raw', profile: name, fields: ACME.fields });
    expect(made.nwkSKey).toBeUndefined();
    expect((await ask('/profiles')).json.items).toMatchObject([{ name, devices: 1 }]);
    expect((await ask('/codecs/acme')).json.devices).toBe(1);
    const refused = await ask(`/profiles/${name}`, { method: 'DELETE' });
    expect(refused).toMatchObject({ status: 409, json: { errors: [{ detail: `${EUI} Tank` }] } });

    const { fields: _, ...plain } = acme;
    expect((await put(`/profiles/${name}`, plain)).status).toBe(200);
    expect((await ask(`/devices/${EUI}`)).json.fields).toBeUndefined();
    await ask(`/devices/${EUI}`, { method: 'DELETE' });
    expect((await ask('/codecs/acme', { method: 'DELETE' })).json.detail).toContain(`the profile ${name}`);
    expect((await ask(`/profiles/${name}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(`/profiles/${name}`)).status).toBe(404);
  });

  test('what cannot be is refused with the place and the nearest right name', async () => {
    await put('/profiles/Dragino LHT65', { codec: 'cayenne' });
    const device = { name: 'Tank', profile: 'Dragino LHT66', ...SESSION };
    const { status, json } = await put(`/devices/${EUI}`, device);
    expect(status).toBe(422);
    expect(json.errors).toEqual([
      {
        pointer: '/profile',
        code: 'profile',
        detail: expect.stringContaining('did you mean `Dragino LHT65`'),
      },
    ]);
    expect((await put('/profiles/x', { codec: 'cayene' })).json.errors[0].detail).toContain('`cayenne`');
    expect((await put('/profiles/x', { region: 'ISM2400' })).json.errors).toMatchObject([
      { pointer: '/region' },
    ]);
    expect((await put('/profiles/-x', {})).json.type).toMatch(/profile-name$/);
  });

  test('a device that came with the name of a profile nobody has made may be changed', async () => {
    box.site.deps.store.devices.put({
      ...{ devEui: EUI, name: 'Tank', codec: 'raw', origin: 'api', abp: SESSION },
      profile: 'from elsewhere',
    });
    const device = { name: 'Tank 2', codec: 'raw', profile: 'from elsewhere', devAddr: SESSION.devAddr };
    expect((await put(`/devices/${EUI}`, device)).status).toBe(200);
  });
});

describe('on disk', () => {
  const folder = temporaryFolder();
  afterEach(folder.remove);

  test('profiles outlive a restart and a repair, and one that was changed by the disk is not used', async () => {
    const world = createTestWorld();
    const open = () => openStore({ dir: folder.path, world });
    const first = open();
    const heard: string[] = [];
    first.profiles.onChange(() => heard.push('changed'));
    first.profiles.put({ name: 'other', codec: 'raw' });
    first.profiles.put(ACME);
    expect(heard).toHaveLength(2);
    await first.close();
    writeFileSync(join(folder.path, 'damaged.txt'), 'found in use\n');
    const second = open();
    expect(second.epoch()).toBe(2);
    expect(second.profiles.list()).toEqual([ACME, { name: 'other', codec: 'raw' }]);
    await second.close();
    const db = openSqlite(join(folder.path, 'edge.db'));
    db.prepare("UPDATE profiles SET body = replace(body, 'acme', 'acne')").run();
    db.close();
    const third = open();
    expect(third.profiles.get(ACME.name)).toBeUndefined();
    expect(third.profiles.remove('other')).toBe(true);
    expect(third.profiles.list()).toEqual([]);
    await third.close();
  });
});

describe('at work', () => {
  const story = createNetworkStory();

  test('a profile says how its devices are answered, from the moment it is changed', async () => {
    const site = story.newSite({ profileOf: (name) => site.store().profiles.get(name) });
    const device = story.otaaDevice();
    const { devEui, ...otaa } = KEYS;
    const common = { name: 'Valve', codec: 'raw', origin: 'api', profile: ACME.name, otaa } as const;
    site.store().devices.put({ devEui, ...common });
    site.store().profiles.put(ACME);
    const [accept] = await site.exchange(device.joinRequest());
    expect(accept).toBeDefined();
    const status = () => site.gateway().downlinks.status(devEui);
    expect(status()?.deviceClass).toBe('C');
    site.store().profiles.put({ ...ACME, deviceClass: 'A' });
    expect(status()?.deviceClass).toBe('A');
    site.store().devices.put({ devEui, ...common, link: { deviceClass: 'C' } });
    expect(status()?.deviceClass).toBe('C');
  });

  test('its codec and variables read the payloads of devices without a codec of their own', async () => {
    const codecs = createCodecs(createTestWorld());
    await codecs.put('acme', SCALED);
    const uplink = {
      ...{ device: EUI, timeMs: 0, data: Uint8Array.of(21), fPort: 1, fCnt: 1, devAddr: '01020304' },
      ...{
        adr: false,
        confirmed: false,
        radio: { frequency: 868_100_000, dataRate: 'SF7BW125' },
        receptions: [],
      },
      via: 'bridge',
    } as const;
    const read = async (codec: string) => {
      const device = { devEui: EUI, name: 'Tank', codec, origin: 'api' } as const;
      return (await toRecord(uplink, device, codecs.decode, ACME)).body;
    };
    expect(await read('raw')).toMatchObject({ codec: 'acme', fields: { level: 42 } });
    expect(await read('cayenne')).toMatchObject({ codec: 'cayenne' });
  });
});
