/** PostgreSQL as other people have set it up: encodings, defaults of roles, and a server that does not write to its disk. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Sink } from '../../../src/sync/centre/batch.ts';
import { createPostgresSink } from '../../../src/sync/centre/postgres/postgres-sink.ts';
import { batchOf, siteBatch, siteRecord, siteRecords } from '../../support/centre-records.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const signal = new AbortController().signal;

describeWith(['postgres'], 'PostgreSQL of other people', () => {
  const folder = temporaryFolder();
  let server: PostgresServer;
  const sinks: Sink[] = [];
  const world = createTestWorld(Date.UTC(2026, 5, 1));

  beforeAll(async () => {
    server = await startPostgres(folder.path);
  }, 60_000);
  afterEach(async () => {
    for (const each of sinks.splice(0)) await each.close();
  });
  afterAll(async () => {
    await server?.stop();
    folder.remove();
  });

  /** A database of its own, with a role of the same name. */
  async function database(name: string, options: string, role = ''): Promise<void> {
    await server.pool.query(`CREATE DATABASE ${name} TEMPLATE template0 ${options}`);
    await server.pool.query(`CREATE ROLE ${name} LOGIN`);
    await server.pool.query(`GRANT CREATE ON DATABASE ${name} TO ${name}`);
    if (role !== '') await server.pool.query(`ALTER ROLE ${name} ${role}`);
  }

  const sink = (name: string): Sink => sinkOf(`postgres://${name}@127.0.0.1:${server.port}/${name}`);

  function sinkOf(url: string): Sink {
    const config = { url, tls: false, poolMax: 3, timeoutMs: 20_000 };
    const made = createPostgresSink({ config, retention: { months: 0, yearly: true }, world });
    sinks.push(made);
    return made;
  }

  const bodies = ['温度 Größe 🙂', '\\N \\. \u0001', '"'].map((word) =>
    JSON.stringify({ fields: { [word]: word }, fCnt: 1, fPort: 2, rx: [] }),
  );
  const wide = bodies.map((body, at) => siteRecord('wide', at + 1, { body }));

  test('a database that has no place for every character is refused before there are tables, in words', async () => {
    await database('latin', "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
    await expect(sink('latin').store(batchOf(siteBatch('wide', wide)), signal)).rejects.toMatchObject({
      message: 'the encoding of the database, LATIN1, has no place for every character of readings',
      hint: expect.stringContaining("ENCODING 'UTF8' TEMPLATE template0"),
    });
  });

  test('SQL_ASCII, as initdb makes it without a locale, holds what it is given', async () => {
    await database('ascii', "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
    const stored = await sink('ascii').store(batchOf(siteBatch('wide', wide)), signal);
    expect(stored).toMatchObject({ fresh: 3, refused: [] });
    const pool = server.poolOf('ascii');
    const { rows } = await pool.query('SELECT body::text FROM webscada.records ORDER BY seq');
    await pool.end();
    expect(rows.map(({ body }) => body)).toEqual(bodies);
  });

  test.each(['serializable', 'repeatable read'])(
    'where transactions are %s by default, copies wait for one another instead of being refused',
    async (isolation) => {
      const name = isolation.replace(' ', '_');
      await database(name, '', `SET default_transaction_isolation = '${isolation}'`);
      const batches = [1, 11, 1, 21, 11, 21].map((first) =>
        batchOf(siteBatch('many', siteRecords('many', first, first + 9))),
      );
      // From the first, which makes the tables.
      const stored = await Promise.all(batches.map((batch) => sink(name).store(batch, signal)));
      expect(stored.reduce((sum, { fresh }) => sum + fresh, 0)).toBe(30);
    },
    60_000,
  );

  test('a role that may only read is told as that', async () => {
    await database('reader', '', 'SET default_transaction_read_only = on');
    await expect(
      sink('reader').store(batchOf(siteBatch('a', siteRecords('a', 1, 1))), signal),
    ).rejects.toMatchObject({
      message: 'PostgreSQL lets nothing be written: it is a replica, or default_transaction_read_only is on',
    });
  });

  test('a role that has all the connections it may have is told as that', async () => {
    await database('few', '', 'CONNECTION LIMIT 0');
    await expect(
      sink('few').store(batchOf(siteBatch('a', siteRecords('a', 1, 1))), signal),
    ).rejects.toMatchObject({
      message: 'PostgreSQL takes no more connections',
      hint: expect.stringContaining('CONNECTION LIMIT'),
    });
  });

  test('a server that does not write to its disk is told, beside what it takes; one that does is not', async () => {
    await database('memory', '');
    const forgetful = sink('memory');
    await forgetful.store(batchOf(siteBatch('a', siteRecords('a', 1, 1))), signal);
    expect(forgetful.caution?.()?.message).toContain('fsync = off');
    expect(world.logged.filter(({ event }) => event === 'collect.postgres_forgets')).not.toEqual([]);
    const own = temporaryFolder();
    const durable = await startPostgres(own.path, ['fsync=on']);
    try {
      const sound = sinkOf(durable.url);
      await sound.store(batchOf(siteBatch('a', siteRecords('a', 1, 1))), signal);
      expect(sound.caution?.()).toBeUndefined();
    } finally {
      for (const each of sinks.splice(0)) await each.close();
      await durable.stop();
      own.remove();
    }
  }, 60_000);
});
