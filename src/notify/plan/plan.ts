/**
 * Who is told of what, and when: takes what the log says of alarms, and the time, and leaves what is to be told with the lines.
 * Changes the state it is given; knows no clock and no outside. Of each announcement a line is told once, and once for each step
 * of an escalation.
 */
import type { AlarmBody, AlarmTransition } from '../../model/alarm-record.ts';
import { isTransition } from '../../model/alarm-record.ts';
import type { NotifyPerson, NotifyRoute } from '../../model/notify.ts';
import { isSaid } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import { addNews, endNews, joinNews, urgencyOf } from './news.ts';
import { noteNews } from './pace.ts';
import {
  allLines,
  digestNumber,
  isOnDuty,
  isQuiet,
  type PlanContext,
  type Recipient,
  recipientsOf,
} from './recipients.ts';
import { alarmKey, type Line, lineKey, type NewsItem, type OpenAlarm, type PlanState } from './state.ts';

/** Announced alarms that are followed; more are told and not followed. */
const MAX_OPEN = 20_000;
const MINUTE_MS = 60_000;
const MAX_TEXT = 500;

/** A record of kind 'alarm', in the log's order. */
export function takeRecord(
  state: PlanState,
  context: PlanContext,
  record: { readonly seq: number; readonly timeMs: number; readonly body: AlarmBody },
  nowMs: number,
): void {
  const { seq, timeMs, body } = record;
  if (body.event === 'time-jumped') return moveTime(state, body.toMs - body.fromMs);
  if (!isTransition(body) || body.isEvent) return;
  if (body.isAnnounced) return announce(state, context, openOf(body, seq, timeMs), nowMs);
  const open = state.open.get(body.alarm);
  if (!open) return;
  state.changed.add(alarmKey(open.alarm));
  open.state = body.state;
  open.isSilent = body.silence !== undefined;
  if (open.state !== 'active' || open.isSilent) open.steps = [];
  if (open.state === 'active' || open.state === 'acknowledged') return;
  state.open.delete(open.alarm);
  tellEnd(state, context, open, { timeMs, nowMs });
}

/** What is due by now: hours that began, steps of escalations, quiet times that are over, digests. */
export function takeTime(state: PlanState, context: PlanContext, nowMs: number): void {
  for (const open of state.open.values()) {
    if (open.steps.some(({ dueMs }) => dueMs <= nowMs)) escalate(state, context, open, nowMs);
    if (open.state === 'active' && !open.isSilent) beginHours(state, context, open, nowMs);
  }
  const known = allLines(context.book);
  for (const line of state.lines.values()) {
    const recipient = known.get(line.id);
    if (recipient) release(state, context, line, recipient, nowMs);
  }
}

/** When `takeTime` has something to do next, at the latest; Infinity for never. */
export function nextTimeMs(state: PlanState, nowMs: number): number {
  let nextMs = Number.POSITIVE_INFINITY;
  const byTheWall = [...state.lines.values()].some(
    (line) => line.quiet || Object.keys(line.digests).length > 0,
  );
  for (const { steps, lines } of state.open.values()) {
    for (const { dueMs } of steps) nextMs = Math.min(nextMs, dueMs);
    if (nextMs > nowMs + MINUTE_MS && Object.values(lines).some((route) => route !== ''))
      nextMs = nowMs + MINUTE_MS;
  }
  // Clocks on walls are put forward and back: they are looked at each minute while something waits for them.
  return byTheWall ? Math.min(nextMs, nowMs + MINUTE_MS) : nextMs;
}

function openOf(body: AlarmTransition, seq: number, timeMs: number): OpenAlarm {
  const { alarm, rule, name, subject, subjectName, area, priority, message, said, activeMs, state } = body;
  return {
    ...{ alarm, rule, name, subject, subjectName, area, priority, activeMs, state, seq, timeMs },
    message: cut(message, MAX_TEXT),
    ...(isSaid(said) ? { said } : {}),
    ...{ isSilent: false, lines: {}, recovery: [], steps: [] },
  };
}

function announce(state: PlanState, context: PlanContext, open: OpenAlarm, nowMs: number): void {
  const before = state.open.get(open.alarm);
  for (const route of context.book.routes.values()) {
    if (!concerns(route, open)) continue;
    const isNow = isOnDuty(context, route, nowMs);
    for (const recipient of recipientsOf(context.book, route.to, route)) {
      if (route.recovery && !open.recovery.includes(recipient.line)) open.recovery.push(recipient.line);
      const held = open.lines[recipient.line];
      if (held === '') continue;
      if (isNow) tell(state, context, open, recipient, { nowMs, route });
      else open.lines[recipient.line] = held ?? route.id;
    }
    if (isNow) startSteps(open, route, nowMs);
  }
  if (Object.keys(open.lines).length === 0 && open.steps.length === 0) {
    if (before) dropOpen(state, open.alarm);
    return;
  }
  if (before || state.open.size < MAX_OPEN) state.open.set(open.alarm, open);
  state.changed.add(alarmKey(open.alarm));
}

function dropOpen(state: PlanState, alarm: string): void {
  state.open.delete(alarm);
  state.changed.add(alarmKey(alarm));
}

function concerns(
  { enabled, priorities, areas, rules }: NotifyRoute,
  { priority, area, rule }: OpenAlarm,
): boolean {
  return (
    enabled &&
    priorities.includes(priority) &&
    (areas === undefined || (area !== undefined && areas.includes(area))) &&
    (rules === undefined || rules.includes(rule))
  );
}

function startSteps(open: OpenAlarm, { id, escalate: steps }: NotifyRoute, nowMs: number): void {
  for (const [step, { afterMinutes }] of steps.entries())
    open.steps.push({ route: id, step, dueMs: nowMs + afterMinutes * MINUTE_MS });
}

interface Telling {
  readonly nowMs: number;
  readonly route: NotifyRoute;
  readonly escalatedMinutes?: number | undefined;
}

/** Leaves the alarm with the line: at once, or until the quiet time is over, or for the digest. */
function tell(
  state: PlanState,
  context: PlanContext,
  open: OpenAlarm,
  { line: id, person, address }: Recipient,
  { nowMs, route, escalatedMinutes }: Telling,
): void {
  open.lines[id] = '';
  const line = lineAt(state, id, person.id, address);
  // A relay goes by what is open.
  if (address.channel === 'downlink') return;
  noteNews(line, nowMs);
  const item = {
    ...itemOf(open, 'raised', open.timeMs),
    ...(escalatedMinutes === undefined ? {} : { escalatedMinutes }),
  };
  if (route.digestAt !== undefined && escalatedMinutes === undefined)
    line.digests[route.id] = addNews(line.digests[route.id], { ...item, timeMs: nowMs });
  else if (isQuiet(context, person, open.priority, nowMs)) line.quiet = addNews(line.quiet, item);
  else line.now = { ...addNews(line.now, item), held: undefined };
}

function lineAt(state: PlanState, id: string, person: string, address: Line['address']): Line {
  const line = state.lines.get(id) ?? { id, person, address, digests: {}, sent: [], level: 'off' as const };
  state.lines.set(id, line);
  state.changed.add(lineKey(id));
  return line;
}

function itemOf(open: OpenAlarm, kind: NewsItem['kind'], timeMs: number): NewsItem {
  const { alarm, seq, rule, name, subject, subjectName, area, priority, message, said, activeMs } = open;
  return {
    ...{ alarm, seq, rule, name, subject, subjectName, area, priority, message, activeMs, kind, timeMs },
    ...(said ? { said } : {}),
  };
}

/** To those who were told of it or wait to be; the others hear nothing of it. */
function tellEnd(
  state: PlanState,
  context: PlanContext,
  open: OpenAlarm,
  { timeMs, nowMs }: { readonly timeMs: number; readonly nowMs: number },
): void {
  for (const [id, held] of Object.entries(open.lines)) {
    const line = state.lines.get(id);
    if (!line || held !== '') continue;
    state.changed.add(lineKey(id));
    // One that is on its way says nothing of it, and may come back.
    endNews(line.current?.content.news, open.alarm, open.seq, timeMs);
    const waiting = [line.now, line.quiet, ...Object.values(line.digests)];
    const wasWaiting = waiting.filter((news) => endNews(news, open.alarm, open.seq, timeMs)).length > 0;
    if (wasWaiting || line.address.channel === 'downlink' || !open.recovery.includes(id)) continue;
    const item = itemOf(open, 'cleared', timeMs);
    const person = context.book.people.get(line.person);
    if (person && isQuiet(context, person, open.priority, nowMs)) line.quiet = addNews(line.quiet, item);
    else line.now = { ...addNews(line.now, item), held: undefined };
  }
}

function escalate(state: PlanState, context: PlanContext, open: OpenAlarm, nowMs: number): void {
  const due = open.steps.filter(({ dueMs }) => dueMs <= nowMs);
  open.steps = open.steps.filter(({ dueMs }) => dueMs > nowMs);
  state.changed.add(alarmKey(open.alarm));
  if (open.state !== 'active' || open.isSilent) return;
  const told = new Set<string>();
  for (const { route: id, step } of due) {
    const route = context.book.routes.get(id);
    const wanted = route?.escalate[step];
    if (!route?.enabled || !wanted) continue;
    for (const recipient of recipientsOf(context.book, wanted.to, route)) {
      if (told.has(recipient.line)) continue;
      told.add(recipient.line);
      tell(state, context, open, recipient, { nowMs, route, escalatedMinutes: wanted.afterMinutes });
      if (route.recovery && !open.recovery.includes(recipient.line)) open.recovery.push(recipient.line);
    }
  }
}

/** The hours of a route have begun for which an alarm waits. */
function beginHours(state: PlanState, context: PlanContext, open: OpenAlarm, nowMs: number): void {
  const started = new Set<NotifyRoute>();
  for (const [id, routeId] of Object.entries(open.lines)) {
    const route = context.book.routes.get(routeId);
    if (routeId === '' || (route && !isOnDuty(context, route, nowMs))) continue;
    const recipient = route && recipientsOf(context.book, route.to, route).find(({ line }) => line === id);
    if (route && recipient) tell(state, context, open, recipient, { nowMs, route });
    else delete open.lines[id];
    if (route) started.add(route);
    state.changed.add(alarmKey(open.alarm));
  }
  for (const route of started) startSteps(open, route, nowMs);
}

/** What was held back for a time that is over. */
function release(
  state: PlanState,
  context: PlanContext,
  line: Line,
  { person }: Recipient,
  nowMs: number,
): void {
  const { quiet } = line;
  if (quiet && !isQuiet(context, person, 'low', nowMs)) {
    line.now = joinNews({ ...quiet, held: 'quiet' }, line.now);
    line.quiet = undefined;
    state.changed.add(lineKey(line.id));
  }
  for (const [id, news] of Object.entries(line.digests)) {
    const at = context.book.routes.get(id)?.digestAt ?? '00:00';
    const number = (timeMs: number) => digestNumber(context, person, at, timeMs);
    if (number(nowMs) <= number(news.firstMs)) continue;
    delete line.digests[id];
    line.now = joinNews({ ...news, held: 'digest' }, line.now);
    state.changed.add(lineKey(line.id));
  }
}

/** Puts aside what came before the quiet time and could not leave until now; true where it was. */
export function holdBack(
  state: PlanState,
  context: PlanContext,
  line: Line,
  person: NotifyPerson,
  nowMs: number,
): boolean {
  if (!line.now || !isQuiet(context, person, urgencyOf(line.now), nowMs)) return false;
  line.quiet = joinNews(line.quiet, line.now);
  line.now = undefined;
  state.changed.add(lineKey(line.id));
  return true;
}

/** The clock was set, or the box was off: what was to happen after a time happens that much later. */
function moveTime(state: PlanState, byMs: number): void {
  if (byMs < 0) for (const line of state.lines.values()) moveBack(state, line, byMs);
  for (const open of state.open.values()) {
    if (open.steps.length === 0) continue;
    open.steps = open.steps.map((step) => ({ ...step, dueMs: step.dueMs + byMs }));
    state.changed.add(alarmKey(open.alarm));
  }
}

/** A clock that was ahead: what was told by it must not hold up the next message until that time has come. */
function moveBack({ changed }: PlanState, line: Line, byMs: number): void {
  line.sent = line.sent.map((one) => ({ ...one, timeMs: one.timeMs + byMs }));
  if (line.flood) {
    const { sinceMs, lastMs, toldMs } = line.flood;
    const moved = { sinceMs: sinceMs + byMs, lastMs: lastMs + byMs, toldMs: toldMs + byMs };
    line.flood = { ...line.flood, ...moved };
  }
  for (const news of [line.now, line.quiet, ...Object.values(line.digests)]) {
    if (!news) continue;
    news.firstMs += byMs;
    news.lastMs += byMs;
  }
  changed.add(lineKey(line.id));
}
