/**
 * A site and its centre on one machine, for recoveries: Mosquitto, VictoriaMetrics in the place of InfluxDB, Redis, PostgreSQL in
 * two servers by the scripts of the manifests, `collect`, and the box; a log of readings that is everywhere, and frames that
 * go on coming whatever dies.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { type CentralPostgres, centralPostgres } from '../../test/support/central-postgres.ts';
import { type Collecting, collecting } from '../../test/support/failover/collecting.ts';
import { createFleet, type FleetDevice } from '../../test/support/fleet.ts';
import { CENTRE_VALUES } from '../../test/support/manifest-centres.ts';
import { type Mosquitto, startMosquitto } from '../../test/support/mosquitto.ts';
import {
  eventually,
  findServer,
  freePort,
  type RunningServer,
  startServer,
  temporaryFolder,
} from '../../test/support/process.ts';
import { type RedisServer, startRedis } from '../../test/support/redis.ts';
import { type Box, createBox, SITE } from './box.ts';
import {
  type Counts,
  createLiveFrames,
  type Frames,
  fillStore,
  frameKey,
  type LiveFrames,
} from './frames.ts';

export interface RecoveryOptions {
  /** Readings in the log before anything dies. */
  readonly records: number;
  /** Frames a second, all the time. */
  readonly rate: number;
}

export interface RecoverySystem {
  readonly folder: string;
  readonly fleet: readonly FleetDevice[];
  readonly live: LiveFrames;
  /** Every frame there was so far. */
  all(): Counts;
  broker: Mosquitto;
  box: Box;
  readonly influx: Influx;
  readonly redis: RedisServer;
  readonly postgres: Database;
  readonly collect: Collecting;
  /** A box in a folder of its own, with the settings of the site. */
  newBox(name: string): Promise<Box>;
  stop(): Promise<void>;
}

export interface Influx {
  readonly url: string;
  /** Killed, its data gone, and an empty one in its place. */
  replace(): Promise<void>;
  frames(): Promise<Frames>;
  stop(): Promise<void>;
}

export interface Database {
  readonly url: string;
  readonly pods: CentralPostgres;
  frames(): Promise<Frames>;
  /** Quickly: it is asked all the time. */
  count(): Promise<number>;
  /** Starts the primary, then its replica; what its folder is called is the caller's. */
  start(data?: string): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Up, with every record of the log in all places, and frames coming. */
export async function startSystem({ records, rate }: RecoveryOptions): Promise<RecoverySystem> {
  const { path: folder, remove } = temporaryFolder();
  const fleet = createFleet(10, 'recovery');
  const live = createLiveFrames(fleet, rate);
  const copies = join(folder, 'copies');
  mkdirSync(copies);
  const [broker, influx, redis] = [
    await startMosquitto(),
    await startInflux(folder),
    await startRedis(folder),
  ];
  const postgres = await startDatabase();
  const collect = collecting(1, { WSE_REDIS__URL: redis.url, WSE_POSTGRES__URL: postgres.url });
  const newBox = (name: string): Promise<Box> =>
    createBox({
      ...{ folder: join(folder, name), fleet, copies },
      ...{ broker: system.broker.url, influx: influx.url, redis: redis.url },
    });
  const parts = { folder, fleet, live, broker, influx, redis, postgres, collect, newBox };
  const old: { counts: Counts } = { counts: new Map() };
  const system: RecoverySystem = {
    ...parts,
    box: await createBox({
      ...{ folder: join(folder, 'first'), fleet, copies },
      ...{ broker: broker.url, influx: influx.url, redis: redis.url },
    }),
    all: () => new Map([...old.counts, ...live.published()]),
    async stop() {
      await live.rest();
      await system.box.stop();
      await collect.stop();
      await Promise.all([influx.stop(), redis.stop(), postgres.stop(), system.broker.stop()]);
      remove();
    },
  };
  old.counts = await fillStore(system.box.store, records);
  return system;
}

async function startInflux(folder: string): Promise<Influx> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const data = join(folder, 'victoria');
  const args = [
    ...[`-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${data}`, '-retentionPeriod=100y'],
    // A point written twice is one point, as in InfluxDB.
    ...['-dedup.minScrapeInterval=1ms', '-memory.allowedBytes=64MB'],
  ];
  const launch = () => startServer(findServer('victoria-metrics') ?? 'victoria-metrics', args, { port });
  let server: RunningServer = await launch();
  return {
    url,
    async replace() {
      await server.stop('SIGKILL');
      rmSync(data, { recursive: true });
      server = await launch();
    },
    async frames() {
      await fetch(`${url}/internal/force_flush`);
      const query = new URLSearchParams({ 'match[]': 'radio_f_cnt', start: '0' });
      const text = await (await fetch(`${url}/api/v1/export?${query}`)).text();
      const series = text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { metric: { device: string }; values: number[] });
      return new Set(
        series.flatMap(({ metric, values }) => values.map((fCnt) => frameKey(metric.device, fCnt))),
      );
    },
    stop: () => server.stop(),
  };
}

async function startDatabase(): Promise<Database> {
  const pods = await centralPostgres();
  let servers: RunningServer[] = [];
  const [port] = pods.ports;
  const url = `postgres://webscada:${CENTRE_VALUES.postgres}@127.0.0.1:${port}/webscada`;
  const pool = new Pool({ connectionString: url, max: 2 });
  pool.on('error', () => {});
  const own = `FROM webscada.records WHERE site = '${SITE}' AND kind = 'uplink'`;
  const stopAll = async (signal: NodeJS.Signals): Promise<void> => {
    for (const server of servers) await server.stop(signal);
    servers = [];
  };
  const database: Database = {
    url,
    pods,
    async frames() {
      const { rows } = await pool.query<{ device: string; f: string }>(
        `SELECT device, body::jsonb->>'fCnt' AS f ${own}`,
      );
      return new Set(rows.map(({ device, f }) => frameKey(device, Number(f))));
    },
    async count() {
      // Not while it is away, or has no tables yet.
      const { rows } = await pool
        .query<{ n: string }>(`SELECT count(*) AS n ${own}`)
        .catch(() => ({ rows: [] }));
      return Number(rows[0]?.n ?? 0);
    },
    async start(data) {
      servers.push(await pods.start(0, 0, data));
      servers.push(await pods.start(1, 0, data));
    },
    kill: () => stopAll('SIGKILL'),
    async stop() {
      await pool.end();
      await stopAll('SIGINT');
      pods.remove();
    },
  };
  await database.start();
  return database;
}

/** The log that is being written is in the archive. */
export async function archived({ pods }: Database): Promise<void> {
  const last = pods.query(0, 'SELECT pg_walfile_name(pg_switch_wal())');
  const file = join(pods.folder, 'archive-0/wal', `${last}.gz`);
  await eventually(`${last} is archived`, () => existsSync(file), 60_000);
}
