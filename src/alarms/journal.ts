/** What became of alarms, from the log: the newest first, in windows of bounded length; and the figures of a time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { alarmBody, isTransition } from '../model/alarm-record.ts';
import type { AlarmStatistics, JournalEntry, JournalPage, JournalQuery } from '../model/alarm-service.ts';
import type { Log } from '../store/contract.ts';

/** Records of the log looked through at once, and for one page. */
const WINDOW = 20_000;
const MAX_WINDOWS = 10;
const MAX_STATISTICS_WINDOWS = 150;
/** Read before others have their turn: some hundred alarms. */
const PIECE_BYTES = 256 * 1024;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A record may be written so much later than it happened. */
const LATE_MS = 2 * HOUR_MS;
const WORST = 10;

export type JournalLog = Pick<Log, 'eventsAfter' | 'lastSeq' | 'firstSeq' | 'timeAfter'>;

export async function readJournal(log: JournalLog, query: JournalQuery): Promise<JournalPage> {
  const entries: JournalEntry[] = [];
  let before = Math.min(query.before ?? Number.POSITIVE_INFINITY, log.lastSeq() + 1);
  for (let windows = 0; windows < MAX_WINDOWS; windows++) {
    if (before <= log.firstSeq()) return { entries };
    const from = Math.max(log.firstSeq() - 1, before - 1 - WINDOW);
    const found: JournalEntry[] = [];
    for await (const entries of entriesIn(log, from, before))
      found.push(...entries.filter((entry) => fits(entry, query)));
    for (const entry of found.reverse()) {
      if (entries.length >= query.limit) return { entries, next: entries.at(-1)?.seq ?? before };
      entries.push(entry);
    }
    before = from + 1;
    if (query.fromMs !== undefined && isBefore(log, from, query.fromMs)) return { entries };
  }
  return before <= log.firstSeq() ? { entries } : { entries, next: before };
}

/** The log is in the order of time, nearly. */
function isBefore(log: JournalLog, seq: number, timeMs: number): boolean {
  return (log.timeAfter(seq) ?? Number.POSITIVE_INFINITY) < timeMs - LATE_MS;
}

/** Transitions of (after, before), ascending, a piece at a time. */
async function* entriesIn(log: JournalLog, after: number, before: number): AsyncGenerator<JournalEntry[]> {
  let at = after;
  while (at < before - 1) {
    const { events, to } = log.eventsAfter(at, before - 1 - at, PIECE_BYTES);
    const found: JournalEntry[] = [];
    for (const record of events) {
      if (record.kind !== 'alarm') continue;
      const body = alarmBody(record);
      const { seq, timeMs, device } = record;
      if (isTransition(body)) found.push({ seq, timeMs, device, body });
    }
    yield found;
    await nextTurn();
    if (to <= at) return;
    at = to;
  }
}

function fits({ timeMs, device, body }: JournalEntry, query: JournalQuery): boolean {
  const { alarm, rule, priority, area, events, fromMs, toMs, text } = query;
  if (alarm !== undefined && body.alarm !== alarm) return false;
  if (rule !== undefined && body.rule !== rule) return false;
  if (priority !== undefined && body.priority !== priority) return false;
  if (area !== undefined && body.area !== area) return false;
  if (query.device !== undefined && device !== query.device) return false;
  if (events && !events.includes(body.event)) return false;
  if (fromMs !== undefined && timeMs < fromMs) return false;
  if (toMs !== undefined && timeMs >= toMs) return false;
  if (text === undefined) return true;
  const words = `${body.message} ${body.name} ${body.subjectName} ${body.reason ?? ''}`.toLowerCase();
  return words.includes(text.toLowerCase());
}

interface Counted {
  readonly alarm: string;
  readonly rule: string;
  readonly name: string;
  readonly raised: number[];
  /** How long it was active each time. */
  readonly lasted: number[];
  readonly values: number[];
  limit: number | undefined;
}

export async function readStatistics(
  log: JournalLog,
  fromMs: number,
  toMs: number,
): Promise<AlarmStatistics> {
  const counted = new Map<string, Counted>();
  const perHour = new Map<number, number>();
  let before = log.lastSeq() + 1;
  let windows = 0;
  while (before > log.firstSeq() && windows < MAX_STATISTICS_WINDOWS) {
    const from = Math.max(log.firstSeq() - 1, before - 1 - WINDOW);
    for await (const entries of entriesIn(log, from, before))
      for (const entry of entries)
        if (entry.timeMs >= fromMs && entry.timeMs < toMs) count(counted, perHour, entry, fromMs);
    before = from + 1;
    windows += 1;
    if (isBefore(log, from, fromMs)) break;
  }
  const all = [...counted.values()].filter(({ raised }) => raised.length > 0);
  all.sort((a, b) => b.raised.length - a.raised.length || (a.alarm < b.alarm ? -1 : 1));
  const hours = Math.ceil((toMs - fromMs) / HOUR_MS);
  return {
    ...{ fromMs, toMs },
    perHour: Array.from({ length: hours }, (_, hour) => ({
      startMs: fromMs + hour * HOUR_MS,
      count: perHour.get(hour) ?? 0,
    })),
    worst: all.slice(0, WORST).map(({ alarm, name, raised }) => ({ alarm, name, count: raised.length })),
    chattering: all
      .filter(({ raised }) => isChattering(raised))
      .slice(0, 100)
      .map(chatter),
    isCut: before > log.firstSeq() && windows >= MAX_STATISTICS_WINDOWS,
  };
}

function count(
  counted: Map<string, Counted>,
  perHour: Map<number, number>,
  { body, timeMs }: JournalEntry,
  fromMs: number,
): void {
  const { alarm, rule, subjectName, name, event, isAnnounced, value, limit, activeMs } = body;
  if (event !== 'raised' && event !== 'cleared') return;
  const one: Counted = counted.get(alarm) ?? {
    ...{ alarm, rule, name: `${name}: ${subjectName}`, raised: [], lasted: [], values: [], limit: undefined },
  };
  counted.set(alarm, one);
  if (event === 'cleared') return void one.lasted.push(timeMs - activeMs);
  if (!isAnnounced) return;
  const hour = Math.floor((timeMs - fromMs) / HOUR_MS);
  perHour.set(hour, (perHour.get(hour) ?? 0) + 1);
  one.raised.push(timeMs);
  if (typeof value === 'number') one.values.push(value);
  if (typeof limit === 'number') one.limit = limit;
}

/** Three times within a minute, or ten within an hour. */
export function isChattering(raised: readonly number[]): boolean {
  const times = [...raised].sort((a, b) => a - b);
  return times.some(
    (timeMs, at) =>
      (times[at + 2] ?? Number.POSITIVE_INFINITY) - timeMs <= MINUTE_MS ||
      (times[at + 9] ?? Number.POSITIVE_INFINITY) - timeMs <= HOUR_MS,
  );
}

/** Most of the times it was over before the proposed delay; most values were within the proposed deadband. */
function chatter({ alarm, rule, name, raised, lasted, values, limit }: Counted) {
  const durations = [...lasted].sort((a, b) => a - b);
  const longest = durations[Math.floor(durations.length * 0.9)];
  const proposal =
    longest === undefined
      ? undefined
      : { onDelayMs: roundedUp(longest), ...(deadbandOf(values, limit) ?? {}) };
  return { alarm, rule, name, count: raised.length, ...(proposal ? { proposal } : {}) };
}

function deadbandOf(
  values: readonly number[],
  limit: number | undefined,
): { readonly deadband: number } | undefined {
  if (limit === undefined || values.length === 0) return undefined;
  const beyond = values.map((value) => Math.abs(value - limit)).sort((a, b) => a - b);
  const most = beyond[Math.floor(beyond.length * 0.9)] ?? 0;
  return most === 0 ? undefined : { deadband: Number(most.toPrecision(2)) };
}

/** To whole ten seconds, from two minutes on to whole minutes. */
function roundedUp(ms: number): number {
  const step = ms > 120_000 ? MINUTE_MS : 10_000;
  return Math.min(24 * HOUR_MS, (Math.floor(ms / step) + 1) * step);
}
