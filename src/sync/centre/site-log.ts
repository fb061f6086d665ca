/**
 * The third side of the proof: the site's own log, asked by command for counts and checksums by hour, against what is stored.
 * A site that does not answer in time is not waited for any longer; then it is said that its log was not compared.
 */
import * as z from 'zod/mini';
import type { CommandAnswer } from '../../model/command.ts';
import type { Clock } from '../../model/world.ts';
import { siteKeys } from '../keys.ts';
import { sendCommand } from './command-answers.ts';
import { watermarkOf } from './coverage.ts';
import type { SiteView } from './fleet.ts';
import type { Database } from './postgres/pool.ts';
import { ledgerHours, rangeHours, type StoredSite } from './postgres/queries.ts';
import type { HourSum } from './record-sum.ts';
import type { RedisLink } from './redis-link.ts';

export interface SiteLogOptions {
  /** For all questions to one site together, milliseconds. */
  readonly waitMs: number;
  readonly clock: Clock;
  /** A new id for each command. */
  readonly newId: () => string;
}

/** What became of the comparison, in words; and what it found. */
export interface SiteLogProof {
  readonly isCompared: boolean;
  readonly detail: string;
  readonly found: readonly { readonly trouble: 'missing' | 'falsified'; readonly detail: string }[];
}

/** As many as a site sums for one command. */
const MAX_RECORDS = 500_000;
const MAX_QUESTIONS = 50;
const LOOK_MS = 250;
const SHOWN = 5;

const sumsSchema = z.object({
  epoch: z.int(),
  fromSeq: z.int(),
  toSeq: z.int(),
  oldestSeq: z.int(),
  hours: z.array(z.tuple([z.int(), z.int(), z.int()])).check(z.maxLength(1_000)),
});
type Sums = z.output<typeof sumsSchema>;

interface Question {
  readonly redis: RedisLink;
  readonly prefix: string;
  readonly site: string;
  readonly options: SiteLogOptions;
  /** Monotonic milliseconds. */
  readonly endMs: number;
}

/** Compares the newest records that are accounted for without a gap. Rejects when Redis or PostgreSQL does. */
export async function compareSiteLog(
  { redis, prefix }: { readonly redis: RedisLink; readonly prefix: string },
  database: Database,
  { site, report }: SiteView,
  stored: StoredSite,
  options: SiteLogOptions,
): Promise<SiteLogProof> {
  const no = (detail: string): SiteLogProof => ({ isCompared: false, detail, found: [] });
  const mark = watermarkOf(stored.coverage);
  const base = stored.coverage.epochs.find(({ epoch }) => epoch === mark?.epoch)?.base;
  if (!mark || base === undefined) return no('nothing is stored');
  if (report?.epoch !== undefined && report.epoch !== mark.epoch)
    return no(`the site is in epoch ${report.epoch}, and what is stored without a gap ends in ${mark.epoch}`);
  const question: Question = {
    ...{ redis, prefix, site, options },
    endMs: options.clock.monotonicMs() + options.waitMs,
  };
  const first = Math.max(base, mark.seq - MAX_RECORDS + 1);
  const parts: Sums[] = [];
  for (let from = first; from <= mark.seq && parts.length < MAX_QUESTIONS; ) {
    const sums = await askSums(question, from, mark.seq);
    if (typeof sums === 'string') return no(sums);
    if (sums.epoch !== mark.epoch) return no(`the site has gone over to epoch ${sums.epoch}`);
    const part = { ...sums, fromSeq: Math.max(from, sums.oldestSeq) };
    if (part.toSeq < from || part.toSeq > mark.seq) return no('the site answers for other records');
    parts.push(part);
    from = part.toSeq + 1;
  }
  const compared = parts.filter(({ fromSeq, toSeq }) => fromSeq <= toSeq);
  const [oldest, newest] = [compared[0], compared.at(-1)];
  if (!oldest || !newest) return no('the site keeps none of the stored records any more');
  const ledger = new Set(
    (await ledgerHours((text, values) => database.query(text, values), site))
      .filter(({ epoch }) => epoch === mark.epoch)
      .map(({ hourMs }) => hourMs),
  );
  const differences: Difference[] = [];
  for (const part of compared) {
    const there = await rangeHours(database, site, mark.epoch, part.fromSeq, part.toSeq);
    differences.push(...compareHours(part, there, ledger));
  }
  const range = `${mark.epoch}-${oldest.fromSeq} to ${mark.epoch}-${newest.toSeq}`;
  return { isCompared: true, ...judge(range, differences, stored.quarantined) };
}

/** What the site has in the range; why it is not known otherwise. */
async function askSums(
  { redis, prefix, site, options, endMs }: Question,
  fromSeq: number,
  toSeq: number,
): Promise<Sums | string> {
  const { clock, newId } = options;
  const leftMs = endMs - clock.monotonicMs();
  if (leftMs <= 0) return 'the site has not answered in time';
  const sent = await sendCommand((command, ...args) => redis.call(command, ...args), siteKeys(prefix, site), {
    ...{ id: newId(), kind: 'log-sums', body: JSON.stringify({ fromSeq, toSeq }) },
    expiresMs: clock.nowMs() + leftMs,
  });
  for (;;) {
    const last = (await sent.look()).find(({ state }) => state !== 'accepted');
    if (last) return readAnswer(last);
    if (clock.monotonicMs() >= endMs) break;
    await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
  }
  await sent.withdraw();
  return 'the site has not answered in time';
}

function readAnswer({ state, code, reason, result }: CommandAnswer): Sums | string {
  if (state !== 'done') return `the site refuses (${String(code)}): ${String(reason).slice(0, 200)}`;
  const parsed = sumsSchema.safeParse(result);
  return parsed.success ? parsed.data : 'the site answers what this version does not understand';
}

interface Difference {
  readonly hourMs: number;
  /** Records the site has more than the store; below 0: fewer. */
  readonly more: number;
}

/** Hours without an account are those that the centre keeps no longer. */
function compareHours({ hours }: Sums, there: readonly HourSum[], ledger: ReadonlySet<number>): Difference[] {
  const stored = new Map(there.map((hour) => [hour.hourMs, hour]));
  const own = new Map(hours.map(([hourMs, count, sum]) => [hourMs, { count, sum }]));
  return [...new Set([...own.keys(), ...stored.keys()])].flatMap((hourMs): Difference[] => {
    if (!ledger.has(hourMs)) return [];
    const [site, store] = [own.get(hourMs), stored.get(hourMs)];
    const more = (site?.count ?? 0) - (store?.count ?? 0);
    return more === 0 && site?.sum === store?.sum ? [] : [{ hourMs, more }];
  });
}

/** Records set aside are in the log and not in the store; which hours they belong to nobody has noted. */
function judge(
  range: string,
  differences: readonly Difference[],
  setAside: number,
): Pick<SiteLogProof, 'detail' | 'found'> {
  const missing = differences.filter(({ more }) => more > 0);
  const lost = missing.reduce((sum, { more }) => sum + more, 0);
  const falsified = differences.filter(({ more }) => more === 0);
  const fewer = differences.reduce((sum, { more }) => sum + Math.max(0, -more), 0);
  const found: { trouble: 'missing' | 'falsified'; detail: string }[] = [];
  if (lost > setAside)
    found.push({ trouble: 'missing', detail: `in the site's own log and not stored: ${hoursText(missing)}` });
  if (falsified.length > 0)
    found.push({
      trouble: 'falsified',
      detail: `stored with another content than in the site's own log: ${hoursText(falsified)}`,
    });
  const gone = fewer > 0 ? `; ${fewer} of them are not in it any more (damaged and mended there)` : '';
  const aside = lost > 0 && lost <= setAside ? `; ${lost} are among what was set aside` : '';
  return { detail: `${range} were compared with it${gone}${aside}`, found };
}

function hoursText(differences: readonly Difference[]): string {
  const texts = differences.slice(0, SHOWN).map(({ hourMs, more }) => {
    const hour = `${new Date(hourMs).toISOString().slice(0, 13)}Z`;
    return more > 0 ? `${more} of hour ${hour}` : `hour ${hour}`;
  });
  const rest = differences.length - SHOWN;
  return `${texts.join(', ')}${rest > 0 ? ` and ${rest} hours more` : ''}`;
}
