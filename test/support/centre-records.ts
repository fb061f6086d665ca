/** Made-up records of a site as `collect` reads them, and batches of them. */
import type { Batch, SiteBatch, SiteRecord } from '../../src/sync/centre/batch.ts';

/** The reading `seq` of a site; a minute lies between two. */
export function siteRecord(site: string, seq: number, change: Partial<SiteRecord> = {}): SiteRecord {
  const body = JSON.stringify({
    fields: { temperature: seq / 10, open: seq % 2 === 0, word: 'a' },
    fCnt: seq,
    fPort: 2,
    rx: [],
  });
  const timeMs = Date.UTC(2026, 0, 1) + seq * 60_000;
  return { site, epoch: 1, seq, timeMs, kind: 'uplink', device: '00000000000000aa', body, ...change };
}

export function siteRecords(site: string, first: number, last: number): SiteRecord[] {
  return Array.from({ length: last - first + 1 }, (_, at) => siteRecord(site, first + at));
}

/** A batch of one site's records, each accounted for. */
export function siteBatch(
  site: string,
  records: readonly SiteRecord[],
  change: Partial<SiteBatch> = {},
): SiteBatch {
  const delivered = records.map(({ epoch, seq }) => ({ epoch, range: [seq, seq] as const }));
  return {
    site,
    records,
    early: [],
    live: [],
    poison: [],
    delivered,
    explained: [],
    stores: new Map(),
    ...change,
  };
}

export function batchOf(...sites: readonly SiteBatch[]): Batch {
  return { sites, count: sites.reduce((sum, { records }) => sum + records.length, 0) };
}
