/** The store against what its contract promises, on real files. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Device } from '../../src/model/device.ts';
import type { NewRecord } from '../../src/model/record.ts';
import type { Store } from '../../src/store/contract.ts';
import { StoreError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let world: TestWorld;
let store: Store;
const open = () => openStore({ dir: folder.path, world });

beforeEach(() => {
  folder = temporaryFolder();
  world = createTestWorld();
  store = open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const event = (n: number, device: string | null = null): NewRecord => ({
  kind: 'system',
  timeMs: 1_000 + n,
  device,
  body: { event: 'test', n },
});
const numbers = (records: { body: string }[]) => records.map((r) => (JSON.parse(r.body) as { n: number }).n);
const commit = (n: number, device: string | null = null) =>
  store.commit({ records: [event(n, device)], urgent: true });

const DEVICE: Device = {
  devEui: '0011223344556677',
  name: 'Tank',
  codec: 'cayenne',
  origin: 'api',
  abp: { devAddr: '01020304', nwkSKey: 'a'.repeat(32), appSKey: 'b'.repeat(32) },
};

test('S15: its files are readable for their owner alone, whatever the umask', async () => {
  await commit(1);
  await store.close();
  const before = process.umask(0);
  try {
    const dir = join(folder.path, 'open');
    mkdirSync(dir);
    const other = openStore({ dir, world });
    await other.commit({ records: [event(1)], urgent: true });
    for (const name of ['edge.db', 'edge.db-wal', 'edge.db-shm', 'device.key', 'keys.json']) {
      expect([name, statSync(join(dir, name)).mode & 0o077]).toEqual([name, 0]);
    }
    await other.close();
  } finally {
    process.umask(before);
    store = open();
  }
});

describe('the log', () => {
  test('a device whose key is missing keeps its identity over a restart', async () => {
    const keyless = { joinEui: '70b3d57ed0ffffff' };
    store.devices.put({ devEui: '0011223344556677', name: 'Tank', codec: 'raw', origin: 'api', keyless });
    await store.close();
    store = open();
    expect(store.devices.get('0011223344556677')).toMatchObject({ name: 'Tank', keyless });
    expect(store.devices.get('0011223344556677')).not.toHaveProperty('otaa');
  });

  test('numbers records from 1 without gaps, in the order of the calls', async () => {
    const results = await Promise.all([commit(1), commit(2), store.commit({}), commit(3)]);
    expect(results.map((r) => r.firstSeq)).toEqual([1, 2, 0, 3]);
    expect(store.log.readAfter(0, 10).map((r) => r.seq)).toEqual([1, 2, 3]);
    expect(store.log.lastSeq()).toBe(3);
  });

  test('reads forwards within a byte limit but always at least one record', async () => {
    await Promise.all([1, 2, 3].map((n) => commit(n)));
    expect(numbers(store.log.readAfter(1, 10))).toEqual([2, 3]);
    expect(numbers(store.log.readAfter(0, 10, 1))).toEqual([1]);
    expect(numbers(store.log.readBefore(3, 10))).toEqual([2, 1]);
  });

  test("follows one device's records backwards through those of others", async () => {
    await Promise.all([commit(1, 'aa'), commit(2, 'bb'), commit(3, 'aa'), commit(4), commit(5, 'aa')]);
    expect(numbers(store.log.ofDevice('aa', Number.MAX_SAFE_INTEGER, 10))).toEqual([5, 3, 1]);
    expect(numbers(store.log.ofDevice('aa', 5, 1))).toEqual([3]);
    // From a record of its own the chain goes on there; from one of another, or one that is not there, it is looked for.
    expect(numbers(store.log.ofDevice('aa', 4, 10))).toEqual([3, 1]);
    expect(numbers(store.log.ofDevice('aa', 99, 10))).toEqual([5, 3, 1]);
    expect(store.log.ofDevice('cc', 5, 1)).toEqual([]);
  });

  test('tells listeners what was appended, once and in order', async () => {
    const told: [number, number][] = [];
    store.log.onAppend((first, last) => told.push([first, last]));
    await Promise.all([commit(1), commit(2)]);
    await commit(3);
    expect(told).toEqual([
      [1, 2],
      [3, 3],
    ]);
  });

  test('is the same after closing and opening again', async () => {
    await Promise.all([commit(1, 'aa'), commit(2, 'aa')]);
    const id = store.storeId();
    await store.close();
    store = open();
    expect(store.storeId()).toBe(id);
    await commit(3, 'aa');
    expect(numbers(store.log.ofDevice('aa', 100, 10))).toEqual([3, 2, 1]);
    expect(store.log.readAfter(0, 10).map((r) => r.seq)).toEqual([1, 2, 3]);
  });
});

describe('group commit', () => {
  test('waits for company no longer than the setting', async () => {
    const committed = store.commit({ records: [event(1)] });
    expect(store.log.lastSeq()).toBe(0);
    world.advance(50);
    expect((await committed).firstSeq).toBe(1);
  });

  test('rejects a change that can never be stored and stores its neighbours', async () => {
    const bad = { kind: 'system', timeMs: Number.NaN, device: null, body: { event: 'bad' } } as const;
    const results = await Promise.allSettled([
      commit(1),
      store.commit({ records: [{ ...bad, timeMs: {} as number }] }),
      commit(2),
    ]);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(store.log.readAfter(0, 10).map((r) => r.seq)).toEqual([1, 2]);
    expect(numbers(store.log.readAfter(0, 10))).toEqual([1, 2]);
  });

  test('keeps changes while the file refuses and stores them when it takes them again', async () => {
    await commit(1);
    const other = new Database(`${folder.path}/edge.db`);
    other.exec('BEGIN IMMEDIATE');
    const waiting = commit(2);
    await expect.poll(() => store.status().state).toBe('degraded');
    other.exec('ROLLBACK');
    other.close();
    world.advance(1_000);
    expect((await waiting).firstSeq).toBe(2);
    expect(store.status().state).toBe('ok');
  });

  test('refuses a second process on the same folder with a hint', () => {
    expect(open).toThrowError(StoreError);
    expect(open).toThrowError(/another webscada-edge holds this data folder/);
  });
});

describe('cursors', () => {
  test('account for every record and survive a restart', async () => {
    await Promise.all([1, 2, 3, 4].map((n) => commit(n)));
    store.cursor('influx').advance(3, 1);
    expect(store.cursor('influx').state()).toEqual({
      seq: 3,
      accepted: 4,
      delivered: 2,
      pending: 1,
      quarantined: 1,
      expired: 0,
    });
    await store.close();
    store = open();
    expect(store.cursor('influx').state().seq).toBe(3);
    expect(store.cursor('influx').rewind(1)).toBe(1);
    expect(() => store.cursor('influx').advance(9)).toThrow(RangeError);
  });
});

describe('devices', () => {
  test('keep their counter when put again, and lose it with the session', async () => {
    store.devices.put(DEVICE);
    await store.commit({ counters: [{ devEui: DEVICE.devEui, nextFCntUp: 8 }], urgent: true });
    store.devices.put({ ...DEVICE, name: 'Big tank' });
    expect(store.devices.get(DEVICE.devEui)).toMatchObject({ name: 'Big tank', nextFCntUp: 8 });
    store.devices.remove(DEVICE.devEui);
    store.devices.put(DEVICE);
    expect(store.devices.get(DEVICE.devEui)?.nextFCntUp).toBe(8);
    store.devices.put({
      ...DEVICE,
      abp: { devAddr: '01020304', nwkSKey: 'c'.repeat(32), appSKey: 'b'.repeat(32) },
    });
    expect(store.devices.get(DEVICE.devEui)?.nextFCntUp).toBe(0);
  });
});

describe('remembered keys', () => {
  test('are known only once committed', async () => {
    const done = store.commit({ records: [event(1)], seen: ['k'], urgent: true });
    expect(store.seen('k')).toBe(false);
    await done;
    expect(store.seen('k')).toBe(true);
  });
});

test('behaves like an array under any mix of commits, restarts and cursor moves', async () => {
  const action = fc.oneof(
    fc.record({
      do: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 5 }),
      device: fc.constantFrom('aa', 'bb', null),
    }),
    fc.record({ do: fc.constant('reopen' as const) }),
    fc.record({ do: fc.constant('advance' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
      const place = temporaryFolder();
      let subject = openStore({ dir: place.path, world });
      const model: { n: number; device: string | null }[] = [];
      let cursor = 0;
      try {
        for (const step of actions) {
          if (step.do === 'append') {
            const records = Array.from({ length: step.count }, (_, i) =>
              event(model.length + 1 + i, step.device),
            );
            for (let i = 0; i < step.count; i++) model.push({ n: model.length + 1, device: step.device });
            await subject.commit({ records, urgent: true });
          } else if (step.do === 'advance') {
            cursor += Math.floor((model.length - cursor) * step.part);
            subject.cursor('x').advance(cursor);
          } else {
            await subject.close();
            subject = openStore({ dir: place.path, world });
          }
          expect(numbers(subject.log.readAfter(0, 1_000))).toEqual(model.map((m) => m.n));
          expect(subject.cursor('x').state()).toMatchObject({ seq: cursor, pending: model.length - cursor });
          const ofDevice = model.filter((m) => m.device === 'aa').map((m) => m.n);
          expect(numbers(subject.log.ofDevice('aa', 1_000, 1_000))).toEqual(ofDevice.reverse());
        }
      } finally {
        await subject.close();
        place.remove();
      }
    }),
    { numRuns: 25 },
  );
});
