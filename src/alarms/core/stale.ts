/** Devices that are not heard: when each is silent for too long, counted from when it could be heard last. */
import type { EngineContext } from './context.ts';
import { usualMs } from './memory.ts';
import { newMemory } from './state.ts';
import type { Instance } from './subjects.ts';
import * as alarm from './transitions.ts';

const UNKNOWN_INTERVAL_MS = 3_600_000;
const LEAST_STALE_MS = 30_000;

export function heardAgain(context: EngineContext, instance: Instance, timeMs: number): void {
  if (context.state.alarms.get(instance.id)?.holds) alarm.settle(context, instance, { holds: false }, timeMs);
  // One that is set goes off at its old time and finds that there is time yet; only an earlier one is set anew.
  const setMs = context.timers.dueMs(`s:${instance.id}`) ?? Number.POSITIVE_INFINITY;
  const dueMs = staleAt(context, instance);
  if (dueMs !== undefined && dueMs < setMs) scheduleStale(context, instance);
}

/** When a device will have been silent for too long; undefined for one that was never heard. */
export function staleAt({ state, site }: EngineContext, { plan, subject }: Instance): number | undefined {
  const { condition } = plan.rule;
  if (condition.kind !== 'stale') return undefined;
  const device = site.devices.get(subject);
  const memory = state.devices.get(subject);
  // Before there was a rule nobody kept an eye on it.
  const sinceMs = memory?.lastMs || (device?.wasHeard ? plan.rule.changedMs : 0);
  if (sinceMs === 0) return undefined;
  const intervalMs = device?.expectedMs ?? (memory && usualMs(memory));
  const silentMs =
    intervalMs === undefined
      ? UNKNOWN_INTERVAL_MS
      : Math.max(LEAST_STALE_MS, condition.intervals * intervalMs);
  return Math.max(sinceMs, memory?.graceMs ?? 0) + silentMs;
}

/** One that a rule is about only since `timeMs` (it came into an area, say) was not missed before. */
export function beginToMiss(context: EngineContext, instance: Instance, timeMs: number): void {
  const { state, site, dirty } = context;
  const { subject } = instance;
  if (!state.devices.has(subject) && site.devices.get(subject)?.wasHeard) {
    state.devices.set(subject, { ...newMemory(), graceMs: timeMs });
    dirty.devices.add(subject);
  }
  scheduleStale(context, instance);
}

export function scheduleStale(context: EngineContext, instance: Instance): void {
  const dueMs = staleAt(context, instance);
  if (dueMs !== undefined && !context.state.alarms.get(instance.id)?.holds)
    context.timers.set(`s:${instance.id}`, dueMs);
}

/** Its gateway is back: its silence counts from now on. */
export function giveGrace(context: EngineContext, instance: Instance, timeMs: number): void {
  const { state, dirty } = context;
  const memory = state.devices.get(instance.subject);
  const entry = state.alarms.get(instance.id);
  if (memory) memory.graceMs = Math.max(memory.graceMs, timeMs);
  dirty.devices.add(instance.subject);
  if (entry?.silence === 'parent' && entry.holds) alarm.settle(context, instance, { holds: false }, timeMs);
  if (entry) alarm.refreshSilence(context, instance, timeMs);
  scheduleStale(context, instance);
}
