/** What waits to be told, gathered: counts for all of it, the first few in full. Pure. */
import { ALARM_PRIORITIES, type AlarmPriority } from '../../model/alarm.ts';
import type { News, NewsItem } from './state.ts';

/** Of each message; the rest is counted. */
const MAX_ITEMS = 25;

export function addNews(to: News | undefined, item: NewsItem): News {
  const { timeMs, seq, priority, kind } = item;
  const news: News = to ?? {
    ...{ raised: 0, cleared: 0, over: 0, byPriority: {}, items: [] },
    ...{ firstMs: timeMs, lastMs: timeMs, firstSeq: seq, lastSeq: seq },
  };
  const same = news.items.find((one) => one.alarm === item.alarm && one.seq === seq && one.kind === kind);
  if (same) {
    if (item.escalatedMinutes !== undefined) same.escalatedMinutes = item.escalatedMinutes;
    return news;
  }
  news[kind] += 1;
  news.byPriority[priority] = (news.byPriority[priority] ?? 0) + 1;
  news.firstMs = Math.min(news.firstMs, timeMs);
  news.lastMs = Math.max(news.lastMs, timeMs);
  news.firstSeq = Math.min(news.firstSeq, seq);
  news.lastSeq = Math.max(news.lastSeq, seq);
  // The more urgent are not pushed out by those that came first.
  if (news.items.length < MAX_ITEMS) news.items.push({ ...item });
  else {
    const least = news.items.findLastIndex((one) => rank(one.priority) > rank(priority));
    if (least >= 0) news.items.splice(least, 1, { ...item });
  }
  return news;
}

/** Notes that an alarm is over which waits to be told; false where it does not wait here. */
export function endNews(news: News | undefined, alarm: string, seq: number, timeMs: number): boolean {
  if (!news) return false;
  const item = news.items.find((one) => one.alarm === alarm && one.seq === seq && one.kind === 'raised');
  const isCountedOnly = !item && news.raised + news.cleared > news.items.length && isBetween(news, seq);
  if (!item && !isCountedOnly) return false;
  if (item?.endedMs === undefined) news.over += 1;
  if (item) item.endedMs = timeMs;
  return true;
}

/** Both together, what came first in front. */
export function joinNews(first: News | undefined, then: News | undefined): News | undefined {
  if (!first || !then) return first ?? then;
  const items = [...first.items];
  let over = 0;
  for (const item of then.items) {
    const raised = items.find((one) => one.alarm === item.alarm && one.seq === item.seq);
    if (item.kind === 'cleared' && raised?.kind === 'raised') {
      over += Number(raised.endedMs === undefined);
      raised.endedMs = item.timeMs;
    } else items.push(item);
  }
  const merged = then.items.length + first.items.length - items.length;
  const byPriority: News['byPriority'] = {};
  for (const priority of ALARM_PRIORITIES) {
    const count = (first.byPriority[priority] ?? 0) + (then.byPriority[priority] ?? 0);
    if (count > 0) byPriority[priority] = count;
  }
  const kept =
    items.length > MAX_ITEMS ? items.toSorted((a, b) => rank(a.priority) - rank(b.priority)) : items;
  return {
    raised: first.raised + then.raised,
    cleared: first.cleared + then.cleared - merged,
    over: first.over + then.over + over,
    byPriority,
    firstMs: Math.min(first.firstMs, then.firstMs),
    lastMs: Math.max(first.lastMs, then.lastMs),
    firstSeq: Math.min(first.firstSeq, then.firstSeq),
    lastSeq: Math.max(first.lastSeq, then.lastSeq),
    items: kept.slice(0, MAX_ITEMS),
    ...(first.held === then.held && first.held ? { held: first.held } : {}),
  };
}

/** The most urgent of what it tells. */
export function urgencyOf({ byPriority }: News): AlarmPriority {
  return ALARM_PRIORITIES.find((priority) => (byPriority[priority] ?? 0) > 0) ?? 'low';
}

function isBetween({ firstSeq, lastSeq }: News, seq: number): boolean {
  return seq >= firstSeq && seq <= lastSeq;
}

function rank(priority: AlarmPriority): number {
  return ALARM_PRIORITIES.indexOf(priority);
}
