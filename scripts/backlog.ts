/**
 * A long outage of InfluxDB, and its end: a log with `--records N` readings that nobody has had (300 000; 6 000 000 are a
 * week at ten a second) is written to a line-protocol server while ten live readings a second come in over MQTT. Prints
 * start-up time, memory, rate and how late the live readings were, and fails when one of them is beyond its limit.
 * NODE_OPTIONS reaches the appliance, so that `--max-semi-space-size=1` measures a small box.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import type { NewRecord } from '../src/model/record.ts';
import { createWorld } from '../src/ops/world.ts';
import { openStore } from '../src/store/store.ts';
import { type ApplianceProcess, startAppliance, writeSettings } from '../test/support/appliance-process.ts';
import { LIVE_PREFIX, startCountingInflux } from '../test/support/counting-influx.ts';
import { createFleet, fleetSettings, frameOf, upEvent } from '../test/support/fleet.ts';
import { freePort, temporaryFolder } from '../test/support/process.ts';
import { createTestWorld } from '../test/support/world.ts';

const { values } = parseArgs({ options: { records: { type: 'string', default: '300000' } } });
const records = Number(values.records);
const MB = 1_048_576;
const LIMITS = { startMs: 2_000, growthMb: 20, rate: 20_000, lateMs: 5_000 };
const MAX_BYTES = 32 * 1024 ** 3;
/** Memory is compared from here on, at the latest from the middle: before, the process is still growing into its work. */
const WARM_UP_S = 10;
const LOOKS_PER_S = 2;

const liveFleet = createFleet(10, 'live').map((device, index) => ({
  ...device,
  devEui: `${LIVE_PREFIX}${String(index).padStart(12, '0')}`,
}));

function backlogRecord(index: number, firstMs: number): NewRecord {
  const fCnt = Math.floor(index / 100);
  return {
    kind: 'uplink',
    device: `70b3d57ed0${String(index % 100).padStart(6, '0')}`,
    timeMs: firstMs + index * 100,
    body: {
      fields: {
        temperature_1: 20 + (index % 100) / 10,
        relative_humidity_2: 45,
        digital_input_3: index % 2,
      },
      data: '016700d202685a030001',
      fPort: 2,
      fCnt,
      devAddr: '260b1f02',
      confirmed: false,
      freq: 868_100_000,
      dr: 'SF7BW125',
      rx: [{ gw: '0016c001f153a14c', rssi: -80 - (index % 40), snr: 7, t: firstMs + index * 100 }],
      codec: 'cayenne',
      via: 'bridge',
    },
  };
}

/** Fills a store in `dir`; the readings end a minute ago. */
async function fill(dir: string): Promise<void> {
  const { logger } = createTestWorld();
  const store = openStore({ dir, world: createWorld(logger), maxBytes: MAX_BYTES });
  const firstMs = Date.now() - 60_000 - records * 100;
  const batch = 2_000;
  for (let at = 0; at < records; at += batch) {
    const count = Math.min(batch, records - at);
    const made = Array.from({ length: count }, (_, index) => backlogRecord(at + index, firstMs));
    await store.commit({ records: made, urgent: true });
  }
  await store.close();
}

/** Publishes ten live frames a second until stopped; gives how many. */
function startLive(port: number): { stop(): Promise<number> } {
  let running = true;
  const done = (async () => {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
    const startedMs = performance.now();
    let sent = 0;
    while (running) {
      const device = liveFleet[sent % liveFleet.length];
      if (!device) break;
      const frame = frameOf(device, Math.floor(sent / liveFleet.length));
      const { topic, payload } = upEvent(frame, { timeMs: Date.now() });
      void client.publishAsync(topic, payload, { qos: 1 });
      sent += 1;
      await sleep(Math.max(0, startedMs + sent * 100 - performance.now()));
    }
    await client.endAsync();
    return sent;
  })();
  return {
    stop() {
      running = false;
      return done;
    },
  };
}

interface Sink {
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
  readonly quarantined: number;
  readonly expired: number;
}

interface Drain {
  readonly seconds: number;
  readonly unbalanced: number;
  /** Of the resident memory at each look, bytes. */
  readonly rss: readonly number[];
}

/** Looks every half second until the backlog has gone. */
async function watchDrain(appliance: ApplianceProcess): Promise<Drain> {
  const startedMs = performance.now();
  const rss: number[] = [];
  let unbalanced = 0;
  for (let toldMs = startedMs; ; ) {
    const { influx } = await appliance.get<{ influx: Sink }>('/api/v1/status');
    const { accepted, delivered, pending, quarantined, expired } = influx;
    if (accepted !== delivered + pending + quarantined + expired) unbalanced += 1;
    rss.push(appliance.usage().rssBytes);
    if (pending < 100) return { seconds: (performance.now() - startedMs) / 1_000, unbalanced, rss };
    if (performance.now() - toldMs > 15_000) {
      toldMs = performance.now();
      console.log(`  ${pending} to go, ${((rss.at(-1) ?? 0) / MB).toFixed(0)} MB`);
    }
    await sleep(1_000 / LOOKS_PER_S);
  }
}

const folder = temporaryFolder();
const influx = await startCountingInflux();
let appliance: ApplianceProcess | undefined;
try {
  const dir = `${folder.path}/data`;
  const fillMs = performance.now();
  await fill(dir);
  console.log(`${records} records stored in ${((performance.now() - fillMs) / 1_000).toFixed(0)} s`);
  const [httpPort, mqttPort] = [await freePort(), await freePort()];
  const settings = writeSettings(folder.path, {
    site: { id: 'backlog' },
    http: { port: httpPort },
    mqtt: { embedded_port: mqttPort },
    store: { dir, max_bytes: MAX_BYTES },
    log: { level: 'error' },
    influx: { url: influx.url, token: 'unused' },
    devices: fleetSettings(liveFleet),
  });
  const startMs = performance.now();
  appliance = await startAppliance(settings, httpPort, {
    NODE_OPTIONS: process.env.NODE_OPTIONS ?? '',
  });
  await appliance.get('/api/v1/status');
  const startedInMs = performance.now() - startMs;
  const live = startLive(mqttPort);
  const drain = await watchDrain(appliance);
  await sleep(3_000);
  const sent = await live.stop();
  for (let tries = 0; (await influx.counted()).live < sent && tries < 100; tries++) await sleep(100);
  report(startedInMs, drain, sent, await influx.counted(), readPeak(appliance));
} finally {
  await appliance?.stop();
  influx.stop();
  folder.remove();
}

function readPeak({ process: { pid } }: ApplianceProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
}

function report(
  startedInMs: number,
  { seconds, unbalanced, rss }: Drain,
  sent: number,
  counted: Awaited<ReturnType<typeof influx.counted>>,
  peakBytes: number,
): void {
  const warm = rss.slice(Math.min(WARM_UP_S * LOOKS_PER_S, Math.floor(rss.length / 2)));
  const growthMb = (Math.max(...warm) - (warm[0] ?? 0)) / MB;
  const rate = records / seconds;
  const mb = (bytes: number) => `${(bytes / MB).toFixed(0)} MB`;
  const lost = sent - counted.live;
  console.log(`
start with ${records} records waiting   ${startedInMs.toFixed(0)} ms
drained                                ${rate.toFixed(0)} records/s, ${seconds.toFixed(0)} s
memory after warm-up, highest, peak    ${mb(warm[0] ?? 0)}, ${mb(Math.max(...warm))}, ${mb(peakBytes)} (grew ${growthMb.toFixed(1)} MB)
live readings                          ${counted.live} of ${sent}, late by ${counted.meanMs.toFixed(0)} ms, at most ${counted.latestMs} ms
written                                ${counted.readings} readings in ${counted.requests} requests, ${mb(counted.bytes)}
counts that did not add up             ${unbalanced}`);
  const failures = [
    startedInMs > LIMITS.startMs && `started in more than ${LIMITS.startMs} ms`,
    growthMb > LIMITS.growthMb && `memory grew by more than ${LIMITS.growthMb} MB`,
    rate < LIMITS.rate && `slower than ${LIMITS.rate} records/s`,
    counted.latestMs > LIMITS.lateMs && `a live reading was more than ${LIMITS.lateMs} ms late`,
    lost > 0 && `${lost} live readings are missing`,
    counted.readings < records + sent && 'readings are missing',
    unbalanced > 0 && 'counts did not add up',
  ].filter((failure) => failure !== false);
  for (const failure of failures) console.error(`FAILED: ${failure}`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
