/**
 * The names of everything that a site and its centre share in Redis. The braces are a hash tag: in a Redis Cluster all keys
 * of a site lie in one slot, so that a script may touch several.
 */

export interface SiteKeys {
  /** Stream: all records of the site, without a gap. */
  readonly log: string;
  /** Stream: early copies of the records that are not readings. */
  readonly events: string;
  /** Stream: the newest reading of each device while there is a backlog; counts for nothing. */
  readonly live: string;
  /** Stream: records sent once more because the centre asked for them. */
  readonly again: string;
  /** Stream: what the centre asks of the site. */
  readonly commands: string;
  /** Hash: epoch to the id of the store that filled it. */
  readonly epochs: string;
  /** Hash: id of a store whose box stood back for another one of this site, to when it last did, epoch milliseconds. */
  readonly others: string;
  /** Hash: consumer group to the ID up to which everything is durable in all its sinks. */
  readonly watermark: string;
}

/** The consumer group a site reads its commands by. */
export const COMMANDS_GROUP = 'site';

const NAMES = ['log', 'events', 'live', 'again', 'commands', 'epochs', 'others', 'watermark'] as const;

/** The keys of one site. `site` must be without braces: see `isSiteName`. */
export function siteKeys(prefix: string, site: string): SiteKeys {
  const key = (name: (typeof NAMES)[number]) => `${prefix}:{${site}}:${name}`;
  return {
    log: key('log'),
    events: key('events'),
    live: key('live'),
    again: key('again'),
    commands: key('commands'),
    epochs: key('epochs'),
    others: key('others'),
    watermark: key('watermark'),
  };
}

/** Hash: site to what it last told of itself, JSON (`SiteReport`). In a Cluster it lies in another slot than the sites' keys. */
export function sitesKey(prefix: string): string {
  return `${prefix}:sites`;
}

/** The names of log and register before they had a hash tag. */
export function oldSiteKeys(prefix: string, site: string): Pick<SiteKeys, 'log' | 'epochs'> {
  return { log: `${prefix}:${site}:log`, epochs: `${prefix}:${site}:epochs` };
}

/** Whether a stranger's word can be the name of a site: what the setting `site.id` lets through. */
export function isSiteName(site: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(site);
}

/** The site and the kind of one of its keys; undefined for any other key, and for a site no box can be named. */
export function parseSiteKey(
  prefix: string,
  key: string,
): { readonly site: string; readonly name: keyof SiteKeys } | undefined {
  const head = `${prefix}:{`;
  const close = key.lastIndexOf('}:');
  if (!key.startsWith(head) || close < head.length) return undefined;
  const site = key.slice(head.length, close);
  const name = NAMES.find((known) => known === key.slice(close + 2));
  return name !== undefined && isSiteName(site) ? { site, name } : undefined;
}
