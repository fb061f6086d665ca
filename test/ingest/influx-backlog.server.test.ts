/** The InfluxDB writer with a backlog: fresh readings pass it, and a cursor that others move loses and doubles nothing. */
import { describe, expect, test } from 'vitest';
import type { InfluxConfig } from '../../src/config/schema.ts';
import type { InfluxWriter } from '../../src/ingest/influx/writer.ts';
import type { InfluxFake } from '../support/influx-fake.ts';
import {
  appendReadings,
  type InfluxSite,
  START_MS,
  startWriter,
  untilDrained,
  untilStatus,
  useInfluxSite,
  writtenReadings,
} from '../support/influx-site.ts';
import { type MemoryStore, uplinkRecord } from '../support/memory-store.ts';
import { eventually } from '../support/process.ts';

let site: InfluxSite;
let fake: InfluxFake;
let store: MemoryStore;

useInfluxSite((made) => {
  site = made;
  ({ fake, store } = made);
});

const start = (changes: Partial<InfluxConfig> = {}) => startWriter({ ...site, store }, changes);
const append = (count: number) => appendReadings({ ...site, store }, count);
const drained = (writer: InfluxWriter) => untilDrained(site, writer);
const readings = () => writtenReadings(site);

describe('live before backlog', () => {
  test('fresh readings pass a long backlog, and the backlog arrives whole behind them', async () => {
    append(5_000);
    const receive = fake.receive;
    fake.receive = (body) => {
      // Long after the outage, early in the drain.
      if (fake.requests.length === 8) store.append([uplinkRecord('fresh', START_MS, { fresh: 1 })]);
      return receive(body);
    };
    fake.script.push({ status: 500 }, { cut: true }, { status: 502 });
    const writer = await start({ batchMaxRecords: 100, batchMaxAgeMs: 0 });
    expect(await drained(writer)).toMatchObject({ delivered: 5_001, quarantined: 0 });
    const position = fake.requests.findIndex((body) => body.includes('device=fresh'));
    expect(position).toBeGreaterThanOrEqual(8);
    expect(position).toBeLessThan(12);
    expect(fake.requests.filter((body) => body.includes('device=fresh')).length).toBe(1);
    expect(fake.requests.length).toBeGreaterThan(50);
    expect(store.cursor('influx').state()).toMatchObject({ seq: 5_001, delivered: 5_001 });
    expect(readings().length).toBe(5_001);
  });

  test('a crash meanwhile only writes again', async () => {
    append(3_000);
    const first = await start({ batchMaxRecords: 100 });
    await untilStatus(site, first, 'some are written', ({ delivered }) => delivered > 300);
    append(10);
    store.savePlaces();
    await untilStatus(site, first, 'more are written', ({ delivered }) => delivered > 1_000);
    await first.stop();
    store = store.reopen();
    expect(await drained(await start({ batchMaxRecords: 100 }))).toMatchObject({
      delivered: 3_010,
      pending: 0,
    });
    expect(fake.points.size).toBe(6_020);
  });
});

describe('a cursor moved by others', () => {
  test('after a rewind the records are written again, over themselves', async () => {
    append(50);
    const writer = await start();
    await drained(writer);
    const before = fake.requests.length;
    store.cursor('influx').rewind(20);
    writer.wake();
    await drained(writer);
    await eventually('written again', () => fake.requests.length > before);
    expect(fake.points.size).toBe(100);
  });

  test('expired records are passed over and counted', async () => {
    append(50);
    fake.script.push({ status: 503, headers: { 'retry-after': '5' } });
    const writer = await start();
    await untilStatus(site, writer, 'degraded', ({ state }) => state === 'degraded');
    store.expireUpTo(30);
    expect(await drained(writer)).toMatchObject({ delivered: 20, expired: 30 });
    expect(readings().length).toBe(20);
  });
});
