/** Damage noticed in use, repaired at the next start; the verbs that look at a store. */
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { STORE_VERBS } from '../../src/cli/store-verbs.ts';
import type { Given } from '../../src/cli/verb.ts';
import type { Device } from '../../src/model/device.ts';
import type { Store } from '../../src/store/contract.ts';
import { StoreError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let world: TestWorld;
let store: Store;
let damaged: StoreError[];
const open = () => openStore({ dir: folder.path, world, onDamaged: (error) => damaged.push(error) });

const DEVICE: Device = {
  devEui: '0011223344556677',
  name: 'Tank',
  codec: 'raw',
  origin: 'api',
  abp: { devAddr: '01020304', nwkSKey: 'a'.repeat(32), appSKey: 'b'.repeat(32) },
};

beforeEach(() => {
  folder = temporaryFolder();
  world = createTestWorld();
  damaged = [];
  store = open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

async function fill(count: number): Promise<void> {
  store.devices.put(DEVICE);
  for (let n = 1; n <= count; n += 50) {
    const commits = Array.from({ length: 50 }, (_, k) => {
      const body = { event: 'test', n: n + k, text: 'x'.repeat(200) };
      const record = { kind: 'system', timeMs: n + k, device: DEVICE.devEui, body } as const;
      return store.commit({ records: [record], counters: [{ devEui: DEVICE.devEui, nextFCntUp: n + k }] });
    });
    store.flush();
    await Promise.all(commits);
  }
  await new Promise((resolve) => setImmediate(resolve));
}

/** Overwrites the page of the closed file on which record `seq` lies, with zeros. */
function spoilPageOf(seq: number): void {
  const file = join(folder.path, 'edge.db');
  const db = new Database(file, { readonly: true });
  const pageBytes = db.pragma('page_size', { simple: true }) as number;
  db.close();
  const at = readFileSync(file).indexOf(`"n":${seq},`);
  expect(at).toBeGreaterThan(0);
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(pageBytes), 0, pageBytes, at - (at % pageBytes));
  closeSync(fd);
}

const salvagedBody = () => {
  const record = store.log.readBefore(Number.MAX_SAFE_INTEGER, 1)[0];
  return JSON.parse(record?.body ?? '{}') as {
    event: string;
    lost: number;
    ranges: [number, number][];
    epoch: number;
  };
};

describe('a damaged file', () => {
  test('is repaired at the opening: numbers, keys, counters and readers live on in the next epoch', async () => {
    await fill(500);
    store.cursor('influx').advance(400, 2);
    const id = store.storeId();
    await store.close();
    spoilPageOf(250);
    store = open();
    const { event, lost, ranges } = salvagedBody();
    expect(event).toBe('salvaged');
    expect(store.epoch()).toBe(2);
    // The centre need not be sent again what went in the epoch before.
    expect(store.ancestors()).toEqual([{ epoch: 1, seq: 500 }]);
    expect(store.storeId()).toBe(id);
    const [from = 0, to = 0] = ranges[0] ?? [];
    expect(from).toBeLessThanOrEqual(250);
    expect(to).toBeGreaterThanOrEqual(250);
    expect(lost).toBe(to - from + 1);
    expect(store.log.readAfter(0, 10_000)).toHaveLength(501 - lost);
    expect(store.devices.get(DEVICE.devEui)).toMatchObject({ ...DEVICE, nextFCntUp: 500 });
    expect(store.cursor('influx').state()).toMatchObject({
      seq: 400,
      quarantined: 2,
      pending: 101,
      expired: 0,
    });
    expect(store.log.ofDevice(DEVICE.devEui, 1_000, 10_000)).toHaveLength(500 - lost);
    expect(existsSync(join(folder.path, 'damaged.db'))).toBe(true);
  });

  test('counts what was not delivered yet as expired', async () => {
    await fill(500);
    store.cursor('influx').advance(100);
    await store.close();
    spoilPageOf(250);
    store = open();
    const { lost } = salvagedBody();
    expect(store.cursor('influx').state()).toMatchObject({ delivered: 100, expired: lost, accepted: 501 });
  });

  test('found in use stops the intake, tells, and is repaired at the next opening', async () => {
    // More than SQLite keeps in memory.
    await fill(6_000);
    await store.close();
    store = open();
    spoilPageOf(250);
    expect(() => store.log.readAfter(0, 1_000, Number.POSITIVE_INFINITY)).toThrow(StoreError);
    expect(damaged).toHaveLength(1);
    expect(store.status().state).toBe('down');
    let settled = false;
    const waiting = store.commit({
      records: [{ kind: 'system', timeMs: 1, device: null, body: { event: 'x' } }],
    });
    waiting.finally(() => (settled = true)).catch(() => undefined);
    store.flush();
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    await store.close();
    await expect(waiting).rejects.toThrow();
    store = open();
    expect(salvagedBody().event).toBe('salvaged');
    expect(store.status().state).toBe('ok');
  });

  test.each([
    ['is gone', () => rmSync(join(folder.path, 'edge.db'))],
    ['is no database', () => writeFileSync(join(folder.path, 'edge.db'), 'rubbish '.repeat(1_000))],
    ['is empty', () => writeFileSync(join(folder.path, 'edge.db'), '')],
  ])('that %s leaves an empty log of the next epoch, with the devices', async (_, ruin) => {
    await fill(100);
    await store.close();
    ruin();
    store = open();
    expect(store.epoch()).toBe(2);
    expect(store.devices.get(DEVICE.devEui)).toMatchObject({ ...DEVICE, nextFCntUp: 100 });
    expect(salvagedBody()).toMatchObject({ lost: 100, ranges: [[1, 100]] });
    expect(store.log.lastSeq()).toBe(101);
  });

  test('without a rolling copy gives its keys from what can be read', async () => {
    await fill(100);
    await store.close();
    rmSync(join(folder.path, 'keys.json'));
    spoilPageOf(50);
    store = open();
    expect(store.devices.get(DEVICE.devEui)).toMatchObject({ ...DEVICE, nextFCntUp: 100 });
    expect(salvagedBody()).toMatchObject({ keysFrom: 'damaged file' });
  });
});

describe('the verbs of the store', () => {
  async function run(name: string, options: Readonly<Record<string, string>> = {}) {
    const given: Record<string, string> = { dir: folder.path, ...options };
    let out = '';
    let err = '';
    const verb = STORE_VERBS.find((each) => each.name === name);
    const asked: Given = {
      flag: (key) => key in given,
      text: (key) => given[key],
      texts: () => [],
    };
    const code = await verb?.run(
      asked,
      {
        runAppliance: () => Promise.resolve(0),
        stdout: { write: (text) => (out += text) },
        stderr: { write: (text) => (err += text) },
        env: {},
        version: '0.0.0',
      },
      [],
    );
    return { code, out, err };
  }

  test('look at a store in use without disturbing it, and refuse to repair it', async () => {
    await fill(100);
    expect(await run('store verify')).toMatchObject({
      code: 0,
      out: expect.stringContaining('sound: 100 records'),
    });
    const stats = await run('store stats', { json: '' });
    expect(JSON.parse(stats.out)).toMatchObject({ running: true, records: 100, lastSeq: 100, devices: 1 });
    expect(await run('store repair')).toMatchObject({
      code: 1,
      err: expect.stringContaining('stop it first'),
    });
    await fill(50);
    expect(store.log.lastSeq()).toBe(150);
  });

  test('export records as lines of JSON and as CSV', async () => {
    await fill(50);
    const { out } = await run('store export', { from: '10', to: '11' });
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { seq: 10, device: DEVICE.devEui, body: { n: 10 } },
      { seq: 11, device: DEVICE.devEui, body: { n: 11 } },
    ]);
    const file = join(folder.path, 'out.csv');
    expect(await run('store export', { format: 'csv', output: file })).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(file, 'utf8').split('\r\n')).toHaveLength(52);
    expect(await run('store export', { output: file })).toMatchObject({ code: 1 });
    expect(await run('store export', { format: 'xml' })).toMatchObject({ code: 2 });
  });

  test('find damage, repair it, and say what is lost by their exit codes', async () => {
    await fill(500);
    await store.close();
    expect(await run('store repair')).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing to repair'),
    });
    spoilPageOf(250);
    expect(await run('store verify')).toMatchObject({ code: 3, out: expect.stringContaining('damaged') });
    const repaired = await run('store repair', { json: '' });
    expect(repaired.code).toBe(3);
    expect(JSON.parse(repaired.out)).toMatchObject({ repaired: true, epoch: 2, keysFrom: 'copy' });
    expect(await run('store verify')).toMatchObject({ code: 0 });
    expect(await run('store stats', { dir: join(folder.path, 'nowhere') })).toMatchObject({ code: 1 });
  });
});
