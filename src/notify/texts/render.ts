/** From what a message says to the words of it, for one person. Pure. */
import type { AlarmRule } from '../../model/alarm.ts';
import type { NotifyPerson } from '../../model/notify.ts';
import { ownOf } from '../../model/own.ts';
import { cut, oneLine } from '../../model/text.ts';
import type { MessageContent, NewsItem } from '../plan/state.ts';
import type { NotifyWords } from './vocabulary.ts';
import { wordsOf } from './words.ts';

export interface RenderContext {
  readonly site: string;
  readonly timeZone: string;
  /** Where people find an alarm; undefined where nobody has said by which address. */
  readonly pageOf: (alarm: string | undefined) => string | undefined;
  readonly ruleOf: (id: string) => Pick<AlarmRule, 'cause' | 'consequence' | 'action'> | undefined;
}

export interface Rendered {
  readonly subject: string;
  readonly text: string;
}

/** Older news than this say so. */
export const LATE_MS = 300_000;
const MINUTE_MS = 60_000;
const MAX_SUBJECT = 200;
const MAX_TEXT = 8_000;

export function render(
  content: MessageContent,
  person: Pick<NotifyPerson, 'name' | 'language' | 'timeZone'>,
  context: RenderContext,
  nowMs: number,
): Rendered {
  const words = wordsOf(person.language);
  const writing = { words, context, nowMs, timeZone: person.timeZone ?? context.timeZone };
  if (content.kind === 'test') {
    const text = [words.testText(person.name), '', ...footer(writing, undefined)].join('\n');
    return { subject: words.testSubject(context.site), text };
  }
  const one = onlyItem(content);
  const subject = one ? subjectOf(one, words) : summaryOf(content, words);
  const lines = one ? itemLines(one, content, writing) : listLines(subject, content, writing);
  return {
    subject: cut(oneLine(`${subject} - ${context.site}`), MAX_SUBJECT),
    text: cut([...lines, '', ...footer(writing, one?.alarm)].join('\n'), MAX_TEXT),
  };
}

interface Writing {
  readonly words: NotifyWords;
  readonly context: RenderContext;
  readonly timeZone: string;
  readonly nowMs: number;
}

function onlyItem({ kind, news }: MessageContent): NewsItem | undefined {
  return kind === 'news' && news.raised + news.cleared === 1 && news.held !== 'digest'
    ? news.items[0]
    : undefined;
}

function subjectOf(
  { kind, name, subjectName, priority, escalatedMinutes, endedMs }: NewsItem,
  words: NotifyWords,
): string {
  const what = `${subjectName}: ${name} (${words.priority[priority]})`;
  if (kind === 'cleared' || endedMs !== undefined) return words.over(what);
  return escalatedMinutes === undefined ? what : words.notAcknowledged(escalatedMinutes, what);
}

/** In the language of the person, unless it is in the words of who wrote the rule. */
function messageOf({ message, said = [] }: NewsItem, { alarm, locale }: NotifyWords): string {
  const number = new Intl.NumberFormat(locale);
  const pieces = said.map(({ key, values }) =>
    ownOf(alarm, key)?.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = ownOf(values, name) ?? whole;
      return typeof value === 'number' ? number.format(value) : value;
    }),
  );
  const isAllKnown = pieces.length > 0 && pieces.every((piece) => piece !== undefined);
  return isAllKnown ? pieces.join('; ') : message;
}

function summaryOf(
  { kind, news, active, total = 0, failingSinceMs }: MessageContent,
  words: NotifyWords,
): string {
  if (kind === 'flood') return words.flood(news.raised);
  if (kind === 'flood-news') return words.floodNews(total, active);
  if (kind === 'flood-end') return words.floodEnd(total, active);
  if (news.raised === 0) return words.recovered(news.cleared);
  if (news.held === 'digest') return words.digest(news.raised, active);
  if (news.held === 'quiet') return words.afterQuiet(news.raised, active);
  if (failingSinceMs !== undefined) return words.meanwhile(news.raised, active);
  return words.several(news.raised, active);
}

function itemLines(item: NewsItem, content: MessageContent, writing: Writing): string[] {
  const { words, context } = writing;
  const rule = context.ruleOf(item.rule);
  const rows: [string, string | undefined][] = [
    [words.device, item.subjectName],
    [words.area, item.area],
    [words.priorityName, words.priority[item.priority]],
    [words.since, sinceOf(item, writing)],
    [words.cause, rule?.cause],
    [words.consequence, rule?.consequence],
    [words.action, rule?.action],
  ];
  return [
    messageOf(item, words),
    ...failingLines(content, writing),
    '',
    ...rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])),
  ];
}

function listLines(subject: string, content: MessageContent, writing: Writing): string[] {
  const { words } = writing;
  const { news, kind } = content;
  const rest = news.raised + news.cleared - news.items.length;
  return [
    subject,
    ...failingLines(content, writing),
    ...(kind === 'flood' || kind === 'flood-news' ? [words.floodNote()] : []),
    '',
    ...news.items.map(
      (item) => `- ${subjectOf(item, words)}: ${messageOf(item, words)}; ${sinceOf(item, writing)}`,
    ),
    ...(rest > 0 ? [`- ${words.more(rest)}`] : []),
  ];
}

function failingLines({ failingSinceMs }: MessageContent, writing: Writing): string[] {
  if (failingSinceMs === undefined || writing.nowMs - failingSinceMs < MINUTE_MS) return [];
  return [writing.words.failingSince(timeText(failingSinceMs, writing))];
}

/** '27/11/2026, 12:05 (3 h ago), over at …, told late' */
function sinceOf({ activeMs, timeMs, endedMs, kind }: NewsItem, writing: Writing): string {
  const { words, nowMs } = writing;
  const endMs = kind === 'cleared' ? timeMs : endedMs;
  const age = nowMs - timeMs;
  return [
    `${timeText(activeMs, writing)}${nowMs - activeMs < 2 * MINUTE_MS ? '' : ` (${words.ago(ageText(nowMs - activeMs, words))})`}`,
    ...(endMs === undefined ? [] : [`${words.ended} ${timeText(endMs, writing)}`]),
    ...(age < LATE_MS ? [] : [words.late(ageText(age, words))]),
  ].join(', ');
}

function timeText(timeMs: number, { words, timeZone }: Writing): string {
  return new Intl.DateTimeFormat(words.locale, {
    ...{ timeZone, day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit' },
  }).format(timeMs);
}

export function ageText(ms: number, words: NotifyWords): string {
  const minutes = Math.max(0, Math.floor(ms / MINUTE_MS));
  if (minutes < 60) return words.minutes(minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? words.hours(hours, minutes % 60) : words.days(Math.floor(hours / 24), hours % 24);
}

function footer({ words, context }: Writing, alarm: string | undefined): string[] {
  const page = context.pageOf(alarm);
  return [...(page === undefined ? [] : [`${words.page}: ${page}`]), words.sentBy(context.site)];
}
