/** Finds the sites by themselves: those that tell of themselves in the hash of sites, and every log there is. */
import { isSiteName, parseSiteKey, sitesKey } from '../keys.ts';
import { listOf, type RedisLink, textOf } from './redis-link.ts';

/** More sites are not looked at. */
export const MAX_SITES = 200_000;

export interface FoundSites {
  readonly sites: readonly string[];
  /** Names that no site can have, cut. */
  readonly refused: readonly string[];
  /** Why there may be more: a master could not be asked. */
  readonly error?: unknown;
}

/** Sites that have told of themselves. */
export async function reportedSites(redis: RedisLink, prefix: string): Promise<FoundSites> {
  const names = listOf(await redis.call('HKEYS', sitesKey(prefix)))
    .slice(0, MAX_SITES)
    .map(textOf);
  return split(names, (name) => (isSiteName(name) ? name : undefined));
}

/** Sites that have a log. Looks at every key of every master: not to be done all the time. */
export async function sitesWithLogs(redis: RedisLink, prefix: string): Promise<FoundSites> {
  const { names, error } = await redis.scan(`${prefix}:{*}:log`, MAX_SITES);
  const found = split(names, (key) => parseSiteKey(prefix, key)?.site);
  return error === undefined ? found : { ...found, error };
}

function split(names: readonly string[], siteOf: (name: string) => string | undefined): FoundSites {
  const sites: string[] = [];
  const refused: string[] = [];
  for (const name of names) {
    const site = siteOf(name);
    if (site === undefined) refused.push(name.slice(0, 100));
    else sites.push(site);
  }
  return { sites, refused: refused.slice(0, 20) };
}
