/**
 * When the next message of a line may leave, so that nobody is called away by the hundredth: the first at once, then further and
 * further apart, what is more urgent than all that was told of late at once, and a flood in three: the first, summed up, its end. Pure.
 */
import { ALARM_PRIORITIES, type AlarmPriority } from '../../model/alarm.ts';
import { joinNews, urgencyOf } from './news.ts';
import { isMoreUrgent } from './recipients.ts';
import type { Line, MessageContent, News, OpenAlarm, PlanState } from './state.ts';

/** More than this at once is a flood (ISA-18.2: ten in ten minutes), */
const FLOOD_COUNT = 10;
const FLOOD_WITHIN_MS = 600_000;
/** over when nothing came for so long; */
const CALM_MS = 300_000;
/** one that goes on is told of now and then. */
const FLOOD_NEWS_MS = 3_600_000;
const HOUR_MS = 3_600_000;
const GAP_MS = 30_000;
const MAX_GAP_MS = 900_000;
/** Messages an hour that come without a longer gap. */
const FREE = 3;

/** When the next message of the line is due, whatever became of the last; Infinity while there is nothing to tell. */
export function dueMs(line: Line, nowMs: number): number {
  const { now, flood, sent } = line;
  if (flood && now && isMoreUrgent(urgencyOf(now), flood.urgency)) return flood.toldMs + GAP_MS;
  if (flood)
    return Math.min(
      Math.max(flood.lastMs, flood.toldMs) + CALM_MS,
      now ? flood.toldMs + FLOOD_NEWS_MS : Number.POSITIVE_INFINITY,
    );
  if (!now) return Number.POSITIVE_INFINITY;
  const lately = sent.filter(({ timeMs }) => timeMs > nowMs - HOUR_MS);
  const last = lately.at(-1);
  if (!last || lately.every(({ priority }) => isMoreUrgent(urgencyOf(now), priority))) return nowMs;
  return last.timeMs + Math.min(MAX_GAP_MS, GAP_MS * 2 ** Math.max(0, lately.length - FREE));
}

/** Takes what waits out of the line, as what the next message says. */
export function takeContent(
  state: PlanState,
  line: Line,
  nowMs: number,
  failingSinceMs?: number,
): MessageContent | undefined {
  const { now, flood } = line;
  const news = now ?? emptyNews(nowMs);
  if (!now && !flood) return undefined;
  line.now = undefined;
  const common = { news, ...(failingSinceMs === undefined ? {} : { failingSinceMs }) };
  if (flood) {
    const isOver = nowMs >= Math.max(flood.lastMs, flood.toldMs) + CALM_MS;
    const isUrgent = now !== undefined && isMoreUrgent(urgencyOf(now), flood.urgency) && !isOver;
    const { sinceMs, count } = flood;
    const kind = isUrgent ? 'news' : isOver ? 'flood-end' : 'flood-news';
    const total = count + news.raised;
    return { ...common, kind, total, sinceMs, active: activeOf(state, line.id, 0) };
  }
  const isFlood =
    news.raised > FLOOD_COUNT && news.held === undefined && news.firstMs > nowMs - FLOOD_WITHIN_MS;
  return { ...common, kind: isFlood ? 'flood' : 'news', active: activeAmong(state, line.id, news) };
}

/** Puts back what could not be sent. */
export function putBack(line: Line, { news }: MessageContent): void {
  if (news.raised + news.cleared > 0) line.now = joinNews(news, line.now);
}

/** The message is there. */
export function noteSent(line: Line, { kind, news, sinceMs }: MessageContent, nowMs: number): void {
  line.failing = undefined;
  const priority = urgencyOf(news);
  line.sent = [...line.sent.filter(({ timeMs }) => timeMs > nowMs - HOUR_MS), { timeMs: nowMs, priority }];
  if (kind === 'flood-end') line.flood = undefined;
  else if (kind === 'flood') {
    line.flood = {
      sinceMs: sinceMs ?? news.firstMs,
      ...{ count: news.raised, lastMs: nowMs, toldMs: nowMs, urgency: mostUrgentOf(line) },
    };
  } else if (line.flood) {
    line.flood.count += news.raised;
    line.flood.toldMs = nowMs;
    line.flood.urgency = mostUrgentOf(line);
  }
}

/** Something came for the line, which keeps a flood alive. */
export function noteNews(line: Line, nowMs: number): void {
  if (line.flood) line.flood.lastMs = nowMs;
}

/** What a relay should be now. */
export function levelOf(
  state: PlanState,
  line: string,
  isQuietFor: (priority: AlarmPriority) => boolean,
): 'on' | 'off' {
  for (const open of state.open.values())
    if (open.lines[line] === '' && open.state === 'active' && !open.isSilent && !isQuietFor(open.priority))
      return 'on';
  return 'off';
}

/** Of what the news tell as raised, not over. */
function activeAmong(
  state: PlanState,
  line: string,
  { items, raised, cleared, over, firstSeq }: News,
): number {
  if (items.length < raised + cleared) return Math.min(activeOf(state, line, firstSeq), raised - over);
  return items.filter(({ kind, alarm, seq }) => kind === 'raised' && state.open.get(alarm)?.seq === seq)
    .length;
}

/** Alarms of the line that are not over. */
function activeOf({ open }: PlanState, line: string, sinceSeq: number): number {
  const isOne = ({ lines, seq }: OpenAlarm): boolean => lines[line] === '' && seq >= sinceSeq;
  return [...open.values()].filter(isOne).length;
}

function mostUrgentOf({ sent }: Line): AlarmPriority {
  return ALARM_PRIORITIES.find((priority) => sent.some((one) => one.priority === priority)) ?? 'low';
}

function emptyNews(nowMs: number): News {
  return {
    ...{ raised: 0, cleared: 0, over: 0, byPriority: {}, items: [] },
    ...{ firstMs: nowMs, lastMs: nowMs, firstSeq: 0, lastSeq: 0 },
  };
}
