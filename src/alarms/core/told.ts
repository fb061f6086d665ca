/** What people and the box tell the engine beside the log. Each is a record itself, so that the log says why. */
import {
  type AlarmCondition,
  type AlarmRule,
  type AreaSuppression,
  BOX_LIMITS,
  type BoxFact,
  type Shelf,
} from '../../model/alarm.ts';
import { type EngineContext, emit } from './context.ts';
import type { Verdict } from './judge.ts';
import { remake, schedule } from './remake.ts';
import { newEntry } from './state.ts';
import type { Instance } from './subjects.ts';
import * as alarm from './transitions.ts';

/** What a person, or the box, tells the engine beside the log. */
export type Told =
  | { readonly do: 'put-rules'; readonly rules: readonly AlarmRule[]; readonly by: string }
  | { readonly do: 'remove-rules'; readonly rules: readonly string[]; readonly by: string }
  | {
      readonly do: 'acknowledge';
      readonly ids: readonly string[];
      readonly by: string;
      readonly comment?: string | undefined;
    }
  | { readonly do: 'shelve'; readonly id: string; readonly shelf: Shelf | undefined; readonly by: string }
  | { readonly do: 'service'; readonly id: string; readonly reason: string | undefined; readonly by: string }
  | {
      readonly do: 'area';
      readonly area: string;
      readonly suppression: AreaSuppression | undefined;
      readonly by: string;
    }
  | { readonly do: 'jump'; readonly fromMs: number; readonly toMs: number }
  | {
      readonly do: 'observe';
      readonly fact: BoxFact | 'join-refused';
      readonly subject: string;
      readonly value: number | boolean;
    };

export function hear(context: EngineContext, told: Told, timeMs: number): number {
  switch (told.do) {
    case 'put-rules':
      return putRules(context, told.rules, timeMs, told.by);
    case 'remove-rules':
      return removeRules(context, told.rules, timeMs, told.by);
    case 'acknowledge': {
      const { ids, by, comment } = told;
      const found = ids.map((id) => context.subjects.byId.get(id));
      return found.filter((one) => one && alarm.acknowledge(context, one, timeMs, by, comment)).length;
    }
    case 'shelve':
      return of(context, told.id, (one) => alarm.setShelf(context, one, timeMs, told.shelf, told.by));
    case 'service':
      return of(context, told.id, (one) => alarm.setService(context, one, timeMs, told.reason, told.by));
    case 'area':
      return setArea(context, told.area, told.suppression, timeMs, told.by);
    case 'jump':
      return jump(context, told.fromMs, told.toMs);
    case 'observe':
      return observe(context, told, timeMs);
  }
}

function of({ subjects }: EngineContext, id: string, act: (instance: Instance) => void): number {
  const instance = subjects.byId.get(id);
  if (instance) act(instance);
  return instance ? 1 : 0;
}

function putRules(context: EngineContext, rules: readonly AlarmRule[], timeMs: number, by: string): number {
  const { state, dirty } = context;
  for (const rule of rules) {
    const before = state.rules.get(rule.id);
    state.rules.set(rule.id, rule);
    dirty.rules.add(rule.id);
    emit(context, timeMs, null, { event: 'rule-changed', rule, by });
    if (before && (!rule.enabled || !isSameCondition(before, rule))) {
      if (rule.enabled) beginAnew(context, rule.id, timeMs, by);
      else endAll(context, rule.id, timeMs, by);
      for (const { still } of state.devices.values()) delete still[rule.id];
    }
  }
  remake(context, { by }, timeMs);
  for (const { id } of rules) beginWith(context, id, timeMs);
  return rules.length;
}

function isSameCondition(a: AlarmRule, b: AlarmRule): boolean {
  return JSON.stringify([a.condition, a.scope]) === JSON.stringify([b.condition, b.scope]);
}

function removeRules(context: EngineContext, ids: readonly string[], timeMs: number, by: string): number {
  const { state, dirty } = context;
  const known = ids.filter((id) => state.rules.has(id));
  for (const id of known) {
    emit(context, timeMs, null, { event: 'rule-removed', rule: id, by });
    endAll(context, id, timeMs, by);
    state.rules.delete(id);
    dirty.rules.add(id);
  }
  remake(context, { by }, timeMs);
  return known.length;
}

function endAll(context: EngineContext, rule: string, timeMs: number, by: string): void {
  for (const [id, entry] of [...context.state.alarms]) {
    const instance = context.subjects.byId.get(id);
    if (entry.rule === rule && instance) alarm.end(context, instance, entry, timeMs, { by, reason: 'rule' });
  }
}

/** Another condition is another alarm; what people have silenced stays silent until they say otherwise. */
function beginAnew(context: EngineContext, rule: string, timeMs: number, by: string): void {
  const { state, timers, dirty } = context;
  const silenced = [...state.alarms].filter(
    ([, entry]) => entry.rule === rule && (entry.shelved || entry.outOfService),
  );
  endAll(context, rule, timeMs, by);
  for (const [id, { subject, shelved, outOfService }] of silenced) {
    state.alarms.set(id, { ...newEntry(rule, subject), shelved, outOfService });
    dirty.alarms.add(id);
    if (shelved) timers.set(`h:${id}`, shelved.untilMs);
  }
}

/** What is known already need not happen again to be seen. */
function beginWith(context: EngineContext, rule: string, timeMs: number): void {
  const { state, subjects } = context;
  for (const instances of subjects.byGateway.values())
    for (const instance of instances)
      if (instance.plan.rule.id === rule && state.gateways.get(instance.subject)?.isOnline === false)
        alarm.settle(context, instance, { holds: true }, timeMs);
}

export function setArea(
  context: EngineContext,
  area: string,
  suppression: AreaSuppression | undefined,
  timeMs: number,
  by: string,
): number {
  const { state, timers, dirty, site, subjects } = context;
  if (!suppression && !state.areas.has(area)) return 0;
  dirty.areas.add(area);
  if (suppression) {
    const { reason, untilMs } = suppression;
    state.areas.set(area, suppression);
    timers.set(`m:${area}`, untilMs);
    emit(context, timeMs, null, { event: 'area-suppressed', area, by, reason, untilMs });
  } else {
    state.areas.delete(area);
    timers.drop(`m:${area}`);
    emit(context, timeMs, null, { event: 'area-unsuppressed', area, by });
  }
  for (const [id, entry] of [...state.alarms]) {
    const instance = subjects.byId.get(id);
    if (instance && site.devices.get(entry.subject)?.area === area)
      alarm.refreshSilence(context, instance, timeMs);
  }
  return 1;
}

/** The clock was set, or the box was off: nothing is due by that. */
function jump(context: EngineContext, fromMs: number, toMs: number): number {
  const { state, dirty } = context;
  const byMs = toMs - fromMs;
  emit(context, toMs, null, { event: 'time-jumped', fromMs, toMs });
  for (const [device, memory] of state.devices) {
    dirty.devices.add(device);
    // Nothing was heard later than now, whatever a clock that was ahead made of it.
    if (memory.lastMs > 0) memory.lastMs = Math.min(memory.lastMs + byMs, toMs);
    if (memory.graceMs > 0) memory.graceMs = Math.min(memory.graceMs + byMs, toMs);
    // What was measured before and after does not make a window.
    memory.windows = {};
    for (const one of Object.values(memory.still)) one.sinceMs = Math.min(one.sinceMs + byMs, toMs);
  }
  for (const [id, entry] of state.alarms) {
    // By a clock that was ahead: they would count as of the last minutes until that time comes again.
    if (byMs < 0 && entry.times.length > 0) {
      entry.times = entry.times.map((timeMs) => Math.min(timeMs + byMs, toMs));
      dirty.alarms.add(id);
    }
    if (entry.dueMs === undefined) continue;
    const { onDelayMs = 0, offDelayMs = 0 } = state.rules.get(entry.rule) ?? {};
    entry.dueMs = Math.min(entry.dueMs + byMs, toMs + (entry.holds ? onDelayMs : offDelayMs));
    dirty.alarms.add(id);
  }
  state.nowMs = toMs;
  schedule(context);
  return 1;
}

/** Only what changes an alarm is worth a record. */
function observe(
  context: EngineContext,
  { fact, subject, value }: Told & { do: 'observe' },
  timeMs: number,
): number {
  const { state, subjects } = context;
  const key = subject === 'site' ? fact : `${fact}:${subject}`;
  const changed = (subjects.byFact.get(key) ?? []).flatMap((instance) => {
    const verdict = judgeFact(instance.plan.rule.condition, value);
    const holds = state.alarms.get(instance.id)?.holds ?? false;
    return verdict && verdict.holds !== holds ? [{ instance, verdict }] : [];
  });
  if (changed.length === 0) return 0;
  emit(context, timeMs, null, { event: 'observed', fact, subject, value });
  for (const { instance, verdict } of changed) alarm.settle(context, instance, verdict, timeMs);
  return changed.length;
}

function judgeFact(condition: AlarmCondition, value: number | boolean): Verdict | undefined {
  if (condition.kind === 'join-refused')
    return { holds: Number(value) >= condition.times, value, limit: condition.times };
  if (condition.kind !== 'box') return undefined;
  if (typeof value === 'boolean') return { holds: value };
  const usual = Object.entries(BOX_LIMITS).find(([fact]) => fact === condition.fact)?.[1];
  if (!usual) return undefined;
  const limit = condition.limit ?? usual.limit;
  return { holds: usual.side === 'low' ? value < limit : value > limit, value, limit };
}
