/** What InfluxDB refuses as older than the bucket keeps, and what a full quarantine has no room for: given up, and told (I2). */

import { beforeEach, describe, expect, test } from 'vitest';
import type { InfluxConfig } from '../../src/config/schema.ts';
import type { InfluxWriter } from '../../src/ingest/influx/writer.ts';
import type { SinkStatus } from '../../src/model/status.ts';
import type { InfluxFake } from '../support/influx-fake.ts';
import {
  appendReadings,
  type InfluxSite,
  START_MS,
  startWriter,
  untilStatus as untilWriter,
  useInfluxSite,
} from '../support/influx-site.ts';
import { type MemoryStore, uplinkRecord } from '../support/memory-store.ts';
import type { TestWorld } from '../support/world.ts';

let site: InfluxSite;
let fake: InfluxFake;
let store: MemoryStore;
let world: TestWorld;

useInfluxSite((made) => {
  site = made;
  ({ fake, store, world } = made);
});

const start = (changes: Partial<InfluxConfig> = {}) => startWriter({ ...site, store }, changes);
const append = (count: number) => appendReadings(site, count);
const untilStatus = (
  writer: InfluxWriter,
  what: string,
  check: (status: SinkStatus) => boolean,
  stepMs?: number,
) => untilWriter(site, writer, what, check, stepMs);
const drained = (writer: InfluxWriter) =>
  untilStatus(writer, 'nothing pending', ({ pending }) => pending === 0);
const readings = () => [...fake.points.values()].filter(({ measurement }) => measurement === 'reading');

test('I2: what a full quarantine has no room for is given up, told, and holds nothing up', async () => {
  let full = false;
  const { quarantine } = store;
  store = {
    ...store,
    quarantine: {
      ...quarantine,
      add: (sink, items, nowMs) => {
        if (full) return items.map(({ record }) => record.seq);
        full = true;
        return quarantine.add(sink, items, nowMs);
      },
      use: () => ({ ...quarantine.use(), full }),
    },
  };
  fake.refuse = ({ tags }) => (tags.device === 'a1' ? 'field type conflict' : undefined);
  append(20);
  const writer = await start();
  const status = await drained(writer);
  expect(status).toMatchObject({ delivered: 10, quarantined: 1, expired: 9, state: 'degraded' });
  expect(status.detail).toContain('the quarantine is full');
  expect(status.hint).toContain('quarantine list');
});

describe('readings from before what the bucket keeps (I2)', () => {
  const DAY_MS = 86_400_000;
  let keptFromMs: number;

  beforeEach(() => {
    keptFromMs = START_MS - 90 * DAY_MS;
    fake.refuse = ({ time }) =>
      time / 1_000_000n < BigInt(keptFromMs) ? 'points beyond retention policy' : undefined;
  });

  function appendOld(count: number, ageDays: number): void {
    store.append(
      Array.from({ length: count }, (_, index) =>
        uplinkRecord(`a${index % 2}`, START_MS - ageDays * DAY_MS + index, { index }),
      ),
    );
  }

  test.each([true, false])(
    'I2: are given up together, not one by one (partial writes: %s)',
    async (partial) => {
      fake.partial = partial;
      append(100);
      appendOld(3_000, 200);
      append(100);
      const writer = await start();
      const status = await drained(writer);
      expect(status).toMatchObject({ delivered: 200, expired: 3_000, quarantined: 0, state: 'ok' });
      expect(store.quarantine.count('influx')).toBe(0);
      expect(readings().length).toBe(200);
      expect(fake.requests.length).toBeLessThan(20);
      expect(world.logged.filter(({ event }) => event === 'influx.too_old').length).toBeGreaterThan(0);
    },
  );

  test('I2: without a server that took anything yet, what is older than the settings keep is given up all the same', async () => {
    appendOld(500, 200);
    const writer = await start();
    expect(await drained(writer)).toMatchObject({ expired: 500, quarantined: 0 });
  });

  test('I2: what should be kept by the settings waits while the server takes nothing at all', async () => {
    keptFromMs = START_MS + 365 * DAY_MS;
    append(500);
    const writer = await start();
    const status = await untilStatus(writer, 'degraded', ({ state }) => state === 'degraded');
    expect(status).toMatchObject({ expired: 0, quarantined: 0, pending: 500 });
    expect(status.hint).toContain("the server's clock");
    keptFromMs = START_MS;
    expect(await untilStatus(writer, 'drained', ({ pending }) => pending === 0, 500)).toMatchObject({
      delivered: 500,
    });
  });

  test('I2: a bucket that keeps less than the settings say costs no quarantine', async () => {
    keptFromMs = START_MS - DAY_MS;
    append(10);
    appendOld(300, 30);
    append(10);
    const writer = await start();
    expect(await drained(writer)).toMatchObject({ delivered: 20, expired: 300, quarantined: 0 });
  });

  test("I2: of InfluxDB's cloud, which answers 403 to the whole request, only what is older than it says is given up", async () => {
    // As Cloud Serverless did (influxdata/influxdb#24642); the box said that the token may not write, and waited for good.
    append(10);
    appendOld(5, 30);
    append(10);
    const oldest = new Date(START_MS - DAY_MS).toISOString().replace('Z', '479165+00:00');
    const message = `dml handler error: data in table reading is outside of the retention period: minimum acceptable timestamp is ${oldest}, but observed timestamp 2025-12-02T00:00:00+00:00 is older.`;
    fake.script.push({ status: 403, message });
    const writer = await start();
    expect(await drained(writer)).toMatchObject({ delivered: 20, expired: 5, quarantined: 0, state: 'ok' });
    expect(readings().length).toBe(20);
  });

  test('I2: fresh readings written ahead of a backlog keep their account', async () => {
    appendOld(30_000, 200);
    const writer = await start({ batchMaxRecords: 100 });
    await untilStatus(writer, 'a lane of its own', ({ detail }) => detail.includes('catching up'));
    append(5);
    appendOld(5, 200);
    expect(await drained(writer)).toMatchObject({ delivered: 5, expired: 30_005, quarantined: 0 });
  });
});
