/** Alarms as people see them, from the state of the engine: the list, its figures, and what came together. Pure. */
import {
  ALARM_PRIORITIES,
  ALARM_STATES,
  type Alarm,
  type AlarmPriority,
  type AlarmState,
} from '../model/alarm.ts';
import type { AlarmFilter, AlarmGroup, AlarmPage, AlarmSummary } from '../model/alarm-service.ts';
import { ownOf } from '../model/own.ts';
import { tell } from '../model/said.ts';
import type { Engine } from './core/engine.ts';
import type { SiteView } from './core/site.ts';
import type { AlarmEntry } from './core/state.ts';
import { isActive } from './core/state-machine.ts';
import type { Instance } from './core/subjects.ts';
import { isAlarm } from './core/transitions.ts';

const HOUR_MS = 3_600_000;
const FLOOD_MS = 600_000;
const FLOOD = 10;

export interface Viewed {
  readonly engine: Engine;
  readonly site: SiteView;
  readonly nowMs: number;
}

export function listAlarms(viewed: Viewed, filter: AlarmFilter = {}): Alarm[] {
  const { state } = viewed.engine;
  const found: Alarm[] = [];
  for (const [id, entry] of state.alarms) {
    if (entry.state === 'normal' && !entry.shelved && !entry.outOfService) continue;
    const alarm = alarmOf(viewed, id, entry);
    if (alarm && fits(alarm, filter)) found.push(alarm);
  }
  return found.sort(byUrgency);
}

export function alarmOf(viewed: Viewed, id: string, entry?: AlarmEntry): Alarm | undefined {
  const instance = viewed.engine.subjects().byId.get(id);
  if (!instance) return undefined;
  return view(viewed, instance, entry ?? viewed.engine.state.alarms.get(id));
}

function view(
  { site, nowMs }: Viewed,
  { id, plan, subject }: Instance,
  entry: AlarmEntry | undefined,
): Alarm {
  const { rule } = plan;
  const device = site.devices.get(subject);
  const field = 'field' in rule.condition ? rule.condition.field : undefined;
  const isGateway = rule.condition.kind === 'gateway-offline';
  return {
    ...{ id, rule: rule.id, name: rule.name, subject },
    subjectName: isGateway ? site.gatewayName(subject) : (device?.name ?? rule.name),
    device: device && subject,
    area: device?.area,
    ...{ priority: rule.priority, state: entry?.state ?? 'normal', isEvent: !isAlarm(rule) },
    message: entry?.message ?? '',
    said: entry?.said,
    ...{ cause: rule.cause, consequence: rule.consequence, action: rule.action },
    ...{ value: entry?.value, limit: entry?.limit },
    unit: field === undefined ? undefined : ownOf(device?.fields, field)?.unit,
    activeMs: entry?.activeMs ?? 0,
    ...{ clearedMs: entry?.clearedMs, acknowledged: entry?.acknowledged, silence: entry?.silence },
    ...{ shelved: entry?.shelved, outOfService: entry?.outOfService, parent: entry?.parent },
    isFirstUp: entry?.isFirstUp ?? false,
    group: entry?.group ?? '',
    timesInHour: entry?.times.filter((one) => one > nowMs - HOUR_MS).length ?? 0,
  };
}

function fits(alarm: Alarm, filter: AlarmFilter): boolean {
  return (Object.entries(filter) as [keyof AlarmFilter, string | undefined][]).every(
    ([name, wanted]) => wanted === undefined || alarm[name] === wanted,
  );
}

const STATE_ORDER: Readonly<Record<AlarmState, number>> = {
  active: 0,
  acknowledged: 1,
  cleared: 2,
  latched: 2,
  normal: 3,
};

/** What of an alarm says where it stands in the list. */
type Place = Pick<Alarm, 'silence' | 'isEvent' | 'state' | 'priority' | 'activeMs' | 'id'>;

/**
 * One page of the list. A place is named by what an alarm was there, so that what comes, goes or changes between two pages moves no
 * other one out of the next.
 */
export function pageOf(list: readonly Alarm[], limit: number, after?: string): AlarmPage | undefined {
  const place = after === undefined ? undefined : placeIn(after);
  if (after !== undefined && !place) return undefined;
  const rest = place ? list.filter((alarm) => byUrgency(alarm, place) > 0) : list;
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (!last || rest.length <= limit) return { items };
  const { silence, isEvent, state, priority, activeMs, id } = last;
  const next = [silence === undefined ? 0 : 1, Number(isEvent), state, priority, activeMs, id].join(' ');
  return { items, next };
}

const PLACE = /^([01]) ([01]) ([a-z]+) ([a-z]+) (\d{1,16}(?:\.\d+)?) (\S{1,200})$/;

function placeIn(text: string): Place | undefined {
  const [, silent, event, word, urgency, activeMs, id = ''] = PLACE.exec(text) ?? [];
  const state = ALARM_STATES.find((one) => one === word);
  const priority = ALARM_PRIORITIES.find((one) => one === urgency);
  if (!state || !priority) return undefined;
  return {
    silence: silent === '1' ? 'shelved' : undefined,
    ...{ isEvent: event === '1', state, priority, activeMs: Number(activeMs), id },
  };
}

/** What makes noise first, then active ones, the urgent, the newest. */
function byUrgency(a: Place, b: Place): number {
  if (a.id === b.id) return 0;
  return (
    Number(a.silence !== undefined) - Number(b.silence !== undefined) ||
    Number(a.isEvent) - Number(b.isEvent) ||
    STATE_ORDER[a.state] - STATE_ORDER[b.state] ||
    rank(a.priority) - rank(b.priority) ||
    b.activeMs - a.activeMs ||
    (a.id < b.id ? -1 : 1)
  );
}

function rank(priority: AlarmPriority): number {
  return ALARM_PRIORITIES.indexOf(priority);
}

export function summaryOf(viewed: Viewed, revision: number): AlarmSummary {
  const { engine, nowMs } = viewed;
  const { alarms } = engine.state;
  const all = listAlarms(viewed);
  const counts = emptyCounts();
  const silent = { shelved: 0, suppressed: 0, outOfService: 0 };
  for (const alarm of all) {
    if (alarm.shelved) silent.shelved += 1;
    if (alarm.outOfService) silent.outOfService += 1;
    if (alarm.silence === 'maintenance' || alarm.silence === 'parent') silent.suppressed += 1;
    if (alarm.isEvent || alarm.silence || alarm.state === 'normal') continue;
    counts[alarm.state][alarm.priority] += 1;
  }
  let inTenMinutes = 0;
  for (const [id, entry] of alarms) {
    const instance = engine.subjects().byId.get(id);
    if (!instance || !isAlarm(instance.plan.rule) || entry.silence) continue;
    inTenMinutes += entry.times.filter((one) => one > nowMs - FLOOD_MS).length;
  }
  const top = all.find(({ state, silence, isEvent }) => state === 'active' && !silence && !isEvent);
  return {
    ...{ revision, counts, ...silent, inTenMinutes, isFlood: inTenMinutes > FLOOD },
    ...(top ? { top } : {}),
    ruleProblems: engine.subjects().problems.size,
  };
}

type Counts = Record<Exclude<AlarmState, 'normal'>, Record<AlarmPriority, number>>;

function emptyCounts(): Counts {
  const none = () => Object.fromEntries(ALARM_PRIORITIES.map((priority) => [priority, 0]));
  const states = ALARM_STATES.filter((state) => state !== 'normal');
  return Object.fromEntries(states.map((state) => [state, none()])) as Counts;
}

/** Of what is active, hidden or not, where more than one came together. */
export function groupsOf(viewed: Viewed): AlarmGroup[] {
  const byGroup = new Map<string, Alarm[]>();
  for (const alarm of listAlarms(viewed)) {
    if (!isActive(alarm.state) || alarm.isEvent) continue;
    const members = byGroup.get(alarm.group) ?? [];
    byGroup.set(alarm.group, members);
    members.push(alarm);
  }
  return [...byGroup]
    .filter(([, members]) => members.length > 1)
    .map(([key, members]) => groupOf(viewed, key, members));
}

function groupOf({ site, engine }: Viewed, key: string, members: readonly Alarm[]): AlarmGroup {
  const [kind = '', ...rest] = key.split(':');
  const name = rest.join(':');
  const children = members.filter(({ device }) => device !== undefined);
  const first = [...members].sort(
    (a, b) => Number(b.device === undefined) - Number(a.device === undefined) || a.activeMs - b.activeMs,
  )[0];
  const count = members.length;
  const { detail: title, said } =
    kind === 'gateway'
      ? tell('alarms.behind', { count: children.length, name: site.gatewayName(name) })
      : kind === 'area'
        ? tell('alarms.inArea', { count, name })
        : tell('alarms.ofRule', { count, name: engine.state.rules.get(name)?.name ?? name });
  return {
    ...{ key, title, said, count },
    unacknowledged: members.filter(({ state }) => state === 'active').length,
    priority: ALARM_PRIORITIES[Math.min(...members.map(({ priority }) => rank(priority)))] ?? 'low',
    sinceMs: Math.min(...members.map(({ activeMs }) => activeMs)),
    first: first?.id ?? '',
  };
}
