/** Fail-overs of the centre's Redis, one after the other, each with acknowledged writes lost; then every record is looked for, once. */
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { siteKeys } from '../../../src/sync/keys.ts';
import { startPostgres } from '../postgres.ts';
import { eventually, temporaryFolder } from '../process.ts';
import { collecting, compareAll, storedCount } from './collecting.ts';
import type { LossyRedis } from './lossy-redis.ts';
import { type ForwardingSite, type ForwardingSites, forwardingSites } from './sites.ts';
import type { Verdict } from './verdict.ts';

export interface RedisProofOptions {
  readonly rounds: number;
  readonly random: () => number;
  readonly open: (folder: string, random: () => number) => Promise<LossyRedis>;
  readonly tell?: (words: string) => void;
}

const WAIT_MS = 120_000;

export async function proveRedisFailOver({
  rounds,
  random,
  open,
  tell = () => {},
}: RedisProofOptions): Promise<Verdict> {
  const folder = temporaryFolder();
  const postgres = await startPostgres(folder.path);
  const redis = await open(folder.path, random);
  const collect = collecting(2, {
    ...redis.env,
    WSE_POSTGRES__URL: postgres.url,
    WSE_COLLECT__TRIM: 'false',
  });
  const sites = await forwardingSites(folder.path, redis.sites, redis.centre);
  const written = () => sites.all.reduce((sum, { store }) => sum + store.log.lastSeq(), 0);
  const isStored = async (count: number): Promise<boolean> =>
    sites.all.every(({ sync }) => sync.status().state === 'ok') &&
    (await storedCount(postgres.pool)) >= count;
  /** With no record coming after it: stored, and every watermark at the end. */
  const isAtRest = async (): Promise<boolean> =>
    sites.all.every(({ sync }) => sync.status().pending === 0) &&
    (await isStored(written())) &&
    (await Promise.all(sites.all.map((site) => isMarked(redis.clientOf(site.name), site)))).every(Boolean);
  const wait = async (what: string, check: () => Promise<boolean>): Promise<void> => {
    try {
      await eventually(what, check, WAIT_MS);
    } catch (error) {
      throw new Error(`${what}: ${await standing(sites, postgres.pool, redis)}`, { cause: error });
    }
  };
  const wholeMs: number[] = [];
  const ways: Record<string, number> = {};
  const startMs = performance.now();
  try {
    for (let round = 1; round <= rounds; round += 1) {
      sites.feed();
      const first = written();
      await wait('records flow', async () => written() > first && (await isStored(first)));
      const before = sites.resent();
      const cut = await redis.cutReplica();
      // In each second round nothing is written any more: whatever the fail-over takes back has to come again by itself.
      const isQuiet = random() < 0.5;
      if (isQuiet) await sites.rest();
      if (isQuiet) await wait('all is at rest', isAtRest);
      await cut.breakDown();
      const goneMs = performance.now();
      await cut.failOver();
      const soFar = written();
      await wait('all of it is stored', () => (isQuiet ? isAtRest() : isStored(soFar)));
      wholeMs.push(performance.now() - goneMs);
      ways[cut.way] = (ways[cut.way] ?? 0) + 1;
      const { times, records } = sites.resent();
      tell(
        `${round}: primary ${cut.way}${isQuiet ? ', nothing written any more' : ''}; sites went back ${times - before.times} times, ${records - before.records} records went again; whole after ${((wholeMs.at(-1) ?? 0) / 1000).toFixed(1)} s`,
      );
      if (times === before.times) throw new Error('no acknowledged write was lost: the round proves nothing');
    }
    await sites.rest();
    await wait('everything is at the centre', isAtRest);
    const comparison = await compareAll(sites, postgres.pool, redis.clientOf);
    const verified = await collect.verb('verify-sync', '--deep', '--site-wait', '0');
    return {
      ...comparison,
      rounds,
      ways,
      resent: sites.resent(),
      verified: verified.status,
      words: verified.words,
      seconds: (performance.now() - startMs) / 1000,
      wholeMs,
    };
  } finally {
    await sites.stop();
    await collect.stop();
    await redis.stop();
    await postgres.stop();
    folder.remove();
  }
}

async function isMarked(client: Redis, { name, store }: ForwardingSite): Promise<boolean> {
  const mark = await client.hget(siteKeys('webscada', name).watermark, 'collect-postgres').catch(() => null);
  return mark === `${store.epoch()}-${store.log.lastSeq()}`;
}

/** How far everybody is, for who has to find out why it goes no further. */
async function standing({ all }: ForwardingSites, pool: Pool, redis: LossyRedis): Promise<string> {
  const lines = all.map(async ({ name, sync, store }) => {
    const { state, detail, pending } = sync.status();
    const marks = await redis.clientOf(name).hgetall(siteKeys('webscada', name).watermark).catch(String);
    return `${name} ${state} (${detail}), ${pending} of ${store.log.lastSeq()} pending, marks ${JSON.stringify(marks)}`;
  });
  return [...(await Promise.all(lines)), `${await storedCount(pool)} stored`].join('; ');
}
