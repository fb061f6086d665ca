/**
 * The proof that nothing is missing: for each site what is accounted for without a gap, every gap with its explanation, and,
 * when asked to look deep, whether what is stored is what was stored, what the stream still holds, and what the site's own
 * log holds.
 */
import { errorText } from '../../model/error-text.ts';
import type { Clock } from '../../model/world.ts';
import { compareIds, readEntry } from '../entry.ts';
import { siteKeys } from '../keys.ts';
import { missingBefore } from './beginnings.ts';
import {
  type Coverage,
  countOf,
  type Gap,
  gapsOf,
  isCovered,
  type Position,
  watermarkOf,
} from './coverage.ts';
import { epochHistory } from './epoch-history.ts';
import {
  type Finding,
  type FleetOptions,
  positionText,
  readFleet,
  SEVERITY,
  type SiteView,
  type Trouble,
} from './fleet.ts';
import { type ImportedFile, newestImports } from './imports.ts';
import { firstInStream, readAgainBy } from './in-stream.ts';
import { acceptedOf, explainedOf, type KeptAcceptance } from './postgres/accepted.ts';
import type { Database, Session } from './postgres/pool.ts';
import {
  actualHours,
  coverageOf,
  doubledRecords,
  ledgerHours,
  type StoredSite,
  storedSites,
  storedSums,
} from './postgres/queries.ts';
import { type HourSum, recordSum } from './record-sum.ts';
import { listOf, textOf } from './redis-link.ts';
import { compareSiteLog, type SiteLogOptions, type SiteLogProof } from './site-log.ts';
import { readStores } from './stores.ts';

export type ProofTrouble = Trouble | 'missing' | 'doubled' | 'falsified' | 'quarantined' | 'unverified';

export interface SiteProof {
  readonly view: SiteView;
  readonly contiguous: Position | undefined;
  readonly covered: number;
  readonly gaps: readonly Gap[];
  readonly begins: readonly { readonly epoch: number; readonly seq: number }[];
  /** Why there is more than one epoch, in words. */
  readonly history: readonly string[];
  /** Missing before the first number that ever came. */
  readonly before: readonly Gap[];
  /** Gaps that somebody has accepted. */
  readonly accepted: readonly KeptAcceptance[];
  readonly stored: StoredSite | undefined;
  /** Compared with the store and the stream, record by record. */
  readonly isDeep: boolean;
  /** Looked at deep: what became of comparing the site's own log. */
  readonly siteLog?: Omit<SiteLogProof, 'found'>;
  /** The newest first. */
  readonly imports: readonly ImportedFile[];
  readonly findings: readonly (Finding | { readonly trouble: ProofTrouble; readonly detail: string })[];
}

export interface ProofOptions extends FleetOptions {
  /** undefined where there is no PostgreSQL: then only the streams and watermarks are looked at. */
  readonly database: Database | undefined;
  readonly isDeep: boolean;
  /** Consumer group of the sink PostgreSQL. */
  readonly group: string;
  /** When looking deep; undefined: sites are not asked. */
  readonly siteLog?: SiteLogOptions;
  /** To wait for a replica that is a moment behind; without it nobody waits. */
  readonly clock?: Clock;
  /** Only these; all when empty. */
  readonly sites: readonly string[];
}

/** Findings that mean that a record is or may be missing, doubled or wrong. */
export const DAMAGE: readonly ProofTrouble[] = ['missing', 'falsified', 'doubled', 'gap'];
const ORDER: readonly ProofTrouble[] = [
  'missing',
  'falsified',
  'doubled',
  ...SEVERITY,
  'quarantined',
  'unverified',
];
const STREAM_ENTRIES = 500;
const SHOWN = 5;
const CATCH_UP_MS = 500;
const CATCH_UP_LOOKS = 20;

/** A proof for every site, worst first. Rejects when Redis or PostgreSQL cannot be asked. */
export async function verifySites(options: ProofOptions): Promise<SiteProof[]> {
  // In this order: what is told to Redis is durable before.
  const views = await readFleet(options);
  const stored = await readStored(options, views);
  const known = new Set(views.map(({ site }) => site));
  const gone = [...stored.keys()].filter((site) => !known.has(site)).map(goneSite);
  const wanted = [...views, ...gone].filter(
    ({ site }) => options.sites.length === 0 || options.sites.includes(site),
  );
  const proofs: SiteProof[] = [];
  for (const view of wanted) proofs.push(await verifyOne(options, view, stored.get(view.site)));
  const rank = ({ findings }: SiteProof) =>
    Math.min(ORDER.length, ...findings.map(({ trouble }) => ORDER.indexOf(trouble)));
  return proofs.sort((a, b) => rank(a) - rank(b) || a.view.site.localeCompare(b.view.site));
}

/** What PostgreSQL accounts for; a replica may be a moment behind and is waited for. */
async function readStored(
  { database, group, clock }: ProofOptions,
  views: readonly SiteView[],
): Promise<ReadonlyMap<string, StoredSite>> {
  if (!database) return new Map();
  for (let look = 1; ; look += 1) {
    const stored = await storedSites(database);
    const isBehind = views.some((view) => takenBack(view, stored.get(view.site), group) !== undefined);
    if (!isBehind || !clock || look > CATCH_UP_LOOKS) return stored;
    await new Promise<void>((resolve) => void clock.after(CATCH_UP_MS, resolve));
  }
}

/** Up to where PostgreSQL had everything, by what Redis was told, where that is more than it has. */
function takenBack(
  { watermarks }: SiteView,
  stored: StoredSite | undefined,
  group: string,
): Position | undefined {
  const mark = watermarks.get(group);
  const has = stored ? watermarkOf(stored.coverage) : undefined;
  if (!mark) return undefined;
  return !has || compareIds(mark, has) > 0 ? mark : undefined;
}

/** A site that PostgreSQL has records of and Redis knows nothing of. */
function goneSite(site: string): SiteView {
  const findings: Finding[] = [
    { trouble: 'silent', detail: 'stored once; Redis knows nothing of it any more' },
  ];
  return {
    site,
    report: undefined,
    last: undefined,
    first: undefined,
    entries: 0,
    watermarks: new Map(),
    lag: undefined,
    findings,
  };
}

async function verifyOne(
  options: ProofOptions,
  view: SiteView,
  stored: StoredSite | undefined,
): Promise<SiteProof> {
  const { database, isDeep } = options;
  const coverage: Coverage = stored?.coverage ?? { epochs: [], isPartial: false };
  const gaps = gapsOf(coverage);
  const findings: { trouble: ProofTrouble; detail: string }[] = [...view.findings];
  const had = database ? takenBack(view, stored, options.group) : undefined;
  if (had) findings.push({ trouble: 'missing', detail: takenBackText(had, watermarkOf(coverage)) });
  for (const gap of gaps.slice(0, SHOWN))
    findings.push({ trouble: 'gap', detail: (await inStreamText(options, view, gap)) ?? gapText(gap, view) });
  if (gaps.length > SHOWN) findings.push({ trouble: 'gap', detail: `and ${gaps.length - SHOWN} gaps more` });
  const { before, accepted, history } = await historyOf(options, view, coverage);
  for (const gap of before.slice(0, SHOWN))
    findings.push({ trouble: 'gap', detail: (await inStreamText(options, view, gap)) ?? beforeText(gap) });
  if (coverage.isPartial) findings.push({ trouble: 'gap', detail: 'more gaps than can be kept in mind' });
  if (stored && stored.differing > 0) {
    findings.push({
      trouble: 'falsified',
      detail: `${stored.differing} records came again with another content; the first is stored, the others are in quarantine`,
    });
  }
  const aside = stored ? stored.quarantined - stored.differing : 0;
  if (aside > 0) findings.push({ trouble: 'quarantined', detail: `${aside} entries could not be taken` });
  if (stored && database && isDeep)
    findings.push(...(await database.snapshot((query) => lookDeep(options, query, view.site))));
  const log = stored && database && isDeep ? await lookAtSite(options, database, view, stored) : undefined;
  findings.push(...(log?.found ?? []));
  return {
    imports: await newestImports(options.redis, options.prefix, view.site),
    ...(log ? { siteLog: { isCompared: log.isCompared, detail: log.detail } } : {}),
    ...{ view, gaps, before, accepted, history, stored, findings },
    contiguous: watermarkOf(coverage),
    covered: countOf(coverage),
    begins: coverage.epochs.map(({ epoch, base }) => ({ epoch, seq: base })),
    isDeep: isDeep && stored !== undefined,
  };
}

/** Not asked is one that has been silent too long: it would only be waited for. */
async function lookAtSite(
  options: ProofOptions,
  database: Database,
  view: SiteView,
  stored: StoredSite,
): Promise<SiteLogProof> {
  const { siteLog } = options;
  const isSilent = !view.report || view.findings.some(({ trouble }) => trouble === 'silent');
  if (siteLog && siteLog.waitMs > 0 && !isSilent)
    return compareSiteLog(options, database, view, stored, siteLog);
  const detail = isSilent ? 'the site is silent' : 'the site was not asked';
  return { isCompared: false, detail, found: [] };
}

/** What is missing before the beginning, and what was accepted. */
async function historyOf(
  { database, redis, prefix }: ProofOptions,
  { site }: SiteView,
  coverage: Coverage,
): Promise<Pick<SiteProof, 'before' | 'accepted' | 'history'>> {
  if (!database || coverage.epochs.length === 0) return { before: [], accepted: [], history: [] };
  const accepted = await acceptedOf(database.query, site);
  const taken = accepted.map(({ epoch, first, last }) => ({ epoch, range: [first, last] as const }));
  const stores = await readStores(redis, siteKeys(prefix, site));
  const history = epochHistory(coverage, stores);
  if (missingBefore(coverage, stores, taken).length === 0) return { before: [], accepted, history };
  const explained = await explainedOf(database.query, site);
  return { before: missingBefore(coverage, stores, [...taken, ...explained]), accepted, history };
}

/** Where some of it still lies in the stream; undefined where none of it does. */
async function inStreamText(
  { redis, prefix, group }: ProofOptions,
  { site }: SiteView,
  gap: Gap,
): Promise<string | undefined> {
  const keys = siteKeys(prefix, site);
  const id = await firstInStream(redis, keys, gap);
  if (id === undefined) return undefined;
  return `${rangeText(gap)} missing here, and ${id} still lies in the stream: a copy of collect has it in hand, or it was read for another database than this one; if it stays, have it read again: ${readAgainBy(keys, group)}`;
}

function takenBackText(had: Position, has: Position | undefined): string {
  return `PostgreSQL had made everything durable up to ${positionText(had)} and has it up to ${positionText(has)} now: a fail-over without synchronous commits, or a backup put back; collect takes it from the stream again, and asks the site for the rest`;
}

function rangeText({ epoch, first, last }: Gap): string {
  return first === last ? `${epoch}-${first} is` : `${epoch}-${first} to ${epoch}-${last} are`;
}

function beforeText(gap: Gap): string {
  return `${rangeText(gap)} missing: trimmed before the first collect here (another centre may have them), or gone from the site before it first sent; the watermark does not wait for it`;
}

function gapText(gap: Gap, { first: oldest }: SiteView): string {
  const { epoch, last } = gap;
  const isBehind = oldest && (oldest.epoch > epoch || (oldest.epoch === epoch && oldest.seq > last));
  const why = isBehind
    ? 'gone from the stream before collect had read it (trimmed or removed there)'
    : 'not in the stream';
  return `${rangeText(gap)} missing: ${why}, and no record of the site explains it (what the site still has can be asked for: command SITE resend)`;
}

/** At one moment: collect may go on writing. */
async function lookDeep(
  options: ProofOptions,
  query: Session['query'],
  site: string,
): Promise<{ trouble: ProofTrouble; detail: string }[]> {
  const coverage = await coverageOf(query, site);
  const doubled = await doubledRecords(query, site);
  const found: { trouble: ProofTrouble; detail: string }[] = [];
  if (doubled.length > 0)
    found.push({ trouble: 'doubled', detail: `stored more than once: ${shown(doubled)}` });
  found.push(...compareHours(await actualHours(query, site), await ledgerHours(query, site)));
  found.push(...(await compareStream(options, query, site, coverage)));
  return found;
}

/** What is in the table against the account of what was stored. */
export function compareHours(
  actual: readonly HourSum[],
  ledger: readonly HourSum[],
): { trouble: ProofTrouble; detail: string }[] {
  const key = ({ epoch, hourMs }: HourSum) => `${epoch} ${hourMs}`;
  const there = new Map(actual.map((hour) => [key(hour), hour]));
  const findings = ledger.flatMap((hour): { trouble: ProofTrouble; detail: string }[] => {
    const is = there.get(key(hour));
    there.delete(key(hour));
    const at = `epoch ${hour.epoch}, hour ${new Date(hour.hourMs).toISOString().slice(0, 13)}Z`;
    const count = is?.count ?? 0;
    if (count < hour.count)
      return [{ trouble: 'missing', detail: `${at}: ${hour.count} records were stored, ${count} are there` }];
    if (count > hour.count)
      return [{ trouble: 'doubled', detail: `${at}: ${hour.count} records were stored, ${count} are there` }];
    return is?.sum === hour.sum
      ? []
      : [{ trouble: 'falsified', detail: `${at}: the records are not those that were stored (checksum)` }];
  });
  const extra = [...there.values()];
  if (extra.length > 0) {
    const count = extra.reduce((sum, each) => sum + each.count, 0);
    findings.push({ trouble: 'doubled', detail: `${count} records stand in hours in which none was stored` });
  }
  return findings.length <= SHOWN
    ? findings
    : [
        ...findings.slice(0, SHOWN),
        { trouble: findings[0]?.trouble ?? 'missing', detail: `and ${findings.length - SHOWN} hours more` },
      ];
}

/** Every entry that is still in the stream against the record that is stored under its number. */
async function compareStream(
  { redis, prefix }: ProofOptions,
  query: Session['query'],
  site: string,
  coverage: Coverage,
): Promise<{ trouble: ProofTrouble; detail: string }[]> {
  const { log } = siteKeys(prefix, site);
  const missing: string[] = [];
  const falsified: string[] = [];
  // No further than what was stored at that moment, or a stream that grows would never end.
  const newestEpoch = coverage.epochs.at(-1);
  const to = `${newestEpoch?.epoch ?? 0}-${newestEpoch?.ranges.at(-1)?.[1] ?? 0}`;
  let from = '-';
  for (;;) {
    const entries = listOf(await redis.call('XRANGE', log, from, to, 'COUNT', STREAM_ENTRIES));
    const newest = textOf(listOf(entries.at(-1))[0]);
    if (entries.length === 0) break;
    const records = entries.flatMap((entry) => {
      const read = readEntry(listOf(entry)[0], listOf(entry)[1]);
      return read.ok ? read.records.map((record) => ({ site, epoch: read.id.epoch, ...record })) : [];
    });
    for (const epoch of new Set(records.map((record) => record.epoch))) {
      const own = records.filter((record) => record.epoch === epoch);
      const sums = await storedSums(query, site, epoch, own[0]?.seq ?? 0, own.at(-1)?.seq ?? 0);
      for (const record of own) {
        // What collect has not come to yet is no loss.
        if (!isCovered(coverage, epoch, record.seq)) continue;
        const sum = sums.get(record.seq);
        if (sum === undefined) missing.push(`${epoch}-${record.seq}`);
        else if (sum !== recordSum(record)) falsified.push(`${epoch}-${record.seq}`);
      }
    }
    from = `(${newest}`;
  }
  return [
    ...(missing.length > 0
      ? [{ trouble: 'missing' as const, detail: `in the stream and not stored: ${shown(missing)}` }]
      : []),
    ...(falsified.length > 0
      ? [
          {
            trouble: 'falsified' as const,
            detail: `stored with another content than in the stream: ${shown(falsified)}`,
          },
        ]
      : []),
  ];
}

function shown(ids: readonly string[]): string {
  return ids.length <= SHOWN
    ? ids.join(', ')
    : `${ids.slice(0, SHOWN).join(', ')} and ${ids.length - SHOWN} more`;
}

/** Said where a site could not be looked at, instead of nothing. */
export function unverified(view: SiteView, error: unknown): SiteProof {
  const findings = [{ trouble: 'unverified' as const, detail: errorText(error) }];
  return {
    view,
    contiguous: undefined,
    covered: 0,
    gaps: [],
    begins: [],
    before: [],
    accepted: [],
    history: [],
    stored: undefined,
    isDeep: false,
    imports: [],
    findings,
  };
}
