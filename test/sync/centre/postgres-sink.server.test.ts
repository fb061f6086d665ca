/** Records in a real PostgreSQL: each once, whatever comes twice, late, early, falsified, unfit for a table or of a strange time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sink } from '../../../src/sync/centre/batch.ts';
import { createPostgresSink } from '../../../src/sync/centre/postgres/postgres-sink.ts';
import { batchOf, siteBatch, siteRecord, siteRecords } from '../../support/centre-records.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const signal = new AbortController().signal;

describeWith(['postgres'], 'the sink PostgreSQL', () => {
  const folder = temporaryFolder();
  let server: PostgresServer;
  const sinks: Sink[] = [];
  const world = createTestWorld(Date.UTC(2026, 5, 1));

  beforeAll(async () => {
    server = await startPostgres(folder.path);
  }, 60_000);
  afterAll(async () => {
    for (const each of sinks) await each.close();
    await server?.stop();
    folder.remove();
  });

  function sink(months = 0): Sink {
    const config = { url: server.url, tls: false, poolMax: 3, timeoutMs: 20_000 };
    const made = createPostgresSink({ config, retention: { months, yearly: true }, world });
    sinks.push(made);
    return made;
  }

  async function rows(text: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
    return (await server.pool.query<Record<string, unknown>>(text.replaceAll('@', 'webscada.'), values)).rows;
  }

  async function seqs(site: string): Promise<number[]> {
    const found = await rows('SELECT seq FROM @records WHERE site = $1 ORDER BY seq, time', site);
    return found.map(({ seq }) => Number(seq));
  }

  test('two copies make the tables at once', async () => {
    const [a, b] = [sink(), sink()];
    await Promise.all(
      [a, b].map((each, at) =>
        each.store(batchOf(siteBatch(`twin-${at}`, siteRecords(`twin-${at}`, 1, 3))), signal),
      ),
    );
    expect(await seqs('twin-0')).toEqual([1, 2, 3]);
    expect(await seqs('twin-1')).toEqual([1, 2, 3]);
  });

  test('the same batch twice, overlapping ones, and two copies at once leave each record once', async () => {
    const [a, b] = [sink(), sink()];
    const batch = (first: number, last: number) =>
      batchOf(siteBatch('once', siteRecords('once', first, last)));
    expect((await a.store(batch(1, 50), signal)).fresh).toBe(50);
    expect((await a.store(batch(1, 50), signal)).fresh).toBe(0);
    const stored = await Promise.all([
      a.store(batch(40, 90), signal),
      b.store(batch(60, 120), signal),
      b.store(batch(45, 70), signal),
    ]);
    expect(stored.reduce((sum, { fresh }) => sum + fresh, 0)).toBe(70);
    expect(await seqs('once')).toEqual(Array.from({ length: 120 }, (_, at) => at + 1));
    const [site] = await rows("SELECT records, coverage FROM @sites WHERE site = 'once'");
    expect(site).toEqual({ records: '120', coverage: '[false,[1,1,[[1,120]]]]' });
  });

  test('an early event and its copy in the log are one record', async () => {
    const event = siteRecord('early', 7, { kind: 'join', body: '{"joinEui":"00"}' });
    const one = sink();
    await one.store(batchOf(siteBatch('early', [], { early: [event], delivered: [] })), signal);
    await one.store(batchOf(siteBatch('early', [...siteRecords('early', 1, 6), event])), signal);
    expect(await seqs('early')).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await rows("SELECT sum(count) AS count FROM @hours WHERE site = 'early'")).toEqual([
      { count: '7' },
    ]);
  });

  test.each([
    ['another month', { timeMs: Date.UTC(2026, 3, 9) }],
    ['a strange time', { timeMs: Date.UTC(1970, 0, 2) }],
    ['another value', { body: '{"fields":{"temperature":99}}' }],
  ])('a record that comes again with %s is no second record, and is told', async (what, change) => {
    const name = `false-${what.replaceAll(' ', '-')}`;
    const one = sink();
    await one.store(batchOf(siteBatch(name, siteRecords(name, 1, 5))), signal);
    const again = await one.store(batchOf(siteBatch(name, [siteRecord(name, 3, change)])), signal);
    expect(again).toMatchObject({
      fresh: 0,
      refused: [{ id: '1-3', reason: 'came again with another content' }],
    });
    expect(await seqs(name)).toEqual([1, 2, 3, 4, 5]);
    expect(await rows('SELECT id FROM @quarantine WHERE site = $1', name)).toEqual([{ id: '1-3' }]);
  });

  test('both within one batch: the first counts', async () => {
    const batch = siteBatch('both', [
      siteRecord('both', 1),
      siteRecord('both', 1, { timeMs: Date.UTC(2026, 4, 1) }),
    ]);
    expect((await sink().store(batchOf(batch), signal)).refused).toHaveLength(1);
    expect(await seqs('both')).toEqual([1]);
  });

  test('rows that somebody else put there are no second record either', async () => {
    const one = sink();
    await one.store(batchOf(siteBatch('stray', siteRecords('stray', 1, 2))), signal);
    const [first] = siteRecords('stray', 3, 3);
    await rows(
      'INSERT INTO @records VALUES ($1, 1, 3, $2, $3, $4, $5)',
      'stray',
      new Date(first?.timeMs ?? 0),
      'uplink',
      first?.device,
      first?.body,
    );
    await one.store(batchOf(siteBatch('stray', siteRecords('stray', 3, 4))), signal);
    expect(await seqs('stray')).toEqual([1, 2, 3, 4]);
  });

  test('what no table can hold is set aside, and everything beside it is stored', async () => {
    // PostgreSQL 17 and 18 hold a depth of 20 000, which is too much for those before.
    const deep = `{"fields":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const bad = [
      siteRecord('bad', 2, { body: '{"a":' }),
      siteRecord('bad', 4, { body: deep }),
      siteRecord('bad', 6, { timeMs: 8.64e15 }),
    ];
    const good = [1, 3, 5].map((seq) => siteRecord('bad', seq));
    const odd = siteRecord('bad', 7, {
      body: '{"fields":{"a\\u0000":"x\\u0000y\\\\u0000","half":"\\ud800"}}',
    });
    const stored = await sink().store(
      batchOf(siteBatch('bad', [...bad, ...good, odd]), siteBatch('good', siteRecords('good', 1, 9))),
      signal,
    );
    expect(stored.refused.map(({ id }) => id).sort()).toEqual(['1-2', '1-4', '1-6']);
    expect(await seqs('bad')).toEqual([1, 3, 5, 7]);
    expect(await seqs('good')).toHaveLength(9);
    const [site] = await rows("SELECT coverage FROM @sites WHERE site = 'bad'");
    expect(site?.coverage).toBe('[false,[1,1,[[1,7]]]]');
  });

  test('times go to their months, strange ones to a table of their own', async () => {
    const times = [
      Date.UTC(2026, 1, 28, 23, 59),
      Date.UTC(2026, 2, 1),
      Date.UTC(1970, 0, 1),
      Date.UTC(2027, 0, 1),
      Date.UTC(2106, 1, 7),
    ];
    await sink().store(
      batchOf(
        siteBatch(
          'times',
          times.map((timeMs, at) => siteRecord('times', at + 1, { timeMs })),
        ),
      ),
      signal,
    );
    const found = await rows(
      "SELECT tableoid::regclass::text AS table, seq FROM @records WHERE site = 'times' ORDER BY seq",
    );
    expect(found.map(({ table }) => String(table).replace('webscada.', ''))).toEqual([
      'records_2026_02',
      'records_2026_03',
      'records_other',
      'records_other',
      'records_other',
    ]);
  });

  test('the newest value of each device, typed; a live one is shown, and the record itself takes its place', async () => {
    const one = sink();
    const live = [siteRecord('new', 9)];
    await one.store(batchOf(siteBatch('new', siteRecords('new', 1, 3), { live })), signal);
    const values =
      "SELECT field, number, boolean, text FROM @newest_values WHERE site = 'new' ORDER BY field";
    expect(await rows(values)).toEqual([
      { field: 'open', number: null, boolean: false, text: null },
      { field: 'temperature', number: 0.9, boolean: null, text: null },
      { field: 'word', number: null, boolean: null, text: 'a' },
    ]);
    expect(await seqs('new')).toEqual([1, 2, 3]);
    await one.store(batchOf(siteBatch('new', siteRecords('new', 4, 9))), signal);
    expect(await rows("SELECT seq, live FROM @devices WHERE site = 'new'")).toEqual([
      { seq: '9', live: false },
    ]);
  });

  test('months that are over go, their numbers stay by year, and what comes again of them does not come back', async () => {
    const old = [1, 2].map((seq) => siteRecord('old', seq, { timeMs: Date.UTC(2025, 10, seq) }));
    const one = sink(3);
    await one.store(
      batchOf(siteBatch('old', [...old, siteRecord('old', 3, { timeMs: Date.UTC(2026, 4, 1) })])),
      signal,
    );
    await one.maintain?.();
    await one.store(batchOf(siteBatch('old', old)), signal);
    expect(await seqs('old')).toEqual([3]);
    const yearly = await rows("SELECT field, year, count, minimum, maximum FROM @yearly WHERE site = 'old'");
    expect(yearly).toEqual([{ field: 'temperature', year: 2025, count: '2', minimum: 0.1, maximum: 0.2 }]);
  });

  test('a server that goes away in between rejects in words and loses nothing', async () => {
    const one = sink();
    const batch = batchOf(siteBatch('away', siteRecords('away', 1, 20)));
    await one.store(batch, signal);
    await server.kill();
    await expect(one.store(batch, signal)).rejects.toMatchObject({ name: 'SinkFault' });
    await server.restart();
    expect((await one.store(batchOf(siteBatch('away', siteRecords('away', 10, 30))), signal)).fresh).toBe(10);
    expect(await seqs('away')).toHaveLength(30);
  });
});
