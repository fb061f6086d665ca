/**
 * PostgreSQL fails over under `collect` at random: with synchronous commits, losing commits that `collect` had acknowledged,
 * and with the old primary back beside the new one. Then every record is looked for, once.
 */
import { eventually, temporaryFolder } from '../process.ts';
import { startRedis } from '../redis.ts';
import { collecting, compareAll, storedCount } from './collecting.ts';
import { postgresPair } from './postgres-pair.ts';
import { forwardingSites } from './sites.ts';
import type { Verdict } from './verdict.ts';

export interface PostgresProofOptions {
  readonly rounds: number;
  readonly random: () => number;
  readonly tell?: (words: string) => void;
}

const WAIT_MS = 180_000;
const SITES = ['north-hill', 'hut', 'valley'];
/** Records that only the old primary has, at least. */
const LOST_RECORDS = 30;

export async function provePostgresFailOver({
  rounds,
  random,
  tell = () => {},
}: PostgresProofOptions): Promise<Verdict> {
  const folder = temporaryFolder();
  const pair = await postgresPair(folder.path);
  const redis = await startRedis(folder.path);
  const collect = collecting(2, { WSE_REDIS__URL: redis.url, WSE_POSTGRES__URL: pair.url });
  const sites = await forwardingSites(folder.path, SITES, { url: redis.url });
  const written = () => sites.all.reduce((sum, { store }) => sum + store.log.lastSeq(), 0);
  const isStored = async (count: number): Promise<boolean> => (await storedCount(pair.pool())) >= count;
  const wholeMs: number[] = [];
  const ways: Record<string, number> = {};
  let lostRecords = 0;
  const startMs = performance.now();
  try {
    for (let round = 1; round <= rounds; round += 1) {
      sites.feed();
      const first = written() + 1;
      await eventually('records flow', async () => written() > first && (await isStored(first)), WAIT_MS);
      const isLossy = random() < 0.5;
      const isOldBack = random() < 0.4;
      const isQuiet = random() < 0.5;
      const [isOldFirst, copy] = [random() < 0.5, Math.floor(random() * 2)];
      await pair.replicate(isLossy ? 'cut off' : 'synchronous');
      const before = await storedCount(pair.pool());
      await eventually('the primary takes more', () => isStored(before + LOST_RECORDS), WAIT_MS);
      if (isQuiet) await sites.rest();
      if (isQuiet) await eventually('all is stored', () => isStored(written()), WAIT_MS);
      const had = await storedCount(pair.pool());
      await pair.breakDown();
      const goneMs = performance.now();
      if (isOldBack && isOldFirst) {
        // Copies are connected to it again when the other one is promoted.
        await pair.restart();
        const now = await storedCount(pair.pool());
        if (!isQuiet) await eventually('it takes more', () => isStored(now + LOST_RECORDS), WAIT_MS);
      }
      await pair.promote();
      const lost = had - (await storedCount(pair.pool()));
      if (isOldBack && !isOldFirst) await pair.bringBack();
      if (isOldBack) await collect.restart(copy);
      // What was lost comes again by itself, though nothing new is written.
      await eventually(
        `what was stored is (${isLossy ? 'commits lost' : 'synchronous'}, ${had} before, ${lost} lost)`,
        () => isStored(had),
        WAIT_MS,
      );
      await pair.follow();
      const soFar = written();
      await eventually('all of it is stored', () => isStored(soFar), WAIT_MS);
      wholeMs.push(performance.now() - goneMs);
      lostRecords += Math.max(0, lost);
      const way = `${isLossy ? 'commits lost' : 'synchronous'}${isOldBack ? ', the old primary back beside the new one' : ''}`;
      ways[way] = (ways[way] ?? 0) + 1;
      tell(
        `${round}: ${way}${isQuiet ? ', nothing written any more' : ''}; the new primary lacked ${Math.max(0, lost)}; whole after ${((wholeMs.at(-1) ?? 0) / 1000).toFixed(1)} s`,
      );
    }
    await sites.rest();
    await eventually('everything is stored', () => isStored(written()), WAIT_MS);
    const comparison = await compareAll(sites, pair.pool(), undefined);
    const verified = await collect.verb('verify-sync', '--deep', '--site-wait', '0');
    return {
      ...comparison,
      ...{ rounds, ways, wholeMs, resent: { times: 0, records: lostRecords } },
      ...{ verified: verified.status, words: verified.words },
      seconds: (performance.now() - startMs) / 1000,
    };
  } finally {
    await sites.stop();
    await collect.stop();
    await redis.stop();
    await pair.stop();
    folder.remove();
  }
}
