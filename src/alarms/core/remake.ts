/** After a change of rules or of the site: what there can be alarms of, and what is due, made anew. */
import type { EngineContext } from './context.ts';
import { scheduleStale } from './stale.ts';
import { subjectsOf } from './subjects.ts';
import * as alarm from './transitions.ts';

/** After a change of rules or of the site: alarms that there can be no more end. */
export function remake(context: EngineContext, extra: alarm.Extra): void {
  const { state, subjects: before, site } = context;
  context.subjects = subjectsOf(state.rules.values(), site, state.gateways.keys());
  for (const [id, entry] of [...state.alarms]) {
    if (context.subjects.byId.has(id)) continue;
    const instance = before.byId.get(id);
    if (instance) alarm.end(context, instance, entry, state.nowMs, extra);
    else {
      state.alarms.delete(id);
      context.dirty.alarms.add(id);
    }
  }
  for (const device of state.devices.keys()) {
    if (context.subjects.byDevice.has(device)) continue;
    state.devices.delete(device);
    context.dirty.devices.add(device);
  }
  for (const instance of context.subjects.stale) scheduleStale(context, instance);
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
}
