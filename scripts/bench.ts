/**
 * Measures the appliance against what is possible, in one run: (a) MQTT.js receiving QoS 1 messages and doing nothing,
 * (b) the whole way of a frame to the committed log, (c) the same with InfluxDB's protocol and Redis draining beside it.
 * Each drains a queue that a real Mosquitto holds ready, so that the publisher takes no part. Then start and idle memory,
 * and the executable: size, start, memory. `--frames N` (50 000), `--rounds N` (3), `--only throughput|start|idle|executable|history`.
 */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import {
  drained,
  processUsage,
  type Status,
  startAppliance,
  writeSettings,
} from '../test/support/appliance-process.ts';
import { createFleet, fleetSettings, frameOf, upEvent } from '../test/support/fleet.ts';
import { type Mosquitto, startMosquitto } from '../test/support/mosquitto.ts';
import { findServer, freePort, startServer, temporaryFolder } from '../test/support/process.ts';
import { startRedis } from '../test/support/redis.ts';
import { demoSettings, msToFirstPage, SMALL_BOX } from './bench/demo-site.ts';
import { executable } from './bench/executable.ts';
import { benchHistory } from './bench/history.ts';
import { median } from './bench/median.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const frames = Number(values.frames);
const rounds = Number(values.rounds);
const fleet = createFleet(100, 'bench');
const MB = 1_048_576;

interface Measured {
  readonly seconds: number;
  readonly cpuS: number;
  readonly peakBytes: number;
  readonly writtenBytes: number;
}

/** Makes the broker hold `frames` up events for the session `clientId`. */
async function fillQueue(broker: Mosquitto, clientId: string): Promise<void> {
  const properties = { sessionExpiryInterval: 3_600, receiveMaximum: 2_000 };
  const session = await connectAsync(broker.url, { clientId, clean: false, protocolVersion: 5, properties });
  await session.subscribeAsync('gateway/+/event/+', { qos: 1 });
  await session.endAsync();
  const publisher = await connectAsync(broker.url, { protocolVersion: 5 });
  const underWay = new Set<Promise<unknown>>();
  for (let index = 0; index < frames; index++) {
    const device = fleet[index % fleet.length];
    if (!device) break;
    const { topic, payload } = upEvent(frameOf(device, Math.floor(index / fleet.length)));
    const confirmed = publisher.publishAsync(topic, payload, { qos: 1 });
    underWay.add(confirmed);
    void confirmed.then(() => underWay.delete(confirmed));
    if (underWay.size >= 500) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  await publisher.endAsync();
}

async function measureBare(broker: Mosquitto): Promise<Measured> {
  await fillQueue(broker, 'bare');
  const script = join(import.meta.dirname, 'bench-bare.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    broker.url,
    'bare',
    String(frames),
  ]);
  return JSON.parse(stdout) as Measured;
}

async function measureAppliance(
  broker: Mosquitto,
  sinks: Readonly<Record<string, unknown>>,
): Promise<Measured> {
  const folder = temporaryFolder();
  const httpPort = await freePort();
  const settings = writeSettings(folder.path, {
    site: { id: 'bench' },
    http: { port: httpPort },
    mqtt: { mode: 'external', url: broker.url, client_id: 'appliance' },
    store: { dir: `${folder.path}/data` },
    log: { level: 'error' },
    devices: fleetSettings(fleet),
    ...sinks,
  });
  await fillQueue(broker, 'appliance');
  const appliance = await startAppliance(settings, httpPort);
  const startedMs = performance.now();
  const before = appliance.usage();
  for (;;) {
    const status = await appliance.get<Status>('/api/v1/status');
    if (status.store.lastSeq >= frames) break;
    await sleep(50);
  }
  if ('influx' in sinks) await drained(appliance, 300_000);
  const after = appliance.usage();
  const seconds = (performance.now() - startedMs) / 1_000;
  await appliance.stop();
  folder.remove();
  return {
    seconds,
    cpuS: after.cpuS - before.cpuS,
    peakBytes: after.peakBytes,
    writtenBytes: after.writtenBytes - before.writtenBytes,
  };
}

/** A fresh broker for each: what one run left behind must not count for the next. */
async function withBroker(measure: (broker: Mosquitto) => Promise<Measured>): Promise<Measured> {
  const broker = await startMosquitto();
  try {
    return await measure(broker);
  } finally {
    await broker.stop();
  }
}

async function throughput(): Promise<void> {
  const folder = temporaryFolder();
  const redis = await startRedis(folder.path);
  const port = await freePort();
  const victoria = await startServer(
    findServer('victoria-metrics') ?? 'victoria-metrics',
    [`-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${folder.path}/vm`, '-retentionPeriod=100y'],
    { port },
  );
  const sinks = { influx: { url: `http://127.0.0.1:${port}`, token: 'unused' }, centre: { url: redis.url } };
  const runs: Readonly<Record<'a' | 'b' | 'c', Measured[]>> = { a: [], b: [], c: [] };
  for (let round = 0; round < rounds; round++) {
    runs.a.push(await withBroker(measureBare));
    runs.b.push(await withBroker((broker) => measureAppliance(broker, {})));
    await redis.client.flushall();
    runs.c.push(await withBroker((broker) => measureAppliance(broker, sinks)));
  }
  await Promise.all([redis.stop(), victoria.stop()]);
  folder.remove();

  console.log(`\nthroughput: ${frames} frames of ${fleet.length} devices, median of ${rounds} rounds`);
  console.log('                                     frames/s   CPU s/100k   peak MB   bytes written/frame');
  const rate = (runsOf: Measured[]) => median(runsOf.map(({ seconds }) => frames / seconds));
  const row = (name: string, of: Measured[]) =>
    console.log(
      name.padEnd(36),
      rate(of).toFixed(0).padStart(8),
      median(of.map(({ cpuS }) => (cpuS / frames) * 100_000))
        .toFixed(2)
        .padStart(12),
      median(of.map(({ peakBytes }) => peakBytes / MB))
        .toFixed(0)
        .padStart(9),
      median(of.map(({ writtenBytes }) => writtenBytes / frames))
        .toFixed(0)
        .padStart(21),
    );
  row('(a) MQTT.js alone', runs.a);
  row('(b) to the committed log', runs.b);
  row('(c) and to both sinks', runs.c);
  console.log(
    `(b)/(a) ${(rate(runs.b) / rate(runs.a)).toFixed(2)}   (c)/(a) ${(rate(runs.c) / rate(runs.a)).toFixed(2)}`,
  );
}

async function start(): Promise<void> {
  const folder = temporaryFolder();
  const site = await demoSettings(folder.path);
  const times: number[] = [];
  const empty: number[] = [];
  for (let round = 0; round < rounds * 3; round++) {
    const emptyMs = performance.now();
    await promisify(execFile)(process.execPath, ['-e', '0']);
    empty.push(performance.now() - emptyMs);
    times.push(await msToFirstPage([process.execPath, join(import.meta.dirname, '../dist/main.js')], site));
  }
  folder.remove();
  console.log(
    `\nstart to first page: ${median(times).toFixed(0)} ms (an empty Node process: ${median(empty).toFixed(0)} ms), median of ${times.length}`,
  );
}

async function idle(): Promise<void> {
  const folder = temporaryFolder();
  const { file, httpPort } = await demoSettings(folder.path);
  const empty = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
  const appliance = await startAppliance(file, httpPort, SMALL_BOX);
  await sleep(60_000);
  const before = appliance.usage();
  await sleep(30_000);
  const after = appliance.usage();
  const emptyBytes = processUsage(empty.pid ?? 0).rssBytes;
  empty.kill();
  await appliance.stop();
  folder.remove();
  console.log(
    `\nidle, simulator with 50 devices: ${(after.rssBytes / MB).toFixed(1)} MB, an empty Node process ${(emptyBytes / MB).toFixed(1)} MB: ${((after.rssBytes - emptyBytes) / MB).toFixed(1)} MB over it; ${(((after.cpuS - before.cpuS) / 30) * 100).toFixed(1)} % of a core, ${((after.writtenBytes - before.writtenBytes) / 30 / 1_024).toFixed(1)} KB/s written`,
  );
}

const sections = {
  ...{ throughput, start, idle },
  executable: () => executable(rounds * 3),
  history: () => benchHistory(2_000_000),
};
for (const [name, run] of Object.entries(sections)) {
  if (values.only === undefined || values.only === name) await run();
}
