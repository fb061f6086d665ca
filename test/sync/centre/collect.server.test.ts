/** `collect` between a real Redis and a real PostgreSQL: each record once, gaps hold the watermark, one site's rubbish is its own. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Collector } from '../../../src/sync/centre/collector.ts';
import { siteRecord } from '../../support/centre-records.ts';
import { type MadeSite, madeSite, startCollector } from '../../support/centre-site.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis, streamIds } from '../../support/redis.ts';

describeWith(['postgres', 'redis-server'], 'collect', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;
  let running: (Collector & { logged: { event: string; fields: Record<string, unknown> }[] })[] = [];

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    redis = await startRedis(folder.path, ['--appendonly', 'yes']);
  }, 60_000);
  afterEach(async () => {
    await Promise.all(running.map((each) => each.stop()));
    running = [];
    await redis.client.flushall();
  });
  afterAll(async () => {
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  const name = (): string => `site-${randomUUID()}`;
  const site = (id: string): MadeSite => madeSite(redis.client, id);

  async function collect(
    settings: Record<string, string | number | boolean> = {},
  ): Promise<(typeof running)[number]> {
    const made = await startCollector({
      'redis.url': redis.url,
      'postgres.url': postgres.url,
      'collect.trim': false,
      ...settings,
    });
    running.push(made);
    return made;
  }

  async function seqs(id: string): Promise<string[]> {
    const { rows } = await postgres.pool.query<{ id: string }>(
      "SELECT epoch || '-' || seq AS id FROM webscada.records WHERE site = $1 ORDER BY epoch, seq, time",
      [id],
    );
    return rows.map((row) => row.id);
  }

  const ids = (first: number, last: number, epoch = 1): string[] =>
    Array.from({ length: last - first + 1 }, (_, at) => `${epoch}-${first + at}`);

  const stored = (id: string, expected: readonly string[]) =>
    eventually(
      `${expected.length} records of ${id}`,
      async () => {
        const found = await seqs(id).catch(() => []);
        if (found.length > expected.length) throw new Error('too many records');
        if (found.length !== expected.length) return false;
        expect(found).toEqual(expected);
        return true;
      },
      20_000,
    );

  const mark = (id: string, group = 'collect-postgres') =>
    redis.client.hget(`webscada:{${id}}:watermark`, group);
  const marked = (id: string, expected: string, group?: string) =>
    eventually(`watermark ${expected}`, async () => (await mark(id, group)) === expected, 20_000);

  test('what is there, what comes, blocks and a new site: each record once, acknowledged, the watermark behind it', async () => {
    const [a, b] = [name(), name()];
    await site(a).write(1, 1200);
    await collect();
    await stored(a, ids(1, 1200));
    await site(a).block(1201, 1300);
    await site(b).write(1, 3);
    await site(b).report();
    await stored(a, ids(1, 1300));
    await stored(b, ids(1, 3));
    await marked(a, '1-1300');
    const [pending] = (await redis.client.xpending(`webscada:{${a}}:log`, 'collect-postgres')) as [number];
    expect(pending).toBe(0);
  });

  test('two copies share the work, and one that dies leaves it to the other', async () => {
    const id = name();
    const [first] = [await collect({ 'collect.name': 'a', 'collect.claim_after_ms': 300 })];
    await collect({ 'collect.name': 'b', 'collect.claim_after_ms': 300 });
    await site(id).write(1, 300);
    await stored(id, ids(1, 300));
    // Taken by a copy that ends before it writes.
    await site(id).write(301, 310);
    await redis.client
      .call('XREADGROUP', [
        'GROUP',
        'collect-postgres',
        'dead',
        'COUNT',
        5,
        'STREAMS',
        `webscada:{${id}}:log`,
        '>',
      ])
      .catch(() => {});
    await first.stop();
    await stored(id, ids(1, 310));
    await marked(id, '1-310');
  });

  test('what another copy has taken and not written holds the watermark in front of it', async () => {
    const id = name();
    const log = `webscada:{${id}}:log`;
    await site(id).write(1, 10);
    await redis.client.xgroup('CREATE', log, 'collect-postgres', '0');
    await redis.client.call('XREADGROUP', [
      ...['GROUP', 'collect-postgres', 'slow', 'COUNT', '4', 'STREAMS', log, '>'],
    ]);
    // Its four lie with it; the others are taken by this copy, which has seen nothing in front of them.
    await collect({ 'collect.claim_after_ms': 3_600_000 });
    await stored(id, ids(5, 10));
    await eventually('they are acknowledged', async () => {
      const [pending] = (await redis.client.xpending(log, 'collect-postgres')) as [number];
      return pending === 4;
    });
    // The next batch comes behind whatever the first one did to the watermark.
    await site(id).write(11, 11);
    await stored(id, ids(5, 11));
    expect(await mark(id)).toBe(null);
    await running.pop()?.stop();
    await collect({ 'collect.claim_after_ms': 100 });
    await marked(id, '1-11');
    await stored(id, ids(1, 11));
  });

  test('early events are stored at once and once', async () => {
    const id = name();
    const event = { ...siteRecord(id, 50), kind: 'join', body: '{"joinEui":"1"}' };
    await site(id).put('events', event);
    await collect();
    await site(id).write(1, 10);
    await stored(id, [...ids(1, 10), '1-50']);
    await marked(id, '1-10');
    await site(id).write(11, 49);
    await site(id).put('log', event);
    await stored(id, ids(1, 50));
    await marked(id, '1-50');
  });

  test('a gap holds the watermark, and what the site says of it lets it go on', async () => {
    const id = name();
    await site(id).write(1, 20);
    await redis.client.xdel(`webscada:{${id}}:log`, '1-8', '1-9');
    await collect();
    await stored(id, [...ids(1, 7), ...ids(10, 20)]);
    await marked(id, '1-7');
    const body = JSON.stringify({ event: 'expired', from: 8, to: 9, count: 2 });
    await site(id).put('log', { ...siteRecord(id, 21), kind: 'system', device: null, body });
    await marked(id, '1-21');
    const { rows } = await postgres.pool.query('SELECT event, lost FROM webscada.losses WHERE site = $1', [
      id,
    ]);
    expect(rows).toEqual([{ event: 'expired', lost: '2' }]);
  });

  test('a new epoch of the same store goes on where the old one ended; that of another store begins anew', async () => {
    const [same, other] = [name(), name()];
    await redis.client.hset(`webscada:{${same}}:epochs`, { 1: 'one', 2: 'one' });
    await redis.client.hset(`webscada:{${other}}:epochs`, { 1: 'one', 2: 'two' });
    for (const id of [same, other]) {
      await site(id).write(1, 5);
      await site(id).write(8, 9, 2);
    }
    await collect();
    await marked(same, '1-5');
    await marked(other, '2-9');
  });

  test('rubbish, unknown versions, half entries and a record of a megabyte go aside with their reasons; other sites go on', async () => {
    const [bad, good] = [name(), name()];
    await site(bad).write(1, 2);
    await site(bad).raw('log', '1-3', 'v', '9', 'kind', 'uplink');
    await site(bad).raw('log', '1-4', 'x', '\u0000\ufffd', 'y', Buffer.from([0xff, 0xfe, 0]));
    await site(bad).raw('log', '1-5', 'v', '1', 'time', 'soon', 'kind', 'uplink', 'body', '{}');
    await site(bad).put('log', {
      ...siteRecord(bad, 6),
      body: JSON.stringify({ fields: { x: 'y'.repeat(1_000_000) } }),
    });
    await site(bad).raw(
      'log',
      '1-16',
      'v',
      '1',
      'kind',
      'block',
      'first',
      '7',
      'count',
      '10',
      'codec',
      'zstd',
      'body',
      Buffer.from('no zstd'),
    );
    await site(bad).write(17, 18);
    await site(bad).raw('log', '18446744073709551615-7', 'v', '1');
    await site(good).write(1, 500);
    await collect();
    await stored(good, ids(1, 500));
    await stored(bad, [...ids(1, 2), ...ids(17, 18)]);
    await marked(bad, '1-18');
    const { rows } = await postgres.pool.query<{ id: string; reason: string }>(
      'SELECT id, reason FROM webscada.quarantine WHERE site = $1',
      [bad],
    );
    expect(Object.fromEntries(rows.map(({ id, reason }) => [id, reason.split(':')[0]]))).toEqual({
      '1-3': 'version',
      '1-4': 'version',
      '1-5': 'time',
      '1-6': 'too_large',
      '1-16': 'block',
      '18446744073709551615-7': 'id',
    });
    expect(
      running[0]?.logged.filter(({ event, fields }) => event === 'collect.set_aside' && fields.site === bad),
    ).not.toEqual([]);
  });

  test('names with braces, keys of another kind and numbers that go back are told by site; others go on', async () => {
    const [back, odd, good] = [name(), name(), name()];
    const log = `webscada:{${back}}:log`;
    await site(back).write(1, 30);
    await site(good).write(1, 100);
    for (const key of ['webscada:{a{b}}:log', 'webscada:{}:log', `webscada:{{${odd}}}:log`])
      await redis.client.xadd(key, '1-1', 'v', '1');
    await site(odd).report();
    await redis.client.hset('webscada:sites', 'x{y}', '{}', `{${odd}}`, 'no JSON', good, '[[');
    await redis.client.set(`webscada:{${odd}}:log`, 'a text');
    const made = await collect();
    await stored(back, ids(1, 30));
    // Somebody begins the stream anew, with other records under numbers that were there.
    await redis.client.del(log);
    for (const seq of [5, 6, 7])
      await site(back).put('log', { ...siteRecord(back, seq), body: `{"fields":{"other":${seq}}}` });
    await site(good).write(101, 150);
    await stored(good, ids(1, 150));
    const { rows } = await eventually('told', async () => {
      const found = await postgres.pool.query<{ id: string; reason: string }>(
        'SELECT id, reason FROM webscada.quarantine WHERE site = $1 ORDER BY id',
        [back],
      );
      return found.rows.length === 3 && found;
    });
    expect(rows.map(({ id, reason }) => `${id} ${reason.split(':')[0]}`)).toEqual([
      '1-5 came again with another content',
      '1-6 came again with another content',
      '1-7 came again with another content',
    ]);
    expect(await seqs(back)).toEqual(ids(1, 30));
    const refused = made.logged.filter(({ event }) => event === 'collect.no_site');
    expect(refused.map(({ fields }) => fields.name).sort()).toEqual(
      expect.arrayContaining(['webscada:{a{b}}:log', 'webscada:{}:log', 'x{y}', `{${odd}}`]),
    );
    const unreadable = made.logged.filter(({ event }) => event === 'collect.site_unreadable');
    expect(unreadable.map(({ fields }) => fields.site)).toEqual([odd]);
    // Put right, it is taken as any other; and a stream that is replaced while it is read stops nobody either.
    await redis.client.del(`webscada:{${odd}}:log`);
    await site(odd).write(1, 5);
    await stored(odd, ids(1, 5));
    await redis.client.set(`webscada:{${odd}}:log`, 'a text again');
    await site(good).write(151, 160);
    await stored(good, ids(1, 160));
  });

  test('streams are trimmed behind the slowest group, and not while one has no watermark', async () => {
    const id = name();
    const log = `webscada:{${id}}:log`;
    await site(id).write(1, 30);
    await redis.client.xgroup('CREATE', log, 'lake', '0');
    await collect({ 'collect.trim': true });
    await marked(id, '1-30');
    expect(await redis.client.xlen(log)).toBe(30);
    await redis.client.hset(`webscada:{${id}}:watermark`, 'lake', '1-12');
    await site(id).write(31, 32);
    await eventually('a trim', async () => {
      await site(id).report();
      const [first] = await streamIds(redis.client, log);
      if (first === '1-12') return true;
      const last = Number((await streamIds(redis.client, log)).at(-1)?.split('-')[1]);
      await site(id).write(last + 1, last + 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return false;
    });
  });

  test('a Redis that forgets its newest entries, and a site that writes them again: each once', async () => {
    const id = name();
    await site(id).write(1, 100);
    await collect();
    await stored(id, ids(1, 100));
    await redis.client.del(`webscada:{${id}}:log`, `webscada:{${id}}:watermark`);
    await site(id).write(81, 130);
    await stored(id, ids(1, 130));
    await marked(id, '1-130');
  });
});
