/** `verify-sync --deep` asks the site itself: what its log holds and the centre does not is found, and a site that does not answer is told as such. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Collector } from '../../../src/sync/centre/collector.ts';
import { type Database, openDatabase } from '../../../src/sync/centre/postgres/pool.ts';
import { sumByHour } from '../../../src/sync/centre/record-sum.ts';
import { type SiteProof, verifySites } from '../../../src/sync/centre/verify.ts';
import { blockFields, toBlock } from '../../../src/sync/entry.ts';
import { siteRecord, siteRecords } from '../../support/centre-records.ts';
import { collectConfig, madeSite, startCollector } from '../../support/centre-site.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createFastWorld, createTestWorld } from '../../support/world.ts';

describeWith(['postgres', 'redis-server'], "verify-sync and a site's own log", () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;
  let database: Database;
  let collector: Collector;
  let isOver = false;
  let answering: Promise<unknown> | undefined;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    redis = await startRedis(folder.path);
    const settings = { 'redis.url': redis.url, 'postgres.url': postgres.url };
    database = await openDatabase((await collectConfig(settings)).postgres, postgres.url, createTestWorld());
    collector = await startCollector({ ...settings, 'collect.trim': true });
  }, 60_000);
  afterEach(async () => {
    isOver = true;
    await answering;
    answering = undefined;
  });
  afterAll(async () => {
    await collector?.stop();
    await database?.close();
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  /** A site with `count` records, all of them collected. */
  async function collected(count: number): Promise<string> {
    const site = `s-${randomUUID()}`;
    await madeSite(redis.client, site).write(1, count);
    await madeSite(redis.client, site).report({ lastSeq: count, sentSeq: count });
    const mark = () => redis.client.hget(`webscada:{${site}}:watermark`, 'collect-postgres');
    await eventually('collected', async () => (await mark()) === `1-${count}`);
    return site;
  }

  /** Answers commands as the site does, out of records `oldestSeq` and newer; an answer is one record of a block. */
  function answer(
    site: string,
    oldestSeq: number,
    change: (seq: number) => object,
    ours = { epoch: 1 },
  ): void {
    const { keys } = madeSite(redis.client, site);
    isOver = false;
    let seq = 1_000;
    answering = eventually(
      'the end',
      async () => {
        for (const [entryId, fields] of await redis.client.xrange(keys.commands, '-', '+')) {
          const { fromSeq, toSeq } = JSON.parse(fields.at(-1) ?? '') as { fromSeq: number; toSeq: number };
          // Sixty records at a time, as if the hours were too many.
          const until = Math.min(toSeq, fromSeq + 59);
          const records = siteRecords(site, Math.max(fromSeq, oldestSeq), until);
          const hours = sumByHour(records.map((record) => ({ ...record, ...change(record.seq) })));
          const result = {
            ...{ epoch: ours.epoch, fromSeq, toSeq: until, oldestSeq },
            hours: hours.map(({ hourMs, count, sum }) => [hourMs, count, sum]),
          };
          const id = fields[fields.indexOf('id') + 1];
          const body = { event: 'command', id, command: 'log-sums', by: 'centre', state: 'done', result };
          const record = siteRecord(site, ++seq, {
            kind: 'system',
            device: null,
            body: JSON.stringify(body),
          });
          await redis.client.call('XADD', [
            ...[keys.events, `1-${seq}`],
            ...blockFields(toBlock(1, [record], 'zstd')),
          ]);
          await redis.client.xdel(keys.commands, entryId);
        }
        return isOver;
      },
      60_000,
    );
  }

  async function verify(site: string, waitMs = 30_000): Promise<SiteProof | undefined> {
    const proofs = await verifySites({
      ...{ redis: collector.redis, database, prefix: 'webscada', sites: [site] },
      ...{
        isDeep: true,
        group: 'collect-postgres',
        isThorough: true,
        nowMs: Date.now(),
        silentAfterMs: 3_600_000,
      },
      siteLog: { waitMs, clock: createFastWorld(5).clock, newId: randomUUID },
    });
    return proofs[0];
  }

  test('what it holds is what is stored', async () => {
    const site = await collected(130);
    answer(site, 21, () => ({}));
    expect(await verify(site)).toMatchObject({
      findings: [],
      siteLog: { isCompared: true, detail: '1-21 to 1-130 were compared with it' },
    });
  });

  test('removed from stream, store and its account alike, it is still found', async () => {
    const site = await collected(130);
    await redis.client.xtrim(`webscada:{${site}}:log`, 'MAXLEN', 0);
    await postgres.pool.query('DELETE FROM webscada.records WHERE site = $1 AND seq = 70', [site]);
    await postgres.pool.query(
      'UPDATE webscada.hours h SET count = r.n, sum = r.sum FROM (SELECT $2::timestamptz AS hour, $3::bigint AS n, $4::bigint AS sum) r WHERE h.site = $1 AND h.hour = r.hour',
      [site, '2026-01-01T01:00:00Z', ...honest(siteRecords(site, 60, 119).filter(({ seq }) => seq !== 70))],
    );
    answer(site, 1, () => ({}));
    expect((await verify(site))?.findings).toEqual([
      { trouble: 'missing', detail: "in the site's own log and not stored: 1 of hour 2026-01-01T01Z" },
    ]);
  });

  test('another content than the site has', async () => {
    const site = await collected(130);
    answer(site, 1, (seq) => (seq === 70 ? { body: '{}' } : {}));
    expect((await verify(site))?.findings).toEqual([
      {
        trouble: 'falsified',
        detail: "stored with another content than in the site's own log: hour 2026-01-01T01Z",
      },
    ]);
  });

  test('a site that does not answer: it is said, and the question is taken back', async () => {
    const site = await collected(10);
    expect(await verify(site, 300)).toMatchObject({
      findings: [],
      siteLog: { isCompared: false, detail: 'the site has not answered in time' },
    });
    expect(await redis.client.xlen(`webscada:{${site}}:commands`)).toBe(0);
  });

  test('a site in another epoch, and one that nobody asks', async () => {
    const site = await collected(10);
    answer(site, 1, () => ({}), { epoch: 2 });
    expect((await verify(site))?.siteLog).toEqual({
      isCompared: false,
      detail: 'the site has gone over to epoch 2',
    });
    expect((await verify(site, 0))?.siteLog?.isCompared).toBe(false);
  });

  test('what came on a stick is shown', async () => {
    const site = await collected(10);
    await redis.client.xadd(
      `webscada:{${site}}:imports`,
      '*',
      ...Object.entries({ v: 1, epoch: 1, first: 1, last: 10, records: 10, landed: 4, imported: 5 })
        .flat()
        .map(String),
    );
    expect((await verify(site, 0))?.imports).toEqual([
      { importedMs: 5, epoch: 1, first: 1, last: 10, landed: 4 },
    ]);
  });

  function honest(records: readonly ReturnType<typeof siteRecord>[]): [number, number] {
    const [hour] = sumByHour(records);
    return [hour?.count ?? 0, hour?.sum ?? 0];
  }
});
