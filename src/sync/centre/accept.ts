/**
 * A gap that nobody can fill holds the watermark, and with it what the site may forget, for good; here somebody accepts it.
 * Only numbers that are missing and lie in the stream no more; kept with name and reason. May be repeated after a fault.
 */
import { type SiteKeys, siteKeys } from '../keys.ts';
import { missingBefore } from './beginnings.ts';
import { type Coverage, cover, type Gap, gapsOf, type Range, watermarkOf } from './coverage.ts';
import { changeCoverage, coverageKey } from './coverage-book.ts';
import { firstInStream, readAgainBy } from './in-stream.ts';
import { type Acceptance, acceptedOf, explainedOf, keepAcceptance } from './postgres/accepted.ts';
import { migrate } from './postgres/migrations.ts';
import type { Database } from './postgres/pool.ts';
import { coverageOf } from './postgres/queries.ts';
import { advanceWatermark } from './progress.ts';
import { pairsOf, type RedisLink, replyCode, textOf } from './redis-link.ts';
import { readStores } from './stores.ts';

export interface AcceptOptions extends Acceptance {
  readonly site: string;
  readonly redis: RedisLink;
  readonly prefix: string;
  /** The primary. */
  readonly database: Database;
  /** Consumer group of the sink PostgreSQL. */
  readonly group: string;
}

export type Accepted =
  | { readonly ok: true; readonly isNew: boolean }
  | { readonly ok: false; readonly message: string };

/** Accepts the gap, or says why not. Rejects when Redis or PostgreSQL cannot be asked. */
export async function acceptGap(options: AcceptOptions): Promise<Accepted> {
  const { site, redis, prefix, database, group } = options;
  const keys = siteKeys(prefix, site);
  const lying = await firstInStream(redis, keys, options);
  if (lying !== undefined)
    return refused(
      `${lying} is still in the stream of ${site}: collect takes it by itself; if it does not, have it read again: ${readAgainBy(keys, group)}`,
    );
  const stores = await readStores(redis, keys);
  await migrate(database);
  const result = await database.transaction(async ({ query }) => {
    const [row] = await query('SELECT 1 FROM sites WHERE site = $1 FOR UPDATE', [site]);
    if (!row) return refused(`PostgreSQL knows no site ${site}`);
    const coverage = await coverageOf(query, site);
    const kept = await acceptedOf(query, site);
    if (kept.some((each) => isWithin(options, each))) return { ok: true as const, isNew: false, coverage };
    const explained = [
      ...(await explainedOf(query, site)),
      ...kept.map(({ epoch, first, last }) => ({ epoch, range: [first, last] as Range })),
    ];
    const missing = [...gapsOf(coverage), ...missingBefore(coverage, stores, explained)];
    if (!missing.some((gap) => isWithin(options, gap))) return refused(notMissing(site, options, missing));
    return { ok: true as const, isNew: true, coverage: await keepAcceptance(query, site, options) };
  });
  if (!result.ok) return result;
  await moveMark(redis, keys, group, result.coverage);
  await enterOtherSinks(redis, prefix, options);
  return { ok: true, isNew: result.isNew };
}

function refused(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

function isWithin(inner: Gap, outer: Gap): boolean {
  return inner.epoch === outer.epoch && inner.first >= outer.first && inner.last <= outer.last;
}

function notMissing(site: string, { epoch, first, last }: Gap, missing: readonly Gap[]): string {
  const gaps = missing
    .slice(0, 5)
    .map((gap) => `${gap.epoch} ${gap.first} ${gap.last}`)
    .join(', ');
  const are = missing.length === 0 ? 'it has no gap' : `its gaps are (epoch first last) ${gaps}`;
  return `epoch ${epoch}, ${first} to ${last}, is no gap of ${site}, nor within one: ${are}`;
}

/** The other sinks' accounts, where the same numbers are a gap; what one of them has still to read stays its own. */
async function enterOtherSinks(
  redis: RedisLink,
  prefix: string,
  { site, epoch, first, last }: AcceptOptions,
): Promise<void> {
  const keys = siteKeys(prefix, site);
  const books = pairsOf(await redis.call('HGETALL', coverageKey(prefix, site)));
  for (const [group, text] of books) {
    const change = (before: Coverage): Coverage =>
      gapsOf(before).reduce((coverage, gap) => {
        const both: Range = [Math.max(first, gap.first), Math.min(last, gap.last)];
        return gap.epoch === epoch && both[0] <= both[1] ? cover(coverage, epoch, [both], false) : coverage;
      }, before);
    const after = await changeCoverage({ redis, prefix, group, site }, textOf(text), change);
    await moveMark(redis, keys, group, after.coverage);
  }
}

async function moveMark(redis: RedisLink, keys: SiteKeys, group: string, coverage: Coverage): Promise<void> {
  const mark = watermarkOf(coverage);
  if (!mark) return;
  try {
    await advanceWatermark(redis, keys, group, mark);
  } catch (error) {
    // A group that is gone, or whose stream is: collect moves the mark when it is there again.
    if (replyCode(error) !== 'NOGROUP') throw error;
  }
}
