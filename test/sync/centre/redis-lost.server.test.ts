/** The centre's Redis comes back with nothing: the site sends what its log still has, PostgreSQL takes each record once, and what nobody has is told. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld } from '../../../src/ops/world.ts';
import { openDatabase } from '../../../src/sync/centre/postgres/pool.ts';
import { openRedis } from '../../../src/sync/centre/redis-link.ts';
import { verifySites } from '../../../src/sync/centre/verify.ts';
import { createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { collectConfig, startCollector } from '../../support/centre-site.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

describeWith(['postgres', 'redis-server'], 'Redis comes back with nothing', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    // Nothing on disk: a kill and a start are the loss of its files.
    redis = await startRedis(folder.path);
  }, 60_000);
  afterAll(async () => {
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  const settings = () => ({ 'redis.url': redis.url, 'postgres.url': postgres.url, 'collect.trim': true });

  async function findings(site: string): Promise<string[]> {
    const world = createWorld(createTestWorld().logger);
    const config = await collectConfig(settings());
    const [database, link] = [
      await openDatabase(config.postgres, postgres.url, world),
      await openRedis(config.redis, world),
    ];
    const proofs = await verifySites({
      ...{ redis: link, database, prefix: 'webscada', group: 'collect-postgres', isDeep: true },
      ...{ sites: [site], nowMs: Date.now(), silentAfterMs: 3_600_000, isThorough: true },
    });
    link.close();
    await database.close();
    return proofs.flatMap((proof) => proof.findings.map(({ trouble, detail }) => `${trouble}: ${detail}`));
  }

  /** A site that forwards, and what PostgreSQL has of it. */
  function forwarding(site: string) {
    const store = createMemoryStore();
    const sync = createCentralSync({
      ...{ store, site, world: createWorld(createTestWorld().logger) },
      config: { ...DEFAULTS.centre, url: redis.url, batchMaxRecords: 20 },
      limits: { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 200, checkMs: 500 },
    });
    return {
      ...{ store, sync },
      feed(count: number) {
        for (let n = 0; n < count; n++)
          store.append([uplinkRecord('00000000000000a1', Date.now(), { n: store.log.lastSeq() + 1 })]);
      },
      delivered: (count: number) =>
        eventually(
          `${count} delivered`,
          () => sync.status().delivered === count && sync.status().state === 'ok',
          30_000,
        ),
      stored: (count: number) =>
        eventually(`${count} stored`, async () => (await storedOf(site)).rows === count, 60_000),
    };
  }

  async function storedOf(site: string): Promise<{ rows: number; distinct: number }> {
    const text =
      'SELECT count(*) AS n, count(DISTINCT (epoch, seq)) AS d FROM webscada.records WHERE site = $1';
    const { rows } = await postgres.pool.query(text, [site]).catch(() => ({ rows: [{ n: 0, d: 0 }] }));
    return { rows: Number(rows[0].n), distinct: Number(rows[0].d) };
  }

  async function proven(site: string): Promise<void> {
    let last: string[] = [];
    const isProven = async () => {
      last = await findings(site);
      return last.length === 0;
    };
    await eventually('proven', isProven, 60_000).catch(() => expect(last).toEqual([]));
  }

  async function lose(): Promise<void> {
    await redis.kill();
    await redis.restart();
  }

  test('the site sends its log again; nothing is missing and nothing twice', async () => {
    const site = forwarding('hut');
    const collector = await startCollector(settings());
    await site.sync.start();
    site.feed(100);
    await site.delivered(100);
    await site.stored(100);
    await lose();
    site.feed(20);
    await site.delivered(120);
    await site.stored(120);
    expect(await storedOf('hut')).toEqual({ rows: 120, distinct: 120 });
    await proven('hut');
    expect(site.store.epoch()).toBe(1);
    await site.sync.stop();
    await collector.stop();
  }, 120_000);

  test('what the site has forgotten and nobody had collected is a gap, by its numbers', async () => {
    const site = forwarding('valley');
    const before = await startCollector(settings());
    await site.sync.start();
    site.feed(100);
    await site.delivered(100);
    await site.stored(100);
    await before.stop();
    site.feed(50);
    await site.delivered(150);
    await site.sync.stop();
    await lose();
    site.store.expireUpTo(120);
    const again = forwardingOf(site);
    await again.start();
    await eventually(
      'sent again',
      () => again.status().state === 'ok' && again.status().pending === 0,
      30_000,
    );
    const collector = await startCollector(settings());
    await site.stored(130);
    const found = await eventually(
      'the gap is told',
      async () => (await findings('valley')).find((each) => each.startsWith('gap')),
      30_000,
    );
    expect(found).toContain('1-101 to 1-120 are missing');
    expect(await findings('valley')).toHaveLength(1);
    await again.stop();
    await collector.stop();
  }, 120_000);

  function forwardingOf({ store }: ReturnType<typeof forwarding>) {
    return createCentralSync({
      ...{ store, site: 'valley', world: createWorld(createTestWorld().logger) },
      config: { ...DEFAULTS.centre, url: redis.url, batchMaxRecords: 20 },
      limits: { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 200, checkMs: 500 },
    });
  }
});
