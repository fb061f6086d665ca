/**
 * A fleet on one machine: sites that write so many uplinks a second each into one Redis, copies of `collect` that bring them
 * into PostgreSQL, one copy killed in the middle and replaced. Prints one line of JSON: rates, lag, bytes a record, processor
 * time a record of each program, and whether every record is there once. docs/scale.md is made of its figures.
 *
 * Options: --sites 300, --rate 10 (a second and site), --seconds 600, --copies 2. Needs dist/ (npm run build -- --bundle).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { recordFields } from '../../src/sync/entry.ts';
import { siteKeys } from '../../src/sync/keys.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { eventually, temporaryFolder } from '../../test/support/process.ts';
import { startRedis } from '../../test/support/redis.ts';
import { cpuOfPids, cpuOfPostgres, cpuOfRedis } from './cpu.ts';
import { median } from './median.ts';

const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '300' },
    rate: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '600' },
    copies: { type: 'string', default: '2' },
  },
});
const [siteCount, rate, seconds, copyCount] = [values.sites, values.rate, values.seconds, values.copies].map(
  Number,
) as [number, number, number, number];
const DEVICES = 50;
const TICK_MS = 100;

const folder = temporaryFolder();
const postgres = await startPostgres(folder.path, ['max_wal_size=4GB', 'shared_buffers=512MB']);
const redis = await startRedis(folder.path, ['--appendonly', 'yes', '--appendfsync', 'everysec']);
const names = Array.from({ length: siteCount }, (_, at) => `site-${at}`);
const keys = names.map((name) => siteKeys('webscada', name).log);

/** An uplink as a site with one gateway writes it: a climate sensor's values and how it was heard. */
function fieldsOf(seq: number): string[] {
  const body = {
    fields: { temperature: 20 + (seq % 100) / 10, humidity: 40 + (seq % 40), battery: 3.6 },
    fCnt: seq,
    fPort: 2,
    dr: 5,
    frequencyHz: 868_100_000,
    rx: [{ gateway: '0016c001f153a14c', rssi: -80 - (seq % 30), snr: 7.5 }],
  };
  return recordFields({
    seq,
    timeMs: Date.now(),
    kind: 'uplink',
    device: (0x70b3d57ed0000000n + BigInt(seq % DEVICES)).toString(16),
    body: JSON.stringify(body),
  });
}

/** Bytes of Redis' memory for one more entry of a long stream. */
async function redisBytesPerRecord(): Promise<number> {
  const used = async (): Promise<number> =>
    Number(/used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1] ?? 0);
  const before = await used();
  const count = 50_000;
  for (let seq = 1; seq <= count; seq += 1000) {
    const pipeline = redis.client.pipeline();
    for (let at = seq; at < seq + 1000; at += 1) pipeline.xadd('probe', `1-${at}`, ...fieldsOf(at));
    await pipeline.exec();
  }
  const bytes = ((await used()) - before) / count;
  await redis.client.del('probe');
  return Math.round(bytes);
}

function startCopy(name: string): ChildProcess {
  const env = {
    ...process.env,
    ...{ WSE_REDIS__URL: redis.url, WSE_POSTGRES__URL: postgres.url, WSE_LOG__LEVEL: 'error' },
    WSE_COLLECT__CLAIM_AFTER_MS: '5000',
  };
  const args = [join(root, 'dist/main.js'), 'collect', '--set', `collect.name=${name}`];
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function stored(): Promise<number> {
  const { rows } = await postgres.pool
    .query<{ sum: string | null }>('SELECT sum(records) FROM webscada.sites')
    .catch(() => ({ rows: [] }));
  return Number(rows[0]?.sum ?? 0);
}

/** Writes at the rate for the time, whatever the copies do; `written` grows. */
async function load(state: { written: number; seq: number }): Promise<void> {
  const client = new Redis(redis.url, { enableAutoPipelining: false });
  const startMs = performance.now();
  const perSite = seconds * rate;
  while (state.seq < perSite) {
    const due = Math.min(perSite, Math.floor(((performance.now() - startMs) / 1000) * rate));
    while (state.seq < due) {
      state.seq += 1;
      const pipeline = client.pipeline();
      for (const key of keys) pipeline.xadd(key, `1-${state.seq}`, ...fieldsOf(state.seq));
      await pipeline.exec();
      state.written += siteCount;
    }
    await sleep(TICK_MS / 10);
  }
  client.disconnect();
}

const redisBytes = await redisBytesPerRecord();
const copies = Array.from({ length: copyCount }, (_, at) => startCopy(`copy-${at}`));
const state = { written: 0, seq: 0 };
const lags: number[] = [];
const recordsPerSecond = siteCount * rate;
const cpu = { collect: 0, redis: 0 };
const startMs = performance.now();
const writing = load(state);
const isOver = writing.then(() => true);
let killedAtS: number | undefined;
let lagAfterKill = 0;
while (!(await Promise.race([isOver, sleep(1000, false)]))) {
  const elapsedS = (performance.now() - startMs) / 1000;
  const lag = state.written - (await stored());
  lags.push(lag);
  if (lags.length % 60 === 0)
    console.error(`${Math.round(elapsedS)} s: ${state.written} written, ${lag} of them not stored`);
  if (killedAtS !== undefined) lagAfterKill = Math.max(lagAfterKill, lag);
  if (killedAtS === undefined && elapsedS > seconds / 2) {
    killedAtS = elapsedS;
    cpu.collect += cpuOfPids([copies[0]?.pid ?? 0]);
    copies[0]?.kill('SIGKILL');
    copies[0] = startCopy('copy-again');
  }
}
const writtenS = (performance.now() - startMs) / 1000;
await eventually('all records are stored', async () => (await stored()) >= state.written, 600_000);
const drainedS = (performance.now() - startMs) / 1000 - writtenS;
cpu.collect += cpuOfPids(copies.map(({ pid }) => pid ?? 0));
cpu.redis = await cpuOfRedis(redis.client);
const postgresS = await cpuOfPostgres(postgres.pool);
const { rows } = await postgres.pool.query<{ count: string; distinct: string; bytes: string; wal: string }>(
  `SELECT count(*), count(DISTINCT (site, epoch, seq)) AS distinct,
    (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'webscada.records'::regclass) AS bytes,
    pg_current_wal_lsn() - '0/0'::pg_lsn AS wal FROM webscada.records`,
);
const found = rows[0];
const each = (total: number): number => Math.round((total / state.written) * 1e6);
console.log(
  JSON.stringify({
    ...{ sites: siteCount, perSiteAndSecond: rate, copies: copyCount, seconds: Math.round(writtenS) },
    written: state.written,
    ...{ stored: Number(found?.count), distinct: Number(found?.distinct) },
    recordsPerSecond: Math.round(state.written / writtenS),
    ...{ lagMedian: median(lags), lagMost: Math.max(...lags), lagMostAfterKill: lagAfterKill },
    lagMostS: Number((Math.max(...lags) / recordsPerSecond).toFixed(1)),
    killedAtS: Math.round(killedAtS ?? 0),
    drainedS: Number(drainedS.toFixed(1)),
    ...{ redisBytesPerRecord: redisBytes, walBytesPerRecord: Math.round(Number(found?.wal) / state.written) },
    postgresBytesPerRecord: Math.round(Number(found?.bytes) / state.written),
    cpuMicrosecondsPerRecord: {
      collect: each(cpu.collect),
      redis: each(cpu.redis),
      postgres: each(postgresS),
    },
  }),
);
for (const copy of copies) {
  const exit = once(copy, 'exit');
  copy.kill('SIGTERM');
  await exit;
}
await redis.stop();
await postgres.stop();
folder.remove();
process.exit(0);
