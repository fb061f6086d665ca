/** Whether what InfluxDB acknowledged is still there: looked up now and then, told where it is missing. */
import { beforeEach, expect, test } from 'vitest';
import type { InfluxWriter } from '../../src/ingest/influx/writer.ts';
import {
  appendReadings,
  type InfluxSite,
  START_MS,
  startWriter,
  untilStatus,
  useInfluxSite,
} from '../support/influx-site.ts';
import { uplinkRecord } from '../support/memory-store.ts';

const DAY_MS = 86_400_000;
/** Time passes in large steps here, also for a request that is under way. */
const PATIENT = { timeoutMs: 23 * DAY_MS };
let site: InfluxSite;
let writer: InfluxWriter;
useInfluxSite((made) => {
  site = made;
});

const drained = () => untilStatus(site, writer, 'nothing pending', ({ pending }) => pending === 0);
const check = (accept = false) => writer.upkeep.check(accept);

beforeEach(async () => {
  appendReadings(site, 1_000);
  writer = await startWriter(site, { ...PATIENT, batchMaxRecords: 20 });
  await drained();
});

test('I5: nothing is missing, and it says so', async () => {
  expect(await check()).toMatchObject({ state: 'complete', missing: 0 });
  expect(writer.status()).toMatchObject({ state: 'ok', check: { state: 'complete' } });
});

test('I5: what InfluxDB lost is told, with the command that helps, until it was written again', async () => {
  const before = new Map(site.fake.points);
  for (const [key, { time }] of before) {
    if (time < BigInt(START_MS + 600) * 1_000_000n && time >= BigInt(START_MS + 300) * 1_000_000n) {
      site.fake.points.delete(key);
    }
  }
  const found = await check();
  if (typeof found === 'string') throw new Error(found);
  expect(found.state).toBe('missing');
  expect(found.missing).toBeGreaterThan(0);
  expect(found.missing).toBeLessThan(found.looked);
  expect(found.rewindFromMs).toBeLessThanOrEqual(START_MS + 300);
  const status = writer.status();
  expect(status.state).toBe('degraded');
  expect(status.detail).toContain('lost what it had acknowledged');
  expect(status.hint).toContain(`influx rewind --from ${new Date(found.rewindFromMs ?? 0).toISOString()}`);
  writer.upkeep.rewind({ fromMs: found.rewindFromMs ?? 0 });
  const after = await untilStatus(site, writer, 'well again', ({ state }) => state === 'ok', 200);
  expect(after).toMatchObject({ check: { state: 'complete' }, rewind: { state: 'done' } });
  expect(site.fake.points).toEqual(before);
});

test('I5: it looks by itself once a day, and soon after InfluxDB was away', async () => {
  site.fake.points.clear();
  await untilStatus(site, writer, 'the look of the day', ({ state }) => state === 'degraded', 3_600_000);
  expect(site.world.clock.nowMs() - START_MS).toBeLessThan(2 * DAY_MS);
  await check(true);
  expect(writer.status().state).toBe('ok');
  site.fake.script.push({ cut: true });
  site.store.append([uplinkRecord('a', START_MS, { level: 1 })]);
  await drained();
  await untilStatus(site, writer, 'back', ({ state }) => state === 'ok');
  const asked = site.admin.queries.length;
  await untilStatus(site, writer, 'the look afterwards', () => site.admin.queries.length > asked, 10_000);
});

test('I5: what was deleted on purpose is accepted, what is lost later is told again', async () => {
  site.fake.points.clear();
  expect(await check()).toMatchObject({ state: 'missing' });
  expect(await check(true)).toMatchObject({ state: 'complete', missing: 0 });
  expect(await check()).toMatchObject({ state: 'nothing' });
  appendReadings(site, 100);
  await drained();
  expect(await check()).toMatchObject({ state: 'complete' });
  site.fake.points.clear();
  expect(await check()).toMatchObject({ state: 'missing' });
});

test('I5: readings older than the bucket keeps, or that the log has no more, are not missing', async () => {
  site.fake.points.clear();
  site.store.expireUpTo(500);
  const found = await check();
  expect(found).toMatchObject({ state: 'missing', oldestMissingMs: expect.any(Number) });
  if (typeof found !== 'string') expect(found.oldestMissingMs).toBeGreaterThanOrEqual(START_MS + 500);
  site.world.advance(91 * DAY_MS);
  // The looks of those days had no time to be answered.
  await check();
  expect(await check()).toMatchObject({ state: 'nothing' });
});

test('I5: a server that does not tell is not said to be complete', async () => {
  await check();
  site.admin.rights.query = false;
  expect(await check()).toMatchObject({
    state: 'cannot',
    looked: 0,
    detail: expect.stringContaining('token may not read'),
  });
  site.admin.rights.isInflux = false;
  expect(await check()).toMatchObject({
    state: 'cannot',
    detail: expect.stringContaining('does not answer Flux'),
  });
  expect(writer.status().state).toBe('ok');
  await site.served.close();
  expect(await check()).toBe('no_answer');
});

test.each([
  ['an empty body', ''],
  ['a page', '<html>\n\n<p>_time, please log in</p>\n</html>\n'],
  ['a table of something else', ',result,table,_time\r\n,_result,0,2026-01-01T00:00:00Z\r\n\r\n'],
])('Q-empty: a server that says 200 to everything, with %s, has neither all nor nothing', async (_, body) => {
  site.admin.queryAnswer = { status: 200, body, headers: {} };
  expect(await check()).toMatchObject({ state: 'cannot', looked: 0, missing: 0 });
  expect(writer.status().state).toBe('ok');
});

test('I5: a query that fails on its way says nothing about the readings', async () => {
  const body =
    ',result,table,_time\r\n,_result,0,2000-01-01T00:00:00Z\r\n\r\n,error,reference\r\n,runtime error,897\r\n';
  site.admin.queryAnswer = { status: 200, body, headers: {} };
  expect(await check()).toBe('no_answer');
  expect(writer.status().check?.state).not.toBe('missing');
});

test('I5: what was delivered before a restart is looked up after it', async () => {
  await writer.stop();
  site.store.savePlaces();
  site.fake.points.clear();
  writer = await startWriter({ ...site, store: site.store.reopen() }, PATIENT);
  await untilStatus(site, writer, 'connected', ({ state }) => state === 'ok');
  expect(await check()).toMatchObject({ state: 'missing' });
});
