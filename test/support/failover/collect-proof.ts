/**
 * `collect` itself in trouble, at random under load: a copy stopped (SIGSTOP) for longer than the claim, so that another one takes
 * its entries over before it wakes and goes on; and the answer to a COMMIT lost, after it had reached PostgreSQL.
 */
import type { ChildProcess } from 'node:child_process';
import type { Redis } from 'ioredis';
import { siteKeys } from '../../../src/sync/keys.ts';
import { startLine } from '../line.ts';
import { startPostgres } from '../postgres.ts';
import { eventually, temporaryFolder } from '../process.ts';
import { startRedis } from '../redis.ts';
import { collecting, compareAll, storedCount } from './collecting.ts';
import { forwardingSites } from './sites.ts';
import type { Verdict } from './verdict.ts';

export interface CollectProofOptions {
  readonly rounds: number;
  readonly random: () => number;
  readonly tell?: (words: string) => void;
}

const WAIT_MS = 120_000;
const SITES = ['north-hill', 'hut', 'valley'];

export async function proveCollectInTrouble({
  rounds,
  random,
  tell = () => {},
}: CollectProofOptions): Promise<Verdict> {
  const folder = temporaryFolder();
  const postgres = await startPostgres(folder.path);
  const line = await startLine(postgres.port);
  const redis = await startRedis(folder.path);
  const collect = collecting(2, {
    ...{ WSE_REDIS__URL: redis.url, WSE_POSTGRES__TIMEOUT_MS: '3000' },
    WSE_POSTGRES__URL: `postgres://test@127.0.0.1:${line.port}/webscada`,
  });
  const sites = await forwardingSites(folder.path, SITES, { url: redis.url });
  const written = () => sites.all.reduce((sum, { store }) => sum + store.log.lastSeq(), 0);
  const isStored = async (count: number): Promise<boolean> => (await storedCount(postgres.pool)) >= count;
  const wholeMs: number[] = [];
  const ways = { 'stopped longer than the claim': 0, 'answer to COMMIT lost': 0 };
  const startMs = performance.now();
  try {
    sites.feed();
    for (let round = 1; round <= rounds; round += 1) {
      const first = written() + 1;
      await eventually('records flow', async () => written() > first && (await isStored(first)), WAIT_MS);
      const isStopped = random() < 0.5;
      const at = Math.floor(random() * collect.copies.length);
      const startedMs = performance.now();
      if (isStopped) {
        await stopWithEntries(collect.copies[at], () => entriesWith(redis.client, `copy-${at}`));
        const taken = written();
        await eventually(
          'another copy has taken them over and stored them',
          async () => (await entriesWith(redis.client, `copy-${at}`)) === 0 && (await isStored(taken)),
          WAIT_MS,
        );
        collect.copies[at]?.kill('SIGCONT');
      } else {
        const before = line.lost();
        line.loseAnswerTo('COMMIT');
        await eventually('an answer is lost', () => line.lost() > before, WAIT_MS);
      }
      const soFar = written();
      await eventually('all of it is stored', () => isStored(soFar), WAIT_MS);
      wholeMs.push(performance.now() - startedMs);
      const way = isStopped ? 'stopped longer than the claim' : 'answer to COMMIT lost';
      ways[way] += 1;
      tell(`${round}: ${way}; whole after ${((wholeMs.at(-1) ?? 0) / 1000).toFixed(1)} s`);
    }
    await sites.rest();
    await eventually('everything is stored', () => isStored(written()), WAIT_MS);
    const comparison = await compareAll(sites, postgres.pool, undefined);
    const verified = await collect.verb('verify-sync', '--deep', '--site-wait', '0');
    return {
      ...comparison,
      ...{ rounds, ways, wholeMs, resent: sites.resent() },
      ...{ verified: verified.status, words: verified.words },
      seconds: (performance.now() - startMs) / 1000,
    };
  } finally {
    await sites.stop();
    await collect.stop();
    await line.stop();
    await redis.stop();
    await postgres.stop();
    folder.remove();
  }
}

/** Stops a copy at a moment at which it has taken entries and not yet acknowledged them. */
async function stopWithEntries(
  copy: ChildProcess | undefined,
  entries: () => Promise<number>,
): Promise<void> {
  await eventually(
    'a copy is stopped with entries at hand',
    async () => {
      copy?.kill('SIGSTOP');
      if ((await entries()) > 0) return true;
      copy?.kill('SIGCONT');
      return false;
    },
    WAIT_MS,
  );
}

/** Entries that a copy has taken and not acknowledged. */
async function entriesWith(redis: Redis, consumer: string): Promise<number> {
  const counts = SITES.map(async (site) => {
    const pending = await redis.xpending(
      siteKeys('webscada', site).log,
      'collect-postgres',
      '-',
      '+',
      1_000,
      consumer,
    );
    return pending.length;
  });
  return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0);
}
