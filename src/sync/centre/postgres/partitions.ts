/**
 * The months of the table of records: made before they are needed, dropped when their time is over, their numbers kept by
 * year. Times no site can mean (before 2015, more than two months ahead) go to `records_other`, so that a stranger's clock
 * makes no tables.
 */
import type { SiteRecord } from '../batch.ts';
import { type Database, SCHEMA, sqlState } from './pool.ts';
import { isoTime } from './rows.ts';

const FIRST_MS = Date.UTC(2015, 0, 1);
const MONTHS_AHEAD = 2;

/** A month as its number of months since year 0. */
function monthOf(timeMs: number): number {
  const date = new Date(timeMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function startOf(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1);
}

function nameOf(month: number): string {
  return `records_${Math.floor(month / 12)}_${String((month % 12) + 1).padStart(2, '0')}`;
}

/** Months that records of these times go to and that `known` does not hold; a month's own number. */
export function missingMonths(
  records: readonly SiteRecord[],
  nowMs: number,
  known: ReadonlySet<number>,
): number[] {
  const lastMonth = monthOf(nowMs) + MONTHS_AHEAD;
  const missing = new Set<number>();
  let [fromMs, toMs] = [0, 0];
  for (const { timeMs } of records) {
    // Neighbours lie in one month nearly always.
    if ((timeMs >= fromMs && timeMs < toMs) || timeMs < FIRST_MS) continue;
    const month = monthOf(timeMs);
    if (month > lastMonth) continue;
    [fromMs, toMs] = [startOf(month), startOf(month + 1)];
    if (!known.has(month)) missing.add(month);
  }
  return [...missing].sort((a, b) => a - b);
}

/** Makes the partition of a month. A month of which `records_other` holds records already goes on there. */
export async function makeMonth(database: Database, month: number): Promise<void> {
  const [from, to] = [isoTime(startOf(month)), isoTime(startOf(month + 1))];
  try {
    await database.query(
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.${nameOf(month)} PARTITION OF ${SCHEMA}.records FOR VALUES FROM ('${from}') TO ('${to}')`,
    );
  } catch (error) {
    const state = sqlState(error);
    // 23514: rows in the default partition; 42P07, 23505, 42P17: another copy was faster.
    if (!['23514', '42P07', '23505', '42P17'].includes(state ?? '')) throw error;
  }
}

/** The months to have in advance. */
export function comingMonths(nowMs: number): number[] {
  return [0, 1].map((ahead) => monthOf(nowMs) + ahead);
}

/** From this time on records are kept; -Infinity when for ever. */
export function keptFromMs(nowMs: number, months: number): number {
  return months === 0 ? Number.NEGATIVE_INFINITY : startOf(monthOf(nowMs) - months);
}

/** Drops whole months before `fromMs`, summed up by year first where `yearly`. Gives their names. */
export async function dropMonths(
  query: Database['query'],
  fromMs: number,
  yearly: boolean,
): Promise<readonly string[]> {
  if (!Number.isFinite(fromMs)) return [];
  const rows = await query(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = '${SCHEMA}.records'::regclass AND c.relname < $1 AND c.relname ~ '^records_[0-9]{4}_[0-9]{2}$' ORDER BY 1`,
    [nameOf(monthOf(fromMs))],
  );
  const names = rows.map(({ name }) => String(name));
  for (const name of names) {
    if (yearly) await sumUp(query, name);
    await query(`DROP TABLE ${SCHEMA}.${name}`);
  }
  if (names.length > 0)
    await query(`DELETE FROM ${SCHEMA}.hours WHERE hour < $1 AND hour >= $2`, [
      isoTime(fromMs),
      isoTime(FIRST_MS),
    ]);
  return names;
}

/** By the text of the body, not as jsonb: one NUL in a text would end it all. */
async function sumUp(query: Database['query'], name: string): Promise<void> {
  await query(
    `INSERT INTO ${SCHEMA}.yearly AS y (site, device, field, year, count, minimum, maximum, sum)
     SELECT site, device, f.key, extract(year FROM time)::integer, count(*), min(v), max(v), sum(v)
     FROM ${SCHEMA}.${name}, json_each(CASE WHEN body::text LIKE '%\\\\u0000%' THEN '{}' ELSE body -> 'fields' END) f,
       LATERAL (SELECT (f.value #>> '{}')::double precision AS v WHERE json_typeof(f.value) = 'number') n
     WHERE kind = 'uplink' AND device IS NOT NULL AND body::text LIKE '%"fields":{%'
     GROUP BY 1, 2, 3, 4
     ON CONFLICT (site, device, field, year) DO UPDATE SET count = y.count + excluded.count,
       minimum = least(y.minimum, excluded.minimum), maximum = greatest(y.maximum, excluded.maximum), sum = y.sum + excluded.sum`,
  );
}
