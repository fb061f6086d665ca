/** Scripts and imported devices on disk: what survives a restart, a repair, a damaged row. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { createCodecService } from '../../src/ingest/codec/codec-service.ts';
import { createCodecs } from '../../src/ingest/codec/codecs.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore } from '../../src/store/store.ts';
import { createFleet } from '../support/fleet.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const GOOD = 'function decodeUplink({ bytes }) { return { data: { level: bytes[0] } }; }';
const sample = { fPort: 1, data: Uint8Array.of(7), timeMs: 0 };

let folder: ReturnType<typeof temporaryFolder>;
let world: TestWorld;
let store: Store;
beforeEach(() => {
  folder = temporaryFolder();
  world = createTestWorld();
  store = openStore({ dir: folder.path, world });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

async function reopen(between: () => void = () => undefined): Promise<void> {
  await store.close();
  between();
  store = openStore({ dir: folder.path, world });
}

describe('scripts in the store', () => {
  test('are there after a restart and after a repair', async () => {
    store.codecs.put({ name: 'acme', source: GOOD });
    store.codecs.put({ name: 'zeta', source: 'old' });
    store.codecs.put({ name: 'zeta', source: GOOD });
    await reopen();
    const scripts = [
      { name: 'acme', source: GOOD },
      { name: 'zeta', source: GOOD },
    ];
    expect(store.codecs.list()).toEqual(scripts);
    const epoch = store.epoch();
    await reopen(() => writeFileSync(join(folder.path, 'damaged.txt'), 'found in use\n'));
    expect(store.epoch()).toBe(epoch + 1);
    expect(store.codecs.list()).toEqual(scripts);
    expect(store.codecs.remove('zeta')).toBe(true);
    expect(store.codecs.get('zeta')).toBeUndefined();
  });

  test('changed by the disk are not there, rather than wrong', async () => {
    store.codecs.put({ name: 'acme', source: GOOD });
    await reopen(() => {
      const db = openSqlite(join(folder.path, 'edge.db'));
      db.exec("UPDATE codecs SET source = replace(source, '0', '1')");
      db.close();
    });
    expect(store.codecs.list()).toEqual([]);
    expect(store.codecs.get('acme')).toBeUndefined();
  });
});

describe('the desk for codecs', () => {
  test('puts stored scripts to work at the start; one that is broken is shown and stops nothing', async () => {
    store.codecs.put({ name: 'acme', source: GOOD });
    store.codecs.put({ name: 'broken', source: 'function (' });
    const codecs = createCodecs(world);
    const desk = createCodecService({ codecs, store, world });
    await desk.start();
    expect((await codecs.decode('acme', sample)).fields).toEqual({ level: 7 });
    expect(await codecs.decode('broken', sample)).toMatchObject({
      fields: {},
      problem: 'no codec is called "broken"',
    });
    expect(desk.list().find(({ name }) => name === 'broken')?.problem).toMatch(/^SyntaxError/);
    expect(world.logged.map(({ event }) => event)).toContain('codec.unusable');
    expect(await desk.put('broken', GOOD)).toBeUndefined();
    expect(desk.list().find(({ name }) => name === 'broken')?.problem).toBeUndefined();
  });

  test('takes a script that cannot be stored out of work again, and brings back the one before', async () => {
    const codecs = createCodecs(world);
    const desk = createCodecService({ codecs, store, world });
    await desk.put('acme', GOOD);
    const full = {
      ...store.codecs,
      put: () => {
        throw new Error('the disk is full');
      },
    };
    const failing = createCodecService({ codecs, store: { ...store, codecs: full }, world });
    await expect(failing.put('acme', GOOD.replace('level', 'depth'))).rejects.toThrow('full');
    await expect(failing.put('other', GOOD)).rejects.toThrow('full');
    expect((await codecs.decode('acme', sample)).fields).toEqual({ level: 7 });
    expect(codecs.names()).toEqual(['raw', 'cayenne', 'acme']);
  });
});

describe('a folder of scripts', () => {
  test('is at work from the start, wins over the store, and is not changed from outside', async () => {
    store.codecs.put({ name: 'acme', source: GOOD.replace('level', 'stored') });
    store.devices.put({ devEui: '0011223344556677', name: 'Tank', codec: 'gone', origin: 'config' });
    const dir = join(folder.path, 'codecs');
    mkdirSync(dir);
    writeFileSync(join(dir, 'acme.js'), GOOD);
    writeFileSync(join(dir, 'notes.txt'), 'no script');
    const codecs = createCodecs(world);
    const desk = createCodecService({ codecs, store, folder: dir, world });
    await desk.start();
    expect(codecs.names()).toEqual(['raw', 'cayenne', 'acme']);
    expect((await codecs.decode('acme', sample)).fields).toEqual({ level: 7 });
    expect(await desk.put('acme', GOOD)).toMatchObject({ of: 'name' });
    expect(desk.remove('acme')).toBe(false);
    expect(desk.list().find(({ name }) => name === 'acme')?.kind).toBe('file');
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'codec.missing', fields: { codec: 'gone', devices: 1 } }),
    );
  });

  test('that is not there is a warning', async () => {
    const desk = createCodecService({
      codecs: createCodecs(world),
      store,
      folder: join(folder.path, 'none'),
      world,
    });
    await desk.start();
    expect(world.logged.map(({ event }) => event)).toContain('codec.folder');
  });
});

describe('devices put many at a time', () => {
  const [one, two] = createFleet(2, 'many');
  if (!one || !two) throw new Error('a fleet of two');
  const device = ({ devEui, name, devAddr, nwkSKey, appSKey }: typeof one) => ({
    ...{ devEui, name, codec: 'raw', origin: 'api' as const },
    abp: { devAddr, nwkSKey, appSKey },
  });
  const next = (fCnt: number) => new Map([[one.devEui, fCnt]]);
  const counter = () => store.devices.get(one.devEui)?.nextFCntUp;

  test('tell the listeners once, and take counters that are ahead or of another session', async () => {
    let calls = 0;
    store.devices.onChange(() => calls++);
    store.devices.putAll([device(one), device(two)], next(100_000));
    store.devices.putAll([device(one), device(two)], next(99_999));
    expect({ calls, counter: counter() }).toEqual({ calls: 1, counter: 100_000 });
    store.devices.putAll([device(one)], next(100_001));
    expect({ calls, counter: counter() }).toEqual({ calls: 2, counter: 100_001 });
    await reopen();
    expect(counter()).toBe(100_001);
    store.devices.putAll([{ ...device(one), abp: { ...device(one).abp, devAddr: '01020304' } }], next(5));
    expect(counter()).toBe(5);
    store.devices.put(device(one));
    expect(counter()).toBe(0);
  });

  test('that join over the air come with their root key, and keep it when a file without keys follows', async () => {
    const desk = createDeviceImportService({ store, codecs: () => ['raw'] });
    const KEY = '000102030405060708090a0b0c0d0e0f';
    const file = {
      device: { devEui: one.devEui, joinEui: '0011223344556677', name: 'Tank' },
      deviceKeys: { nwkKey: KEY },
    };
    expect((await desk.importFile(JSON.stringify([file]))).created).toEqual([
      { devEui: one.devEui, name: 'Tank' },
    ]);
    expect((await desk.importFile(`dev_eui,class,region\n${one.devEui},C,EU868`)).changed).toHaveLength(1);
    await reopen();
    expect(store.devices.get(one.devEui)).toMatchObject({
      name: 'Tank',
      otaa: { joinEui: '0011223344556677', appKey: KEY },
      link: { deviceClass: 'C', region: 'EU868' },
    });
  });

  test('that have joined here keep their session and counter, whatever an old file says', async () => {
    const desk = createDeviceImportService({ store, codecs: () => ['raw'] });
    store.devices.put({ ...device(one), otaa: { joinEui: '0011223344556677', appKey: 'ab'.repeat(16) } });
    const { devEui } = one;
    const sessions = [{ devEui, fCntDown: 1, joinNonce: 1, state: '{}' }];
    await store.commit({ network: { sessions }, counters: [{ devEui, nextFCntUp: 6 }], urgent: true });
    const head = 'dev_eui,name,dev_addr,nwk_s_key,app_s_key,f_cnt_up';
    const { changed } = await desk.importFile(
      `${head}\n${devEui},Well,${two.devAddr},${two.nwkSKey},${two.appSKey},900`,
    );
    expect(changed).toHaveLength(1);
    expect(store.devices.get(devEui)).toMatchObject({ name: 'Well', abp: device(one).abp, nextFCntUp: 6 });
  });
});
