/** What a site sends again: `collect` closes its gaps with it, each record once, whatever comes twice, and removes it from Redis. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Collector } from '../../../src/sync/centre/collector.ts';
import { type Database, openDatabase } from '../../../src/sync/centre/postgres/pool.ts';
import { verifySites } from '../../../src/sync/centre/verify.ts';
import { againFields, toBlock } from '../../../src/sync/entry.ts';
import { siteRecord, siteRecords } from '../../support/centre-records.ts';
import { collectConfig, madeSite, startCollector } from '../../support/centre-site.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

describeWith(['postgres', 'redis-server'], 'records sent again', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;
  let database: Database;
  let collector: Collector;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    redis = await startRedis(folder.path);
    const settings = {
      'redis.url': redis.url,
      'postgres.url': postgres.url,
      'files.dir': `${folder.path}/f`,
    };
    database = await openDatabase((await collectConfig(settings)).postgres, postgres.url, createTestWorld());
    collector = await startCollector({ ...settings, 'collect.trim': true });
  }, 60_000);
  afterAll(async () => {
    await collector?.stop();
    await database?.close();
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  const key = (site: string, name: string) => `webscada:{${site}}:${name}`;

  async function again(site: string, first: number, last: number, epoch = 1): Promise<void> {
    const fields = againFields(toBlock(epoch, siteRecords(site, first, last), 'zstd'));
    await redis.client.call('XADD', [key(site, 'again'), '*', ...fields]);
  }

  /** The site's word that it has sent again, as its log brings it. */
  const answered = (site: string, seq: number, epoch = 1) =>
    madeSite(redis.client, site).put(
      'log',
      siteRecord(site, seq, {
        kind: 'system',
        device: null,
        body: '{"event":"command","id":"x","command":"resend","state":"done","by":"centre"}',
      }),
      epoch,
    );

  const taken = (site: string) =>
    eventually('taken', async () => (await redis.client.xlen(key(site, 'again'))) === 0, 30_000);
  const marked = (site: string, id: string) =>
    eventually(
      `watermark ${id}`,
      async () => {
        const marks = await redis.client.hgetall(key(site, 'watermark'));
        return marks['collect-postgres'] === id && marks['collect-files'] === id;
      },
      30_000,
    );
  const findings = async (site: string) => {
    const proofs = await verifySites({
      ...{
        redis: collector.redis,
        database,
        prefix: 'webscada',
        sites: [site],
        isDeep: true,
        group: 'collect-postgres',
      },
      ...{ nowMs: Date.now(), silentAfterMs: 3_600_000, isThorough: true },
    });
    return (proofs[0]?.findings ?? []).map(({ trouble }) => trouble);
  };
  const count = async (site: string) =>
    (await postgres.pool.query('SELECT count(*) AS n FROM webscada.records WHERE site = $1', [site])).rows[0]
      .n;

  /** A site whose records `from` to `to` of 100 never arrived. */
  async function withGap(from: number, to: number): Promise<string> {
    const site = `s-${randomUUID()}`;
    const made = madeSite(redis.client, site);
    await made.report({ lastSeq: 101, sentSeq: 101 });
    if (from > 1) await made.write(1, from - 1);
    await made.write(to + 1, 100);
    return site;
  }

  test('a gap is closed in every sink, and the watermark goes on', async () => {
    const site = await withGap(41, 60);
    await marked(site, '1-40');
    await eventually('the gap', async () => (await findings(site)).includes('gap'));
    await again(site, 51, 60);
    await again(site, 41, 50);
    await answered(site, 101);
    await marked(site, '1-101');
    await taken(site);
    expect(await findings(site)).toEqual([]);
    expect(await count(site)).toBe('101');
  });

  test('sent again twice, and what is there already: nothing changes', async () => {
    const site = await withGap(41, 60);
    await marked(site, '1-40');
    for (let turn = 0; turn < 2; turn++) await again(site, 21, 80);
    await answered(site, 101);
    await marked(site, '1-101');
    await taken(site);
    await again(site, 1, 100);
    await taken(site);
    expect(await findings(site)).toEqual([]);
    expect(await count(site)).toBe('101');
  });

  test('records taken out of the store are put back, and the account of them still holds', async () => {
    const site = await withGap(101, 100);
    await marked(site, '1-100');
    await postgres.pool.query('DELETE FROM webscada.records WHERE site = $1 AND seq BETWEEN 50 AND 70', [
      site,
    ]);
    expect(await findings(site)).toContain('missing');
    await again(site, 45, 75);
    await answered(site, 101);
    await marked(site, '1-101');
    await taken(site);
    expect(await findings(site)).toEqual([]);
    expect(await count(site)).toBe('101');
  });

  test('what lies in front of all that was ever seen puts the beginning back', async () => {
    const site = await withGap(1, 50);
    await redis.client.hset(key(site, 'epochs'), '1', 'store');
    await marked(site, '1-100');
    await again(site, 26, 50);
    await again(site, 1, 25);
    await answered(site, 101);
    await taken(site);
    await marked(site, '1-101');
    expect(await count(site)).toBe('101');
    const { rows } = await postgres.pool.query('SELECT coverage FROM webscada.sites WHERE site = $1', [site]);
    expect(JSON.parse(rows[0].coverage)).toEqual([false, [1, 1, [[1, 101]]]]);
  });

  test('what an earlier epoch of the same store has already is not stored a second time', async () => {
    const site = await withGap(101, 100);
    await redis.client.hset(key(site, 'epochs'), { 1: 'store', 2: 'store' });
    await marked(site, '1-100');
    await madeSite(redis.client, site).write(101, 120, 2);
    await again(site, 91, 110, 2);
    await answered(site, 121, 2);
    await marked(site, '2-121');
    await taken(site);
    expect(await findings(site)).toEqual([]);
    expect(await count(site)).toBe('121');
  });

  test('rubbish among it goes aside', async () => {
    const site = await withGap(41, 60);
    await marked(site, '1-40');
    await redis.client.xadd(key(site, 'again'), '*', 'v', '1', 'id', '1-50', 'kind', 'block');
    await again(site, 41, 60);
    await answered(site, 101);
    await marked(site, '1-101');
    await taken(site);
    expect(await findings(site)).toEqual(['quarantined']);
  });
});
