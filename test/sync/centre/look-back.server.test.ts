/** A stream brought along to another centre, with the group that read it at the old one: what the new store lacks of it is read again. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Coverage } from '../../../src/sync/centre/coverage.ts';
import { lookBack } from '../../../src/sync/centre/look-back.ts';
import { openRedis, type RedisLink } from '../../../src/sync/centre/redis-link.ts';
import { recordFields } from '../../../src/sync/entry.ts';
import { siteRecord } from '../../support/centre-records.ts';
import { collectConfig } from '../../support/centre-site.ts';
import { describeWith, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createFastWorld } from '../../support/world.ts';

const LOG = 'webscada:{hut}:log';
const GROUP = 'collect-postgres';

describeWith(['redis-server'], 'looking back at a stream that was read elsewhere', () => {
  const folder = temporaryFolder();
  const world = createFastWorld(20);
  let server: RedisServer;
  let redis: RedisLink;

  beforeAll(async () => {
    server = await startRedis(folder.path);
    redis = await openRedis((await collectConfig({ 'redis.url': server.url })).redis, world);
  }, 60_000);
  afterAll(async () => {
    redis?.close();
    await server?.stop();
    folder.remove();
  });

  /** Entries 50 to 60, all of which the group was given. */
  beforeEach(async () => {
    await server.client.flushall();
    for (let seq = 50; seq <= 60; seq += 1) {
      const { device, ...record } = siteRecord('hut', seq);
      await server.client.xadd(LOG, `1-${seq}`, ...recordFields({ ...record, device: device ?? '' }));
    }
    await server.client.xgroup('CREATE', LOG, GROUP, '1-60');
  });

  const epoch = (base: number, ...ranges: (readonly [number, number])[]): Coverage => ({
    epochs: [{ epoch: 1, base, ranges }],
    isPartial: false,
  });

  async function givenAfter(coverage: Coverage): Promise<string> {
    const account = { life: () => 'a', read: async () => new Map([['hut', coverage]]) };
    await lookBack({ redis, prefix: 'webscada', group: GROUP, account, world }, ['hut']);
    const [group] = (await server.client.xinfo('GROUPS', LOG)) as string[][];
    return group?.[group.indexOf('last-delivered-id') + 1] ?? '';
  }

  test.each<[string, Coverage, string]>([
    ['nothing', { epochs: [], isPartial: false }, '1-49'],
    // What came while the keys were brought was stored first: the epoch begins with it here.
    ['all but the first', epoch(51, [51, 60]), '1-49'],
    ['not what is in the middle', epoch(50, [50, 54], [57, 60]), '1-54'],
    ['not the last', epoch(50, [50, 58]), '1-58'],
    ['all', epoch(50, [50, 60]), '1-60'],
  ])('a store that has %s', async (_, coverage, given) => {
    expect(await givenAfter(coverage)).toBe(given);
  });

  test('what is being worked on is not lost', async () => {
    await server.client.xgroup('SETID', LOG, GROUP, '1-49');
    await server.client.xreadgroup('GROUP', GROUP, 'other', 'COUNT', 1, 'STREAMS', LOG, '>');
    await server.client.xgroup('SETID', LOG, GROUP, '1-60');
    expect(await givenAfter(epoch(51, [51, 60]))).toBe('1-60');
  });
});
