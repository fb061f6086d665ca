/** What becomes of one alarm: its condition begins or ends to hold, a delay is over, a person does something, a silence comes or goes. */
import type { AlarmSilence, Shelf } from '../../model/alarm.ts';
import type { AlarmEvent, AlarmTransition } from '../../model/alarm-record.ts';
import { ownOf } from '../../model/own.ts';
import { type EngineContext, emit, joinGroup, leaveGroup } from './context.ts';
import type { Verdict } from './judge.ts';
import { messageOf } from './message.ts';
import { type AlarmEntry, newEntry } from './state.ts';
import { isActive, nextState, type Trigger } from './state-machine.ts';
import type { Instance } from './subjects.ts';

const HOUR_MS = 3_600_000;
const MAX_TIMES = 10;

export type Extra = Partial<Pick<AlarmTransition, 'by' | 'reason' | 'untilMs'>>;

export function entryOf({ state }: EngineContext, { id, plan, subject }: Instance): AlarmEntry {
  const known = state.alarms.get(id);
  if (known) return known;
  const entry = newEntry(plan.rule.id, subject);
  state.alarms.set(id, entry);
  return entry;
}

/** The condition was looked at. `durationMs`: for how long what is wrong has been so. */
export function settle(
  context: EngineContext,
  instance: Instance,
  verdict: Verdict,
  timeMs: number,
  durationMs?: number,
): void {
  const { state, timers, dirty } = context;
  const { id, plan } = instance;
  const known = state.alarms.get(id);
  if (known?.past) {
    known.past = undefined;
    dirty.alarms.add(id);
  }
  if ((known?.holds ?? false) === verdict.holds) {
    // The delay runs: the newest value is the one that is told.
    if (known?.dueMs !== undefined && verdict.holds) {
      note(known, verdict);
      dirty.alarms.add(id);
    }
    return;
  }
  const entry = entryOf(context, instance);
  dirty.alarms.add(id);
  entry.holds = verdict.holds;
  if (verdict.holds) note(entry, verdict);
  if (verdict.holds === isActive(entry.state)) {
    entry.dueMs = undefined;
    timers.drop(`d:${id}`);
    forgetIdle(context, id, entry);
    return;
  }
  const delayMs = verdict.holds ? plan.rule.onDelayMs : plan.rule.offDelayMs;
  if (delayMs <= 0) return follow(context, instance, entry, timeMs, durationMs);
  entry.dueMs = timeMs + delayMs;
  timers.set(`d:${id}`, entry.dueMs);
}

function note(entry: AlarmEntry, { value, limit }: Verdict): void {
  entry.value = value;
  entry.limit = limit;
}

/** A delay is over: the alarm follows its condition. */
export function delayOver(context: EngineContext, instance: Instance, dueMs: number): void {
  const entry = context.state.alarms.get(instance.id);
  if (entry?.dueMs === undefined) return;
  entry.dueMs = undefined;
  context.dirty.alarms.add(instance.id);
  if (entry.holds !== isActive(entry.state))
    follow(context, instance, entry, dueMs, instance.plan.rule.onDelayMs);
}

function follow(
  context: EngineContext,
  instance: Instance,
  entry: AlarmEntry,
  timeMs: number,
  durationMs = 0,
): void {
  if (entry.holds) raise(context, instance, entry, timeMs, durationMs);
  else clear(context, instance, entry, timeMs);
}

function raise(
  context: EngineContext,
  instance: Instance,
  entry: AlarmEntry,
  timeMs: number,
  durationMs: number,
): void {
  const { plan, subject } = instance;
  if (!move(instance, entry, 'raise')) return;
  entry.activeMs = timeMs;
  entry.clearedMs = undefined;
  entry.acknowledged = undefined;
  entry.times = [...entry.times.filter((one) => one > timeMs - HOUR_MS), timeMs].slice(-MAX_TIMES);
  const { silence, parent } = silenceOf(context, instance, entry);
  entry.silence = silence;
  entry.parent = parent;
  entry.group = groupOf(context, instance, entry);
  const device = context.site.devices.get(subject);
  const found = { subjectName: nameOf(context, instance), device, value: entry.value, limit: entry.limit };
  Object.assign(entry, messageOf(plan, { ...found, durationMs }));
  entry.isFirstUp = false;
  announce(context, instance, entry);
  if (entry.wasAnnounced && context.groups.get(entry.group)?.size === 1) entry.isFirstUp = true;
  tell(context, instance, entry, 'raised', timeMs, entry.wasAnnounced);
}

/** Whether somebody is to hear of it, and that they do. */
function announce(context: EngineContext, { id, plan }: Instance, entry: AlarmEntry): void {
  entry.wasAnnounced = isAlarm(plan.rule) && entry.silence === undefined;
  if (entry.wasAnnounced) joinGroup(context, entry.group, id);
}

function clear(context: EngineContext, instance: Instance, entry: AlarmEntry, timeMs: number): void {
  if (!move(instance, entry, 'clear')) return;
  entry.clearedMs = timeMs;
  leaveGroup(context, entry.group, instance.id);
  tell(context, instance, entry, 'cleared', timeMs);
}

function move({ plan }: Instance, entry: AlarmEntry, trigger: Trigger): boolean {
  const { rule } = plan;
  const kind = { isEvent: !isAlarm(rule), latched: rule.latched, wasAnnounced: entry.wasAnnounced };
  const next = nextState(entry.state, trigger, kind);
  if (next !== undefined) entry.state = next;
  return next !== undefined;
}

export function isAlarm({ action }: { readonly action?: string | undefined }): boolean {
  return action !== undefined && action !== '';
}

/** False where there is nothing to acknowledge. */
export function acknowledge(
  context: EngineContext,
  instance: Instance,
  timeMs: number,
  by: string,
  comment: string | undefined,
): boolean {
  const entry = context.state.alarms.get(instance.id);
  if (!entry || !move(instance, entry, 'acknowledge')) return false;
  context.dirty.alarms.add(instance.id);
  entry.acknowledged = { by, timeMs, ...(comment === undefined ? {} : { comment }) };
  const event = entry.state === 'normal' ? 'reset' : 'acknowledged';
  tell(context, instance, entry, event, timeMs, false, { by, reason: comment });
  return true;
}

export function setShelf(
  context: EngineContext,
  instance: Instance,
  timeMs: number,
  shelf: Shelf | undefined,
  by: string,
): void {
  const entry = entryOf(context, instance);
  entry.shelved = shelf;
  if (shelf) context.timers.set(`h:${instance.id}`, shelf.untilMs);
  else context.timers.drop(`h:${instance.id}`);
  const extra = shelf ? { by, reason: shelf.reason, untilMs: shelf.untilMs } : { by };
  changeSilence(context, instance, entry, shelf ? 'shelved' : 'unshelved', timeMs, extra);
}

export function setService(
  context: EngineContext,
  instance: Instance,
  timeMs: number,
  reason: string | undefined,
  by: string,
): void {
  const entry = entryOf(context, instance);
  entry.outOfService = reason === undefined ? undefined : { by, timeMs, reason };
  const event = reason === undefined ? 'in-service' : 'out-of-service';
  changeSilence(context, instance, entry, event, timeMs, { by, reason });
}

/** What hides it may have changed: maintenance, a gateway. */
export function refreshSilence(context: EngineContext, instance: Instance, timeMs: number): void {
  const entry = context.state.alarms.get(instance.id);
  if (!entry) return;
  const before = entry.silence;
  const { silence } = silenceOf(context, instance, entry);
  if (silence === before) return;
  // Shelves and service have words of their own.
  if (entry.state === 'normal') {
    entry.silence = silence;
    context.dirty.alarms.add(instance.id);
  } else changeSilence(context, instance, entry, silence ? 'suppressed' : 'unsuppressed', timeMs, {});
}

function changeSilence(
  context: EngineContext,
  instance: Instance,
  entry: AlarmEntry,
  event: AlarmEvent,
  timeMs: number,
  extra: Extra,
): void {
  const { silence, parent } = silenceOf(context, instance, entry);
  const wasSilent = entry.silence !== undefined;
  entry.silence = silence;
  entry.parent = parent;
  context.dirty.alarms.add(instance.id);
  if (silence) leaveGroup(context, entry.group, instance.id);
  const isBack = wasSilent && !silence && entry.state === 'active';
  if (isActive(entry.state)) entry.group = groupOf(context, instance, entry);
  if (isBack) announce(context, instance, entry);
  tell(context, instance, entry, event, timeMs, isBack && entry.wasAnnounced, extra);
  forgetIdle(context, instance.id, entry);
}

/** The first that holds. */
function silenceOf(
  context: EngineContext,
  instance: Instance,
  entry: AlarmEntry,
): { readonly silence?: AlarmSilence; readonly parent?: string } {
  const { state, site } = context;
  if (entry.outOfService) return { silence: 'out-of-service' };
  if (entry.shelved) return { silence: 'shelved' };
  const area = site.devices.get(instance.subject)?.area;
  if (area !== undefined && state.areas.has(area)) return { silence: 'maintenance' };
  if (instance.plan.rule.condition.kind !== 'stale') return {};
  const heard = state.devices.get(instance.subject)?.heard ?? [];
  const isOff = (gateway: string) => state.gateways.get(gateway)?.isOnline === false;
  const parent = heard.find((gateway) => isMissed(context, gateway));
  return parent !== undefined && heard.every(isOff) ? { silence: 'parent', parent } : {};
}

/** Whether somebody hears of a gateway that is offline: behind one that nobody misses nothing may hide. */
function isMissed({ subjects }: EngineContext, gateway: string): boolean {
  return (subjects.byGateway.get(gateway) ?? []).some(({ plan }) => isAlarm(plan.rule));
}

function groupOf({ site }: EngineContext, { plan, subject }: Instance, { parent }: AlarmEntry): string {
  if (parent !== undefined) return `gateway:${parent}`;
  if (plan.rule.condition.kind === 'gateway-offline') return `gateway:${subject}`;
  const area = site.devices.get(subject)?.area;
  return area === undefined ? `rule:${plan.rule.id}` : `area:${area}`;
}

export function nameOf({ site }: EngineContext, { plan, subject }: Instance): string {
  if (plan.rule.condition.kind === 'gateway-offline') return site.gatewayName(subject);
  return subject === 'site' ? plan.rule.name : (site.devices.get(subject)?.name ?? subject);
}

/** Its rule or its subject is gone. */
export function end(
  context: EngineContext,
  instance: Instance,
  entry: AlarmEntry,
  timeMs: number,
  extra: Extra,
): void {
  const { state, timers, dirty } = context;
  const { id } = instance;
  leaveGroup(context, entry.group, id);
  for (const kind of ['d', 'h', 's', 'w']) timers.drop(`${kind}:${id}`);
  const wasNormal = entry.state === 'normal';
  entry.state = 'normal';
  if (!wasNormal) tell(context, instance, entry, 'ended', timeMs, false, extra);
  state.alarms.delete(id);
  dirty.alarms.add(id);
}

/** A value that came late would have made it active; said once, until one comes in time. */
export function tellPast(
  context: EngineContext,
  instance: Instance,
  { value, limit }: Verdict,
  timeMs: number,
): void {
  const entry = entryOf(context, instance);
  if (entry.past || isActive(entry.state)) return;
  entry.past = true;
  context.dirty.alarms.add(instance.id);
  const device = context.site.devices.get(instance.subject);
  const told = messageOf(instance.plan, { subjectName: nameOf(context, instance), device, value, limit });
  tell(context, instance, { ...entry, value, limit, ...told, activeMs: timeMs }, 'past', context.state.nowMs);
}

/** One that never became active, and of which nothing is to be kept. */
function forgetIdle({ state }: EngineContext, id: string, entry: AlarmEntry): void {
  const { holds, dueMs, shelved, outOfService, past, activeMs } = entry;
  if (
    entry.state === 'normal' &&
    activeMs === 0 &&
    !holds &&
    dueMs === undefined &&
    !shelved &&
    !outOfService &&
    !past
  )
    state.alarms.delete(id);
}

function tell(
  context: EngineContext,
  instance: Instance,
  entry: AlarmEntry,
  event: AlarmEvent,
  timeMs: number,
  isAnnounced = false,
  { by, reason, untilMs }: Extra = {},
): void {
  const { site, bySeq } = context;
  const { plan, subject, id } = instance;
  const { rule } = plan;
  const device = site.devices.get(subject);
  const field = 'field' in rule.condition ? rule.condition.field : undefined;
  emit(context, timeMs, device ? subject : null, {
    ...{ event, alarm: id, rule: rule.id, subject, name: rule.name, subjectName: nameOf(context, instance) },
    area: device?.area,
    ...{ priority: rule.priority, state: entry.state, isAnnounced },
    isEvent: isAlarm(rule) ? undefined : true,
    silence: entry.silence,
    message: entry.message,
    said: entry.said,
    action: rule.action,
    value: entry.value,
    unit: field === undefined ? undefined : ownOf(device?.fields, field)?.unit,
    limit: entry.limit,
    activeMs: entry.activeMs,
    isFirstUp: entry.isFirstUp ? true : undefined,
    group: entry.group,
    parent: entry.parent,
    ...{ by, reason, untilMs, bySeq },
  });
}
