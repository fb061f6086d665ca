/**
 * Kills the appliance with SIGKILL at random moments while a QoS 1 publisher sends 500 frames a second, then counts: the
 * log, the Redis Stream and the line-protocol server must hold each frame exactly once. Real Mosquitto, Redis and
 * VictoriaMetrics. `--kills N` (100), `--short` (10), `--rate FRAMES_PER_SECOND` (500), `--seed N`.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { uplinkBody } from '../src/model/record.ts';
import { openStore } from '../src/store/store.ts';
import { drained, type Status, startAppliance, writeSettings } from '../test/support/appliance-process.ts';
import { createFleet, fleetSettings, frameOf, GATEWAY_A, GATEWAY_B, upEvent } from '../test/support/fleet.ts';
import { startMosquitto } from '../test/support/mosquitto.ts';
import { eventually, findServer, freePort, startServer, temporaryFolder } from '../test/support/process.ts';
import { startRedis } from '../test/support/redis.ts';
import { createTestWorld } from '../test/support/world.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    rate: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    short: { type: 'boolean', default: false },
  },
});
const kills = values.short ? 10 : Number(values.kills);
const rate = Number(values.rate);
const fleet = createFleet(50, `crash ${values.seed}`);
const { random } = createTestWorld(0, Number(values.seed));

/** Frames published so far, by device: counters 0 … n - 1. */
const published = new Map(fleet.map((device) => [device.devEui, 0]));

/** Publishes `rate` frames a second until told to stop; one in five is heard by a second gateway too. */
function startPublisher(client: MqttClient): { stop(): Promise<void> } {
  let stopped = false;
  const unconfirmed = new Set<Promise<unknown>>();
  const startedMs = performance.now();
  let sent = 0;
  const publish = (event: { topic: string; payload: Buffer }): void => {
    const confirmed = client.publishAsync(event.topic, event.payload, { qos: 1 });
    unconfirmed.add(confirmed);
    void confirmed.then(() => unconfirmed.delete(confirmed));
  };
  const loop = async (): Promise<void> => {
    while (!stopped) {
      const due = Math.floor(((performance.now() - startedMs) / 1_000) * rate);
      for (; sent < due; sent++) {
        const device = fleet[sent % fleet.length];
        if (!device) break;
        const fCnt = published.get(device.devEui) ?? 0;
        const frame = frameOf(device, fCnt);
        const timeMs = Date.now();
        publish(upEvent(frame, { gatewayId: GATEWAY_A, timeMs }));
        if (random() < 0.2)
          publish(upEvent(frame, { gatewayId: GATEWAY_B, marshaler: 'json', timeMs, snr: 3 }));
        published.set(device.devEui, fCnt + 1);
      }
      await sleep(4);
    }
  };
  const running = loop();
  return {
    async stop() {
      stopped = true;
      await running;
      await Promise.all(unconfirmed);
    },
  };
}

type Holding = Map<string, number[]>;

/** Names every counter that is missing or there twice. */
function faults(place: string, holding: Holding): string[] {
  const found: string[] = [];
  for (const [device, count] of published) {
    const times = new Map<number, number>();
    for (const fCnt of holding.get(device) ?? []) times.set(fCnt, (times.get(fCnt) ?? 0) + 1);
    for (let fCnt = 0; fCnt < count; fCnt++) {
      const seen = times.get(fCnt) ?? 0;
      if (seen !== 1) found.push(`${place}: ${device} frame ${fCnt} is there ${seen} times`);
    }
    if (times.size > count) found.push(`${place}: ${device} has frames that were never sent`);
  }
  return found;
}

function add(holding: Holding, device: string, fCnt: number): void {
  const list = holding.get(device);
  if (list) list.push(fCnt);
  else holding.set(device, [fCnt]);
}

function inLog(dir: string): { holding: Holding; lastSeq: number; gaps: string[] } {
  const store = openStore({ dir, world: createTestWorld() });
  const holding: Holding = new Map();
  const gaps: string[] = [];
  let seq = 0;
  for (;;) {
    const records = store.log.readAfter(seq, 5_000);
    if (records.length === 0) break;
    for (const record of records) {
      if (record.seq !== seq + 1) gaps.push(`log: a gap between ${seq} and ${record.seq}`);
      seq = record.seq;
      if (record.kind === 'uplink' && record.device) add(holding, record.device, uplinkBody(record).fCnt);
    }
  }
  void store.close();
  return { holding, lastSeq: seq, gaps };
}

async function inRedis(client: Awaited<ReturnType<typeof startRedis>>['client'], key: string) {
  const holding: Holding = new Map();
  const gaps: string[] = [];
  let last = 0;
  let from = '-';
  for (;;) {
    const entries = await client.xrange(key, from, '+', 'COUNT', 5_000);
    if (entries.length === 0) break;
    for (const [id, fields] of entries) {
      const seq = Number(id.split('-')[1]);
      if (seq !== last + 1) gaps.push(`stream: a gap between ${last} and ${seq}`);
      last = seq;
      const value = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
      if (value('k') === 'uplink')
        add(holding, value('d'), (JSON.parse(value('b')) as { fCnt: number }).fCnt);
      from = `(${id}`;
    }
  }
  return { holding, last, gaps };
}

async function inVictoria(url: string): Promise<Holding> {
  const query = new URLSearchParams({ 'match[]': '{__name__="radio_f_cnt"}', start: '0' });
  const text = await (await fetch(`${url}/api/v1/export?${query}`)).text();
  const holding: Holding = new Map();
  for (const line of text.split('\n').filter(Boolean)) {
    const { metric, values: counters } = JSON.parse(line) as { metric: { device: string }; values: number[] };
    for (const fCnt of counters) add(holding, metric.device, fCnt);
  }
  return holding;
}

const folder = temporaryFolder();
const mosquitto = await startMosquitto();
const redis = await startRedis(folder.path);
const victoriaPort = await freePort();
const victoriaUrl = `http://127.0.0.1:${victoriaPort}`;
const victoria = await startServer(
  findServer('victoria-metrics') ?? 'victoria-metrics',
  [
    `-httpListenAddr=127.0.0.1:${victoriaPort}`,
    `-storageDataPath=${folder.path}/victoria`,
    '-retentionPeriod=100y',
    // A point written twice is one point, as in InfluxDB.
    '-dedup.minScrapeInterval=1ms',
  ],
  { port: victoriaPort },
);
const httpPort = await freePort();
const dir = `${folder.path}/data`;
const settings = writeSettings(folder.path, {
  site: { id: 'crash' },
  http: { port: httpPort },
  mqtt: { mode: 'external', url: mosquitto.url },
  store: { dir },
  influx: { url: victoriaUrl, token: 'unused' },
  centre: { url: redis.url },
  log: { level: 'warn' },
  devices: fleetSettings(fleet),
});

console.log(`crash: ${kills} kills at random moments, ${rate} frames/s, seed ${values.seed}`);
const startedMs = performance.now();
const first = await startAppliance(settings, httpPort);
// From here on the broker keeps for us what it takes.
await eventually('subscribed', async () => (await first.get<Status>('/api/v1/status')).broker.state === 'ok');
const client = await connectAsync(mosquitto.url, { clientId: 'publisher' });
const publisher = startPublisher(client);
let current = first;
for (let kill = 1; kill <= kills; kill++) {
  await sleep(100 + random() * 1_400);
  await current.stop('SIGKILL');
  if (kill % 10 === 0) console.log(`  ${kill} kills`);
  current = await startAppliance(settings, httpPort);
}
await publisher.stop();
await client.endAsync();
const total = [...published.values()].reduce((sum, count) => sum + count, 0);
// Everything acknowledged by the broker is either with us or still in its queue for us.
let quietSinceMs = performance.now();
for (let lastSeq = -1; performance.now() - quietSinceMs < 5_000; await sleep(100)) {
  const status = await drained(current, 120_000);
  if (status.store.lastSeq !== lastSeq) quietSinceMs = performance.now();
  lastSeq = status.store.lastSeq;
}
await current.stop();

const log = inLog(dir);
const stream = await inRedis(redis.client, 'webscada:crash:log');
const found = [
  ...log.gaps,
  ...stream.gaps,
  ...faults('log', log.holding),
  ...faults('stream', stream.holding),
  ...faults('line-protocol server', await inVictoria(victoriaUrl)),
  ...(log.lastSeq === stream.last ? [] : [`the log ends at ${log.lastSeq}, the stream at ${stream.last}`]),
];
await Promise.all([mosquitto.stop(), redis.stop(), victoria.stop()]);
folder.remove();
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
for (const fault of found.slice(0, 20)) console.error(fault);
console.log(
  `crash: ${total} frames, ${kills} kills, ${seconds} s: ${found.length === 0 ? 'each frame exactly once in log, stream and line-protocol server' : `${found.length} faults`}`,
);
process.exitCode = found.length === 0 ? 0 : 1;
