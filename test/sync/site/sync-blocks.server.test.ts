/** Compressed batches against a real Redis: one ID range whatever breaks, switched on and off, and collected like the others. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CentreConfig } from '../../../src/config/schema.ts';
import { createWorld } from '../../../src/ops/world.ts';
import { readEntry, type SentRecord } from '../../../src/sync/entry.ts';
import { type CentralSync, createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { startCollector } from '../../support/centre-site.ts';
import { DEFAULTS } from '../../support/config.ts';
import { startLine } from '../../support/line.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const KEY = 'webscada:{hut}:log';
const QUICK = { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 100, checkMs: 300, commandTimeoutMs: 2_000 };

let made = 0;

/** `count` readings that no other call makes again. */
function readings(count: number) {
  return Array.from({ length: count }, () => {
    made += 1;
    return uplinkRecord('00000000000000a1', 1_767_225_600_000 + made, { temperature: made });
  });
}

describeWith(['redis-server'], 'compressed batches to a Redis at the centre', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let redis: RedisServer;
  let remembered: TestWorld;
  let running: CentralSync[];

  beforeEach(async () => {
    folder = temporaryFolder();
    redis = await startRedis(folder.path);
    remembered = createTestWorld();
    running = [];
  });

  afterEach(async () => {
    await Promise.all(running.map((sync) => sync.stop()));
    await redis.stop();
    folder.remove();
  });

  async function syncing(store: MemoryStore, changes: Partial<CentreConfig> = {}): Promise<CentralSync> {
    const config: CentreConfig = {
      ...DEFAULTS.centre,
      url: redis.url,
      compression: 'zstd',
      batchMaxRecords: 50,
      ...changes,
    };
    const world = createWorld(remembered.logger);
    const sync = createCentralSync({ store, site: 'hut', world, config, limits: QUICK });
    running.push(sync);
    await sync.start();
    return sync;
  }

  const drained = (sync: CentralSync) =>
    eventually('the log is delivered', () => sync.status().state === 'ok' && sync.status().pending === 0);

  /** Delivers all that `store` has with these settings. */
  async function deliver(store: MemoryStore, changes: Partial<CentreConfig> = {}): Promise<void> {
    const sync = await syncing(store, changes);
    await drained(sync);
    await sync.stop();
  }

  interface Landed {
    readonly records: readonly (SentRecord & { readonly epoch: number })[];
    readonly blocks: number;
  }

  /** What a consumer reads: each entry must follow the one before. */
  async function landed(): Promise<Landed> {
    const records: (SentRecord & { epoch: number })[] = [];
    let blocks = 0;
    for (const [id, fields] of await redis.client.xrangeBuffer(KEY, '-', '+')) {
      const read = readEntry(id, fields);
      if (!read.ok) throw new Error(`${id.toString()}: ${read.detail}`);
      if (read.form === 'block') blocks += 1;
      const before = records.at(-1);
      if (before?.epoch === read.id.epoch) expect(read.firstSeq).toBe(before.seq + 1);
      records.push(...read.records.map((record) => ({ ...record, epoch: read.id.epoch })));
    }
    return { records, blocks };
  }

  const seqsOf = ({ records }: Landed) => records.map(({ epoch, seq }) => `${epoch}-${seq}`);

  function ids(epoch: number, from: number, to: number): string[] {
    return Array.from({ length: to - from + 1 }, (_, i) => `${epoch}-${from + i}`);
  }

  test('each record once and as it is in the log, also where compression is switched on and off', async () => {
    const store = createMemoryStore();
    for (const compression of ['zstd', 'none', 'gzip', 'none', 'zstd'] as const) {
      store.append(readings(120));
      await deliver(store, { compression });
    }
    const found = await landed();
    expect(found.blocks).toBe(9);
    expect(found.records.map(({ seq, body }) => ({ seq, body }))).toEqual(
      store.log.readAfter(0, 1_000).map(({ seq, body }) => ({ seq, body })),
    );
    expect(store.epoch()).toBe(1);
  });

  test('a batch whose answer was lost is not sent twice', async () => {
    const store = createMemoryStore();
    const line = await startLine(redis.port);
    const sync = await syncing(store, { url: `redis://127.0.0.1:${line.port}` });
    await drained(sync);
    for (let round = 1; round <= 5; round++) {
      line.loseNextAnswer();
      store.append(readings(30));
      await drained(sync);
    }
    await sync.stop();
    await line.stop();
    expect(seqsOf(await landed())).toEqual(ids(1, 1, 150));
    expect(store.epoch()).toBe(1);
  });

  test('goes back to the last block that is left when the centre lost some', async () => {
    const store = createMemoryStore();
    store.append(readings(130));
    await deliver(store);
    const before = await redis.client.dumpBuffer(KEY);
    store.append(readings(170));
    const sync = await syncing(store, { compression: 'gzip' });
    await drained(sync);
    await redis.client.restore(KEY, 0, before, 'REPLACE');
    await eventually('sent again', async () => (await landed()).records.length === 300);
    expect(seqsOf(await landed())).toEqual(ids(1, 1, 300));
    expect(remembered.logged.filter(({ event }) => event === 'centre.resend')).toHaveLength(1);
  });

  test('a restored store that shares half a block begins its new epoch behind what it shares', async () => {
    const shared = readings(80);
    const before = createMemoryStore();
    before.append(shared);
    before.append(readings(70));
    await deliver(before);
    const restored = createMemoryStore();
    restored.append(shared);
    restored.append(readings(90));
    await deliver(restored, { compression: 'none' });
    expect(seqsOf(await landed())).toEqual([...ids(1, 1, 150), ...ids(2, 81, 170)]);
  });

  test('a block that the centre has no memory for lands later, whole', async () => {
    const store = createMemoryStore();
    const sync = await syncing(store);
    await drained(sync);
    await redis.client.config('SET', 'maxmemory', '1');
    store.append(readings(60));
    await eventually('refused', () => sync.status().state === 'down');
    expect(sync.status().detail).toContain('memory');
    await redis.client.config('SET', 'maxmemory', '0');
    await drained(sync);
    expect(seqsOf(await landed())).toEqual(ids(1, 1, 60));
  });
});

describeWith(['redis-server', 'postgres'], 'compressed batches and collect', () => {
  test('collect stores each record of blocks and single entries once', async () => {
    const folder = temporaryFolder();
    const redis = await startRedis(folder.path);
    const postgres = await startPostgres(folder.path);
    const store = createMemoryStore();
    const config = { ...DEFAULTS.centre, url: redis.url, batchMaxRecords: 50 };
    const world = createWorld(createTestWorld().logger);
    try {
      for (const compression of ['zstd', 'none', 'gzip'] as const) {
        store.append(readings(120));
        const options = { store, site: 'hut', world, limits: QUICK };
        const sync = createCentralSync({ ...options, config: { ...config, compression } });
        await sync.start();
        await eventually('delivered', () => sync.status().pending === 0);
        await sync.stop();
      }
      const collector = await startCollector({ 'redis.url': redis.url, 'postgres.url': postgres.url });
      const stored = async () => {
        const { rows } = await postgres.pool
          .query<{ seq: string }>("SELECT seq FROM webscada.records WHERE site = 'hut' ORDER BY seq")
          .catch(() => ({ rows: [] }));
        return rows.map(({ seq }) => Number(seq));
      };
      await eventually('stored', async () => (await stored()).length >= 360, 20_000);
      await collector.stop();
      expect(await stored()).toEqual(Array.from({ length: 360 }, (_, i) => i + 1));
    } finally {
      await Promise.all([redis.stop(), postgres.stop()]);
      folder.remove();
    }
  }, 60_000);
});
