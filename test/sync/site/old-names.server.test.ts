/** A site that comes with the new names of its keys to a centre that has the old ones: one stream, nothing doubled, groups kept. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorld } from '../../../src/ops/world.ts';
import { type CentralSync, createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis, streamIds } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

const LOG = 'webscada:{hut}:log';

describeWith(['redis-server'], 'a centre with the names of before', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let redis: RedisServer;
  let running: CentralSync[];
  let store: MemoryStore;

  beforeEach(async () => {
    folder = temporaryFolder();
    redis = await startRedis(folder.path);
    running = [];
    store = createMemoryStore();
    store.append(Array.from({ length: 12 }, (_, i) => uplinkRecord('00000000000000a1', 1 + i, { n: i })));
    for (const { seq, timeMs, kind, device, body } of store.log.readAfter(0, 10)) {
      const fields = ['t', String(timeMs), 'k', kind, 'd', device ?? '', 'b', body];
      await redis.client.xadd('webscada:hut:log', `1-${seq}`, ...fields);
    }
    await redis.client.hset('webscada:hut:epochs', { 1: 'memory' });
    await redis.client.xgroup('CREATE', 'webscada:hut:log', 'reader', '1-4');
    store.cursor('centre').advance(10);
  });

  afterEach(async () => {
    await Promise.all(running.map((sync) => sync.stop()));
    await redis.stop();
    folder.remove();
  });

  async function syncing(url = redis.url): Promise<CentralSync> {
    const sync = createCentralSync({
      store,
      site: 'hut',
      world: createWorld(createTestWorld().logger),
      config: { ...DEFAULTS.centre, url },
      limits: { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 100, checkMs: 500 },
    });
    running.push(sync);
    await sync.start();
    return sync;
  }

  const drained = (sync: CentralSync) =>
    eventually('delivered', () => sync.status().state === 'ok' && sync.status().pending === 0);

  const all = Array.from({ length: 12 }, (_, i) => `1-${i + 1}`);

  test('has its stream renamed with its groups, and the rest behind it', async () => {
    await drained(await syncing());
    expect(await streamIds(redis.client, LOG)).toEqual(all);
    expect(await redis.client.exists('webscada:hut:log', 'webscada:hut:epochs')).toBe(0);
    expect(await redis.client.hgetall('webscada:{hut}:epochs')).toEqual({ 1: 'memory' });
    expect(JSON.stringify(await redis.client.xinfo('GROUPS', LOG))).toContain('"last-delivered-id","1-4"');
    expect(store.epoch()).toBe(1);
  });

  test('whose user may not rename is told what to grant, and nothing goes elsewhere meanwhile', async () => {
    const rights = ['~webscada:{hut}:*', '~webscada:sites', '+@all'];
    await redis.client.acl('SETUSER', 'hut', 'on', '>pw', 'resetkeys', ...rights);
    const sync = await syncing(`redis://hut:pw@127.0.0.1:${redis.port}`);
    await eventually('it says why', () => sync.status().state === 'down');
    const { hint = '' } = sync.status();
    expect(await redis.client.exists(LOG)).toBe(0);
    const granted = hint.slice(hint.indexOf('<user> ') + 7).split(' ');
    await redis.client.acl('SETUSER', 'hut', ...granted);
    await drained(sync);
    expect(await streamIds(redis.client, LOG)).toEqual(all);
  });

  test('whose user sees the old names only is told as well', async () => {
    await redis.client.acl('SETUSER', 'hut', 'on', '>pw', 'resetkeys', '~webscada:hut:*', '+@all');
    const sync = await syncing(`redis://hut:pw@127.0.0.1:${redis.port}`);
    await eventually('it says why', () => sync.status().state === 'down');
    expect(sync.status().hint).toContain('~webscada:{hut}:*');
  });

  test('that has both keeps both: the new one is the site’s', async () => {
    for (const [index, record] of store.log.readAfter(0, 10).entries()) {
      const { timeMs, body } = record;
      const fields = [
        'v',
        '1',
        'time',
        String(timeMs),
        'kind',
        'uplink',
        'device',
        '00000000000000a1',
        'body',
        body,
      ];
      await redis.client.xadd(LOG, `1-${index + 1}`, ...fields);
    }
    await drained(await syncing());
    expect(await streamIds(redis.client, LOG)).toEqual(all);
    expect(await redis.client.xlen('webscada:hut:log')).toBe(10);
  });

  test('lists the site with what it told', async () => {
    await drained(await syncing());
    const report = JSON.parse((await redis.client.hget('webscada:sites', 'hut')) ?? '');
    expect(report).toMatchObject({ v: 1, epoch: 1, storeId: 'memory', lastSeq: 12, health: 'ok' });
    expect(report.lastSeenMs).toBeGreaterThan(0);
  });
});
