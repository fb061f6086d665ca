/** The InfluxDB writer against a scripted InfluxDB over HTTP: what each status and fault does to the records. */

import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { InfluxConfig } from '../../src/config/schema.ts';
import { createInfluxWriter, type InfluxWriter } from '../../src/ingest/influx/writer.ts';
import type { SinkStatus } from '../../src/model/status.ts';
import { DEFAULTS } from '../support/config.ts';
import { type InfluxFake, type ServedFake, serveInfluxFake } from '../support/influx-fake.ts';
import {
  appendReadings,
  type InfluxSite,
  startWriter,
  untilDrained,
  untilStatus as untilWriter,
  useInfluxSite,
  writtenReadings,
} from '../support/influx-site.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import { eventually, freePort } from '../support/process.ts';
import type { TestWorld } from '../support/world.ts';

let site: InfluxSite;
let fake: InfluxFake;
let served: ServedFake;
let store: MemoryStore;
let world: TestWorld;

useInfluxSite((made) => {
  site = made;
  ({ fake, served, store, world } = made);
});

const start = (changes: Partial<InfluxConfig> = {}) => startWriter({ ...site, store }, changes);
const append = (count: number) => appendReadings({ ...site, store }, count);
const untilStatus = (
  writer: InfluxWriter,
  what: string,
  check: (status: SinkStatus) => boolean,
  stepMs?: number,
) => untilWriter(site, writer, what, check, stepMs);
const drained = (writer: InfluxWriter) => untilDrained(site, writer);
const readings = () => writtenReadings(site);

describe('a healthy InfluxDB', () => {
  test('gets every record, in few requests over one connection, the token only in its header', async () => {
    append(500);
    const writer = await start();
    await drained(writer);
    append(3);
    expect(await drained(writer)).toMatchObject({ state: 'ok', delivered: 503, quarantined: 0 });
    expect(readings().length).toBe(503);
    expect(fake.points.size).toBe(1_006);
    expect(fake.requests.length).toBe(2);
    expect(served.connections()).toBe(1);
    expect(served.complaints).toEqual([]);
    expect(readings()[0]?.tags).toEqual({ device: 'a0', name: 'Sensor a0', site: 'hill' });
  });

  test('a fresh record waits for company, but not longer than the flush time', async () => {
    const writer = await start({ batchMaxAgeMs: 1_000 });
    await untilStatus(writer, 'ready', ({ state }) => state === 'ok');
    append(1);
    world.advance(900);
    append(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(writer.status().pending).toBe(2);
    world.advance(150);
    await eventually('both are written', () => writer.status().pending === 0);
    expect(fake.requests.filter((body) => body !== '').length).toBe(1);
  });

  test('is asked once at start whether it would take records, and not again while there are none', async () => {
    const writer = await start();
    await untilStatus(writer, 'ready', ({ state }) => state === 'ok');
    world.advance(3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.requests).toEqual(['']);
  });

  test('gets compressed bodies when it is not on this machine', async () => {
    append(100);
    // 0.0.0.0 leads here as well, without being a loopback address.
    const writer = await start({ url: served.url.replace('127.0.0.1', '0.0.0.0') });
    await drained(writer);
    expect(readings().length).toBe(100);
    expect(served.zippedRequests()).toBeGreaterThan(0);
  });
});

describe('one bad record', () => {
  test.each([
    ['422 with the good points written', true],
    ['422 with nothing written', false],
  ])('%s: found, quarantined with the reason, the others delivered', async (_, partial) => {
    fake.partial = partial;
    fake.refuse = ({ fields }) => (fields.index === 77 ? 'field type conflict on index' : undefined);
    append(200);
    const writer = await start();
    expect(await drained(writer)).toMatchObject({ delivered: 199, quarantined: 1, state: 'ok' });
    const [bad] = store.quarantine.list('influx', 0, 10);
    expect(bad).toMatchObject({ seq: 78, device: 'a1', sink: 'influx', quarantinedMs: expect.any(Number) });
    expect(bad?.reason).toContain('field type conflict on index');
    expect(readings().length).toBe(199);
    expect(fake.requests.length).toBeLessThan(30);
  });

  test('status 400 for a line that is malformed to the server', async () => {
    const healthy = fake.receive;
    fake.receive = (body) =>
      body.includes(' index=3 ')
        ? { status: 400, body: '{"code":"invalid","message":"unable to parse"}', headers: {} }
        : healthy(body);
    append(10);
    const writer = await start();
    expect(await drained(writer)).toMatchObject({ delivered: 9, quarantined: 1 });
    expect(store.quarantine.list('influx', 0, 10)[0]?.reason).toBe('unable to parse');
  });

  test('a body of the log that is not JSON goes to quarantine without bothering InfluxDB', async () => {
    append(3);
    const broken = store.log.readAfter(1, 1)[0];
    Object.assign(broken ?? {}, { body: '{' });
    const writer = await start();
    expect(await drained(writer)).toMatchObject({ delivered: 2, quarantined: 1 });
  });

  test('status 500 for ever to one record holds up the others for seconds, not for ever', async () => {
    const healthy = fake.receive;
    fake.receive = (body) =>
      body.includes(' index=3 ')
        ? { status: 500, body: '{"message":"partial write"}', headers: {} }
        : healthy(body);
    append(10);
    const writer = await start();
    expect(await drained(writer)).toMatchObject({ delivered: 9, quarantined: 1 });
  });

  test('many bad records of one device beside a good one are all set aside', async () => {
    fake.refuse = ({ tags }) => (tags.device === 'a1' ? 'field type conflict' : undefined);
    append(200);
    const writer = await start();
    expect(await drained(writer)).toMatchObject({ delivered: 100, quarantined: 100 });
  });

  test('a crash between quarantine and cursor counts it once', async () => {
    fake.refuse = ({ fields }) => (fields.index === 5 ? 'bad' : undefined);
    append(10);
    await drained(await start());
    store = store.reopen();
    expect(store.cursor('influx').state()).toMatchObject({ seq: 0, quarantined: 0 });
    expect(await drained(await start())).toMatchObject({ delivered: 9, quarantined: 1 });
    expect(store.quarantine.count('influx')).toBe(1);
    expect(readings().length).toBe(9);
  });
});

describe('a server that refuses everything', () => {
  test('stops the writer with the reason instead of emptying the log into quarantine', async () => {
    fake.refuse = () => 'column missing in explicit schema';
    append(500);
    const writer = await start();
    const status = await untilStatus(writer, 'degraded', ({ state }) => state === 'degraded');
    expect(status).toMatchObject({ quarantined: 0, pending: 500 });
    expect(status.detail).toContain('column missing in explicit schema');
    const asked = fake.requests.length;
    for (let second = 0; second < 50; second += 1) world.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.requests.length).toBe(asked);
    fake.refuse = () => undefined;
    expect(await untilStatus(writer, 'drained', ({ pending }) => pending === 0, 500)).toMatchObject({
      delivered: 500,
      state: 'ok',
    });
  });

  test('after it worked, at most 20 records are set aside before the writer stops', async () => {
    append(10);
    const writer = await start();
    await drained(writer);
    fake.refuse = () => 'schema changed';
    append(500);
    const status = await untilStatus(writer, 'degraded', ({ state }) => state === 'degraded');
    expect(status).toMatchObject({ quarantined: 20, pending: 480 });
  });
});

describe('a setup that is wrong', () => {
  test.each<[number, Partial<InfluxConfig>, string]>([
    [401, { token: 'other' }, 'token'],
    [404, { bucket: 'elsewhere' }, 'Create the bucket'],
    [404, { org: 'elsewhere' }, 'organisation'],
  ])('status %i with %j pauses, says what to do and asks once a minute', async (_, changes, words) => {
    append(10);
    const writer = await start(changes);
    const status = await untilStatus(writer, 'down', ({ state }) => state === 'down');
    expect(status.hint).toContain(words);
    expect(status.pending).toBe(10);
    const before = served.requests();
    const untilMs = world.clock.monotonicMs() + 190_000;
    await untilStatus(writer, 'three minutes', () => world.clock.monotonicMs() > untilMs, 1_000);
    expect(served.requests() - before).toBeGreaterThanOrEqual(2);
    expect(served.requests() - before).toBeLessThanOrEqual(3);
    expect(JSON.stringify(world.logged) + JSON.stringify(status)).not.toContain('other"');
  });

  test('status 403 pauses and goes on by itself once the permission is there', async () => {
    fake.script.push({ status: 403, message: 'insufficient permissions for secret-token' });
    append(10);
    const writer = await start();
    const status = await untilStatus(writer, 'down', ({ state }) => state === 'down');
    expect(status.hint).toContain('write permission');
    expect(JSON.stringify([status, world.logged])).not.toContain('secret-token');
    await untilStatus(writer, 'drained', ({ pending }) => pending === 0, 1_000);
  });

  test('a wrong token is noticed at start, before there is a reading', async () => {
    const writer = await start({ token: 'wrong' });
    await untilStatus(writer, 'down', ({ state }) => state === 'down');
  });

  test.each<[string, Partial<InfluxConfig>, string]>([
    ['an address that is none', { url: 'ftp://nowhere' }, 'http://'],
    ['a token that cannot be sent', { token: 'one\ntwo' }, 'token'],
  ])('%s is told, and the appliance lives on', async (_, changes, words) => {
    append(1);
    const writer = await start(changes);
    const status = await untilStatus(writer, 'down', ({ state }) => state === 'down');
    expect(status.detail).toContain(words);
  });

  test('https to a port that does not speak TLS is told as that', async () => {
    append(1);
    const writer = await start({ url: served.url.replace('http:', 'https:') });
    const status = await untilStatus(writer, 'down', ({ state }) => state === 'down');
    expect(status.detail).toContain('does not speak TLS');
    expect(status.hint).toContain('http://');
  });

  test('the line end of a token file does no harm', async () => {
    append(1);
    expect(await drained(await start({ token: 'secret-token\n' }))).toMatchObject({ delivered: 1 });
  });

  test('without a url nothing runs and the log keeps everything', async () => {
    append(5);
    const deviceName = () => '';
    const writer = createInfluxWriter({ store, world, config: DEFAULTS.influx, site: 'hill', deviceName });
    await writer.start();
    expect(writer.status()).toMatchObject({
      state: 'not_configured',
      detail: 'InfluxDB: not configured; the log keeps everything',
    });
  });
});

describe('a server in trouble', () => {
  test('status 413 halves the batch until it fits', async () => {
    fake.maxBytes = 5_000;
    append(300);
    const writer = await start();
    expect(await drained(writer)).toMatchObject({ delivered: 300, quarantined: 0 });
    expect(readings().length).toBe(300);
  });

  test.each([429, 503])('status %i waits as long as Retry-After says', async (status) => {
    fake.script.push({ status, headers: { 'retry-after': '30' } });
    append(10);
    const writer = await start();
    await untilStatus(writer, 'degraded', ({ state }) => state === 'degraded');
    for (let second = 0; second < 28; second += 1) world.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.requests.length).toBe(1);
    world.advance(2_500);
    await eventually('written', () => writer.status().pending === 0);
  });

  test.each<[string, InfluxFake['script']]>([
    ['500', [{ status: 500 }, { status: 500 }]],
    ['502, 504 and a page of a proxy', [{ status: 502 }, { status: 504 }, { status: 200, message: 'hello' }]],
    ['a cut before anything landed', [{ cut: true }, { cut: true }]],
    ['a cut after everything landed', [{ cut: true, writes: true }]],
    ['400 although everything landed', [{ status: 400, writes: true }]],
    ['500 although everything landed', [{ status: 500, writes: true }]],
    ['201, a partial success', [{ status: 201, writes: true }]],
  ])('after %s every record is there exactly once', async (_, script) => {
    fake.script.push(...script);
    append(10);
    const writer = await start();
    const status = await untilStatus(writer, 'drained', ({ pending }) => pending === 0, 200);
    expect(status).toMatchObject({ delivered: 10, quarantined: 0, state: 'ok' });
    expect(fake.points.size).toBe(20);
  });

  test('a half-open connection is given up after the timeout and closed', async () => {
    fake.script.push({ silent: true, writes: true });
    append(10);
    const writer = await start({ timeoutMs: 10_000 });
    await eventually('the request is there', () => fake.requests.length === 1);
    world.advance(9_000);
    expect(writer.status().state).toBe('connecting');
    world.advance(1_500);
    const status = await untilStatus(writer, 'down', ({ state }) => state === 'down');
    expect(status.detail).toContain('does not answer in time');
    await drained(writer);
    expect(served.connections()).toBe(2);
    expect(fake.points.size).toBe(20);
  });

  test('nobody listening: tries again for ever and writes when somebody does', async () => {
    const port = await freePort();
    append(10);
    const writer = await start({ url: `http://127.0.0.1:${port}` });
    const status = await untilStatus(writer, 'down', ({ state }) => state === 'down');
    expect(status.detail).toContain('refuses the connection');
    const other = await serveInfluxFake(fake, port);
    await drained(writer);
    await other.close();
    expect(readings().length).toBe(10);
  });

  test('an endless answer is not collected', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write('HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n\r\n');
        const more = () => socket.writable && socket.write('x'.repeat(60_000), () => setImmediate(more));
        more();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    append(1);
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const writer = await start({ url: `http://127.0.0.1:${port}` });
    await eventually('the answer counts', () => writer.status().state === 'degraded');
    await writer.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  test('stop ends a request in flight at once and loses nothing', async () => {
    fake.script.push({ silent: true });
    append(10);
    const writer = await start();
    await eventually('the request is there', () => fake.requests.length === 1);
    const startedMs = performance.now();
    await writer.stop();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(writer.status()).toMatchObject({ delivered: 0, pending: 10 });
    await drained(await start());
  });
});
