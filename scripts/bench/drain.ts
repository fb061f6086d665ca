/**
 * Draining a backlog into a local Redis against bare pipelined XADD of the same entries, in turn in one run, the median of each,
 * with the processor time that either took. The site reads its real store; the bare socket has its entries in memory, 500 a
 * pipeline, one pipeline in flight.
 *
 * Options: --records 200000, --rounds 3, --compression none|gzip|zstd (none), --bare N: so many entries by the bare socket
 * (as many as are drained, at most 500000), --memory 0: prints the process's resident memory every so many seconds of a drain.
 */
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { CentreConfig } from '../../src/config/schema.ts';
import { createWorld } from '../../src/ops/world.ts';
import { openStore } from '../../src/store/store.ts';
import { recordFields } from '../../src/sync/entry.ts';
import { createCentralSync } from '../../src/sync/site/central-sync.ts';
import { DEFAULTS } from '../../test/support/config.ts';
import { temporaryFolder } from '../../test/support/process.ts';
import { type RedisServer, startRedis } from '../../test/support/redis.ts';
import { createTestWorld } from '../../test/support/world.ts';
import { cpuOfRedis } from './cpu.ts';
import { median } from './median.ts';
import { createReadings } from './readings.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    compression: { type: 'string', default: 'none' },
    bare: { type: 'string' },
    memory: { type: 'string', default: '0' },
  },
});
const [count, rounds, memoryS] = [values.records, values.rounds, values.memory].map(Number) as [
  number,
  number,
  number,
];
const bareCount = Number(values.bare ?? Math.min(count, 500_000));
const compression = (['none', 'gzip', 'zstd'] as const).find((each) => each === values.compression) ?? 'none';
const BATCH = 500;

const folder = temporaryFolder();
const world = createWorld(createTestWorld().logger);
const store = openStore({ dir: join(folder.path, 'store'), world, maxBytes: 32 * 1024 ** 3 });
await fill();

async function fill(): Promise<void> {
  const beganMs = performance.now();
  const reading = createReadings();
  for (let at = 0; at < count; at += 2_000) {
    const records = Array.from({ length: Math.min(2_000, count - at) }, reading);
    await store.commit({ records, urgent: true });
  }
  if (memoryS > 0) console.log(`${count} records stored in ${seconds(performance.now() - beganMs)} s`);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

interface Run {
  /** Entries a second. */
  readonly rate: number;
  /** Microseconds of processor time an entry. */
  readonly ownUs: number;
  readonly redisUs: number;
}

/** Runs `work`, which handles so many entries. */
async function timed(entries: number, redis: RedisServer, work: () => Promise<void>): Promise<Run> {
  const before = { own: process.cpuUsage(), redis: await cpuOfRedis(redis.client), ms: performance.now() };
  await work();
  const ms = performance.now() - before.ms;
  const { user, system } = process.cpuUsage(before.own);
  const redisS = (await cpuOfRedis(redis.client)) - before.redis;
  return {
    rate: (entries * 1_000) / ms,
    ownUs: (user + system) / entries,
    redisUs: (redisS * 1e6) / entries,
  };
}

/** A socket and nothing else: commands written as Redis reads them, answers counted by their line ends. */
async function bare(redis: RedisServer): Promise<Run> {
  const entries: string[][] = [];
  while (entries.length < bareCount) {
    const records = store.log.readAfter(entries.length, BATCH);
    if (records.length === 0) throw new Error('the log lacks records');
    entries.push(...records.map((record) => ['XADD', 'bare', `1-${record.seq}`, ...recordFields(record)]));
  }
  const socket = connect(redis.port, '127.0.0.1');
  let missing = 0;
  let answered = () => {};
  socket.on('data', (chunk) => {
    for (const byte of chunk) if (byte === 10) missing -= 1;
    if (missing === 0) answered();
  });
  const run = await timed(entries.length, redis, async () => {
    for (let at = 0; at < entries.length; at += BATCH) {
      const batch = entries.slice(at, at + BATCH);
      missing = 2 * batch.length;
      const all = new Promise<void>((resolve) => {
        answered = resolve;
      });
      socket.write(batch.map(resp).join(''));
      await all;
    }
  });
  socket.destroy();
  if ((await redis.client.xlen('bare')) !== entries.length) throw new Error('not every entry landed');
  return run;
}

function resp(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

async function drained(redis: RedisServer): Promise<Run> {
  const cursor = store.cursor('centre');
  cursor.rewind(0);
  const config: CentreConfig = { ...DEFAULTS.centre, url: redis.url, compression, batchMaxRecords: BATCH };
  const sync = createCentralSync({ store, site: 'hut', world, config });
  const run = await timed(count, redis, async () => {
    const beganMs = performance.now();
    let nextMs = memoryS * 1_000;
    await sync.start();
    for (let left = count; left > 0; left = sync.status().pending) {
      await sleep(5);
      const ms = performance.now() - beganMs;
      if (memoryS === 0 || ms < nextMs) continue;
      nextMs += memoryS * 1_000;
      const { rss, heapUsed } = process.memoryUsage();
      console.log(
        `${seconds(ms)} s: ${count - left} drained, resident ${mebi(rss)} MiB, heap ${mebi(heapUsed)} MiB`,
      );
    }
  });
  await sync.stop();
  return run;
}

function mebi(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0);
}

const runs = { bare: [] as Run[], drained: [] as Run[] };
for (let round = 0; round < rounds; round++) {
  for (const [name, measure] of [
    ['bare', bare],
    ['drained', drained],
  ] as const) {
    const redis = await startRedis(folder.path);
    runs[name].push(await measure(redis));
    await redis.stop();
  }
}
await store.close();
folder.remove();
const middle = (of: readonly Run[], what: keyof Run) => median(of.map((run) => run[what]));
const [site, alone] = [middle(runs.drained, 'rate'), middle(runs.bare, 'rate')];
const cpu = (of: readonly Run[]) =>
  `${middle(of, 'ownUs').toFixed(1)} + ${middle(of, 'redisUs').toFixed(1)} µs of processor time`;
console.log(
  `drained ${Math.round(site)}/s (${cpu(runs.drained)}), bare pipelined XADD ${Math.round(alone)}/s (${cpu(runs.bare)}), ratio ${(site / alone).toFixed(2)} ` +
    `(rounds ${runs.drained.map(({ rate }, at) => (rate / (runs.bare[at]?.rate ?? Number.NaN)).toFixed(2)).join(', ')}; ${count} records, compression ${compression})`,
);
