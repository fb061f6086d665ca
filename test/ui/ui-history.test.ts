/** A device's history over the API: what is asked of the store, what becomes of it, and what is refused. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HistoryPoint, HistoryQuery, Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { makeApi } from '../support/api.ts';
import { temporaryFolder } from '../support/process.ts';
import { KEYS } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

const EUI = '70b3d57ed0000000';
const DEVICE = {
  ...{ devEui: EUI, name: 'Tank', codec: 'raw', origin: 'api' as const },
  abp: { devAddr: '01020304', ...KEYS },
};
const START_MS = Date.UTC(2026, 0, 1);
const FROM = 'from=2026-01-01T00:00:00Z';

/** An API over a store that has so many fields of so many points. */
function apiWith(fields: number, points: number) {
  const asked: HistoryQuery[] = [];
  const { site } = makeApi();
  site.deps.store.devices.put(DEVICE);
  const history: Store['history'] = async (_, query) => {
    asked.push(query);
    const count = Math.min(points, query.buckets);
    const series = Array.from({ length: fields }, (_, n) => ({
      field: `f${n}`,
      points: Array.from({ length: count }, (_, index) => pointAt(START_MS + index)),
    }));
    return { source: 'hours', fromMs: START_MS, bucketMs: 3_600_000, series, behind: 7 };
  };
  const { ask } = makeApi({ store: { ...site.deps.store, history } });
  return { ask, asked };
}

function pointAt(startMs: number): HistoryPoint {
  const times = { firstMs: startMs, lastMs: startMs };
  return { startMs, count: 2, min: 1, max: 3, mean: 2, first: 3, last: 1, ...times };
}

describe("a device's history", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let store: Store;
  beforeEach(() => {
    folder = temporaryFolder();
    store = openStore({ dir: folder.path, world: createTestWorld() });
  });
  afterEach(async () => {
    await store.close();
    folder.remove();
  });

  test('is what its readings were', async () => {
    store.devices.put(DEVICE);
    const radio = { fPort: 1, devAddr: '01020304', confirmed: false, freq: 868_100_000, dr: 'SF7', rx: [] };
    const records = [20.5, 19, 21].map((temperature, n) => ({
      ...({ kind: 'uplink', timeMs: START_MS + n * 60_000, device: EUI } as const),
      body: { fields: { temperature }, data: '', fCnt: n, ...radio, codec: 'raw', via: 'bridge' as const },
    }));
    const committed = store.commit({ records });
    store.flush();
    await committed;
    const { ask } = makeApi({ store });
    const url = `/api/v1/devices/${EUI.toUpperCase()}/history?${FROM}&to=2026-01-01T01:00:00Z&buckets=2`;
    expect(await ask(url)).toMatchObject({
      status: 200,
      json: {
        ...{ source: 'readings', from: '2026-01-01T00:00:00.000Z', bucketSeconds: 1_800, behind: 0 },
        items: [
          {
            field: 'temperature',
            points: [
              {
                ...{ time: '2026-01-01T00:00:00.000Z', count: 3, min: 19, max: 21 },
                ...{ mean: 60.5 / 3, first: 20.5, last: 21 },
              },
            ],
          },
        ],
        moreFields: [],
      },
    });
  });
});

test('what is asked reaches the store; 500 buckets of all fields up to now unless given', async () => {
  const { ask, asked } = apiWith(1, 1);
  await ask(`/api/v1/devices/${EUI}/history?from=2025-12-31T00:00:00Z`);
  await ask(`/api/v1/devices/${EUI}/history?${FROM}&to=2026-02-01T02:00:00%2B02:00&buckets=9&fields=a,b`);
  const toMs = Date.UTC(2026, 1, 1);
  expect(asked).toEqual([
    { fromMs: Date.UTC(2025, 11, 31), toMs: START_MS, buckets: 500 },
    { fromMs: START_MS, toMs, buckets: 9, fields: new Set(['a', 'b']) },
  ]);
});

test('an answer has room for so many points; the fields beyond are named', async () => {
  const { ask } = apiWith(32, 2_000);
  const { json, text } = await ask(
    `/api/v1/devices/${EUI}/history?${FROM}&to=2027-01-01T00:00:00Z&buckets=2000`,
  );
  expect(text.length).toBeLessThan(512 * 1024);
  expect(json).toMatchObject({ source: 'hours', behind: 7, bucketSeconds: 3_600 });
  expect(json.items.map(({ field }: { field: string }) => field)).toEqual(['f0']);
  expect(json.moreFields).toHaveLength(31);
});

test.each([
  ['', 'from'],
  ['from=yesterday', 'from'],
  ['from=2000-01-01T00:00:00Z', 'from'],
  [`${FROM}&to=2026-01-01T00:00:00Z`, 'to'],
  ['from=2030-01-01T00:00:00Z', 'to'],
  [`${FROM}&to=2026-02-01T00:00:00Z&buckets=2001`, 'buckets'],
  [`${FROM}&to=2026-02-01T00:00:00Z&buckets=0`, 'buckets'],
  [`${FROM}&to=2026-02-01T00:00:00Z&fields=${Array.from({ length: 33 }, (_, n) => n).join()}`, 'fields'],
  [`${FROM}&to=2026-02-01T00:00:00Z&fields=${'x'.repeat(2_200)}`, 'fields'],
])('the query "%s" is refused, naming the parameter', async (search, parameter) => {
  const { ask, asked } = apiWith(1, 1);
  const { status, json } = await ask(`/api/v1/devices/${EUI}/history?${search}`);
  expect([status, json.errors[0].parameter]).toEqual([400, parameter]);
  expect(asked).toEqual([]);
});

test('of a device that is not known there is none', async () => {
  const { ask } = apiWith(1, 1);
  expect((await ask(`/api/v1/devices/ffffffffffffffff/history?${FROM}`)).status).toBe(404);
});
