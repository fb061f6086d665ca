/**
 * How every site is, as far as Redis tells: what the site said last, how far each consumer group is, and what needs somebody.
 * What is behind `sites`, the page of the fleet, its metrics, and the first half of `verify-sync`.
 */
import { KEY_FIGURES, type KeyFigures } from '../../model/key-figures.ts';
import { compareIds, parseId } from '../entry.ts';
import { siteKeys, sitesKey } from '../keys.ts';
import type { Position } from './coverage.ts';
import { reportedSites, sitesWithLogs } from './discovery.ts';
import { readWatermarks } from './progress.ts';
import { listOf, pairsOf, type RedisLink, type Reply, replyCode, textOf } from './redis-link.ts';

/** What a site says of itself in the hash of sites; of what it says nothing usable, nothing. */
export interface SiteReport {
  readonly version?: string;
  readonly epoch?: number;
  readonly storeId?: string;
  readonly lastSeq?: number;
  readonly sentSeq?: number;
  /** Time of the oldest record it has not sent, epoch milliseconds. */
  readonly oldestUnsentMs?: number;
  readonly health?: string;
  readonly why?: string;
  readonly figures?: KeyFigures;
  /** When it last told, by its own clock, epoch milliseconds. */
  readonly lastSeenMs?: number;
}

/** What needs somebody, most urgent first in `SEVERITY`. */
export type Trouble = 'gap' | 'conflict' | 'silent' | 'unhealthy' | 'stalled' | 'lag' | 'unsent' | 'unread';

export interface Finding {
  readonly trouble: Trouble;
  readonly detail: string;
}

export interface SiteView {
  readonly site: string;
  readonly report: SiteReport | undefined;
  /** Newest entry of the log's stream that ever was; undefined without a stream. */
  readonly last: Position | undefined;
  /** Oldest entry that is still there. */
  readonly first: Position | undefined;
  /** Entries in the stream. */
  readonly entries: number;
  /** By consumer group; undefined for one that never told. */
  readonly watermarks: ReadonlyMap<string, Position | undefined>;
  /** Records of the site's store behind the slowest watermark; undefined when nobody knows. */
  readonly lag: number | undefined;
  readonly findings: readonly Finding[];
}

export interface FleetOptions {
  readonly redis: RedisLink;
  readonly prefix: string;
  readonly nowMs: number;
  readonly silentAfterMs: number;
  /** Look at every key for sites that do not tell of themselves. */
  readonly isThorough: boolean;
}

export const SEVERITY: readonly Trouble[] = [
  'gap',
  'conflict',
  'silent',
  'unhealthy',
  'stalled',
  'unread',
  'lag',
  'unsent',
];

/** A box that stands back looks again every ten minutes. */
const CONFLICT_MS = 1_800_000;
/** Behind by more is worth a word, records. */
const LAG = 10_000;
const SITES_AT_ONCE = 16;

/** All sites, those that need somebody first. Rejects when Redis does. */
export async function readFleet(options: FleetOptions): Promise<SiteView[]> {
  const { redis, prefix } = options;
  const reports = pairsOf(await redis.call('HGETALL', sitesKey(prefix)));
  const found = options.isThorough ? await sitesWithLogs(redis, prefix) : await reportedSites(redis, prefix);
  if (found.error !== undefined) throw found.error;
  const names = [...new Set([...found.sites, ...(await reportedSites(redis, prefix)).sites])];
  const views: SiteView[] = [];
  const worker = async (): Promise<void> => {
    for (let site = names.pop(); site !== undefined; site = names.pop()) {
      views.push(await readOne(options, site, parseReport(textOf(reports.get(site)))));
    }
  };
  await Promise.all(Array.from({ length: SITES_AT_ONCE }, worker));
  return views.sort((a, b) => urgency(a) - urgency(b) || a.site.localeCompare(b.site));
}

/** 0 for the most urgent. */
export function urgency({ findings }: Pick<SiteView, 'findings'>): number {
  return Math.min(SEVERITY.length, ...findings.map(({ trouble }) => SEVERITY.indexOf(trouble)));
}

async function readOne(
  options: FleetOptions,
  site: string,
  report: SiteReport | undefined,
): Promise<SiteView> {
  const { redis, prefix } = options;
  const keys = siteKeys(prefix, site);
  const [marks, others, stream, groups] = await Promise.all([
    readWatermarks(redis, keys),
    redis.call('HGETALL', keys.others),
    redis.call('XINFO', 'STREAM', keys.log).catch(noSuchKey),
    redis.call('XINFO', 'GROUPS', keys.log).catch(noSuchKey),
  ]);
  const info = pairsOf(stream);
  const names = listOf(groups).map((group) => textOf(pairsOf(group).get('name')));
  const watermarks = new Map(names.map((name) => [name, marks.get(name)] as const));
  const last = parseId(textOf(info.get('last-generated-id')));
  const first = parseId(textOf(listOf(info.get('first-entry'))[0]));
  const view = { site, report, last, first, entries: Number(textOf(info.get('length'))), watermarks };
  const lag = lagOf(view);
  const findings = [
    ...conflictsOf(pairsOf(others), report, options),
    ...findingsOf({ ...view, lag }, options),
  ];
  return { ...view, lag, findings };
}

function noSuchKey(error: unknown): null {
  if (replyCode(error) === 'ERR') return null;
  throw error;
}

type Bare = Omit<SiteView, 'findings'>;

function lagOf({ report, last, watermarks }: Omit<Bare, 'lag'>): number | undefined {
  const end =
    report?.epoch !== undefined && report.lastSeq !== undefined
      ? { epoch: report.epoch, seq: report.lastSeq }
      : last;
  if (!end || watermarks.size === 0) return undefined;
  const behind = [...watermarks.values()].map((mark) => {
    if (!mark) return end.seq;
    return mark.epoch === end.epoch ? Math.max(0, end.seq - mark.seq) : mark.epoch > end.epoch ? 0 : end.seq;
  });
  return Math.max(...behind);
}

/** Boxes that stand back for the one that writes. */
function conflictsOf(
  others: ReadonlyMap<string, Reply>,
  report: SiteReport | undefined,
  { nowMs }: FleetOptions,
): Finding[] {
  const recent = [...others].filter(
    ([store, at]) => store !== report?.storeId && nowMs - Number(textOf(at)) < CONFLICT_MS,
  );
  return recent.slice(0, 3).map(([store]) => ({
    trouble: 'conflict',
    detail: `two boxes use this site id: the one with store ${store.replace(/[^\w-]/g, '').slice(0, 8)} stands back and keeps its readings; give each box its own id, or switch one off`,
  }));
}

function findingsOf(view: Bare, { nowMs, silentAfterMs }: FleetOptions): Finding[] {
  const { report, last, watermarks, lag } = view;
  const findings: Finding[] = [];
  if (!report) findings.push({ trouble: 'silent', detail: 'has a log and never told of itself' });
  else if (report.lastSeenMs === undefined || nowMs - report.lastSeenMs > silentAfterMs) {
    const since = report.lastSeenMs === undefined ? 'ever' : duration(nowMs - report.lastSeenMs);
    findings.push({ trouble: 'silent', detail: `not heard of for ${since}` });
  }
  if (report?.health !== undefined && report.health !== 'ok') {
    findings.push({
      trouble: 'unhealthy',
      detail: `says ${report.health}${report.why ? `: ${report.why}` : ''}`,
    });
  }
  if (last && last.seq > 0 && watermarks.size === 0)
    findings.push({ trouble: 'unread', detail: 'nobody reads its log' });
  for (const [group, mark] of watermarks) {
    if (!mark && last && last.seq > 0)
      findings.push({ trouble: 'stalled', detail: `${group} has never made anything durable` });
    else if (mark && last && compareIds(mark, last) > 0) {
      findings.push({
        trouble: 'stalled',
        detail: `the stream ends before what ${group} has: Redis has lost entries, the site sends them again`,
      });
    }
  }
  if (lag !== undefined && lag > LAG) findings.push({ trouble: 'lag', detail: `${lag} records behind` });
  if (report?.oldestUnsentMs !== undefined && nowMs - report.oldestUnsentMs > silentAfterMs) {
    findings.push({
      trouble: 'unsent',
      detail: `has records of ${duration(nowMs - report.oldestUnsentMs)} ago still to send`,
    });
  }
  return findings;
}

/** A site's word, as far as it can be used: a stranger's. */
export function parseReport(text: string): SiteReport | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
    if (typeof value !== 'object' || value === null) return undefined;
  } catch {
    return undefined;
  }
  const number = (name: string, from: Table = value): Record<string, number> => {
    const found = from[name];
    return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? { [name]: found } : {};
  };
  const words = (name: string) => {
    const found = value[name];
    return typeof found === 'string' ? { [name]: found.replace(/[^\P{C}]/gu, ' ').slice(0, 300) } : {};
  };
  return {
    ...words('version'),
    ...number('epoch'),
    ...words('storeId'),
    ...number('lastSeq'),
    ...number('sentSeq'),
    ...number('oldestUnsentMs'),
    ...words('health'),
    ...words('why'),
    ...number('lastSeenMs'),
    ...(isTable(value.figures) ? { figures: figuresIn(value.figures, number) } : {}),
  };
}

type Table = Readonly<Record<string, unknown>>;

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null;
}

function figuresIn(table: Table, number: (name: string, from: Table) => Record<string, number>): KeyFigures {
  return Object.assign({}, ...KEY_FIGURES.map((name) => number(name, table)));
}

/** '3 h', '2 d': the largest unit. */
export function duration(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ];
  const [size, unit] = units.find(([each]) => ms >= each) ?? [1_000, 's'];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

/** `<epoch>-<seq>`, '-' for none. */
export function positionText(position: Position | undefined): string {
  return position ? `${position.epoch}-${position.seq}` : '-';
}
