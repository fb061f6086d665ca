/** A device's history out of a whole store: from its readings, from roll-ups, over kills, repairs and retention. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewRecord } from '../../../src/model/record.ts';
import type { History, Store } from '../../../src/store/contract.ts';
import { verifyStore } from '../../../src/store/repair/inspect.ts';
import { openStore } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';
import { bucketsOf, type DatedReading, expectSame } from './history-model.ts';

const START_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DEVICE = '0011223344556677';
const OTHER = '8899aabbccddeeff';

let folder: ReturnType<typeof temporaryFolder>;
let world: TestWorld;
let store: Store;
let readings: DatedReading[];

const open = (dir = folder.path) => openStore({ dir, world });

beforeEach(() => {
  folder = temporaryFolder();
  world = createTestWorld();
  readings = [];
  store = open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

function uplink(
  timeMs: number,
  fields: Readonly<Record<string, number | boolean | string>>,
  device = DEVICE,
): NewRecord {
  return {
    ...{ kind: 'uplink', timeMs, device },
    body: {
      fields,
      ...{
        data: '00',
        fPort: 1,
        fCnt: 1,
        devAddr: '01020304',
        confirmed: false,
        freq: 868_100_000,
        dr: 'SF7BW125',
      },
      ...{ rx: [], codec: 'raw', via: 'bridge' },
    },
  };
}

/** `count` readings of each device, one every `everyMs`. */
async function fill(count: number, everyMs: number, fromMs = START_MS): Promise<void> {
  const records: NewRecord[] = [];
  for (let n = 0; n < count; n++) {
    const timeMs = fromMs + n * everyMs;
    const fields = {
      temperature: 20 + Math.round(50 * Math.sin(n / 40)) / 10,
      open: n % 7 === 0,
      state: 'on',
    };
    readings.push({ timeMs, fields });
    records.push(uplink(timeMs, fields), uplink(timeMs, { level: n }, OTHER));
  }
  for (let at = 0; at < records.length; at += 1_000) {
    const all = store.commitAll([{ records: records.slice(at, at + 1_000) }]);
    store.flush();
    await all;
  }
}

/** Lets what the store does in the background come to its end. */
function settle(): void {
  world.advance(600_000);
}

const ask = (fromMs: number, toMs: number, buckets: number, given = store): Promise<History> =>
  given.history(DEVICE, { fromMs, toMs, buckets });

function expectHours(history: History, fromMs: number, toMs: number): void {
  const within = readings.filter(
    ({ timeMs }) => timeMs >= history.fromMs && timeMs < Math.ceil(toMs / HOUR_MS) * HOUR_MS,
  );
  expect(history).toMatchObject({
    source: 'hours',
    behind: 0,
    fromMs: Math.floor(fromMs / HOUR_MS) * HOUR_MS,
  });
  expectSame(history.series, bucketsOf(within, history.fromMs, history.bucketMs));
}

describe('few readings', () => {
  test('are shown as they are, to the bound and gaps included', async () => {
    await fill(200, MINUTE_MS);
    await fill(100, MINUTE_MS, START_MS + 5 * HOUR_MS);
    const [fromMs, toMs] = [START_MS + 30 * MINUTE_MS + 1, START_MS + 6 * HOUR_MS];
    const history = await ask(fromMs, toMs, 100);
    const within = readings.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs);
    expect(history).toMatchObject({ source: 'readings', fromMs, bucketMs: Math.ceil((toMs - fromMs) / 100) });
    expectSame(history.series, bucketsOf(within, fromMs, history.bucketMs));
    expect(history.series.map(({ field }) => field)).toEqual(['open', 'temperature']);
  });

  test('long ago are found without the newer ones being read', async () => {
    await fill(12_000, MINUTE_MS);
    const history = await ask(START_MS + DAY_MS, START_MS + 2 * DAY_MS, 500);
    expect(history.source).toBe('readings');
    const within = readings.filter(
      ({ timeMs }) => timeMs >= START_MS + DAY_MS && timeMs < START_MS + 2 * DAY_MS,
    );
    expectSame(history.series, bucketsOf(within, START_MS + DAY_MS, history.bucketMs));
  });

  test('of the fields asked for only; a device never heard has none', async () => {
    await fill(10, MINUTE_MS);
    const range = { fromMs: START_MS, toMs: START_MS + HOUR_MS, buckets: 10 };
    const { series } = await store.history(DEVICE, { ...range, fields: new Set(['open', 'state']) });
    expect(series.map(({ field }) => field)).toEqual(['open']);
    expect((await store.history('ffffffffffffffff', range)).series).toEqual([]);
  });
});

describe('what else happened', () => {
  test('a downlink after the newest reading is found, and only in its range', async () => {
    await fill(3, MINUTE_MS);
    const timeMs = START_MS + 10 * MINUTE_MS;
    const body = { id: 'a', step: 'queued', fPort: 1, confirmed: false } as const;
    const all = store.commitAll([{ records: [{ kind: 'downlink', timeMs, device: DEVICE, body }] }]);
    store.flush();
    await all;
    expect((await ask(START_MS, START_MS + HOUR_MS, 10)).marks).toEqual([
      { kind: 'downlink', step: 'queued', timeMs, toMs: timeMs, count: 1 },
    ]);
    expect((await ask(START_MS, timeMs, 10)).marks).toEqual([]);
  });
});

describe('many readings', () => {
  test('are whole hours: in memory, after a stop, after a kill', async () => {
    await fill(9_000, MINUTE_MS);
    const [fromMs, toMs] = [START_MS + 10 * MINUTE_MS, START_MS + 7 * DAY_MS];
    expectHours(await ask(fromMs, toMs, 50), fromMs, toMs);
    const killed = temporaryFolder();
    for (const name of ['edge.db', 'edge.db-wal'])
      copyFileSync(join(folder.path, name), join(killed.path, name));
    const after = open(killed.path);
    expect((await ask(fromMs, toMs, 50, after)).behind).toBeGreaterThan(0);
    settle();
    expectHours(await ask(fromMs, toMs, 50, after), fromMs, toMs);
    await after.close();
    killed.remove();
    await store.close();
    store = open();
    expectHours(await ask(fromMs, toMs, 1_000), fromMs, toMs);
  });

  test('late ones join the hours they belong to', async () => {
    await fill(9_000, MINUTE_MS);
    await store.close();
    store = open();
    await fill(300, MINUTE_MS, START_MS + 3 * DAY_MS + 500);
    expectHours(await ask(START_MS, START_MS + 7 * DAY_MS, 300), START_MS, START_MS + 7 * DAY_MS);
    await store.close();
    store = open();
    expectHours(await ask(START_MS, START_MS + 7 * DAY_MS, 300), START_MS, START_MS + 7 * DAY_MS);
  });

  test('of a store of an older program are rolled up after its first start', async () => {
    await fill(6_000, MINUTE_MS);
    await store.close();
    const db = new Database(join(folder.path, 'edge.db'));
    db.exec("DELETE FROM rollups; DELETE FROM meta WHERE key = 'rollup'");
    db.close();
    store = open();
    settle();
    expectHours(await ask(START_MS, START_MS + 5 * DAY_MS, 300), START_MS, START_MS + 5 * DAY_MS);
  });
});

describe('a damaged roll-up', () => {
  /** Flips a bit of the row at `offset`. */
  function spoil(offset: number): void {
    const db = new Database(join(folder.path, 'edge.db'));
    const row = db.prepare('SELECT key, body FROM rollups ORDER BY key LIMIT 1 OFFSET ?').get(offset) as {
      key: number;
      body: Buffer;
    };
    row.body[40] = (row.body[40] ?? 0) ^ 4;
    db.prepare('UPDATE rollups SET body = ? WHERE key = ?').run(row.body, row.key);
    db.close();
  }

  test('is found, and made again from the log; the others are kept and nothing counts twice', async () => {
    await fill(9_000, MINUTE_MS);
    await store.close();
    spoil(1);
    expect(verifyStore(folder.path).problems).toEqual([expect.stringMatching(/^roll-up \d+ does not match/)]);
    const damaged: Error[] = [];
    store = openStore({ dir: folder.path, world, onDamaged: (error) => damaged.push(error) });
    await expect(ask(START_MS, START_MS + 7 * DAY_MS, 300)).rejects.toThrow('roll-up');
    expect(damaged).toHaveLength(1);
    await store.close();
    store = open();
    settle();
    await fill(60, MINUTE_MS, START_MS + 6 * DAY_MS + 12 * HOUR_MS);
    expectHours(await ask(START_MS, START_MS + 7 * DAY_MS, 300), START_MS, START_MS + 7 * DAY_MS);
    expect(verifyStore(folder.path).problems).toEqual([]);
  });
});

describe('readings that are gone', () => {
  test('by retention stay in their hours', async () => {
    await fill(500, MINUTE_MS);
    await store.close();
    store = openStore({ dir: folder.path, world, maxAgeDays: 1, historyMaxAgeDays: 30 });
    world.advance(3 * DAY_MS);
    for (let n = 0; n < 100 && store.log.firstSeq() <= 480; n++) {
      await fill(1, MINUTE_MS, START_MS + 3 * DAY_MS + n * MINUTE_MS);
      await new Promise((resolve) => setImmediate(resolve));
      settle();
    }
    expect(store.log.firstSeq()).toBeGreaterThan(480);
    expectHours(await ask(START_MS, START_MS + 4 * HOUR_MS, 300), START_MS, START_MS + 4 * HOUR_MS);
  });

  test('by damage stay in their hours', async () => {
    await fill(500, MINUTE_MS);
    await store.close();
    const db = new Database(join(folder.path, 'edge.db'));
    db.exec('DELETE FROM log WHERE seq BETWEEN 100 AND 300');
    db.close();
    store = open();
    settle();
    expect(world.logged.map(({ event }) => event)).toContain('store.salvaged');
    expectHours(await ask(START_MS, START_MS + 4 * HOUR_MS, 300), START_MS, START_MS + 4 * HOUR_MS);
  });
});
