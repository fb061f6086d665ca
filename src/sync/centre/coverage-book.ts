/** What is accounted for in a sink that cannot keep it itself (InfluxDB, files): a hash at the site's keys, changed only by who has seen its last state. */
import type { SiteBatch } from './batch.ts';
import { coverBatch } from './cover-batch.ts';
import { type Coverage, formatCoverage, parseCoverage } from './coverage.ts';
import { type RedisLink, textOf } from './redis-link.ts';

/** KEYS[1] the hash. ARGV group, the text it was, the text to be. Answers 1, or the text that is there instead, '' for none. */
const CHANGE = `
local now = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if now ~= ARGV[2] then return now end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
`;

const MAX_ATTEMPTS = 100;

/** The key of the hash: consumer group to coverage. */
export function coverageKey(prefix: string, site: string): string {
  return `${prefix}:{${site}}:coverage`;
}

export interface BookPlace {
  readonly redis: RedisLink;
  readonly prefix: string;
  /** Consumer group. */
  readonly group: string;
  readonly site: string;
}

/** Changes what is accounted for, whoever else does the same meanwhile; `known` is the text last seen. Gives what there is now. */
export async function changeCoverage(
  { redis, prefix, group, site }: BookPlace,
  known: string,
  change: (before: Coverage) => Coverage,
): Promise<{ readonly coverage: Coverage; readonly text: string }> {
  const key = coverageKey(prefix, site);
  let before = known;
  for (let attempt = 0; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const coverage = change(parseCoverage(before));
    const text = formatCoverage(coverage);
    const now = await redis.run(CHANGE, [key], [group, before, text]);
    if (now === 1) return { coverage, text };
    before = textOf(now);
  }
  throw new Error(`${key} is changed by somebody all the time`);
}

/** Gives a function that enters what is durable, and gives the coverage of its sites. */
export function createCoverageBook(
  redis: RedisLink,
  prefix: string,
  group: string,
): (sites: readonly SiteBatch[]) => Promise<ReadonlyMap<string, Coverage>> {
  const known = new Map<string, string>();
  return async (sites) => {
    const after = new Map<string, Coverage>();
    for (const each of sites) {
      const { site } = each;
      const changed = await changeCoverage({ redis, prefix, group, site }, known.get(site) ?? '', (before) =>
        coverBatch(before, each),
      );
      known.set(site, changed.text);
      after.set(site, changed.coverage);
    }
    return after;
  };
}
