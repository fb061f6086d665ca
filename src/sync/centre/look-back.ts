/**
 * A store may come back with less than it had made durable: PostgreSQL failed over to a replica that lacked commits, or a backup
 * was put in its place. In each life of the store, what Redis was told is held against what it accounts for. Where that is less,
 * the streams are read again from there, the site is asked to send again what they no longer hold, and the watermark goes back.
 */
import type { World } from '../../model/world.ts';
import { parseId, readEntry } from '../entry.ts';
import { type SiteKeys, siteKeys } from '../keys.ts';
import type { Account } from './batch.ts';
import { sendCommand } from './command-answers.ts';
import { type Coverage, type Gap, gapsOf, NO_COVERAGE, type Position, watermarkOf } from './coverage.ts';
import { firstInStream } from './in-stream.ts';
import { putBackWatermark, readWatermarks } from './progress.ts';
import { listOf, pairsOf, type RedisLink, replyCode, textOf } from './redis-link.ts';

export interface LookBackOptions {
  readonly redis: RedisLink;
  readonly prefix: string;
  /** Consumer group of the store. */
  readonly group: string;
  readonly account: Account;
  readonly world: World;
}

/** What a store no longer has of a site. */
export interface TakenBack {
  readonly site: string;
  /** Up to where it had all; where it has. */
  readonly had: Position;
  readonly has: Position | undefined;
  /** Numbers that the stream no longer holds and the site was asked for; as if it had them. */
  readonly asked: number;
}

/** As many as a site sends for one command, and as many commands. */
const MAX_RESENT = 50_000;
const MAX_COMMANDS = 20;
const MAX_GAPS = 20;
const ASKED_FOR_MS = 7 * 86_400_000;

interface Told {
  readonly site: string;
  readonly keys: SiteKeys;
  /** What Redis was told to be durable. */
  readonly mark: Position | undefined;
  /** The last entry that the group was given. */
  readonly given: Position | undefined;
}

/** Looks at these sites, once. Gives those of which something was taken back. Rejects when Redis or the store does. */
export async function lookBack(options: LookBackOptions, sites: readonly string[]): Promise<TakenBack[]> {
  // In this order: what is told to Redis is durable before.
  const told = await Promise.all(sites.map((site) => toldOf(options, site)));
  const accounts = await options.account.read(sites);
  const found: TakenBack[] = [];
  for (const each of told) {
    const taken = await compare(options, each, accounts.get(each.site) ?? NO_COVERAGE);
    if (taken) found.push(taken);
  }
  return found;
}

async function toldOf({ redis, prefix, group }: LookBackOptions, site: string): Promise<Told> {
  const keys = siteKeys(prefix, site);
  const [marks, groups] = await Promise.all([
    readWatermarks(redis, keys),
    redis.call('XINFO', 'GROUPS', keys.log).catch((error: unknown) => {
      if (replyCode(error) === 'ERR') return null;
      throw error;
    }),
  ]);
  const own = listOf(groups)
    .map(pairsOf)
    .find((each) => textOf(each.get('name')) === group);
  return { site, keys, mark: marks.get(group), given: parseId(textOf(own?.get('last-delivered-id'))) };
}

async function compare(
  options: LookBackOptions,
  told: Told,
  coverage: Coverage,
): Promise<TakenBack | undefined> {
  const { redis, group } = options;
  const { site, keys, mark } = told;
  const has = watermarkOf(coverage);
  const isBehind = mark !== undefined && isBefore(has, mark);
  const lost = await lostEntry(options, told, coverage);
  if (!isBehind && !lost) return undefined;
  const asked = isBehind ? await askAgain(options, { keys, had: mark, has }) : 0;
  const behind = lost && { epoch: lost.epoch, seq: lost.seq - 1 };
  const from = behind && (!has || isBefore(behind, has)) ? behind : has;
  await redis.call('XGROUP', 'SETID', keys.log, group, from ? `${from.epoch}-${from.seq}` : '0-0');
  if (!isBehind) return undefined;
  await putBackWatermark(redis, keys, group, mark, has);
  return { site, had: mark, has, asked };
}

/** The first entry that was acknowledged and is not accounted for: in a gap, before the first that is, or behind the last. */
async function lostEntry(
  { redis, group }: LookBackOptions,
  { keys, given }: Told,
  coverage: Coverage,
): Promise<Position | undefined> {
  const newest = coverage.epochs.at(-1);
  const end = { epoch: newest?.epoch ?? 0, seq: newest?.ranges.at(-1)?.[1] ?? 0 };
  const gaps: Gap[] = [...frontsOf(coverage), ...gapsOf(coverage).slice(0, MAX_GAPS)].sort(
    (a, b) => a.epoch - b.epoch || a.first - b.first,
  );
  if (given && isBefore(end, given))
    gaps.push({ epoch: given.epoch, first: given.epoch === end.epoch ? end.seq + 1 : 1, last: given.seq });
  for (const gap of gaps) {
    const id = await firstInStream(redis, keys, gap);
    if (id === undefined) continue;
    const pending = listOf(await redis.call('XPENDING', keys.log, group, id, id, 1));
    if (pending.length === 0) return parseId(id);
  }
  return undefined;
}

/** What lies in front of the first number that came of each epoch: a stream brought here with its group has been read elsewhere. */
function frontsOf({ epochs }: Coverage): Gap[] {
  return epochs
    .slice(-MAX_GAPS)
    .filter(({ base }) => base > 1)
    .map(({ epoch, base }) => ({ epoch, first: 1, last: base - 1 }));
}

function isBefore(a: Position | undefined, b: Position): boolean {
  return !a || a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);
}

interface Lost extends Pick<TakenBack, 'had' | 'has'> {
  readonly keys: SiteKeys;
}

/** Asks the site for what was taken back and lies in the stream no more. Gives how many numbers. */
async function askAgain({ redis, world }: LookBackOptions, { keys, had, has }: Lost): Promise<number> {
  const first = await firstBehind(redis, keys, has);
  const from = (has?.seq ?? 0) + 1;
  const to = first && first.epoch <= had.epoch ? Math.min(had.seq, first.seq - 1) : had.seq;
  const isLying = first !== undefined && first.epoch < had.epoch;
  if (isLying || from > to) return 0;
  const ask = (command: string, ...args: readonly (string | number)[]) => redis.call(command, ...args);
  // The newest first, as a site sends them.
  for (let last = to, sent = 0; last >= from && sent < MAX_COMMANDS; last -= MAX_RESENT, sent += 1) {
    const body = { epoch: had.epoch, fromSeq: Math.max(from, last - MAX_RESENT + 1), toSeq: last };
    await sendCommand(ask, keys, {
      // Two copies that see it ask once; a later loss of the same asks anew.
      id: `taken-back.${had.epoch}-${had.seq}.${body.fromSeq}.${Math.floor(world.clock.nowMs() / 60_000)}`,
      ...{ kind: 'resend', body: JSON.stringify(body), expiresMs: world.clock.nowMs() + ASKED_FOR_MS },
    });
  }
  return to - from + 1;
}

/** The first number that lies in the stream behind `has`. */
async function firstBehind(
  redis: RedisLink,
  { log }: SiteKeys,
  has: Position | undefined,
): Promise<Position | undefined> {
  const from = has ? `(${has.epoch}-${has.seq}` : '-';
  const [entry] = listOf(await redis.call('XRANGE', log, from, '+', 'COUNT', 1));
  const [id, fields] = listOf(entry);
  const at = parseId(textOf(id));
  const read = readEntry(id, fields);
  return at && read.ok ? { epoch: at.epoch, seq: read.firstSeq } : at;
}
