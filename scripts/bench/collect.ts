/**
 * Records a second of `collect` from full streams into PostgreSQL, against psql's COPY of the same rows into the same table:
 * both in one run, in turn, the median of each, with the processor time that either took of whom. Needs dist/ (npm run build -- --bundle).
 *
 * Options: --records 200000, --rounds 3, --sites 10, --blocks (compressed entries of 500), --short (bodies of 80 bytes
 * instead of readings as a site has them), --every 1000 (milliseconds between two readings of a site).
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { copyRow } from '../../src/sync/centre/postgres/rows.ts';
import { blockFields, recordFields, type SentRecord, toBlock } from '../../src/sync/entry.ts';
import { siteKeys } from '../../src/sync/keys.ts';
import { siteRecord } from '../../test/support/centre-records.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { temporaryFolder } from '../../test/support/process.ts';
import { startRedis } from '../../test/support/redis.ts';
import { cpuOfPids, cpuOfPostgres, cpuOfRedis } from './cpu.ts';
import { median } from './median.ts';
import { createReadings } from './readings.ts';

const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    sites: { type: 'string', default: '10' },
    every: { type: 'string', default: '1000' },
    blocks: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
  },
});
const [rounds, siteCount, everyMs] = [values.rounds, values.sites, values.every].map(Number) as [
  number,
  number,
  number,
];
const each = Math.floor(Number(values.records) / siteCount);
const count = each * siteCount;
const BLOCK = 500;

const folder = temporaryFolder();
const postgres = await startPostgres(folder.path, ['max_wal_size=4GB', 'shared_buffers=256MB']);
const redis = await startRedis(folder.path);
const names = Array.from({ length: siteCount }, (_, at) => `site-${at}`);

/** The first `each` records of a site, always the same. */
function recordsOf(site: string): SentRecord[] {
  const reading = createReadings(everyMs, names.indexOf(site) + 1);
  return Array.from({ length: each }, (_, at) => {
    const seq = at + 1;
    if (values.short) return siteRecord(site, seq);
    const { kind, device, timeMs, body } = reading();
    return { seq, kind, device, timeMs, body: JSON.stringify(body) };
  });
}

async function empty(): Promise<void> {
  await postgres.pool
    .query('TRUNCATE webscada.records, webscada.sites, webscada.hours, webscada.devices')
    .catch(() => {});
  await postgres.pool.query('CHECKPOINT');
}

interface Run {
  readonly ms: number;
  /** Seconds of processor time. */
  readonly cpuS: { readonly collect: number; readonly redis: number; readonly postgres: number };
}

/** From an empty table to all rows, by psql. */
async function byPsql(): Promise<Run> {
  const file = join(folder.path, 'rows.tsv');
  writeFileSync(file, '');
  for (const site of names) {
    const rows = recordsOf(site).map((record) => copyRow({ site, epoch: 1, ...record }));
    writeFileSync(file, rows.join(''), { flag: 'a' });
  }
  chmodSync(file, 0o644);
  await empty();
  const before = await cpuOfPostgres(postgres.pool);
  const startMs = performance.now();
  const into = 'webscada.records (site, epoch, seq, time, kind, device, body)';
  execFileSync('psql', [postgres.url, '-qc', `\\copy ${into} FROM '${file}'`]);
  const ms = performance.now() - startMs;
  // Until what served psql has ended, and counts with its parent.
  await sleep(500);
  return { ms, cpuS: { collect: 0, redis: 0, postgres: (await cpuOfPostgres(postgres.pool)) - before } };
}

async function fillStreams(): Promise<void> {
  await redis.client.flushall();
  for (const site of names) {
    const key = siteKeys('webscada', site).log;
    const records = recordsOf(site);
    for (let at = 0; at < each; at += BLOCK) {
      const some = records.slice(at, at + BLOCK);
      const pipeline = redis.client.pipeline();
      if (values.blocks)
        pipeline.call(
          'XADD',
          key,
          `1-${some.at(-1)?.seq ?? 0}`,
          ...(blockFields(toBlock(1, some, 'zstd')) as (string | Buffer)[]),
        );
      else for (const record of some) pipeline.xadd(key, `1-${record.seq}`, ...recordFields(record));
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    }
  }
}

/** The same by a collect that begins with full streams; its start is left out: it counts from the first record stored. */
async function byCollect(): Promise<Run> {
  await empty();
  await fillStreams();
  const env = {
    ...process.env,
    ...{ WSE_REDIS__URL: redis.url, WSE_POSTGRES__URL: postgres.url },
    ...{ WSE_LOG__LEVEL: 'error', WSE_COLLECT__TRIM: 'false' },
  };
  const child = spawn(process.execPath, [join(root, 'dist/main.js'), 'collect'], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stored = async (): Promise<number> => {
    const { rows } = await postgres.pool
      .query<{ sum: string | null }>('SELECT sum(records) FROM webscada.sites')
      .catch(() => ({ rows: [] }));
    return Number(rows[0]?.sum ?? 0);
  };
  // Seldom enough to cost PostgreSQL nothing that shows.
  const until = async (isThere: (sum: number) => boolean): Promise<number> => {
    for (;;) {
      const sum = await stored();
      if (isThere(sum)) return sum;
      if (child.exitCode !== null) throw new Error('collect has ended');
      await sleep(50);
    }
  };
  const cpu = async () => ({
    collect: cpuOfPids([child.pid ?? 0]),
    redis: await cpuOfRedis(redis.client),
    postgres: await cpuOfPostgres(postgres.pool),
  });
  const first = await until((sum) => sum > 0);
  const startMs = performance.now();
  const before = await cpu();
  await until((sum) => sum >= count);
  const ms = performance.now() - startMs;
  const after = await cpu();
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
  const whole = count / (count - first);
  const used = (of: keyof Run['cpuS']) => (after[of] - before[of]) * whole;
  return {
    ms: ms * whole,
    cpuS: { collect: used('collect'), redis: used('redis'), postgres: used('postgres') },
  };
}

const runs = { collect: [] as Run[], psql: [] as Run[] };
await byCollect();
for (let round = 0; round < rounds; round += 1) {
  runs.psql.push(await byPsql());
  runs.collect.push(await byCollect());
}
const rate = (of: readonly Run[]) => Math.round((count * 1000) / median(of.map(({ ms }) => ms)));
const cpu = (of: readonly Run[], whose: keyof Run['cpuS']) =>
  Number(((median(of.map(({ cpuS }) => cpuS[whose])) * 1e6) / count).toFixed(1));
console.log(
  JSON.stringify({
    ...{ records: count, sites: siteCount, blocks: values.blocks, short: values.short },
    ...{ collectPerSecond: rate(runs.collect), copyPerSecond: rate(runs.psql) },
    ratio: Number((rate(runs.collect) / rate(runs.psql)).toFixed(2)),
    ratios: runs.collect.map(({ ms }, at) => Number(((runs.psql[at]?.ms ?? Number.NaN) / ms).toFixed(2))),
    cpuMicrosecondsPerRecord: {
      collect: cpu(runs.collect, 'collect'),
      redis: cpu(runs.collect, 'redis'),
      postgres: cpu(runs.collect, 'postgres'),
      postgresByCopy: cpu(runs.psql, 'postgres'),
    },
  }),
);
await redis.stop();
await postgres.stop();
folder.remove();
process.exit(0);
