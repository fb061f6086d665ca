/** The log written to InfluxDB again from a time, as after it lost what it had acknowledged. */

import { expect, test } from 'vitest';
import type { InfluxConfig } from '../../src/config/schema.ts';
import type { InfluxWriter } from '../../src/ingest/influx/writer.ts';
import type { InfluxStatus } from '../../src/model/status.ts';
import { germanSaid } from '../support/german.ts';
import {
  appendReadings,
  type InfluxSite,
  START_MS,
  startWriter,
  untilStatus,
  useInfluxSite,
} from '../support/influx-site.ts';
import { uplinkRecord } from '../support/memory-store.ts';

let site: InfluxSite;
useInfluxSite((made) => {
  site = made;
});

const readings = () => [...site.fake.points.values()].filter(({ measurement }) => measurement === 'reading');
const drained = (writer: InfluxWriter) =>
  untilStatus(site, writer, 'nothing pending', ({ pending }) => pending === 0);
const ended = (writer: InfluxWriter) =>
  untilStatus(site, writer, 'the end of the rewind', ({ rewind }) => rewind?.state !== 'running', 200);
const counts = ({ accepted, delivered, pending, quarantined, expired }: InfluxStatus) => ({
  ...{ accepted, delivered, pending, quarantined, expired },
});

/** A writer that has delivered `count` readings, a millisecond apart. */
async function delivered(count: number, changes: Partial<InfluxConfig> = {}): Promise<InfluxWriter> {
  appendReadings(site, count);
  const writer = await startWriter(site, changes);
  await drained(writer);
  return writer;
}

test('I5: what InfluxDB lost is written again, once, and no count is doubled', async () => {
  const writer = await delivered(500, { batchMaxRecords: 50 });
  const before = new Map(site.fake.points);
  for (const key of [...before.keys()].slice(0, 600)) site.fake.points.delete(key);
  const told = counts(writer.status());
  expect(writer.upkeep.rewind({ fromMs: START_MS })).toMatchObject({
    state: 'running',
    written: 0,
    share: 0,
  });
  expect(writer.upkeep.rewind({ fromMs: START_MS })).toBe('busy');
  const under = await untilStatus(site, writer, 'progress', ({ rewind }) => (rewind?.written ?? 0) > 0);
  expect(under.detail).toMatch(/^writing again from 2026-01-01T00:00:00.000Z: \d+ %, \d+ records written/);
  const status = await ended(writer);
  expect(status.rewind).toMatchObject({
    state: 'done',
    written: 500,
    share: 1,
    tooOld: 0,
    refused: 0,
    gone: 0,
  });
  expect(site.fake.points).toEqual(before);
  expect(counts(status)).toEqual(told);
  expect(status.detail).toContain('writing to bucket');
});

test('I5: only the range that was asked for is written, late readings of that range as well', async () => {
  site.store.append([uplinkRecord('a', START_MS + 150, { late: 1 })]);
  const writer = await delivered(400);
  site.store.append([uplinkRecord('a', START_MS + 120, { late: 2 })]);
  await drained(writer);
  site.fake.points.clear();
  writer.upkeep.rewind({ fromMs: START_MS + 100, toMs: START_MS + 200 });
  expect((await ended(writer)).rewind).toMatchObject({ state: 'done', written: 102 });
  const times = readings().map(({ time }) => Number(time / 1_000_000n) - START_MS);
  expect([Math.min(...times), Math.max(...times), times.length]).toEqual([100, 199, 102]);
});

test('I5: a rewind goes on where it was after a restart, and waits for an InfluxDB that is away', async () => {
  const first = await delivered(300, { batchMaxRecords: 10 });
  const before = new Map(site.fake.points);
  site.fake.points.clear();
  first.upkeep.rewind({ fromMs: START_MS });
  await untilStatus(site, first, 'some written', ({ rewind }) => (rewind?.written ?? 0) >= 50);
  await first.stop();
  const done = first.status().rewind?.written ?? 0;
  expect(done).toBeLessThan(300);
  site.store.savePlaces();
  site.fake.script.push({ status: 503 }, { cut: true }, { status: 500 });
  const second = await startWriter({ ...site, store: site.store.reopen() }, { batchMaxRecords: 10 });
  expect(second.status().rewind).toMatchObject({ state: 'running', written: done });
  expect((await ended(second)).rewind).toMatchObject({ state: 'done', written: 300 });
  expect(site.fake.points).toEqual(before);
});

test('I5: fresh readings go first, and what is pending in any case is written once more at most', async () => {
  const writer = await delivered(400, { batchMaxRecords: 10, batchMaxAgeMs: 0 });
  writer.upkeep.rewind({ fromMs: START_MS });
  await untilStatus(site, writer, 'progress', ({ rewind }) => (rewind?.written ?? 0) > 20);
  site.store.append([uplinkRecord('fresh', START_MS + 999, { level: 1 })]);
  const status = await untilStatus(site, writer, 'the fresh one', ({ pending }) => pending === 0);
  expect(status.rewind).toMatchObject({ state: 'running' });
  expect(readings().some(({ tags }) => tags.device === 'fresh')).toBe(true);
  expect((await ended(writer)).rewind).toMatchObject({ state: 'done', written: 400 });
});

test('I5: records that are in quarantine, refused or given up are told apart, and counted as they were', async () => {
  site.fake.refuse = ({ tags, time }) =>
    tags.device === 'a1' && (time / 1_000_000n) % 10n === 7n ? 'no sevens' : undefined;
  const writer = await delivered(200, { batchMaxRecords: 50 });
  const told = counts(writer.status());
  expect(told.quarantined).toBe(20);
  const base = site.fake.refuse;
  site.fake.refuse = (point) =>
    base(point) ?? ((point.time / 1_000_000n) % 20n === 5n ? 'no fives now' : undefined);
  writer.upkeep.rewind({ fromMs: START_MS });
  const status = await ended(writer);
  expect(status.rewind).toMatchObject({ state: 'done', written: 170, refused: 10, quarantined: 20 });
  expect(counts(status)).toEqual(told);
});

test('I5: what lies before the retention is passed over in ranges, not one by one', async () => {
  const writer = await delivered(2_000, { batchMaxRecords: 500 });
  const told = counts(writer.status());
  const requests = site.fake.requests.length;
  const border = BigInt(START_MS + 1_500) * 1_000_000n;
  site.fake.refuse = ({ time }) => (time < border ? 'points beyond retention policy' : undefined);
  writer.upkeep.rewind({ fromMs: START_MS });
  const status = await ended(writer);
  expect(status.rewind).toMatchObject({ state: 'done', written: 500, tooOld: 1_500, refused: 0 });
  expect(counts(status)).toEqual(told);
  expect(site.fake.requests.length - requests).toBeLessThan(20);
});

test('I5: an InfluxDB that refuses everything ends the rewind, which says so; so does whoever began it', async () => {
  const writer = await delivered(300);
  site.fake.refuse = () => 'not permitted by schema';
  writer.upkeep.rewind({ fromMs: START_MS });
  const status = await ended(writer);
  expect(status.rewind).toMatchObject({ state: 'stopped', written: 0 });
  expect(status.rewind?.reason).toContain('not permitted by schema');
  expect(await germanSaid(status.rewind?.said ?? [])).toMatch(/^InfluxDB weist jeden Datensatz ab: /);
  expect(status.rewind?.share).toBeLessThan(1);
  expect(writer.upkeep.cancelRewind('user jo')).toBe('idle');
  writer.upkeep.rewind({ fromMs: START_MS });
  expect(writer.upkeep.cancelRewind('user jo')).toMatchObject({
    state: 'stopped',
    reason: 'ended by user jo',
  });
});

test('I5: what the log has no more is told', async () => {
  const writer = await delivered(300);
  site.store.expireUpTo(100);
  writer.upkeep.rewind({ fromMs: START_MS });
  expect((await ended(writer)).rewind).toMatchObject({
    ...{ state: 'done', written: 200, logFromMs: START_MS + 100 },
  });
});
