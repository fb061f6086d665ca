/**
 * How fast a held queue of frames goes the whole way, to the committed log and to both sinks, what it costs in processor
 * time and memory, and what a reading takes on the disk: beside MQTT.js doing nothing, SQLite alone and, where it is given,
 * Telegraf.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApplianceProcess, drained, type Status } from '../../test/support/appliance-process.ts';
import { createFleet } from '../../test/support/fleet.ts';
import { freePort, startServer, temporaryFolder } from '../../test/support/process.ts';
import { startRedis } from '../../test/support/redis.ts';
import { type Figure, figure } from './figure.ts';
import { fillQueue, mqttAlone, type Queue, withAppliance, withBroker } from './held-queue.ts';
import { median } from './median.ts';
import { serverOf } from './needed.ts';
import { type SqliteAlone, sqliteAlone } from './sqlite-alone.ts';
import { type InfluxTarget, telegrafDrain } from './telegraf.ts';

const MB = 1_048_576;
const FRAMES_A_SET = 100_000;
const DRAIN_MS = 300_000;

export interface ThroughputOptions {
  readonly frames: number;
  readonly rounds: number;
  /** Telegraf's executable, to run beside. */
  readonly telegraf?: string | undefined;
  /** An InfluxDB to write to instead of VictoriaMetrics, which speaks its protocol. */
  readonly influx?: InfluxTarget | undefined;
}

interface Drain {
  readonly seconds: number;
  readonly cpuS: number;
  readonly peakBytes: number;
}

interface LogDrain extends Drain {
  /** Of the store when all is in it. */
  readonly sizeBytes: number;
}

interface Runs {
  readonly alone: Drain[];
  readonly log: LogDrain[];
  readonly sinks: LogDrain[];
  readonly telegraf: Drain[];
}

export async function throughput(options: ThroughputOptions): Promise<Figure[]> {
  const folder = temporaryFolder();
  const redis = await startRedis(folder.path);
  const victoria = options.influx ? undefined : await startVictoria(folder.path);
  const influx = options.influx ?? victoria?.target;
  const sinks = { influx, centre: { url: redis.url } };
  const queue: Queue = { fleet: createFleet(100, 'bench'), frames: options.frames };
  const runs: Runs = { alone: [], log: [], sinks: [], telegraf: [] };
  try {
    for (let round = 0; round < options.rounds; round++) {
      runs.alone.push(await withBroker((broker) => aloneDrain(broker, queue)));
      runs.log.push(await withBroker((broker) => drain(broker, queue, {})));
      await redis.client.flushall();
      runs.sinks.push(await withBroker((broker) => drain(broker, queue, sinks)));
      const { telegraf } = options;
      if (telegraf && influx) runs.telegraf.push(await telegrafDrain(telegraf, queue, influx));
    }
    return figuresOf(runs, options, await sqliteAlone(options.frames));
  } finally {
    await Promise.all([redis.stop(), victoria?.stop()]);
    folder.remove();
  }
}

async function startVictoria(folder: string) {
  const port = await freePort();
  const args = [
    `-httpListenAddr=127.0.0.1:${port}`,
    `-storageDataPath=${folder}/vm`,
    '-retentionPeriod=100y',
  ];
  const server = await startServer(serverOf('victoria-metrics'), args, { port });
  const target = { url: `http://127.0.0.1:${port}`, token: 'unused', org: 'bench', bucket: 'bench' };
  return { target, stop: () => server.stop() };
}

async function aloneDrain(broker: Parameters<typeof mqttAlone>[0], queue: Queue): Promise<Drain> {
  await fillQueue(broker, 'alone', queue);
  return mqttAlone(broker, 'alone', queue.frames);
}

async function drain(
  broker: Parameters<typeof mqttAlone>[0],
  queue: Queue,
  sinks: Readonly<Record<string, unknown>>,
): Promise<LogDrain> {
  await fillQueue(broker, 'appliance', queue);
  return withAppliance(broker, queue.fleet, sinks, (appliance) =>
    untilDone(appliance, queue.frames, 'influx' in sinks),
  );
}

async function untilDone(appliance: ApplianceProcess, frames: number, withSinks: boolean): Promise<LogDrain> {
  const startedMs = performance.now();
  const before = appliance.usage();
  let status = await appliance.get<Status>('/api/v1/status');
  while (status.store.lastSeq < frames) {
    if (performance.now() - startedMs > DRAIN_MS)
      throw new Error(`only ${status.store.lastSeq} of ${frames} came`);
    await sleep(50);
    status = await appliance.get<Status>('/api/v1/status');
  }
  if (withSinks) await drained(appliance, DRAIN_MS);
  const after = appliance.usage();
  return {
    seconds: (performance.now() - startedMs) / 1_000,
    cpuS: after.cpuS - before.cpuS,
    peakBytes: after.peakBytes,
    sizeBytes: status.store.sizeBytes,
  };
}

function figuresOf(
  { alone, log, sinks, telegraf }: Runs,
  { frames, rounds }: ThroughputOptions,
  sqlite: SqliteAlone,
): Figure[] {
  const rate = (runs: readonly Drain[]) => median(runs.map(({ seconds }) => frames / seconds));
  const cpu = (runs: readonly Drain[]) => median(runs.map(({ cpuS }) => (cpuS / frames) * FRAMES_A_SET));
  const peak = (runs: readonly Drain[]) => median(runs.map(({ peakBytes }) => peakBytes / MB));
  const how = `a queue of ${frames} frames of 100 devices (Cayenne LPP, protobuf), held by a Mosquitto, is drained; the program has the limits of its unit; median of ${rounds} rounds`;
  const to = 'MQTT.js doing nothing';
  const size = median(log.map(({ sizeBytes }) => sizeBytes / frames));
  return [
    ...([['log', 'the log', log] as const, ['sinks', 'both sinks', sinks] as const] as const).flatMap(
      ([key, place, runs]) => [
        figure(`rate.${key}`, `frames/s to ${place}`, [rate(runs), '/s'], how, {
          ...{ reference: rate(alone), to, better: 'higher' },
        }),
        figure(`cpu.${key}`, `CPU s per 100 000 frames to ${place}`, [cpu(runs), 's'], how, {
          ...{ reference: cpu(alone), to },
        }),
        figure(`peak.${key}`, `peak memory, ${frames} frames to ${place}`, [peak(runs), 'MB'], how, {
          ...{ reference: peak(alone), to },
        }),
      ],
    ),
    figure(
      'log.bytes',
      'log bytes a reading on disk (Cayenne, one reception)',
      [size, 'B'],
      'size of the store, all its files, after the drain to the log, by the number of frames',
      { reference: sqlite.bytes, to: 'a table of the same readings as JSON, SQLite alone' },
    ),
    figure(
      'cpu.log.sqlite',
      'CPU s per 100 000 frames to the log, beside SQLite alone',
      [cpu(log), 's'],
      'as above; SQLite alone inserts the readings as JSON, 100 a transaction, synced',
      { reference: sqlite.cpuS * (FRAMES_A_SET / frames), to: 'SQLite alone' },
    ),
    ...(telegraf.length === 0
      ? []
      : [
          figure('rate.sinks.telegraf', 'frames/s to InfluxDB and the centre', [rate(sinks), '/s'], how, {
            ...{ reference: rate(telegraf), to: "Telegraf's to InfluxDB", better: 'higher' },
          }),
          figure('cpu.sinks.telegraf', 'CPU s per 100 000 frames to both', [cpu(sinks), 's'], how, {
            ...{ reference: cpu(telegraf), to: "Telegraf's" },
          }),
          figure('peak.sinks.telegraf', 'peak memory to both', [peak(sinks), 'MB'], how, {
            ...{ reference: peak(telegraf), to: "Telegraf's" },
          }),
        ]),
  ];
}
