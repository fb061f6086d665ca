/**
 * Two hours without the centre, half an hour without InfluxDB, five minutes without the broker, in a minute: the box with its
 * clocks a hundred and twenty times as fast, real Mosquitto and Redis, `collect` at the centre, the InfluxDB protocol served.
 */
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { type Appliance, createAppliance } from '../../src/appliance.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { World } from '../../src/model/world.ts';
import { startCollector } from '../support/centre-site.ts';
import { createFleet, fleetSettings, frameOf, upEvent } from '../support/fleet.ts';
import { createInfluxFake, serveInfluxFake } from '../support/influx-fake.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import { createFastWorld } from '../support/world.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const FACTOR = 120;
const SITE = 'hill';

/** Wall clock and monotonic clock run as fast as one another. */
function fastWorld(): World {
  const world = createFastWorld(FACTOR);
  const startMs = Date.now();
  const nowMs = () => startMs + (performance.now() - startedAt) * FACTOR;
  const startedAt = performance.now();
  return { ...world, clock: { ...world.clock, nowMs: () => Math.floor(nowMs()) } };
}

interface Rehearsed {
  readonly state: string;
  readonly verdict?: string;
  readonly cutShort?: string;
  readonly checks: readonly { readonly what: string; readonly outcome: string; readonly text: string }[];
  readonly samples: readonly { readonly waiting: Readonly<Record<string, number>> }[];
  readonly events: readonly { readonly text: string }[];
  readonly lines: readonly { readonly line: string; readonly from: string; readonly mended?: string }[];
  readonly page: string;
}

async function startBox(settings: Readonly<Record<string, unknown>>, dir: string) {
  const port = await freePort();
  const text = JSON.stringify({ http: { port }, store: { dir }, site: { id: SITE }, ...settings });
  const loaded = await loadConfig({
    file: 'site.json',
    env: {},
    readFile: (path) => (path === 'site.json' ? Promise.resolve(text) : Promise.reject(missing())),
    listFolder: () => Promise.reject(missing()),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const appliance = await createAppliance(loaded.config, fastWorld());
  ends.push(appliance.stop);
  await appliance.start();
  const ask = async <Answer = Record<string, unknown>>(path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      ...(body === undefined
        ? {}
        : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, json: (await response.json()) as Answer };
  };
  const rehearsed = async () => (await ask<Rehearsed>('/rehearsal')).json;
  return { appliance, ask, rehearsed };
}

function missing(): Error {
  return Object.assign(new Error('no such file'), { code: 'ENOENT' });
}

async function startServers() {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const broker = await startMosquitto();
  ends.push(broker.stop);
  const redis = await startRedis(folder.path);
  ends.push(redis.stop);
  const fake = createInfluxFake();
  const influx = await serveInfluxFake(fake);
  ends.push(influx.close);
  const fleet = createFleet(4);
  const settings = {
    mqtt: { mode: 'external', url: broker.url },
    influx: { url: influx.url, org: 'org', token: 'secret-token', bucket: 'bucket', timeout_ms: 600_000 },
    centre: { url: redis.url },
    devices: fleetSettings(fleet),
  };
  const client = await connectAsync(broker.url);
  ends.push(() => client.endAsync(true));
  return { folder, redis, fake, fleet, settings, client };
}

/** Publishes a frame of each device now and then until it is told to stop; gives how many there were. */
function keepPublishing(client: MqttClient, fleet: ReturnType<typeof createFleet>) {
  let isOver = false;
  const done = (async () => {
    let fCnt = 0;
    for (; !isOver; fCnt += 1) {
      for (const device of fleet) {
        const { topic, payload } = upEvent(frameOf(device, fCnt));
        await client.publishAsync(topic, payload, { qos: 1 });
      }
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    return fCnt * fleet.length;
  })();
  return {
    stop() {
      isOver = true;
      return done;
    },
  };
}

const isWhole = (appliance: Appliance) => () => {
  const { broker, influx, centre } = appliance.status();
  return [broker, influx, centre].every(({ state }) => state === 'ok');
};

describeWith(['mosquitto', 'redis-server'], 'an outage rehearsal', () => {
  test('of two hours: it cuts, tells, mends by itself, and proves that nothing is lost or doubled', async () => {
    const { folder, redis, fake, fleet, settings, client } = await startServers();
    const { appliance, ask, rehearsed } = await startBox(settings, `${folder.path}/store`);
    const collector = await startCollector({
      'redis.url': redis.url,
      'files.dir': `${folder.path}/lake`,
      'collect.trim': false,
    });
    ends.push(collector.stop);
    // A broker keeps nothing for whom it has never seen.
    await eventually('the box has subscribed', () => appliance.status().broker.state === 'ok', 30_000);
    const publishing = keepPublishing(client, fleet);
    ends.push(publishing.stop);
    await eventually('the lines are whole', isWhole(appliance), 30_000);

    expect((await ask('/rehearsal', { centreS: 7_200 })).status).toBe(409);
    expect(appliance.status().rehearsal).toBeUndefined();
    const begun = await ask('/rehearsal', { centreS: 7_200, influxS: 1_800, brokerS: 300, confirm: SITE });
    expect(begun.json.detail).toBeUndefined();
    expect(begun.status).toBe(202);
    expect((await ask('/rehearsal', { centreS: 7_200, confirm: SITE })).status).toBe(409);
    expect(appliance.status().rehearsal).toMatchObject({ state: 'running' });
    await eventually('all three are down', () => {
      const { broker, influx, centre } = appliance.status();
      return [broker, influx, centre].every(({ detail }) => detail.includes('on purpose'));
    });
    const atCut = await redis.client.xlen(`webscada:{${SITE}}:log`);

    await eventually('the broker is back', () => appliance.status().broker.state === 'ok', 30_000);
    await eventually('InfluxDB is back', () => appliance.status().influx.state === 'ok', 40_000);
    expect(appliance.status().centre.state).toBe('down');
    expect(await redis.client.xlen(`webscada:{${SITE}}:log`)).toBe(atCut);

    const ended = await eventually(
      'it has ended',
      async () => {
        const now = await rehearsed();
        return now.state === 'ended' && now;
      },
      90_000,
    );
    const published = await publishing.stop();
    console.log(ended.page);
    expect(ended.checks.filter(({ outcome }) => outcome !== 'proved')).toEqual([]);
    expect(ended.verdict).toBe('proved');
    expect(ended.checks.map(({ what }) => what)).toContain("the centre's watermark");
    const lasted = Object.fromEntries(
      ended.lines.map(({ line, from, mended = '' }) => [
        line,
        (Date.parse(mended) - Date.parse(from)) / 60_000,
      ]),
    );
    expect(lasted.centre).toBeGreaterThanOrEqual(119.9);
    expect(lasted.influx).toBeGreaterThanOrEqual(29.9);
    expect(lasted.broker).toBeGreaterThanOrEqual(4.9);
    expect(lasted.broker).toBeLessThan(30);
    expect(Math.max(...ended.samples.map(({ waiting }) => waiting.centre ?? 0))).toBeGreaterThan(100);
    // And what is really there, counted without the box, which knows of the last frames only when the broker has sent them.
    const written = () => [...fake.points.values()].filter(({ measurement }) => measurement === 'radio');
    await eventually('every frame is written', () => written().length >= published);
    await eventually('everything is everywhere', () => {
      const { influx, centre } = appliance.status();
      return influx.pending === 0 && centre.pending === 0;
    });
    expect(written()).toHaveLength(published);
    const audit = (await ask('/audit')).json as { items: { what: string }[] };
    expect(audit.items.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['beginRehearsal', 'endRehearsal']),
    );
  }, 180_000);

  test('is over with a new start of the box, which says so and still proves', async () => {
    const { folder, fleet, settings, client } = await startServers();
    const dir = `${folder.path}/store`;
    const first = await startBox(settings, dir);
    const publishing = keepPublishing(client, fleet);
    ends.push(publishing.stop);
    await eventually('the lines are whole', isWhole(first.appliance), 30_000);
    const begun = await first.ask('/rehearsal', { centreS: 86_400, influxS: 86_400, confirm: SITE });
    expect(begun.status).toBe(202);
    await eventually('cut', () => first.appliance.status().centre.state === 'down');
    await first.appliance.stop();
    const second = await startBox(settings, dir);
    await eventually('the lines are whole', isWhole(second.appliance), 30_000);
    await eventually(
      'proved',
      async () => {
        const now = await second.rehearsed();
        return now.state === 'ended' && now.cutShort === 'by a new start of the box';
      },
      60_000,
    );
  }, 120_000);
});
