/** Gaps that somebody has accepted for good: who, when and why, kept for ever beside what is accounted for. */
import type { EpochRange } from '../batch.ts';
import { type Coverage, cover, type Gap } from '../coverage.ts';
import { explainedBy } from '../explained.ts';
import type { Session } from './pool.ts';
import { coverageOf, saveCoverage } from './queries.ts';

export interface Acceptance extends Gap {
  readonly reason: string;
  /** Who accepted it. */
  readonly by: string;
}

export interface KeptAcceptance extends Acceptance {
  /** Epoch milliseconds. */
  readonly timeMs: number;
  /** Records of the range that are stored all the same. */
  readonly stored: number;
}

type Query = Session['query'];

/** Every acceptance of a site, oldest first; none before there is a table for them. */
export async function acceptedOf(query: Query, site: string): Promise<readonly KeptAcceptance[]> {
  const [table] = await query("SELECT to_regclass('accepted') AS name");
  if (!table?.name) return [];
  const rows = await query(
    `SELECT a.epoch, a.first, a.last, a.reason, a.accepted_by, extract(epoch FROM a.accepted) * 1000 AS ms,
       (SELECT count(*) FROM records r WHERE r.site = a.site AND r.epoch = a.epoch AND r.seq BETWEEN a.first AND a.last) AS stored
     FROM accepted a WHERE a.site = $1 ORDER BY a.accepted, a.epoch, a.first`,
    [site],
  );
  return rows.map((row) => ({
    ...{ epoch: Number(row.epoch), first: Number(row.first), last: Number(row.last) },
    ...{ reason: String(row.reason), by: String(row.accepted_by) },
    ...{ timeMs: Math.round(Number(row.ms)), stored: Number(row.stored) },
  }));
}

/** Numbers that records of the site explain (expired, salvaged), also those before the first that came. */
export async function explainedOf(query: Query, site: string): Promise<readonly EpochRange[]> {
  const rows = await query(
    "SELECT epoch, seq, detail FROM losses WHERE site = $1 AND event IN ('expired', 'salvaged') ORDER BY epoch, seq LIMIT 10000",
    [site],
  );
  return rows.flatMap(({ epoch, seq, detail }) =>
    explainedBy(Number(epoch), {
      ...{ seq: Number(seq), timeMs: 0, kind: 'system', device: null, body: String(detail) },
    }),
  );
}

/** Keeps `acceptance` and counts its numbers as accounted for, in the transaction of `query` and under the lock of the site's row. */
export async function keepAcceptance(
  query: Query,
  site: string,
  { epoch, first, last, reason, by }: Acceptance,
): Promise<Coverage> {
  const coverage = cover(await coverageOf(query, site), epoch, [[first, last]], false);
  await query(
    'INSERT INTO accepted (site, epoch, first, last, reason, accepted_by) VALUES ($1, $2, $3, $4, $5, $6)',
    [site, epoch, first, last, reason, by],
  );
  await saveCoverage(query, site, coverage);
  return coverage;
}
