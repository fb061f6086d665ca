/** After a change of rules or of the site: what there can be alarms of, and what is due, made anew. */
import type { EngineContext } from './context.ts';
import { forget } from './memory.ts';
import { planOf } from './plan.ts';
import { scheduleSlide } from './slide.ts';
import { beginToMiss, scheduleStale } from './stale.ts';
import type { AlarmEntry } from './state.ts';
import { type Instance, subjectsOf } from './subjects.ts';
import * as alarm from './transitions.ts';

/** After a change of rules or of the site, at `timeMs`: alarms that there can be no more end, and what hides one may be another. */
export function remake(context: EngineContext, extra: alarm.Extra, timeMs: number): void {
  const { state, subjects: before, site } = context;
  context.subjects = subjectsOf(state.rules.values(), site, state.gateways.keys());
  for (const [id, entry] of [...state.alarms]) {
    const instance = context.subjects.byId.get(id);
    if (instance) alarm.refreshSilence(context, instance, state.nowMs);
    else endGone(context, before.byId.get(id) ?? instanceOf(context, id, entry), id, entry, extra);
  }
  forgetUnasked(context);
  for (const instance of context.subjects.stale) beginToMiss(context, instance, timeMs);
  for (const instance of context.subjects.byId.values()) scheduleSlide(context, instance, state.nowMs);
}

/** Who tells people of it must hear that it is over, also of one that went while the box was off. */
function endGone(
  context: EngineContext,
  instance: Instance | undefined,
  id: string,
  entry: AlarmEntry,
  extra: alarm.Extra,
): void {
  if (instance) return alarm.end(context, instance, entry, context.state.nowMs, extra);
  context.state.alarms.delete(id);
  context.dirty.alarms.add(id);
}

function instanceOf({ state }: EngineContext, id: string, entry: AlarmEntry): Instance | undefined {
  const rule = state.rules.get(entry.rule);
  const plan = rule && planOf(rule);
  return plan && { id, plan, subject: entry.subject };
}

function forgetUnasked({ state, subjects, dirty }: EngineContext): void {
  for (const [device, memory] of state.devices) {
    const asked = subjects.byDevice.get(device);
    if (!asked) state.devices.delete(device);
    else if (!forget(memory, asked.needs, new Set(asked.instances.map(({ plan }) => plan.rule.id)))) continue;
    dirty.devices.add(device);
  }
}

/** All timers, from the state. */
export function schedule(context: EngineContext): void {
  const { state, timers, subjects } = context;
  timers.clear();
  for (const [id, { dueMs, shelved }] of state.alarms) {
    if (dueMs !== undefined) timers.set(`d:${id}`, dueMs);
    if (shelved) timers.set(`h:${id}`, shelved.untilMs);
  }
  for (const [area, { untilMs }] of state.areas) timers.set(`m:${area}`, untilMs);
  for (const instance of subjects.stale) scheduleStale(context, instance);
  for (const instance of subjects.byId.values()) scheduleSlide(context, instance, state.nowMs);
}
