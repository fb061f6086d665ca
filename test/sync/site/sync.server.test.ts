/** The sync against a real Redis: draining, crashes of the centre, refusals, trimming, rebuilt and restored stores. */

import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CentreConfig } from '../../../src/config/schema.ts';
import type { NewRecord } from '../../../src/model/record.ts';
import type { World } from '../../../src/model/world.ts';
import { createWorld } from '../../../src/ops/world.ts';
import { type CentralSync, createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { openClient } from '../../../src/sync/site/client.ts';
import { LIMITS, type SyncLimits } from '../../../src/sync/site/limits.ts';
import { createRedisCentre } from '../../../src/sync/site/redis-centre.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis, streamIds } from '../../support/redis.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const KEY = 'webscada:{hut}:log';
const REGISTER = 'webscada:{hut}:epochs';
const QUICK = { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 100, checkMs: 500, commandTimeoutMs: 2_000 };

let made = 0;

/** `count` records that no other call makes again. */
function records(count: number): NewRecord[] {
  return Array.from({ length: count }, () => {
    made += 1;
    return uplinkRecord('00000000000000a1', 1_767_225_600_000 + made, { temperature: made });
  });
}

function named(store: MemoryStore, id: string): MemoryStore {
  return { ...store, storeId: () => id };
}

function ids(epoch: number, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `${epoch}-${from + i}`);
}

describeWith(['redis-server'], 'sync to a Redis at the centre', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let redis: RedisServer;
  let remembered: TestWorld;
  let world: World;
  let running: CentralSync[];

  beforeEach(async () => {
    folder = temporaryFolder();
    redis = await startRedis(folder.path, ['--appendonly', 'yes', '--appendfsync', 'always']);
    remembered = createTestWorld();
    world = createWorld(remembered.logger);
    running = [];
  });

  afterEach(async () => {
    await Promise.all(running.map((sync) => sync.stop()));
    await redis.stop();
    folder.remove();
  });

  async function syncing(
    store: MemoryStore,
    changes: Partial<CentreConfig> = {},
    limits: Partial<SyncLimits> = {},
  ): Promise<CentralSync> {
    const sync = createCentralSync({
      store,
      site: 'hut',
      world,
      config: { ...DEFAULTS.centre, url: redis.url, ...changes },
      limits: { ...QUICK, ...limits },
    });
    running.push(sync);
    await sync.start();
    return sync;
  }

  const drained = (sync: CentralSync) =>
    eventually('the log is delivered', () => sync.status().state === 'ok' && sync.status().pending === 0);

  test('delivers the backlog and then live records, without a gap', async () => {
    const store = createMemoryStore();
    store.append(records(1_234));
    const sync = await syncing(store);
    await drained(sync);
    store.append(records(3));
    await drained(sync);
    expect(await streamIds(redis.client, KEY)).toEqual(ids(1, 1, 1_237));
    expect(sync.status()).toMatchObject({ state: 'ok', accepted: 1_237, delivered: 1_237, pending: 0 });
  });

  test('writes time, kind, device and body as documented', async () => {
    const store = createMemoryStore();
    store.append(records(1));
    store.append([{ kind: 'system', device: null, timeMs: 5, body: { event: 'started' } }]);
    await drained(await syncing(store));
    const [reading, started] = await redis.client.xrange(KEY, '-', '+');
    const record = store.log.readAfter(0, 1)[0];
    expect(reading?.[1]).toEqual([
      'v',
      '1',
      'time',
      String(record?.timeMs),
      'kind',
      'uplink',
      'device',
      '00000000000000a1',
      'body',
      record?.body,
    ]);
    expect(started?.[1]).toEqual(['v', '1', 'time', '5', 'kind', 'system', 'body', '{"event":"started"}']);
  });

  test('goes on where it was after kill -9 of the centre in the middle', async () => {
    const store = createMemoryStore();
    const sync = await syncing(store, { batchMaxRecords: 20 });
    const feeding = feed(store, 60, 20);
    await eventually('some landed', () => sync.status().delivered > 100);
    await redis.kill();
    await eventually('the line is down', () => sync.status().state === 'down');
    expect(sync.status().hint).toBeTruthy();
    // P11: it mends itself, nobody has to be alarmed.
    expect(sync.status()).not.toHaveProperty('needsAction');
    await redis.restart();
    await feeding;
    await drained(sync);
    expect(await streamIds(redis.client, KEY)).toEqual(ids(1, 1, 1_200));
  });

  test('sends everything it still has to a centre that lost everything', async () => {
    const store = createMemoryStore();
    store.append(records(300));
    const sync = await syncing(store);
    await drained(sync);
    store.expireUpTo(50);
    await redis.client.flushall();
    await redis.kill();
    await redis.restart();
    await eventually('resent', async () => (await redis.client.xlen(KEY)) === 250);
    expect(await streamIds(redis.client, KEY)).toEqual(ids(1, 51, 300));
  });

  test('finds by itself, on a quiet line, that the centre lost entries', async () => {
    const store = createMemoryStore();
    store.append(records(30));
    await drained(await syncing(store));
    await redis.client.flushall();
    await eventually('resent', async () => (await redis.client.xlen(KEY)) === 30);
    expect(await streamIds(redis.client, KEY)).toEqual(ids(1, 1, 30));
  });

  test('lands a prefix when the centre runs out of memory, and the rest afterwards', async () => {
    const store = createMemoryStore();
    const sync = await syncing(store, { batchMaxRecords: 5_000 }, { batchMaxBytes: 64 * 1024 * 1024 });
    await eventually('connected', () => sync.status().state === 'ok');
    const used = /used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1];
    await redis.client.config('SET', 'maxmemory', String(Number(used) + 3 * 1024 * 1024));
    store.append(records(20_000));
    await eventually('refused', () => sync.status().state === 'down');
    expect(sync.status()).toMatchObject({
      detail: expect.stringContaining('memory'),
      hint: expect.any(String),
    });
    const landed = await streamIds(redis.client, KEY);
    expect(landed).toEqual(ids(1, 1, landed.length));
    expect(landed.length).toBeLessThan(20_000);
    await redis.client.config('SET', 'maxmemory', '0');
    await drained(sync);
    expect(await streamIds(redis.client, KEY)).toEqual(ids(1, 1, 20_000));
  });

  test('continues after the stream is trimmed to nothing', async () => {
    const store = createMemoryStore();
    store.append(records(40));
    const first = await syncing(store);
    await drained(first);
    await first.stop();
    await redis.client.xtrim(KEY, 'MAXLEN', 0);
    store.append(records(2));
    await drained(await syncing(store));
    expect(await streamIds(redis.client, KEY)).toEqual(['1-41', '1-42']);
  });

  test('starts a new epoch when somebody else put an entry ahead, and repeats nothing', async () => {
    const store = createMemoryStore();
    store.append(records(10));
    const sync = await syncing(store);
    await drained(sync);
    await redis.client.xadd(KEY, '1-500', 'x', 'y');
    store.append(records(5));
    await drained(sync);
    expect(await streamIds(redis.client, KEY)).toEqual([...ids(1, 1, 10), '1-500', ...ids(2, 11, 15)]);
    expect(store.epoch()).toBe(2);
  });

  test('counts no entry of the former store as its own when the site is rebuilt', async () => {
    const former = createMemoryStore();
    former.append(records(100));
    const first = await syncing(named(former, 'former'));
    await drained(first);
    await first.stop();
    const fresh = createMemoryStore();
    fresh.append(records(150));
    await drained(await syncing(named(fresh, 'fresh')));
    expect(await streamIds(redis.client, KEY)).toEqual([...ids(1, 1, 100), ...ids(2, 1, 150)]);
    expect(await redis.client.hgetall(REGISTER)).toEqual({
      1: 'former',
      '1:last': '100',
      2: 'fresh',
    });
    expect(remembered.logged.filter(({ event }) => event === 'centre.epoch_grown')).toHaveLength(1);
  });

  test.each([5, 300])('loses nothing of a restored store that then took %i records', async (taken) => {
    const shared = records(80);
    const before = createMemoryStore();
    before.append(shared);
    before.append(records(70));
    const first = await syncing(before);
    await drained(first);
    await first.stop();
    const restored = createMemoryStore();
    restored.append(shared);
    restored.append(records(taken));
    await drained(await syncing(restored));
    expect(await streamIds(redis.client, KEY)).toEqual([...ids(1, 1, 150), ...ids(2, 81, 80 + taken)]);
  });

  test('says so, and stands back, when two boxes use one site id', async () => {
    const one = createMemoryStore();
    one.append(records(10));
    const first = await syncing(named(one, 'one'));
    await drained(first);
    const two = createMemoryStore();
    two.append(records(10));
    const second = await syncing(named(two, 'two'));
    await drained(second);
    await eventually('the first box notices', () => first.status().state === 'down');
    expect(first.status().detail).toContain('two boxes use one site id');
    one.append(records(3));
    expect(second.status().state).toBe('ok');
    expect(await streamIds(redis.client, KEY)).toEqual([...ids(1, 1, 10), ...ids(2, 1, 10)]);
  });

  test('says what to do about a wrong password, keeps it secret, and goes on once it is right', async () => {
    await redis.client.config('SET', 'requirepass', 'right');
    const store = createMemoryStore();
    store.append(records(10));
    const sync = await syncing(store, { url: `redis://:wr0ng-s3cret@127.0.0.1:${redis.port}` });
    await eventually('refused', () => sync.status().state === 'down');
    expect(sync.status().hint).toContain('password');
    expect(sync.status().needsAction).toBe(true);
    expect(JSON.stringify([sync.status(), remembered.logged])).not.toContain('wr0ng-s3cret');
    await redis.client.config('SET', 'requirepass', 'wr0ng-s3cret');
    await drained(sync);
    expect(await redis.client.xlen(KEY)).toBe(10);
  });

  test('works for a user who is allowed no more than documented', async () => {
    await redis.client.acl(
      'SETUSER',
      'hut',
      'on',
      '>pw',
      'resetkeys',
      '~webscada:{hut}:*',
      '~webscada:sites',
      ...documentedRules(),
    );
    const store = createMemoryStore();
    store.append(records(10));
    const sync = await syncing(store, { url: `redis://hut:pw@127.0.0.1:${redis.port}`, minReplicas: 0 });
    await drained(sync);
    await redis.client.acl('SETUSER', 'hut', '-xadd');
    store.append(records(1));
    await eventually('refused', () => sync.status().state === 'down');
    expect(sync.status().hint).toContain('docs/sync.md');
  });

  test('finds a line that went silent by the command timeout', async () => {
    const store = createMemoryStore();
    store.append(records(10));
    const sync = await syncing(store, {}, { commandTimeoutMs: 150 });
    await drained(sync);
    redis.signal('SIGSTOP');
    store.append(records(10));
    await eventually('noticed', () => sync.status().state === 'down');
    redis.signal('SIGCONT');
    await drained(sync);
    expect(await streamIds(redis.client, KEY)).toEqual(ids(1, 1, 20));
  });

  test('stops within 5 s though the centre does not answer', async () => {
    const store = createMemoryStore();
    const sync = await syncing(store, {}, { commandTimeoutMs: 60_000 });
    await drained(sync);
    redis.signal('SIGSTOP');
    store.append(records(10));
    await eventually('a batch is under way', () => sync.status().pending === 10);
    const began = performance.now();
    await sync.stop();
    expect(performance.now() - began).toBeLessThan(5_000);
    redis.signal('SIGCONT');
  });

  test('waits for the replicas it was told to wait for', async () => {
    const store = createMemoryStore();
    store.append(records(10));
    const sync = await syncing(store, { minReplicas: 1 }, { commandTimeoutMs: 400 });
    await eventually('not enough', () => sync.status().state === 'down');
    expect(sync.status()).toMatchObject({ delivered: 0, detail: expect.stringContaining('replica') });
    const replica = await startRedis(folder.path, ['--replicaof', '127.0.0.1', String(redis.port)]);
    try {
      await drained(sync);
      expect(await streamIds(replica.client, KEY)).toEqual(ids(1, 1, 10));
    } finally {
      await replica.stop();
    }
  });

  test('stays ok, and says nothing, when the centre closes an idle line (IDLE)', async () => {
    const store = createMemoryStore();
    store.append(records(10));
    const sync = await syncing(store, {}, { checkMs: 60_000 });
    await drained(sync);
    const { sinceMs } = sync.status();
    for (let n = 1; n <= 3; n++) {
      const before = await connectionsTo(redis);
      await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await eventually('it is back', async () => (await connectionsTo(redis)) > before);
      store.append(records(1));
      await eventually('it delivers', async () => (await redis.client.xlen(KEY)) === 10 + n);
    }
    expect(sync.status()).toMatchObject({ state: 'ok', sinceMs });
    expect(remembered.logged.filter(({ level }) => level !== 'debug')).toHaveLength(1);
  });

  test('is down when the line ended and the next one cannot be opened (IDLE)', async () => {
    const sync = await syncing(createMemoryStore());
    await drained(sync);
    await redis.kill();
    await eventually('down', () => sync.status().state === 'down');
    expect(remembered.logged.filter(({ event }) => event === 'centre.down')).toHaveLength(1);
  });

  test('is not configured without an address, and down with one that makes no sense', async () => {
    const store = createMemoryStore();
    const none = createCentralSync({ store, site: 'hut', world, config: DEFAULTS.centre });
    await none.start();
    expect(none.status().state).toBe('not_configured');
    await none.stop();
    const sync = await syncing(store, { url: 'http://s3cret@nowhere' });
    await eventually('refused', () => sync.status().state === 'down');
    expect(JSON.stringify(sync.status())).not.toContain('s3cret');
  });

  test('appends nothing to a stream whose last ID is not the expected one', async () => {
    const limits = { ...LIMITS, ...QUICK };
    const config = { ...DEFAULTS.centre, url: redis.url };
    const client = await openClient(config, limits, 0, new AbortController().signal, world.clock);
    const centre = createRedisCentre(client, 'hut', config, limits);
    const record = { seq: 8, timeMs: 1, kind: 'system', device: null, body: '{}' };
    const entry = { id: { epoch: 3, seq: 8 }, record };
    await redis.client.xadd(KEY, '3-7', 'x', 'y');
    expect(await centre.append({ epoch: 3, seq: 6 }, [entry])).toEqual({
      landed: 0,
      last: { epoch: 3, seq: 7 },
      asExpected: false,
    });
    expect(await streamIds(redis.client, KEY)).toEqual(['3-7']);
    await redis.client.set('webscada:{other}:log', 'not a stream');
    const other = createRedisCentre(client, 'other', config, limits);
    expect((await other.append({ epoch: 0, seq: 0 }, [entry])).refusal).toMatch(/^-?WRONGTYPE/);
    client.close();
  });

  async function feed(store: MemoryStore, times: number, count: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      store.append(records(count));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
});

/** How many connections the server has taken so far. */
async function connectionsTo({ client }: RedisServer): Promise<number> {
  return Number(/total_connections_received:(\d+)/.exec(await client.info('stats'))?.[1]);
}

/** The rules of the ACL in docs/sync.md, so that it stays true. */
function documentedRules(): string[] {
  const line = /^ACL SETUSER .*$/m.exec(readFileSync('docs/sync.md', 'utf8'))?.[0] ?? '';
  return line.slice(line.indexOf('-@all')).split(' ');
}
