/**
 * What is known while alarms are told: the alarms that are announced and not over, and for each address what waits and what is
 * on its way. Each is one row of what the store keeps; `changed` names those to be written with the next change.
 */
import type { AlarmPriority, AlarmState } from '../../model/alarm.ts';
import type { NotifyAddress } from '../../model/notify.ts';
import type { Said } from '../../model/said.ts';

/** An alarm that was announced, until it is over. */
export interface OpenAlarm {
  readonly alarm: string;
  readonly rule: string;
  readonly name: string;
  readonly subject: string;
  readonly subjectName: string;
  readonly area?: string | undefined;
  readonly priority: AlarmPriority;
  readonly message: string;
  /** The message piece by piece, for people who are told in another language. */
  readonly said?: readonly Said[] | undefined;
  /** Of the record that announced it; names the announcement. */
  readonly seq: number;
  readonly timeMs: number;
  readonly activeMs: number;
  state: AlarmState;
  isSilent: boolean;
  /** Lines that are told of it; with the route whose hours it waits for, or ''. */
  readonly lines: Record<string, string>;
  /** Lines that want to hear when it is over. */
  recovery: string[];
  /** Whom to tell when nobody has acknowledged it by then. */
  steps: { readonly route: string; readonly step: number; readonly dueMs: number }[];
}

/** One thing to be told of an alarm. */
export interface NewsItem {
  readonly alarm: string;
  readonly seq: number;
  readonly rule: string;
  readonly name: string;
  readonly subject: string;
  readonly subjectName: string;
  readonly area?: string | undefined;
  readonly priority: AlarmPriority;
  readonly message: string;
  readonly said?: readonly Said[] | undefined;
  /** 'cleared': it was told before, and is over. */
  readonly kind: 'raised' | 'cleared';
  /** When it happened. */
  readonly timeMs: number;
  readonly activeMs: number;
  /** Nobody has acknowledged it for so many minutes. */
  escalatedMinutes?: number | undefined;
  /** It was over before it could be told. */
  endedMs?: number | undefined;
}

/** What waits to be told, counted; the first few in full. */
export interface News {
  raised: number;
  cleared: number;
  /** Of `raised`: over before they could be told. */
  over: number;
  byPriority: Partial<Record<AlarmPriority, number>>;
  firstMs: number;
  lastMs: number;
  firstSeq: number;
  lastSeq: number;
  items: NewsItem[];
  /** It was held back for a reason. */
  held?: 'quiet' | 'digest' | undefined;
}

/** What a message says; the words come later. */
export interface MessageContent {
  readonly kind: 'news' | 'flood' | 'flood-news' | 'flood-end' | 'test' | 'on' | 'off';
  readonly news: News;
  /** Of those told of in all, still active. */
  readonly active: number;
  /** Of a flood: all since it began. */
  readonly total?: number | undefined;
  readonly sinceMs?: number | undefined;
  /** Since when nothing could be sent. */
  readonly failingSinceMs?: number | undefined;
}

/** A message as it leaves; the same again where nobody knows whether it arrived. */
export interface OutMessage {
  readonly messageId: string;
  readonly madeMs: number;
  readonly content: MessageContent;
  readonly subject: string;
  readonly text: string;
  /** An attempt ended without an answer. */
  maybeArrived: boolean;
}

/** One address of one person. */
export interface Line {
  readonly id: string;
  readonly person: string;
  readonly address: NotifyAddress;
  now?: News | undefined;
  quiet?: News | undefined;
  /** By route. */
  digests: Record<string, News>;
  current?: OutMessage | undefined;
  /** Messages of the last hour. */
  sent: { readonly timeMs: number; readonly priority: AlarmPriority }[];
  flood?:
    | {
        readonly sinceMs: number;
        /** Told of in the messages of the flood. */
        count: number;
        lastMs: number;
        toldMs: number;
        urgency: AlarmPriority;
      }
    | undefined;
  failing?:
    | {
        attempts: number;
        refusals: number;
        sinceMs: number;
        answer: string;
        said?: readonly Said[] | undefined;
      }
    | undefined;
  /** Of a relay: what it was told last. */
  level: 'on' | 'off';
  /** Of a relay that is on and nobody's any more: it is switched off, then forgotten. */
  isClosing?: true | undefined;
}

export interface PlanState {
  position: number;
  readonly open: Map<string, OpenAlarm>;
  readonly lines: Map<string, Line>;
  /** Keys of the rows to be written; what is gone by then is removed. */
  readonly changed: Set<string>;
}

export const POSITION = 'position';
const ALARM = 'alarm:';
const LINE = 'line:';

export const alarmKey = (alarm: string): string => ALARM + alarm;
export const lineKey = (line: string): string => LINE + line;

export function emptyState(position: number): PlanState {
  return { position, open: new Map(), lines: new Map(), changed: new Set() };
}

/** From the rows that were kept; undefined where there are none. */
export function readState(rows: ReadonlyMap<string, unknown>): PlanState | undefined {
  const position = rows.get(POSITION);
  if (typeof position !== 'number') return undefined;
  const state = emptyState(position);
  for (const [key, row] of rows) {
    if (key.startsWith(ALARM)) state.open.set(key.slice(ALARM.length), row as OpenAlarm);
    if (key.startsWith(LINE)) state.lines.set(key.slice(LINE.length), row as Line);
  }
  return state;
}

/** The rows that have changed, and begins anew. The values are copies: the state goes on while they are written. */
export function takeChanges(state: PlanState): { put: Map<string, unknown>; remove: string[] } {
  const put = new Map<string, unknown>([[POSITION, state.position]]);
  const remove: string[] = [];
  for (const key of state.changed) {
    if (key === POSITION) continue;
    const row = key.startsWith(ALARM)
      ? state.open.get(key.slice(ALARM.length))
      : state.lines.get(key.slice(LINE.length));
    if (row === undefined) remove.push(key);
    else put.set(key, structuredClone(row));
  }
  state.changed.clear();
  return { put, remove };
}
