/** Readings that come so late that the task of the aggregates no longer looks at their hours. */
import { beforeEach, expect, test } from 'vitest';
import { aggregateHoursFlux } from '../../src/ingest/influx/aggregate-flux.ts';
import type { InfluxWriter } from '../../src/ingest/influx/writer.ts';
import {
  type InfluxSite,
  START_MS,
  startWriter,
  untilStatus,
  useInfluxSite,
} from '../support/influx-site.ts';
import { uplinkRecord } from '../support/memory-store.ts';

const HOUR_MS = 3_600_000;
/** Time passes in large steps here, also for a request that is under way. */
const PATIENT = { timeoutMs: 1_000_000_000 };
let site: InfluxSite;
let writer: InfluxWriter;
useInfluxSite((made) => {
  site = made;
});
beforeEach(async () => {
  writer = await startWriter(site, PATIENT);
});

const come = (...hoursLate: readonly number[]) =>
  site.store.append(
    hoursLate.map((hours) => uplinkRecord('a', site.world.clock.nowMs() - hours * HOUR_MS, { level: 1 })),
  );
const drained = () => untilStatus(site, writer, 'nothing pending', ({ pending }) => pending === 0);
const aggregated = () => untilStatus(site, writer, 'no late hours', ({ late }) => late === undefined, 10_000);
const ranges = () =>
  site.admin.queries
    .filter((flux) => flux.includes('|> to('))
    .map((flux) =>
      /start = (\S+)\nstop = (\S+)\n/
        .exec(flux)
        ?.slice(1)
        .map((time) => (Date.parse(time) - START_MS) / HOUR_MS),
    );

test('I8: hours whose readings came 10 and 30 hours late are computed again, once', async () => {
  come(10, 10, 30, 0);
  expect((await drained()).late).toEqual({ hours: 2, oldestMs: START_MS - 30 * HOUR_MS });
  expect(ranges()).toEqual([]);
  await aggregated();
  expect(ranges()).toEqual([
    [-30, -29],
    [-10, -9],
  ]);
  expect(site.admin.queries.at(-1)).toBe(
    aggregateHoursFlux(
      { bucket: 'bucket', aggregates: 'bucket_1y', measurement: 'reading' },
      { startMs: START_MS - 10 * HOUR_MS, stopMs: START_MS - 9 * HOUR_MS },
    ),
  );
});

test('I8: what the task will look at by itself is left to it, what the bucket does not keep as well', async () => {
  come(0, 1, 2, 3, 4, 24 * 91);
  await drained();
  expect(writer.status().late).toBeUndefined();
});

test('I8: a backlog of days is a few queries of few hours, after it is through', async () => {
  come(...Array.from({ length: 480 }, (_, index) => 60 - index / 8));
  await drained();
  expect(ranges()).toEqual([]);
  await aggregated();
  expect(ranges().length).toBeLessThanOrEqual(10);
  expect(ranges().at(0)).toEqual([-60, -54]);
  for (const range of ranges()) expect((range?.[1] ?? 0) - (range?.[0] ?? 0)).toBeLessThanOrEqual(6);
});

test('I8: the hours survive a restart, and an InfluxDB that does not answer', async () => {
  come(30);
  await drained();
  await writer.stop();
  site.store.savePlaces();
  site.admin.rights.query = false;
  writer = await startWriter({ ...site, store: site.store.reopen() }, PATIENT);
  const status = await untilStatus(
    site,
    writer,
    'a refusal',
    ({ late }) => late?.problem !== undefined,
    10_000,
  );
  expect(status).toMatchObject({ state: 'ok', late: { hours: 1, oldestMs: START_MS - 30 * HOUR_MS } });
  site.admin.rights.query = true;
  await aggregated();
  expect(ranges().at(-1)).toEqual([-30, -29]);
});

test('I8: hours that are written again after a loss are aggregated again', async () => {
  come(30);
  await drained();
  await aggregated();
  writer.upkeep.rewind({ fromMs: START_MS - 40 * HOUR_MS });
  await untilStatus(site, writer, 'late again', ({ late }) => late !== undefined, 10);
  await aggregated();
  expect(ranges()).toEqual([
    [-30, -29],
    [-30, -29],
  ]);
});

test('I8: the query is the task for given hours, and answers with a number rather than all it wrote', () => {
  const names = { bucket: 'b"1', aggregates: 'b_1y', measurement: 'reading' };
  const flux = aggregateHoursFlux(names, { startMs: START_MS, stopMs: START_MS + HOUR_MS });
  expect(flux).toContain('start = 2026-01-01T00:00:00.000Z\nstop = 2026-01-01T01:00:00.000Z\n');
  expect(flux).toContain('from(bucket: "b\\"1")\n    |> range(start: start, stop: stop)');
  expect(flux).toMatch(/\|> to\(bucket: "b_1y"\)\n {4}\|> group\(\)\n {4}\|> count\(\)\n$/);
  expect(flux).not.toMatch(/option task|now\(\)/);
});
