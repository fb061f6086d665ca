/** A site of the imagination for the planner: people, routes, an engine that raises alarms, and a way out that may be closed. */
import type { AlarmPriority } from '../../../src/model/alarm.ts';
import type { AlarmTransition } from '../../../src/model/alarm-record.ts';
import type { NotifyBook, NotifyPersonInput, NotifyRouteInput } from '../../../src/model/notify.ts';
import { dueMs, noteSent, putBack, takeContent } from '../../../src/notify/plan/pace.ts';
import { holdBack, takeRecord, takeTime } from '../../../src/notify/plan/plan.ts';
import type { PlanContext } from '../../../src/notify/plan/recipients.ts';
import { emptyState, type MessageContent, type PlanState } from '../../../src/notify/plan/state.ts';

const kept = { revision: 1, changedMs: 0, changedBy: 'user ada' };

export function personOf(id: string, given: Partial<NotifyPersonInput> = {}) {
  const addresses = [{ channel: 'email', to: `${id}@site.example` }] as const;
  return { id, name: id, language: 'en' as const, addresses, ...given, ...kept };
}

export function routeOf(id: string, given: Partial<NotifyRouteInput> = {}) {
  const priorities = ['critical', 'high', 'medium', 'low'] as const;
  return {
    ...{ id, name: id, enabled: true, priorities, to: [], recovery: false, escalate: [] },
    ...given,
    ...kept,
  };
}

export function bookWith(
  people: readonly ReturnType<typeof personOf>[],
  routes: readonly ReturnType<typeof routeOf>[],
): NotifyBook {
  return {
    people: new Map(people.map((one) => [one.id, one])),
    groups: new Map(),
    routes: new Map(routes.map((one) => [one.id, one])),
  };
}

export interface SentMessage {
  readonly person: string;
  readonly timeMs: number;
  readonly content: MessageContent;
}

export interface ImaginedSite {
  readonly state: PlanState;
  readonly sent: SentMessage[];
  nowMs(): number;
  /** Says of one alarm what the engine would. */
  say(event: AlarmTransition['event'], alarm: string, given?: Partial<AlarmTransition>): number;
  raise(alarm: string, priority?: AlarmPriority): number;
  /** The clock is set. */
  setClock(toMs: number): void;
  /** Goes on in steps, sending what is due. */
  goOn(ms: number, stepMs?: number): void;
  setLine(isUp: boolean): void;
}

export function imaginedSite(book: NotifyBook, startMs: number, timeZone = 'Europe/Berlin'): ImaginedSite {
  const context: PlanContext = { book, timeZone };
  const state = emptyState(0);
  const sent: SentMessage[] = [];
  let nowMs = startMs;
  let seq = 0;
  let isUp = true;
  let failingSinceMs: number | undefined;

  function sendDue(): void {
    for (const line of state.lines.values()) {
      if (line.current) putBack(line, line.current.content);
      line.current = undefined;
    }
    for (const line of state.lines.values()) {
      const person = book.people.get(line.person);
      if (!person || dueMs(line, nowMs) > nowMs || holdBack(state, context, line, person, nowMs)) continue;
      const content = takeContent(state, line, nowMs, failingSinceMs);
      if (!content) continue;
      if (isUp) {
        sent.push({ person: line.person, timeMs: nowMs, content: structuredClone(content) });
        noteSent(line, content, nowMs);
      } else {
        failingSinceMs ??= nowMs;
        // It comes back with the next turn, after other news.
        line.current = { messageId: '', madeMs: nowMs, content, subject: '', text: '', maybeArrived: false };
      }
    }
  }

  function say(event: AlarmTransition['event'], alarm: string, given: Partial<AlarmTransition> = {}): number {
    seq += 1;
    const body: AlarmTransition = {
      ...{ event, alarm, rule: alarm, subject: 'x', name: alarm, subjectName: `device of ${alarm}` },
      ...{ priority: 'high', state: 'active', isAnnounced: false, message: 'too high', activeMs: nowMs },
      ...{ group: 'rule:x', n: seq, afterSeq: seq - 1, ...given },
    };
    takeRecord(state, context, { seq, timeMs: nowMs, body }, nowMs);
    sendDue();
    return seq;
  }

  return {
    ...{ state, sent, say },
    nowMs: () => nowMs,
    raise: (alarm, priority = 'high') => say('raised', alarm, { isAnnounced: true, priority }),
    setClock(toMs) {
      seq += 1;
      const jump = { event: 'time-jumped', fromMs: nowMs, toMs, n: seq, afterSeq: seq - 1 } as const;
      nowMs = toMs;
      takeRecord(state, context, { seq, timeMs: toMs, body: jump }, nowMs);
    },
    goOn(ms, stepMs = 30_000) {
      for (const endMs = nowMs + ms; nowMs < endMs; ) {
        nowMs = Math.min(endMs, nowMs + stepMs);
        takeTime(state, context, nowMs);
        sendDue();
      }
    },
    setLine(up) {
      isUp = up;
      if (up) failingSinceMs = undefined;
    },
  };
}
