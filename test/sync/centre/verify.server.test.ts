/** `verify-sync` finds what is wrong: each case does one wrong thing to a healthy site, and the proof of its neighbour stays whole. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Collector } from '../../../src/sync/centre/collector.ts';
import { type Database, openDatabase } from '../../../src/sync/centre/postgres/pool.ts';
import { type SiteProof, verifySites } from '../../../src/sync/centre/verify.ts';
import { siteRecord } from '../../support/centre-records.ts';
import { collectConfig, madeSite, startCollector } from '../../support/centre-site.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

describeWith(['postgres', 'redis-server'], 'verify-sync', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;
  let database: Database;
  let collector: Collector | undefined;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    redis = await startRedis(folder.path);
    const config = await collectConfig({ 'redis.url': redis.url, 'postgres.url': postgres.url });
    database = await openDatabase(config.postgres, postgres.url, createTestWorld());
  }, 60_000);
  afterEach(async () => {
    await collector?.stop();
    collector = undefined;
    await redis.client.flushall();
  });
  afterAll(async () => {
    await database?.close();
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  async function collect(): Promise<Collector> {
    collector = await startCollector({
      'redis.url': redis.url,
      'postgres.url': postgres.url,
      'collect.trim': false,
    });
    return collector;
  }

  const marked = (site: string, id: string) =>
    eventually(
      `watermark ${id}`,
      async () => (await redis.client.hget(`webscada:{${site}}:watermark`, 'collect-postgres')) === id,
    );

  /** Two sites with thirty records each, all of them collected. */
  async function healthy(): Promise<[site: string, neighbour: string]> {
    const names = [`a-${randomUUID()}`, `b-${randomUUID()}`] as [string, string];
    for (const name of names) {
      await madeSite(redis.client, name).write(1, 30);
      await madeSite(redis.client, name).report({ lastSeq: 30, sentSeq: 30 });
    }
    await collect();
    for (const name of names) await marked(name, '1-30');
    return names;
  }

  async function verify(isDeep: boolean, nowMs = Date.now()): Promise<Map<string, SiteProof>> {
    const { redis: link } = collector ?? (await collect());
    const proofs = await verifySites({
      redis: link,
      prefix: 'webscada',
      group: 'collect-postgres',
      nowMs,
      silentAfterMs: 3_600_000,
      isThorough: true,
      database,
      isDeep,
      sites: [],
    });
    return new Map(proofs.map((proof) => [proof.view.site, proof]));
  }

  async function troublesOf(site: string, neighbour: string, isDeep = true): Promise<string[]> {
    const proofs = await verify(isDeep);
    expect(proofs.get(neighbour)?.findings).toEqual([]);
    return (proofs.get(site)?.findings ?? []).map(({ trouble, detail }) => `${trouble}: ${detail}`);
  }

  test('a healthy site is proven, deep and not', async () => {
    const [site, neighbour] = await healthy();
    expect(await troublesOf(site, neighbour, false)).toEqual([]);
    expect(await troublesOf(site, neighbour, true)).toEqual([]);
    const proof = (await verify(true)).get(site);
    expect(proof).toMatchObject({
      contiguous: { epoch: 1, seq: 30 },
      covered: 30,
      gaps: [],
      isDeep: true,
      view: { lag: 0 },
    });
  });

  test('while collect goes on writing nothing is found that is not there', async () => {
    const [site, neighbour] = await healthy();
    let isOver = false;
    const writing = (async () => {
      for (let seq = 31; !isOver; seq += 5) await madeSite(redis.client, site).write(seq, seq + 4);
    })();
    try {
      for (let look = 0; look < 8; look += 1) expect(await troublesOf(site, neighbour)).toEqual([]);
    } finally {
      isOver = true;
      await writing;
    }
  });

  test('a record removed from the store', async () => {
    const [site, neighbour] = await healthy();
    await postgres.pool.query('DELETE FROM webscada.records WHERE site = $1 AND seq = 12', [site]);
    const found = await troublesOf(site, neighbour);
    expect(found).toEqual([
      expect.stringMatching(/^missing: epoch 1, hour 2026-01-01T00Z: 30 records were stored, 29/u),
      'missing: in the stream and not stored: 1-12',
    ]);
  });

  test('an entry removed from the stream before it was collected', async () => {
    const [site, neighbour] = await healthy();
    await collector?.stop();
    collector = undefined;
    await madeSite(redis.client, site).write(31, 40);
    await redis.client.xdel(`webscada:{${site}}:log`, '1-35');
    await collect();
    await marked(site, '1-34');
    const proofs = () => verify(false).then((all) => all.get(site));
    await eventually('the rest', async () => (await proofs())?.covered === 39);
    expect((await proofs())?.gaps).toEqual([{ epoch: 1, first: 35, last: 35 }]);
    expect(await troublesOf(site, neighbour, false)).toEqual([
      expect.stringMatching(/^gap: 1-35 is missing: not in the stream/u),
    ]);
  });

  test('a range trimmed before it was collected', async () => {
    const [site, neighbour] = await healthy();
    await collector?.stop();
    collector = undefined;
    await madeSite(redis.client, site).write(31, 60);
    await redis.client.call('XTRIM', [`webscada:{${site}}:log`, 'MINID', '1-51']);
    await collect();
    await eventually('the rest', async () => (await verify(false)).get(site)?.covered === 40);
    expect(await troublesOf(site, neighbour, false)).toEqual([
      expect.stringMatching(
        /^gap: 1-31 to 1-50 are missing: gone from the stream before collect had read it/u,
      ),
    ]);
  });

  test('a record doubled in the store', async () => {
    const [site, neighbour] = await healthy();
    await postgres.pool.query(
      "INSERT INTO webscada.records SELECT site, epoch, seq, time + interval '40 days', kind, device, body FROM webscada.records WHERE site = $1 AND seq = 7",
      [site],
    );
    const found = await troublesOf(site, neighbour);
    expect(found).toContain('doubled: stored more than once: 1-7');
  });

  test('a value falsified in the store, also when the stream has nothing of it any more', async () => {
    const [site, neighbour] = await healthy();
    await postgres.pool.query(
      `UPDATE webscada.records SET body = '{"fields":{"temperature":99}}' WHERE site = $1 AND seq = 9`,
      [site],
    );
    expect(await troublesOf(site, neighbour)).toEqual([
      expect.stringMatching(/^falsified: epoch 1, hour 2026-01-01T00Z/u),
      'falsified: stored with another content than in the stream: 1-9',
    ]);
    await redis.client.call('XTRIM', [`webscada:{${site}}:log`, 'MINID', '1-30']);
    expect(await troublesOf(site, neighbour)).toEqual([expect.stringMatching(/^falsified: epoch 1, hour/u)]);
  });

  test('a record that came again with another value', async () => {
    const [site, neighbour] = await healthy();
    await redis.client.del(`webscada:{${site}}:log`);
    await madeSite(redis.client, site).put('log', { ...siteRecord(site, 30), body: '{"fields":{}}' });
    await eventually(
      'it was seen',
      async () => ((await verify(false)).get(site)?.stored?.differing ?? 0) > 0,
    );
    expect(await troublesOf(site, neighbour, false)).toEqual([
      expect.stringMatching(/^falsified: 1 records came again/u),
    ]);
  });

  test('a site silent too long, one that never told, and one that only PostgreSQL knows', async () => {
    const [site, neighbour] = await healthy();
    await madeSite(redis.client, site).report({ lastSeenMs: Date.now() - 7_500_000, lastSeq: 30 });
    expect(await troublesOf(site, neighbour)).toEqual(['silent: not heard of for 2 h']);
    await redis.client.hdel('webscada:sites', site);
    expect(await troublesOf(site, neighbour)).toEqual(['silent: has a log and never told of itself']);
    await redis.client.del(`webscada:{${site}}:log`);
    expect(await troublesOf(site, neighbour)).toEqual([
      'silent: stored once; Redis knows nothing of it any more',
    ]);
  });

  test('what a site explains itself, and what was set aside', async () => {
    const [site, neighbour] = await healthy();
    const body = JSON.stringify({ event: 'expired', from: 31, to: 34, count: 4 });
    await madeSite(redis.client, site).put('log', {
      ...siteRecord(site, 35),
      kind: 'system',
      device: null,
      body,
    });
    await madeSite(redis.client, site).raw('log', '1-36', 'v', '7');
    await madeSite(redis.client, site).report({ lastSeq: 36 });
    await marked(site, '1-36');
    expect(await troublesOf(site, neighbour)).toEqual(['quarantined: 1 entries could not be taken']);
    expect((await verify(false)).get(site)?.stored?.losses).toEqual([
      { event: 'expired', count: 1, lost: 4 },
    ]);
  });
});
