/** A backup of PostgreSQL put back that lacks what `collect` had stored: it is seen, told, taken from the stream again, and asked for at the site. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../../src/sync/centre/postgres/pool.ts';
import { openRedis } from '../../../src/sync/centre/redis-link.ts';
import { verifySites } from '../../../src/sync/centre/verify.ts';
import { againFields, toBlock } from '../../../src/sync/entry.ts';
import { siteRecord, siteRecords } from '../../support/centre-records.ts';
import { collectConfig, madeSite, startCollector } from '../../support/centre-site.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createFastWorld } from '../../support/world.ts';

describeWith(['postgres', 'redis-server'], 'a store that came back with less', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    redis = await startRedis(folder.path);
  }, 60_000);
  afterAll(async () => {
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  const settings = () => ({
    ...{ 'redis.url': redis.url, 'postgres.url': postgres.url },
    ...{ 'collect.trim': true, 'collect.trim_after_s': 0 },
  });
  const key = (name: string) => `webscada:{hut}:${name}`;
  const marked = (id: string) =>
    eventually(
      `watermark ${id}`,
      async () => (await redis.client.hget(key('watermark'), 'collect-postgres')) === id,
      30_000,
    );
  const trimmed = () =>
    eventually('trimmed', async () => (await redis.client.xlen(key('log'))) === 1, 60_000);
  const count = async () =>
    (await postgres.pool.query('SELECT count(*) AS n, count(DISTINCT seq) AS d FROM webscada.records'))
      .rows[0];

  async function findings() {
    const world = createFastWorld(20);
    const { postgres: config, redis: redisConfig } = await collectConfig(settings());
    const database = await openDatabase(config, postgres.url, world);
    const link = await openRedis(redisConfig, world);
    const [proof] = await verifySites({
      ...{ redis: link, database, prefix: 'webscada', group: 'collect-postgres', sites: [], isDeep: true },
      ...{ nowMs: Date.now(), silentAfterMs: 3_600_000, isThorough: true, clock: world.clock },
    });
    link.close();
    await database.close();
    return (proof?.findings ?? []).map(({ trouble, detail }) => `${trouble}: ${detail}`);
  }

  /** Copies the database under another name, or puts a copy in its place. */
  async function copyDatabase(from: string, to: string): Promise<void> {
    const admin = postgres.poolOf('postgres');
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('webscada', 'before')",
    );
    await admin.query(`DROP DATABASE IF EXISTS ${to}`);
    await admin.query(`CREATE DATABASE ${to} TEMPLATE ${from}`);
    await admin.end();
  }

  test('is seen by verify-sync, and made whole by collect from stream and site', async () => {
    const made = madeSite(redis.client, 'hut');
    await made.report({ lastSeq: 101, sentSeq: 101 });
    const first = await startCollector(settings());
    await made.write(1, 60);
    await marked('1-60');
    await first.stop();
    await copyDatabase('webscada', 'before');
    const second = await startCollector(settings());
    await made.write(61, 100);
    await marked('1-100');
    await trimmed();
    await second.stop();
    expect(second.logged.map(({ event }) => event)).not.toContain('collect.taken_back');
    await copyDatabase('before', 'webscada');
    expect((await findings())[0]).toMatch(
      /^missing: PostgreSQL had made everything durable up to 1-100 and has it up to 1-60/,
    );

    const third = await startCollector(settings());
    const told = await eventually(
      'told',
      () => third.logged.find(({ event }) => event === 'collect.taken_back'),
      60_000,
    );
    expect(told.fields).toMatchObject({ site: 'hut', had: '1-100', has: '1-60', asked: 39 });
    expect(third.status().sinks[0]?.counts.takenBack).toBe(40);
    const [command] = await redis.client.xrange(key('commands'), '-', '+');
    expect(command?.[1]).toContain('{"epoch":1,"fromSeq":61,"toSeq":99}');
    // What the site does with it (test/sync/site/commands).
    await redis.client.call('XADD', [
      key('again'),
      '*',
      ...againFields(toBlock(1, siteRecords('hut', 61, 99), 'zstd')),
    ]);
    const body = '{"event":"command","id":"x","command":"resend","state":"done","by":"centre"}';
    await made.put('log', siteRecord('hut', 101, { kind: 'system', device: null, body }));
    await marked('1-101');
    expect(await count()).toEqual({ n: '101', d: '101' });
    expect(await findings()).toEqual([]);
    await third.stop();
  }, 180_000);
});
