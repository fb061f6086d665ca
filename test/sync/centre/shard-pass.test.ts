/** One pass over the sites of a shard, with a Redis that refuses one of them: that one is told and left alone, the others are read. */
import { expect, test } from 'vitest';
import type { RedisLink, Reply } from '../../../src/sync/centre/redis-link.ts';
import { passOver } from '../../../src/sync/centre/shard-pass.ts';
import { createShards } from '../../../src/sync/centre/shards.ts';
import { newSite, type ReaderOptions } from '../../../src/sync/centre/site-reader.ts';
import { createTurns } from '../../../src/sync/centre/turns.ts';
import { blockFields, toBlock } from '../../../src/sync/entry.ts';
import { siteKeys } from '../../../src/sync/keys.ts';
import { siteRecord } from '../../support/centre-records.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const MOST = { records: 5_000, bytes: 8 * 1024 ** 2 };

function readerOf(redis: RedisLink, world: TestWorld): ReaderOptions {
  const of = { group: 'g', consumer: 'c', claimAfterMs: 60_000, pollMs: 100, turn: createTurns() };
  return { redis, ...of, world, most: MOST };
}

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
      reader: readerOf(redis, world),
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

/** A stream of one site as Redis keeps it for a group: what is new, and what was handed out and not acknowledged. */
function redisWith(entries: readonly (readonly [id: string, fields: Reply])[], key: string): RedisLink {
  let given = 0;
  const seqOf = (id: string) => Number(id.split('-')[1]);
  return {
    async call(command, ...args): Promise<Reply> {
      if (command === 'HGETALL') return [Buffer.from('1'), Buffer.from('store')];
      if (command === 'XAUTOCLAIM') return [Buffer.from('0-0'), []];
      if (command !== 'XREADGROUP') return null;
      const count = Number(args[args.indexOf('COUNT') + 1]);
      const from = String(args.at(-1));
      const some = from === '>' ? entries.slice(given, given + count) : ownBehind(from, count);
      if (from === '>') given += some.length;
      return some.length === 0
        ? null
        : [[Buffer.from(key), some.map(([id, fields]) => [Buffer.from(id), fields])]];
    },
    shardOf: () => '',
    run: () => Promise.resolve(null),
    eachMaster: () => Promise.resolve([]),
    scan: () => Promise.resolve({ names: [] }),
    close() {},
  };
  function ownBehind(id: string, count: number) {
    const behind = id === '0' ? 0 : seqOf(id);
    return entries
      .slice(0, given)
      .filter(([own]) => seqOf(own) > behind)
      .slice(0, count);
  }
}

/** Blocks of records as a site has written them, and what was brought of them so far; `failing` says when the register cannot be read. */
function siteOfBlocks(blocks: number, each: number, failing: () => boolean = () => false) {
  const state = newSite('north', siteKeys('webscada', 'north'));
  state.streams.add('log');
  const entries = Array.from({ length: blocks }, (_, at): [string, Reply] => {
    const records = Array.from({ length: each }, (_unused, n) => siteRecord('north', at * each + n + 1));
    const fields = blockFields(toBlock(1, records, 'zstd')).map((field) => Buffer.from(field));
    return [`1-${(at + 1) * each}`, fields];
  });
  const whole = redisWith(entries, state.keys.log);
  const redis: RedisLink = {
    ...whole,
    call: async (command, ...args) => {
      if (command === 'HGETALL' && failing()) throw new Error('the connection broke');
      return whole.call(command, ...args);
    },
  };
  const world = createTestWorld();
  const [shard] = [
    ...createShards(redis)
      .group([state], (one) => one)
      .keys(),
  ];
  if (!shard) throw new Error('there is one');
  const reader = readerOf(redis, world);
  /** The numbers that one pass brought. */
  const pass = async (): Promise<number[]> => {
    await passOver({
      ...{ reader, shard, sites: [state], due: [state], line: new Map([['north', state]]) },
      budget: { ...MOST, isOver: false },
      live: { seen: new Map(), isWanted: false },
    });
    const seqs = shard.brought?.sites.flatMap(({ records }) => records.map(({ seq }) => seq)) ?? [];
    shard.brought = undefined;
    return seqs;
  };
  return { pass, state };
}

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

test('a backlog of blocks comes in batches that hold to their bounds, each record once and in order', async () => {
  const [blocks, each] = [120, 500];
  const { pass, state } = siteOfBlocks(blocks, each);
  const seqs: number[] = [];
  for (let at = 0; at < 100 && seqs.length < blocks * each; at += 1) {
    const brought = await pass();
    expect(brought.length).toBeLessThan(2 * MOST.records);
    seqs.push(...brought);
  }
  expect(seqs).toEqual(upTo(blocks * each));
  // About a thousand records at once, so that a sink is served between two reads.
  expect(state.count * each).toBe(1_000);
});

test('what was read and could not be brought comes again at once, also where a read before it had been cut', async () => {
  const [blocks, each] = [40, 500];
  let isBroken = false;
  const { pass, state } = siteOfBlocks(blocks, each, () => isBroken);
  const seqs = new Set<number>();
  for (let at = 0; at < 100 && seqs.size < blocks * each; at += 1) {
    // The register of stores is asked anew, and does not answer, while the rest of a read that was cut is taken.
    isBroken = at === 2;
    if (isBroken) {
      expect(state.recoverFrom.size).toBeGreaterThan(0);
      state.stores.clear();
    }
    const brought = await pass();
    if (isBroken) expect(brought).toEqual([]);
    for (const seq of brought) seqs.add(seq);
  }
  expect([...seqs].sort((a, b) => a - b)).toEqual(upTo(blocks * each));
});
