/** One pass over the sites of a shard, with a Redis that refuses one of them: that one is told and left alone, the others are read. */
import { expect, test } from 'vitest';
import type { RedisLink, Reply } from '../../../src/sync/centre/redis-link.ts';
import { passOver } from '../../../src/sync/centre/shard-pass.ts';
import { createShards } from '../../../src/sync/centre/shards.ts';
import { newSite } from '../../../src/sync/centre/site-reader.ts';
import { siteKeys } from '../../../src/sync/keys.ts';
import { createTestWorld } from '../../support/world.ts';

class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

function redisThatRefuses(site: string, asked: string[]): RedisLink {
  return {
    async call(command, ...args): Promise<Reply> {
      const key = String(args.find((arg) => String(arg).includes('{')));
      asked.push(`${command} ${key}`);
      if (key.includes(`{${site}}`)) throw new ReplyError('NOPERM no permissions to access a key');
      return null;
    },
    shardOf: () => '',
    run: () => Promise.resolve(null),
    eachMaster: () => Promise.resolve([]),
    scan: () => Promise.resolve({ names: [] }),
    close() {},
  };
}

test('a site that Redis refuses is told with what to do, and holds up no other', async () => {
  const asked: string[] = [];
  const world = createTestWorld();
  const redis = redisThatRefuses('bad', asked);
  const sites = ['bad', 'good'].map((name) => {
    const state = newSite(name, siteKeys('webscada', name));
    state.streams.add('log');
    return state;
  });
  const [bad] = sites;
  const [shard] = [
    ...createShards(redis)
      .group(sites, (state) => state)
      .keys(),
  ];
  if (!bad || !shard) throw new Error('there are two');
  const pass = (due: typeof sites) =>
    passOver({
      reader: { redis, group: 'g', consumer: 'c', claimAfterMs: 60_000, pollMs: 100, world },
      ...{ shard, sites, due, line: new Map(sites.map((state) => [state.site, state])) },
      budget: { records: 100, bytes: 1_000_000, isOver: false },
      live: { seen: new Map(), isWanted: false },
    });
  await pass([...sites]);
  expect(world.logged).toEqual([
    { level: 'warn', event: 'collect.site_refused', fields: expect.objectContaining({ site: 'bad' }) },
  ]);
  expect(world.logged[0]?.fields).toMatchObject({ hint: expect.stringContaining('rights') });
  expect(shard.trouble.size).toBe(0);
  expect(asked.some((one) => one.includes('{good}'))).toBe(true);
  // It is tried again later, and told once.
  expect(bad.nextReadMs).toBeGreaterThan(0);
  await pass([bad]);
  expect(world.logged).toHaveLength(1);
});
