/**
 * One batch into PostgreSQL, in one transaction, each record once. Under the lock of its site's row a reading whose number
 * is not accounted for yet cannot be there: it is copied straight into its month. Everything else (repeats, early events,
 * which come twice) goes by a staging table and is only inserted where no month has its number, under whatever time. Why so:
 * docs/decisions/0025-exactly-once-in-postgresql.md.
 */
import { append } from '../../../model/append.ts';
import type { Batch, Poison, SiteBatch, SiteRecord } from '../batch.ts';
import { coverBatch, goesOn } from '../cover-batch.ts';
import { type Coverage, formatCoverage, isCovered, parseCoverage } from '../coverage.ts';
import { createHourSums, type HourSum, type HourSums, sumByHour } from '../record-sum.ts';
import type { Session } from './pool.ts';
import { copyRow, deviceRow, isoTime, lossRow, type Newest, RECORD_COLUMNS } from './rows.ts';

export interface StoreOutcome {
  readonly fresh: number;
  readonly refused: readonly Poison[];
  readonly coverage: ReadonlyMap<string, Coverage>;
}

/** Stores `batch`. `isSlow`: trust nothing that is known of what is there. Records before `keptFromMs` that came before are not taken again. */
export async function storeBatch(
  session: Session,
  batch: Batch,
  keptFromMs: number,
  isSlow: boolean,
): Promise<StoreOutcome> {
  const before = await lockSites(
    session,
    batch.sites.map(({ site }) => site),
  );
  const fast: SiteRecord[] = [];
  const staged = new Map<string, SiteRecord>();
  const fresh: SiteRecord[] = [];
  const refused: Poison[] = [];
  for (const each of batch.sites) {
    const coverage = before.get(each.site) ?? parseCoverage(null);
    const twins = findTwins(each.records);
    for (const record of each.records) {
      const twin = twins.get(record);
      if (twin) {
        if (!isSame(twin, record)) refused.push(differing(record, 'log', 'came twice with another content'));
        continue;
      }
      if (record.isAgain && isBefore(coverage, record, each.stores)) continue;
      const isKnown = isCovered(coverage, record.epoch, record.seq);
      if (isKnown && record.timeMs < keptFromMs) continue;
      if (record.kind === 'uplink' && !isKnown && !coverage.isPartial && !isSlow) fast.push(record);
      else staged.set(`${each.site}-${record.epoch}-${record.seq}`, record);
    }
    for (const record of each.early) {
      const key = `${each.site}-${record.epoch}-${record.seq}`;
      if (record.kind === 'uplink')
        refused.push(differing(record, 'events', 'a reading has no place among the events'));
      else if (!staged.has(key)) staged.set(key, record);
    }
  }
  const sums = createHourSums();
  // Summed up while PostgreSQL is at the rows in front of them.
  const countedRow = (record: SiteRecord): string => {
    sums.add(record);
    return copyRow(record);
  };
  if (fast.length > 0) await session.copy(`records ${RECORD_COLUMNS}`, fast, countedRow);
  if (staged.size > 0) {
    const result = await storeStaged(session, staged);
    append(fresh, result.fresh);
    append(
      refused,
      result.differing.map((record) => differing(record, 'log', 'came again with another content')),
    );
  }
  const restored = await noteFresh(session, before, fresh, sums);
  append(fresh, fast);
  await noteDevices(session, batch.sites);
  await noteLosses(session, fresh);
  await noteQuarantine(session, [...batch.sites.flatMap(({ poison }) => poison), ...refused]);
  const coverage = await saveSites(
    session,
    batch.sites,
    before,
    fresh.filter((record) => !restored.has(record)),
  );
  return { fresh: fresh.length, refused, coverage };
}

/** Records whose number another one in front of them has; nearly always none, which costs one comparison each to see. */
function findTwins(records: readonly SiteRecord[]): ReadonlyMap<SiteRecord, SiteRecord> {
  const twins = new Map<SiteRecord, SiteRecord>();
  const isAscending = records.every((record, at) => {
    const before = records[at - 1];
    return (
      !before || record.epoch > before.epoch || (record.epoch === before.epoch && record.seq > before.seq)
    );
  });
  if (isAscending) return twins;
  const first = new Map<string, SiteRecord>();
  for (const record of records) {
    const key = `${record.epoch}-${record.seq}`;
    const known = first.get(key);
    if (known) twins.set(record, known);
    else first.set(key, record);
  }
  return twins;
}

function isSame(a: SiteRecord, b: SiteRecord): boolean {
  return a.timeMs === b.timeMs && a.kind === b.kind && a.device === b.device && a.body === b.body;
}

function differing(record: SiteRecord, stream: 'log' | 'events', words: string): Poison {
  const { site, epoch, seq, timeMs, kind, device, body } = record;
  const raw = JSON.stringify({ time: timeMs, kind, device, body: body.slice(0, 16_384) });
  return { site, stream, id: `${epoch}-${seq}`, reason: words, raw };
}

/** What is accounted for of each site; nobody else writes of them until the end of the transaction. */
async function lockSites({ query }: Session, sites: readonly string[]): Promise<Map<string, Coverage>> {
  await query('INSERT INTO sites (site) SELECT unnest($1::text[]) ORDER BY 1 ON CONFLICT DO NOTHING', [
    sites,
  ]);
  // In order, so that no two transactions wait for one another.
  const rows = await query('SELECT site, coverage FROM sites WHERE site = ANY($1) ORDER BY site FOR UPDATE', [
    sites,
  ]);
  return new Map(rows.map(({ site, coverage }) => [String(site), parseCoverage(coverage as string | null)]));
}

async function storeStaged(
  { query, copy }: Session,
  staged: ReadonlyMap<string, SiteRecord>,
): Promise<{ fresh: SiteRecord[]; differing: SiteRecord[] }> {
  await query(
    'CREATE TEMPORARY TABLE IF NOT EXISTS webscada_staging (site text, epoch bigint, seq bigint, time timestamptz, kind text, device text, body json) ON COMMIT DELETE ROWS',
  );
  await copy(`webscada_staging ${RECORD_COLUMNS}`, [...staged.values()], copyRow);
  const keyOf = ({ site, epoch, seq }: Record<string, unknown>) =>
    `${String(site)}-${String(epoch)}-${String(seq)}`;
  const recordsOf = (rows: readonly Record<string, unknown>[]) =>
    rows.flatMap((row) => staged.get(keyOf(row)) ?? []);
  const differing = await query(
    `SELECT DISTINCT s.site, s.epoch, s.seq FROM webscada_staging s JOIN records r ON r.site = s.site AND r.epoch = s.epoch AND r.seq = s.seq
     WHERE (r.time, r.kind, r.device, r.body::text) IS DISTINCT FROM (s.time, s.kind, s.device, s.body::text)`,
  );
  const fresh = await query(
    `INSERT INTO records ${RECORD_COLUMNS} SELECT site, epoch, seq, time, kind, device, body FROM webscada_staging s
     WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.site = s.site AND r.epoch = s.epoch AND r.seq = s.seq)
     ON CONFLICT DO NOTHING RETURNING site, epoch, seq`,
  );
  return { fresh: recordsOf(fresh), differing: recordsOf(differing) };
}

/** Sent again from in front of the beginning of its epoch: the same record stands under an earlier one. */
function isBefore(
  { epochs }: Coverage,
  { epoch, seq }: SiteRecord,
  stores: ReadonlyMap<number, string>,
): boolean {
  const base = epochs.find((each) => each.epoch === epoch)?.base;
  return (base === undefined || seq < base) && goesOn(epoch, stores);
}

/**
 * Enters what `sums` holds and what else is new. Gives what is not: records that were stored once, were taken out of the
 * table, and are put back now. What was only explained or set aside before and comes after all was in no account.
 */
async function noteFresh(
  session: Session,
  before: ReadonlyMap<string, Coverage>,
  fresh: readonly SiteRecord[],
  sums: HourSums,
): Promise<ReadonlySet<SiteRecord>> {
  const isBack = ({ site, epoch, seq, isAgain }: SiteRecord) =>
    isAgain && isCovered(before.get(site) ?? parseCoverage(null), epoch, seq);
  const back = fresh.filter(isBack);
  for (const record of fresh) if (!isBack(record)) sums.add(record);
  await addToLedger(session, sums.list());
  const restored = new Set<SiteRecord>();
  for (const { site, epoch, hourMs } of sumByHour(back)) {
    const [row] = await session.query(
      `SELECT (SELECT count FROM hours WHERE site = $1 AND epoch = $2 AND hour = $3) AS stored,
        (SELECT count(*) FROM records WHERE site = $1 AND epoch = $2 AND time >= $3 AND time < $3::timestamptz + interval '1 hour') AS there`,
      [site, epoch, isoTime(hourMs)],
    );
    const ofHour = back.filter(
      (record) =>
        record.site === site &&
        record.epoch === epoch &&
        record.timeMs - hourMs < 3_600_000 &&
        record.timeMs >= hourMs,
    );
    if (Number(row?.stored ?? 0) >= Number(row?.there)) for (const record of ofHour) restored.add(record);
    else await addToLedger(session, sumByHour(ofHour));
  }
  return restored;
}

async function addToLedger({ query }: Session, hours: readonly HourSum[]): Promise<void> {
  if (hours.length === 0) return;
  const column = <T>(of: (hour: HourSum) => T): T[] => hours.map(of);
  await query(
    `INSERT INTO hours AS h (site, epoch, hour, count, sum)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::bigint[])
     ON CONFLICT (site, epoch, hour) DO UPDATE SET count = h.count + excluded.count, sum = (h.sum + excluded.sum) % (1::bigint << 48)`,
    [
      column(({ site }) => site),
      column(({ epoch }) => epoch),
      column(({ hourMs }) => isoTime(hourMs)),
      column(({ count }) => count),
      column(({ sum }) => sum),
    ],
  );
}

/** The newest reading of each device of a site. */
function newestOf({ live, records }: SiteBatch): Newest[] {
  const newest = new Map<string, Newest>();
  const note = (record: SiteRecord, isLive: boolean): void => {
    if (record.kind !== 'uplink' || record.device === null) return;
    const known = newest.get(record.device);
    if (!known || record.timeMs >= known.record.timeMs) newest.set(record.device, { record, live: isLive });
  };
  for (const record of live) note(record, true);
  for (const record of records) note(record, false);
  return [...newest.values()];
}

async function noteDevices({ query }: Session, sites: readonly SiteBatch[]): Promise<void> {
  const rows = sites.flatMap((site) => newestOf(site).flatMap((each) => deviceRow(each) ?? []));
  const width = 12;
  if (rows.length === 0) return;
  const columns = Array.from({ length: width }, (_, at) =>
    rows.filter((_value, index) => index % width === at),
  );
  await query(
    `INSERT INTO devices AS d (site, device, time, epoch, seq, live, fields, f_cnt, f_port, rssi, snr, gateway)
     SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::boolean[], $7::jsonb[],
       $8::bigint[], $9::integer[], $10::float8[], $11::float8[], $12::text[])
     ON CONFLICT (site, device) DO UPDATE SET (time, epoch, seq, live, fields, f_cnt, f_port, rssi, snr, gateway)
       = (excluded.time, excluded.epoch, excluded.seq, excluded.live, excluded.fields, excluded.f_cnt, excluded.f_port, excluded.rssi, excluded.snr, excluded.gateway)
     WHERE excluded.time > d.time OR (excluded.time = d.time AND d.live)`,
    columns,
  );
}

async function noteLosses({ query }: Session, fresh: readonly SiteRecord[]): Promise<void> {
  for (const row of fresh.map(lossRow)) {
    if (row)
      await query('INSERT INTO losses VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING', row);
  }
}

/** Sets entries aside; one that is there already stays as it was found first. */
export async function noteQuarantine(
  { query }: Pick<Session, 'query'>,
  poison: readonly Poison[],
): Promise<void> {
  if (poison.length === 0) return;
  const clean = (of: (each: Poison) => string): string[] =>
    poison.map((each) => of(each).replaceAll('\0', '\ufffd').toWellFormed());
  await query(
    `INSERT INTO quarantine (site, stream, id, reason, raw)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`,
    [
      clean(({ site }) => site),
      clean(({ stream }) => stream),
      clean(({ id }) => id),
      clean(({ reason }) => reason),
      clean(({ raw }) => raw),
    ],
  );
}

async function saveSites(
  { query }: Session,
  sites: readonly SiteBatch[],
  before: ReadonlyMap<string, Coverage>,
  fresh: readonly SiteRecord[],
): Promise<Map<string, Coverage>> {
  const counts = new Map<string, { count: number; lastMs: number }>();
  for (const { site, timeMs } of fresh) {
    const known = counts.get(site) ?? { count: 0, lastMs: Number.NEGATIVE_INFINITY };
    counts.set(site, { count: known.count + 1, lastMs: Math.max(known.lastMs, timeMs) });
  }
  const after = new Map<string, Coverage>();
  for (const each of sites)
    after.set(each.site, coverBatch(before.get(each.site) ?? parseCoverage(null), each));
  const names = [...after.keys()];
  await query(
    `UPDATE sites s SET coverage = n.coverage, records = s.records + n.count, last_time = greatest(s.last_time, n.last_time), last_stored = now()
     FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[]) AS n(site, coverage, count, last_time) WHERE s.site = n.site`,
    [
      names,
      [...after.values()].map(formatCoverage),
      names.map((name) => counts.get(name)?.count ?? 0),
      names.map((name) => {
        const lastMs = counts.get(name)?.lastMs;
        return lastMs === undefined ? null : isoTime(lastMs);
      }),
    ],
  );
  return after;
}
