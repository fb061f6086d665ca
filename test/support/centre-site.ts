/** A site's streams as a site writes them, and a `collect` over them, for tests with a real Redis. */
import type { Redis } from 'ioredis';
import type { CollectConfig } from '../../src/config/collect-schema.ts';
import { loadCollectConfig } from '../../src/config/collect-schema.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { type Collector, createCollector } from '../../src/sync/centre/collector.ts';
import { blockFields, recordFields, type SentRecord, toBlock } from '../../src/sync/entry.ts';
import { siteKeys, sitesKey } from '../../src/sync/keys.ts';
import { siteRecord } from './centre-records.ts';
import type { TestWorld } from './world.ts';
import { createFastWorld } from './world.ts';

export interface MadeSite {
  readonly keys: ReturnType<typeof siteKeys>;
  /** Appends readings `first` to `last`. */
  write(first: number, last: number, epoch?: number): Promise<void>;
  /** Appends one record to a stream of the site. */
  put(stream: 'log' | 'events' | 'live', record: SentRecord, epoch?: number): Promise<void>;
  /** Appends readings `first` to `last` as one compressed entry. */
  block(first: number, last: number, epoch?: number): Promise<void>;
  /** Appends an entry of any kind. */
  raw(stream: 'log' | 'events', id: string, ...fields: (string | Buffer)[]): Promise<void>;
  /** What the site tells of itself. */
  report(change?: Record<string, unknown>): Promise<void>;
}

export function madeSite(
  redis: Pick<Redis, 'call' | 'pipeline'>,
  site: string,
  prefix = 'webscada',
): MadeSite {
  const keys = siteKeys(prefix, site);
  const raw = async (stream: string, id: string, ...fields: (string | Buffer)[]): Promise<void> => {
    await redis.call('XADD', [stream, id, ...fields]);
  };
  return {
    keys,
    async write(first, last, epoch = 1) {
      for (let from = first; from <= last; from += 1000) {
        const pipeline = redis.pipeline();
        for (let seq = from; seq <= Math.min(last, from + 999); seq += 1) {
          pipeline.xadd(keys.log, `${epoch}-${seq}`, ...recordFields(siteRecord(site, seq)));
        }
        for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
      }
    },
    put: (stream, record, epoch = 1) =>
      raw(
        keys[stream],
        `${epoch}-${record.seq}`,
        ...recordFields(record),
        ...(stream === 'live' ? ['live', '1'] : []),
      ),
    async block(first, last, epoch = 1) {
      const records = Array.from({ length: last - first + 1 }, (_, at) => siteRecord(site, first + at));
      await raw(keys.log, `${epoch}-${last}`, ...blockFields(toBlock(epoch, records, 'zstd')));
    },
    raw: (stream, id, ...fields) => raw(keys[stream], id, ...fields),
    async report(change = {}) {
      const report = {
        v: 1,
        version: '0.1.0',
        epoch: 1,
        storeId: 's',
        lastSeq: 1,
        sentSeq: 1,
        health: 'ok',
        why: '',
        lastSeenMs: Date.now(),
        ...change,
      };
      await redis.call('HSET', [sitesKey(prefix), site, JSON.stringify(report)]);
    },
  };
}

/** Settings of the centre's verbs. */
export async function collectConfig(
  settings: Readonly<Record<string, string | number | boolean>>,
): Promise<CollectConfig> {
  const flags = Object.entries(settings)
    .filter(([key]) => !/url|token/.test(key))
    .map(([key, value]) => `${key}=${value}`);
  const env = Object.fromEntries(
    Object.entries(settings)
      .filter(([key]) => /url|token/.test(key))
      .map(([key, value]) => [`WSE_${key.replace('.', '__').toUpperCase()}`, String(value)]),
  );
  const loaded = await loadCollectConfig({
    env,
    flags,
    readFile: () => Promise.reject(new Error('no files')),
    listFolder: () => Promise.reject(new Error('no folders')),
  });
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.config;
}

/** A collector that has started, and what it logs. */
export async function startCollector(
  settings: Readonly<Record<string, string | number | boolean>>,
): Promise<Collector & { readonly logged: TestWorld['logged'] }> {
  const world = createFastWorld(5);
  const collector = await createCollector(
    await collectConfig({
      ...{ 'collect.poll_ms': 10, 'collect.trim_after_s': 0 },
      ...settings,
    }),
    world,
  );
  await collector.start();
  return Object.assign(collector, { logged: world.logged });
}
