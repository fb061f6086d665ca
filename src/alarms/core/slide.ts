/**
 * Windows of expressions slide by time alone: when a value leaves one, the expression is asked again, though nobody was heard. One
 * timer a rule and subject, set while there is a value that will leave.
 */
import { ownOf } from '../../model/own.ts';
import type { EngineContext } from './context.ts';
import { judgeExpression } from './judge.ts';
import { leavesMs } from './memory.ts';
import type { Plan } from './plan.ts';
import { newMemory } from './state.ts';
import type { Instance } from './subjects.ts';
import * as alarm from './transitions.ts';

/** The timer of the next value that leaves a window; one that is set for earlier stays: what is due already must not be passed over. */
export function scheduleSlide(context: EngineContext, instance: Instance, nowMs: number): void {
  const { plan, subject, id } = instance;
  if (plan.windows.length === 0) return;
  const setMs = context.timers.dueMs(`w:${id}`) ?? Number.POSITIVE_INFINITY;
  let nextMs = setMs;
  for (const { ref, windowMs } of plan.windows) {
    const device = ref.device === '' ? subject : deviceCalled(plan, ref.device);
    const memory = device === undefined ? undefined : context.state.devices.get(device);
    nextMs = Math.min(nextMs, leavesMs(memory, ref.field, windowMs, nowMs) ?? nextMs);
  }
  if (nextMs < setMs) context.timers.set(`w:${id}`, nextMs);
}

function deviceCalled({ rule }: Plan, name: string): string | undefined {
  return rule.condition.kind === 'expression' ? ownOf(rule.condition.devices, name) : undefined;
}

/** A value has left a window. */
export function slide(context: EngineContext, instance: Instance, dueMs: number): void {
  const { devices } = context.state;
  const memory = devices.get(instance.subject) ?? newMemory();
  const memoryOf = (device: string) => devices.get(device);
  const verdict = judgeExpression(instance.plan, { memory, memoryOf, nowMs: dueMs });
  if (verdict) alarm.settle(context, instance, verdict, dueMs);
  scheduleSlide(context, instance, dueMs);
}
