/**
 * Kills the appliance with SIGKILL at random moments while a QoS 1 publisher sends 500 frames a second, then counts: the
 * log, the Redis Stream and the line-protocol server must hold each frame exactly once. Real Mosquitto, Redis and
 * VictoriaMetrics. `--kills N` (100), `--short` (10), `--rate FRAMES_PER_SECOND` (500), `--seed N`.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import { drained, type Status, startAppliance, writeSettings } from '../test/support/appliance-process.ts';
import { createFleet, fleetSettings } from '../test/support/fleet.ts';
import {
  accountFaults,
  addCounter,
  type Holding,
  inLog,
  inStream,
  ledgerFaults,
  startLoad,
} from '../test/support/ledger.ts';
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

async function inVictoria(url: string): Promise<Holding> {
  const query = new URLSearchParams({ 'match[]': '{__name__="radio_f_cnt"}', start: '0' });
  const text = await (await fetch(`${url}/api/v1/export?${query}`)).text();
  const holding: Holding = new Map();
  for (const line of text.split('\n').filter(Boolean)) {
    const { metric, values: counters } = JSON.parse(line) as { metric: { device: string }; values: number[] };
    for (const fCnt of counters) addCounter(holding, metric.device, fCnt);
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
const load = startLoad({ client, fleet, rate, random });
let current = first;
for (let kill = 1; kill <= kills; kill++) {
  await sleep(100 + random() * 1_400);
  await current.stop('SIGKILL');
  if (kill % 10 === 0) console.log(`  ${kill} kills`);
  current = await startAppliance(settings, httpPort);
}
await load.stop();
await client.endAsync();
// Everything acknowledged by the broker is either with us or still in its queue for us.
let quietSinceMs = performance.now();
for (let lastSeq = -1; performance.now() - quietSinceMs < 5_000; await sleep(100)) {
  const status = await drained(current, 120_000);
  if (status.store.lastSeq !== lastSeq) quietSinceMs = performance.now();
  lastSeq = status.store.lastSeq;
}
await current.stop();

const log = await inLog(dir);
const stream = await inStream(redis.client, 'webscada:{crash}:log');
const found = [
  ...accountFaults(load.published, log, stream),
  ...ledgerFaults('line-protocol server', load.published, await inVictoria(victoriaUrl)),
];
await Promise.all([mosquitto.stop(), redis.stop(), victoria.stop()]);
folder.remove();
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
for (const fault of found.slice(0, 20)) console.error(fault);
console.log(
  `crash: ${load.total()} frames, ${kills} kills, ${seconds} s: ${found.length === 0 ? 'each frame exactly once in log, stream and line-protocol server' : `${found.length} faults`}`,
);
process.exitCode = found.length === 0 ? 0 : 1;
