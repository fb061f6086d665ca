/**
 * Behind a pooler that gives each transaction another connection: the tables are found, limits of time hold, each record is
 * there once, and another life of PostgreSQL is seen although no connection of ours breaks.
 */
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sink } from '../../../src/sync/centre/batch.ts';
import { openDatabase } from '../../../src/sync/centre/postgres/pool.ts';
import { createPostgresSink } from '../../../src/sync/centre/postgres/postgres-sink.ts';
import { batchOf, siteBatch, siteRecords } from '../../support/centre-records.ts';
import { type Pooler, startPgBouncer } from '../../support/pgbouncer.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const signal = new AbortController().signal;

describeWith(['postgres', 'pgbouncer'], 'PostgreSQL behind a pooler of transactions', () => {
  const folder = temporaryFolder();
  const world = createTestWorld(Date.UTC(2026, 5, 1));
  let server: PostgresServer;
  let pooler: Pooler;
  let sink: Sink;
  const config = () => ({ url: pooler.url, tls: false, poolMax: 4, timeoutMs: 20_000 });

  beforeAll(async () => {
    server = await startPostgres(folder.path);
    pooler = await startPgBouncer(folder.path, server);
    sink = createPostgresSink({ config: config(), retention: { months: 0, yearly: true }, world });
  }, 60_000);
  afterAll(async () => {
    await sink?.close();
    await pooler?.stop();
    await server?.stop();
    folder.remove();
  });

  const batch = (site: string, first: number, last: number) =>
    batchOf(siteBatch(site, siteRecords(site, first, last)));
  async function seqs(site: string): Promise<number[]> {
    const { rows } = await server.pool.query<{ seq: string }>(
      'SELECT seq FROM webscada.records WHERE site = $1 ORDER BY seq',
      [site],
    );
    return rows.map(({ seq }) => Number(seq));
  }

  test('each record is there once, whatever comes twice or at once', async () => {
    expect((await sink.store(batch('hut', 1, 50), signal)).fresh).toBe(50);
    expect((await sink.store(batch('hut', 1, 50), signal)).fresh).toBe(0);
    const sites = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all([
      ...sites.map((site) => sink.store(batch(site, 1, 20), signal)),
      ...sites.map((site) => sink.store(batch(site, 11, 30), signal)),
      sink.store(batch('hut', 41, 90), signal),
    ]);
    for (const site of sites) expect(await seqs(site)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
    expect(await seqs('hut')).toEqual(Array.from({ length: 90 }, (_, at) => at + 1));
    expect([...((await sink.account?.read(['hut'])) ?? [])]).toMatchObject([
      ['hut', { epochs: [{ epoch: 1, base: 1, ranges: [[1, 90]] }] }],
    ]);
  });

  test('settings are those of its transaction alone: nobody else finds them on the connection', async () => {
    const database = await openDatabase({ ...config(), timeoutMs: 700 }, pooler.url, world);
    try {
      const [own] = await database.query(
        "SELECT current_setting('search_path') AS path, current_setting('TimeZone') AS zone, current_setting('statement_timeout') AS most",
      );
      expect(own).toEqual({ path: 'webscada, public', zone: 'UTC', most: '700ms' });
      await expect(database.query('SELECT pg_sleep(30)')).rejects.toMatchObject({ code: '57014' });
      const others = new Pool({ connectionString: pooler.url, max: 1 });
      const { rows } = await others.query("SELECT current_setting('statement_timeout') AS most");
      await others.end();
      expect(rows).toEqual([{ most: '0' }]);
    } finally {
      await database.close();
    }
  });

  test('PostgreSQL that was started anew behind it is another life: what is there is looked at again', async () => {
    await sink.store(batch('life', 1, 5), signal);
    const before = sink.account?.life();
    expect(before).toMatch(/^0 2/);
    await server.restart();
    await eventually(
      'it answers again',
      () =>
        sink.account?.read(['life']).then(
          () => true,
          () => false,
        ),
      30_000,
    );
    expect(sink.account?.life()).toMatch(/^0 2/);
    expect(sink.account?.life()).not.toBe(before);
    expect((await sink.store(batch('life', 1, 9), signal)).fresh).toBe(4);
    expect(await seqs('life')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
