/** Batches one behind the other: which go, and what becomes of the second when the first does not land. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorld } from '../../../src/ops/world.ts';
import { type Batch, sendBatch, sendBehind } from '../../../src/sync/site/batches.ts';
import type { Centre } from '../../../src/sync/site/centre.ts';
import { type Client, openClient } from '../../../src/sync/site/client.ts';
import { LIMITS } from '../../../src/sync/site/limits.ts';
import { createRedisCentre } from '../../../src/sync/site/redis-centre.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { describeWith, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis, streamIds } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

const KEY = 'webscada:{hut}:log';
const SHARE = { records: 10, bytes: 1_000_000 };
const START = { last: { epoch: 0, seq: 0 }, after: 0 };
const world = createWorld(createTestWorld().logger);

function contextOf(records: number) {
  const store = createMemoryStore();
  store.append(
    Array.from({ length: records }, (_, n) => uplinkRecord('00000000000000a1', 1_767_225_600_000 + n, { n })),
  );
  const meter = { isBounded: false };
  return { store, cursor: store.cursor('centre'), world, meter, isQuick: true, config: DEFAULTS.centre };
}

describeWith(['redis-server'], 'batches on their way', () => {
  const folder = temporaryFolder();
  let redis: RedisServer;
  let client: Client;
  let centre: Centre;

  beforeEach(async () => {
    redis = await startRedis(folder.path);
    const config = { ...DEFAULTS.centre, url: redis.url };
    client = await openClient(config, LIMITS, 0, new AbortController().signal, world.clock);
    centre = createRedisCentre(client, 'hut', config, LIMITS);
  });
  afterEach(async () => {
    client.close();
    await redis.stop();
  });

  async function pair(context: ReturnType<typeof contextOf>): Promise<readonly [Batch, Batch | undefined]> {
    const ways = { centre, beside: { sendEvents: async () => {} } };
    const first = await sendBatch(context, ways, START, SHARE);
    if (!first) throw new Error('nothing was sent');
    return [first, await sendBehind(context, ways, first, SHARE)];
  }

  test('of a backlog the second is sent before the first is answered, and lands behind it', async () => {
    const [first, second] = await pair(contextOf(30));
    const answers = await Promise.all([first.answer, second?.answer]);
    expect(answers).toMatchObject([{ landed: 10 }, { landed: 10, last: { epoch: 1, seq: 20 } }]);
    expect(await streamIds(redis.client, KEY)).toEqual(Array.from({ length: 20 }, (_, n) => `1-${n + 1}`));
  });

  test('where the first does not land the second does not either', async () => {
    await redis.client.xadd(KEY, '1-1', 'v', '1');
    const [first, second] = await pair(contextOf(30));
    const answers = await Promise.all([first.answer, second?.answer]);
    expect(answers).toMatchObject([
      { landed: 0, asExpected: false },
      { landed: 0, asExpected: false },
    ]);
    expect(await streamIds(redis.client, KEY)).toEqual(['1-1']);
  });

  test('where the centre has no room for the whole first one, the second lands nothing even when there is room again', async () => {
    await redis.client.config('SET', 'maxmemory', '1');
    const [first, second] = await pair(contextOf(30));
    await first.answer;
    await redis.client.config('SET', 'maxmemory', '0');
    expect(await second?.answer).toMatchObject({ landed: 0 });
    expect(await streamIds(redis.client, KEY)).toEqual([]);
  });

  test('what comes live, a thin line, a counted one and a Cluster get one batch at a time', async () => {
    const backlog = contextOf(30);
    const context = { ...backlog, config: { ...backlog.config, clusterNodes: ['a:1'] } };
    const given = [
      contextOf(19),
      { ...backlog, isQuick: false },
      { ...backlog, meter: { isBounded: true } },
      context,
    ];
    for (const each of given) {
      const [first, second] = await pair(each);
      expect(second).toBeUndefined();
      await first.answer;
      await redis.client.del(KEY);
    }
  });
});
