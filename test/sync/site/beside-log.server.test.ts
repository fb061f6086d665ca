/** What the site writes beside its log, against a real Redis: early copies of events, newest readings during a backlog. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NewRecord } from '../../../src/model/record.ts';
import type { World } from '../../../src/model/world.ts';
import { createWorld } from '../../../src/ops/world.ts';
import { readEntry } from '../../../src/sync/entry.ts';
import { type CentralSync, createCentralSync } from '../../../src/sync/site/central-sync.ts';
import type { SyncLimits } from '../../../src/sync/site/limits.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis, streamIds } from '../../support/redis.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const LOG = 'webscada:{hut}:log';
const EVENTS = 'webscada:{hut}:events';
const LIVE = 'webscada:{hut}:live';
const QUICK = { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 100, checkMs: 500, commandTimeoutMs: 2_000 };
/** Of a backlog that goes slowly, so that it can be looked at. */
const SLOWLY = { liveAfterMs: 0, liveEveryMs: 0, asideRetryMs: 20 };

let made = 0;

function readings(count: number, device = '00000000000000a1'): NewRecord[] {
  return Array.from({ length: count }, () => {
    made += 1;
    return uplinkRecord(device, 1_767_225_600_000 + made, { temperature: made });
  });
}

function event(name: string): NewRecord {
  made += 1;
  return { kind: 'system', device: null, timeMs: 1_767_225_600_000 + made, body: { event: name } };
}

describeWith(['redis-server'], 'what a site writes beside its log', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let redis: RedisServer;
  let remembered: TestWorld;
  let world: World;
  let running: CentralSync[];

  beforeEach(async () => {
    folder = temporaryFolder();
    redis = await startRedis(folder.path);
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
    batchMaxRecords = 500,
    limits: Partial<SyncLimits> = {},
  ): Promise<CentralSync> {
    const config = { ...DEFAULTS.centre, url: redis.url, batchMaxRecords };
    const sync = createCentralSync({ store, site: 'hut', world, config, limits: { ...QUICK, ...limits } });
    running.push(sync);
    await sync.start();
    return sync;
  }

  const drained = (sync: CentralSync) =>
    eventually('the log is delivered', () => sync.status().state === 'ok' && sync.status().pending === 0);

  const refusals = (name: string) => remembered.logged.filter((line) => line.event === name);

  test('copies events under the ID and with the content they have in the log, readings not', async () => {
    const store = createMemoryStore();
    const sync = await syncing(store);
    store.append([...readings(2), event('one'), ...readings(1), event('two')]);
    await drained(sync);
    store.append([event('three'), ...readings(3)]);
    await drained(sync);
    expect(await streamIds(redis.client, EVENTS)).toEqual(['1-3', '1-5', '1-6']);
    const log = new Map(await redis.client.xrange(LOG, '-', '+'));
    for (const [id, fields] of await redis.client.xrange(EVENTS, '-', '+'))
      expect(fields).toEqual(log.get(id));
    expect(log.size).toBe(9);
  });

  test('an event comes before the backlog that lies in front of it, and the log holds it once', async () => {
    const store = createMemoryStore();
    store.append(readings(400));
    store.append([event('alarm')]);
    const sync = await syncing(store, 1);
    let sentBefore = 0;
    await eventually('the event is there', async () => {
      const [log, events] = await Promise.all([redis.client.xlen(LOG), redis.client.xlen(EVENTS)]);
      sentBefore = log;
      return events === 1;
    });
    expect(sentBefore).toBeLessThan(401);
    await drained(sync);
    expect(await streamIds(redis.client, EVENTS)).toEqual(['1-401']);
    expect((await streamIds(redis.client, LOG)).length).toBe(401);
    expect(sync.status()).toMatchObject({ accepted: 401, delivered: 401 });
  });

  test('all events are copied, however large the batches of a backlog are', async () => {
    const store = createMemoryStore();
    for (let n = 0; n < 40; n += 1) store.append([...readings(99), event(`${n}`)]);
    await drained(await syncing(store, 4_000));
    const wanted = Array.from({ length: 40 }, (_, n) => `1-${100 * (n + 1)}`);
    expect(await streamIds(redis.client, EVENTS)).toEqual(wanted);
  });

  test('an event that comes while another is being copied is not overtaken by the log', async () => {
    const store = createMemoryStore();
    const { eventsAfter } = store.log;
    let late = 3;
    // As it is when the box has work: just after the log was looked through.
    const log = {
      ...store.log,
      eventsAfter(...args: Parameters<typeof eventsAfter>) {
        const found = eventsAfter(...args);
        if (found.events.length > 0 && late-- > 0) store.append([event(`late ${late}`)]);
        return found;
      },
    };
    const sync = await syncing({ ...store, log }, 500);
    store.append([...readings(2), event('one')]);
    await eventually('all are in the log', async () => (await redis.client.xlen(LOG)) === 6);
    await drained(sync);
    expect(await streamIds(redis.client, EVENTS)).toEqual(['1-3', '1-4', '1-5', '1-6']);
  });

  test('looks through no more than the end of a backlog, and repeats nothing after a restart', async () => {
    const store = createMemoryStore();
    store.append([event('long ago'), ...readings(300), event('lately'), ...readings(20)]);
    const first = await syncing(store, 5, { eventsBackRecords: 100 });
    await eventually('copied', async () => (await redis.client.xlen(EVENTS)) > 0);
    await first.stop();
    store.append([event('now')]);
    await drained(await syncing(store, 500, { eventsBackRecords: 100 }));
    expect(await streamIds(redis.client, EVENTS)).toEqual(['1-302', '1-323']);
  });

  test('a key of another type there is told once and holds up no record', async () => {
    await redis.client.set(EVENTS, 'no stream');
    await redis.client.set(LIVE, 'no stream');
    const store = createMemoryStore();
    store.append([...readings(200), event('one')]);
    const sync = await syncing(store, 1, { ...SLOWLY, asideRetryMs: 1 });
    await drained(sync);
    expect(await redis.client.xlen(LOG)).toBe(201);
    expect(sync.status().state).toBe('ok');
    for (const name of ['centre.events_refused', 'centre.live_refused']) {
      expect(refusals(name)).toMatchObject([{ fields: { code: 'WRONGTYPE' } }]);
    }
    await redis.client.del(EVENTS);
    store.append([event('two')]);
    await drained(sync);
    store.append([event('three')]);
    await eventually('copied again', async () => (await streamIds(redis.client, EVENTS)).includes('1-203'));
  });

  test('a stream of events that nobody could have written is left alone and told', async () => {
    await redis.client.xadd(EVENTS, '9000000-1', 'x', 'y');
    const store = createMemoryStore();
    store.append([...readings(3), event('one')]);
    await drained(await syncing(store));
    expect(store.epoch()).toBe(1);
    expect(await streamIds(redis.client, LOG)).toHaveLength(4);
    expect(await streamIds(redis.client, EVENTS)).toEqual(['9000000-1']);
    expect(refusals('centre.events_refused')).toMatchObject([{ fields: { code: 'STREAM' } }]);
  });

  test.each([
    ['shorter than its early copies', 0],
    ['grown past them', 30],
  ])('a store put back from a backup, %s, gives their IDs to no other record', async (_, taken) => {
    const shared = readings(5);
    const before = createMemoryStore();
    before.append(shared);
    await drained(await syncing(before));
    await running[0]?.stop();
    // Its early copy had gone out when the box died; the log was not that far.
    await redis.client.xadd(
      EVENTS,
      '1-12',
      'v',
      '1',
      'time',
      '1',
      'kind',
      'system',
      'body',
      '{"event":"lost"}',
    );
    const restored = createMemoryStore();
    restored.append(shared);
    restored.append(readings(taken));
    const sync = await syncing(restored);
    await drained(sync);
    restored.append([event('after')]);
    await drained(sync);
    const ids = await streamIds(redis.client, LOG);
    expect(restored.epoch()).toBe(2);
    expect(ids.slice(0, 6)).toEqual(['1-1', '1-2', '1-3', '1-4', '1-5', '2-6']);
    expect(ids.at(-1)).toBe(`2-${6 + taken}`);
    expect(await streamIds(redis.client, EVENTS)).toEqual(['1-12', `2-${6 + taken}`]);
  });

  test('goes on when the centre lost the stream of events', async () => {
    const store = createMemoryStore();
    const sync = await syncing(store, 500, { asideRetryMs: 1 });
    store.append([event('one')]);
    await drained(sync);
    await redis.client.del(EVENTS);
    store.append([event('two')]);
    store.append([event('three')]);
    await drained(sync);
    store.append([event('four')]);
    await eventually('copied', async () => (await streamIds(redis.client, EVENTS)).includes('1-4'));
    await drained(sync);
    expect(await redis.client.xlen(LOG)).toBe(4);
  });

  test('shows the newest reading of each device during a backlog, marked, and counts it for nothing', async () => {
    const store = createMemoryStore();
    store.append([...readings(300), ...readings(1, '00000000000000b2'), ...readings(1), event('one')]);
    const sync = await syncing(store, 1, SLOWLY);
    await eventually('shown', async () => (await redis.client.xlen(LIVE)) >= 2);
    expect(sync.status().pending).toBeGreaterThan(0);
    store.append(readings(1, '00000000000000c3'));
    await eventually('shown as well', async () => (await redis.client.xlen(LIVE)) >= 3);
    await drained(sync);
    expect(await streamIds(redis.client, LIVE)).toEqual(['1-301', '1-302', '1-304']);
    for (const [id, fields] of await redis.client.xrange(LIVE, '-', '+')) {
      const read = readEntry(id, fields);
      expect(read).toMatchObject({ ok: true, isLive: true });
      expect(read.ok && read.records).toEqual(store.log.readAfter(Number(id.slice(2)) - 1, 1));
    }
    expect(await redis.client.xlen(LOG)).toBe(304);
    expect(sync.status()).toMatchObject({ accepted: 304, delivered: 304 });
  });

  test('shows nothing while there is no backlog', async () => {
    const store = createMemoryStore();
    const sync = await syncing(store, 500, SLOWLY);
    for (let n = 0; n < 5; n += 1) {
      store.append(readings(20));
      await drained(sync);
    }
    expect(await redis.client.exists(LIVE)).toBe(0);
  });

  test('an event goes ahead of records that wait for company', async () => {
    const store = createMemoryStore();
    const config = { ...DEFAULTS.centre, url: redis.url };
    const limits = { ...QUICK, maxDelayMs: 600_000, eventsDelayMs: 5 };
    const sync = createCentralSync({ store, site: 'hut', world, config, limits });
    running.push(sync);
    await sync.start();
    await drained(sync);
    store.append([...readings(3), event('one')]);
    await eventually('copied', async () => (await streamIds(redis.client, EVENTS)).includes('1-4'));
    expect(sync.status().pending).toBe(4);
  });

  test('holds what was sent until every collector has stored it, and says so', async () => {
    const store = createMemoryStore();
    store.append(readings(10));
    const config = { ...DEFAULTS.centre, url: redis.url, forget: 'collected' } as const;
    const limits = { ...QUICK, checkMs: 20, watermarkMs: 0 };
    const sync = createCentralSync({ store, site: 'hut', world, config, limits });
    running.push(sync);
    await sync.start();
    await drained(sync);
    const stored = () => store.cursor('collected').state().seq;
    const told = (text: string) => eventually(text, () => sync.status().detail.includes(text));
    await told(
      "10 records sent are held until the centre has stored them (nobody collects this site's stream there)",
    );
    await redis.client.xgroup('CREATE', LOG, 'one', '0');
    await redis.client.xgroup('CREATE', LOG, 'two', '0');
    await redis.client.hset('webscada:{hut}:watermark', 'one', '1-9', 'gone', '1-1');
    await told('has not said');
    expect(stored()).toBe(0);
    await redis.client.hset('webscada:{hut}:watermark', 'two', '1-6');
    await eventually('the smallest counts', () => stored() === 6);
    await told('4 records sent are held until the centre has stored them');
    await redis.client.hset('webscada:{hut}:watermark', 'two', '1-4');
    await eventually('it goes back', () => stored() === 4);
    await redis.client.hset('webscada:{hut}:watermark', 'one', '1-10', 'two', '1-10');
    await eventually('all is stored', () => stored() === 10 && !sync.status().detail.includes('held'));
    expect(sync.status()).toMatchObject({ state: 'ok', delivered: 10 });
  });
});
