/** What `verify-sync` asks of PostgreSQL: what is accounted for, what was set aside, and sums over what is really there. */
import { type Coverage, formatCoverage, parseCoverage } from '../coverage.ts';
import type { HourSum } from '../record-sum.ts';
import { type Database, SCHEMA, type Session, sqlState } from './pool.ts';

/** In or out of a transaction. */
type Query = Session['query'];

export interface StoredSite {
  readonly coverage: Coverage;
  /** Records that were stored, by the account kept of it. */
  readonly records: number;
  readonly quarantined: number;
  /** Of them, those whose content differs from what is stored under the same number. */
  readonly differing: number;
  /** What the site itself said it lost. */
  readonly losses: readonly { readonly event: string; readonly count: number; readonly lost: number }[];
}

/** What PostgreSQL accounts for, by site; none when there are no tables yet. */
export async function storedSites(database: Database): Promise<ReadonlyMap<string, StoredSite>> {
  try {
    const rows = await database.query(
      `SELECT s.site, s.coverage, s.records, coalesce(q.all, 0) AS quarantined, coalesce(q.differing, 0) AS differing, l.losses
       FROM sites s
       LEFT JOIN (SELECT site, count(*) AS all, count(*) FILTER (WHERE reason LIKE '%another content') AS differing FROM quarantine GROUP BY 1) q USING (site)
       LEFT JOIN (SELECT site, json_agg(json_build_object('event', event, 'count', n, 'lost', lost)) AS losses
         FROM (SELECT site, event, count(*) AS n, coalesce(sum(lost), 0) AS lost FROM losses GROUP BY 1, 2) e GROUP BY 1) l USING (site)`,
    );
    return new Map(
      rows.map((row) => [
        String(row.site),
        {
          coverage: parseCoverage(row.coverage as string | null),
          records: Number(row.records),
          quarantined: Number(row.quarantined),
          differing: Number(row.differing),
          losses: (row.losses ?? []) as StoredSite['losses'],
        },
      ]),
    );
  } catch (error) {
    if (sqlState(error) === '42P01') return new Map();
    throw error;
  }
}

/** Checksums as record-sum.ts has them. */
const SUM = `sum(('x' || lpad(substr(md5(seq || '|' || (extract(epoch FROM time) * 1000)::bigint || '|' || kind || '|' || coalesce(device, '') || '|' || body::text), 1, 12), 16, '0'))::bit(64)::bigint)`;

/** What is accounted for of one site. */
export async function coverageOf(query: Query, site: string): Promise<Coverage> {
  const [row] = await query('SELECT coverage FROM sites WHERE site = $1', [site]);
  return parseCoverage(row?.coverage as string | null | undefined);
}

/** What is accounted for of each of these sites; of one that is not known, nothing. */
export async function coverages(
  query: Query,
  sites: readonly string[],
): Promise<ReadonlyMap<string, Coverage>> {
  const rows = await query(`SELECT site, coverage FROM ${SCHEMA}.sites WHERE site = ANY($1)`, [sites]);
  return new Map(rows.map(({ site, coverage }) => [String(site), parseCoverage(coverage as string | null)]));
}

/** Puts down what is accounted for of one site, whose row is locked. */
export async function saveCoverage(query: Query, site: string, coverage: Coverage): Promise<void> {
  await query('UPDATE sites SET coverage = $2 WHERE site = $1', [site, formatCoverage(coverage)]);
}

/** What is in the table of records of a site, by epoch and hour. */
export function actualHours(query: Query, site: string): Promise<HourSum[]> {
  return hours(
    query,
    `SELECT epoch, date_trunc('hour', time) AS hour, count(*) AS count, (${SUM} % (1::bigint << 48)) AS sum FROM records WHERE site = $1 GROUP BY 1, 2`,
    site,
  );
}

/** What was stored of a site by the account kept of it. */
export function ledgerHours(query: Query, site: string): Promise<HourSum[]> {
  return hours(query, 'SELECT epoch, hour, count, sum FROM hours WHERE site = $1', site);
}

/** What is in the table of a range of numbers, both ends included, by hour. */
export function rangeHours(
  database: Pick<Database, 'query'>,
  site: string,
  epoch: number,
  first: number,
  last: number,
): Promise<HourSum[]> {
  return hours(
    (text, values) => database.query(text, values),
    `SELECT epoch, date_trunc('hour', time) AS hour, count(*) AS count, (${SUM} % (1::bigint << 48)) AS sum FROM records
     WHERE site = $1 AND epoch = $2 AND seq BETWEEN $3 AND $4 GROUP BY 1, 2`,
    site,
    epoch,
    first,
    last,
  );
}

async function hours(
  query: Query,
  text: string,
  site: string,
  ...values: readonly number[]
): Promise<HourSum[]> {
  const rows = await query(text, [site, ...values]);
  return rows.map(({ epoch, hour, count, sum }) => ({
    site,
    epoch: Number(epoch),
    hourMs: hour instanceof Date ? hour.getTime() : Date.parse(String(hour)),
    count: Number(count),
    sum: Number(sum),
  }));
}

/** Numbers that stand in the table more than once; the first hundred. */
export async function doubledRecords(query: Query, site: string): Promise<string[]> {
  const rows = await query(
    "SELECT epoch || '-' || seq AS id FROM records WHERE site = $1 GROUP BY epoch, seq HAVING count(*) > 1 ORDER BY epoch, seq LIMIT 100",
    [site],
  );
  return rows.map(({ id }) => String(id));
}

/** Checksums of the records of a range; by number, one of each. */
export async function storedSums(
  query: Query,
  site: string,
  epoch: number,
  first: number,
  last: number,
): Promise<ReadonlyMap<number, number>> {
  const rows = await query(
    `SELECT seq, ${SUM} AS sum FROM records WHERE site = $1 AND epoch = $2 AND seq BETWEEN $3 AND $4 GROUP BY seq, time`,
    [site, epoch, first, last],
  );
  return new Map(rows.map(({ seq, sum }) => [Number(seq), Number(sum)]));
}
