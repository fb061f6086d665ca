/**
 * Whether a condition holds, by one reading and what is remembered: the deadband counts only for one that holds already. Pure; the
 * answer is undefined where the reading says nothing of it.
 */
import type { AlarmCondition, AlarmValue } from '../../model/alarm.ts';
import { ownOf } from '../../model/own.ts';
import type { Fields, UplinkBody } from '../../model/record.ts';
import { evaluate, type Values } from '../expression/evaluate.ts';
import { over, ratePerMinute } from './memory.ts';
import type { Plan } from './plan.ts';
import type { DeviceMemory } from './state.ts';

export interface Verdict {
  readonly holds: boolean;
  readonly value?: AlarmValue | undefined;
  readonly limit?: AlarmValue | undefined;
}

/** A reading in its turn. */
export interface Reading {
  readonly device: string;
  readonly timeMs: number;
  readonly body: UplinkBody;
  /** Of the frame before, -1 where there was none. */
  readonly fCntBefore: number;
}

export interface JudgeContext {
  /** Memory of the subject. */
  readonly memory: DeviceMemory;
  readonly memoryOf: (device: string) => DeviceMemory | undefined;
  readonly holds: boolean;
  readonly nowMs: number;
}

export function judge(
  plan: Plan,
  subject: string,
  reading: Reading,
  context: JudgeContext,
): Verdict | undefined {
  const { condition } = plan.rule;
  if (plan.tree) return judgeExpression(plan, context);
  // Of another device only an expression is asked.
  if (reading.device !== subject) return undefined;
  switch (condition.kind) {
    case 'rate':
      return judgeRate(condition, context);
    case 'frozen':
      return judgeFrozen(condition, plan.rule.id, reading, context.memory);
    case 'counter-jump':
      return judgeJump(condition, reading, context.memory);
    case 'low-margin':
      return judgeMargin(condition, context.memory);
    default:
      return judgeValue(condition, reading.body.fields, context.holds);
  }
}

/** By the values of the reading alone; also asked of those that come late. */
export function judgeValue(condition: AlarmCondition, fields: Fields, holds: boolean): Verdict | undefined {
  switch (condition.kind) {
    case 'limit': {
      const value = ownOf(fields, condition.field);
      if (typeof value !== 'number') return undefined;
      const { limit, side, deadband = 0 } = condition;
      const isUpper = side === 'high' || side === 'high-high';
      const border = holds ? (isUpper ? limit - deadband : limit + deadband) : limit;
      return { holds: isUpper ? value > border : value < border, value, limit };
    }
    case 'deviation': {
      const value = ownOf(fields, condition.field);
      const point =
        typeof condition.setPoint === 'string' ? ownOf(fields, condition.setPoint) : condition.setPoint;
      if (typeof value !== 'number' || typeof point !== 'number') return undefined;
      const by = holds ? condition.by - (condition.deadband ?? 0) : condition.by;
      return { holds: Math.abs(value - point) > by, value, limit: point };
    }
    case 'state': {
      const value = ownOf(fields, condition.field);
      if (value === undefined) return undefined;
      return { holds: isSame(value, condition.equals), value, limit: condition.equals };
    }
    case 'low-battery': {
      const value = batteryOf(fields, condition.field);
      if (value === undefined) return undefined;
      return { holds: value < condition.percent + (holds ? 2 : 0), value, limit: condition.percent };
    }
    default:
      return undefined;
  }
}

/** A codec may say 1 for true. */
function isSame(value: AlarmValue, wanted: AlarmValue): boolean {
  if (value === wanted) return true;
  if (typeof value === 'boolean' || typeof wanted === 'boolean') return Number(value) === Number(wanted);
  return String(value) === String(wanted);
}

const BATTERY = /^(?:bat|batt|battery)(?:_?(?:percent|percentage|pct|level|soc))?$/i;

/** Percent. */
export function batteryOf(fields: Fields, field: string | undefined): number | undefined {
  const name = field ?? Object.keys(fields).find((key) => BATTERY.test(key));
  const value = name === undefined ? undefined : ownOf(fields, name);
  return typeof value === 'number' && value >= 0 && value <= 100 ? value : undefined;
}

type Of<Kind extends AlarmCondition['kind']> = Extract<AlarmCondition, { kind: Kind }>;

function judgeRate(
  { field, perMinute, direction, windowMs, deadband = 0 }: Of<'rate'>,
  { memory, holds, nowMs }: JudgeContext,
): Verdict | undefined {
  const rate = ratePerMinute(memory, field, windowMs, nowMs);
  if (rate === undefined) return undefined;
  const border = holds ? perMinute - deadband : perMinute;
  const size = direction === 'rise' ? rate : direction === 'fall' ? -rate : Math.abs(rate);
  return { holds: size > border, value: rounded(rate), limit: perMinute };
}

function judgeFrozen(
  { field, forMs, tolerance = 0 }: Of<'frozen'>,
  rule: string,
  { body, timeMs }: Reading,
  { still }: DeviceMemory,
): Verdict | undefined {
  const value = ownOf(body.fields, field);
  if (value === undefined) return undefined;
  const before = ownOf(still, rule);
  const hasMoved = !before || !isStill(before.value, value, tolerance);
  if (hasMoved) still[rule] = { value, sinceMs: timeMs };
  return { holds: !hasMoved && timeMs - before.sinceMs >= forMs, value };
}

function isStill(a: AlarmValue, b: AlarmValue, tolerance: number): boolean {
  return typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= tolerance : a === b;
}

function judgeJump(
  { field, by }: Of<'counter-jump'>,
  { body, fCntBefore }: Reading,
  { last }: DeviceMemory,
): Verdict | undefined {
  if (field === undefined) {
    if (fCntBefore < 0) return undefined;
    // A counter that begins anew is a new session, nothing lost.
    const lost = body.fCnt > fCntBefore ? body.fCnt - fCntBefore - 1 : 0;
    return { holds: lost > by, value: lost, limit: by };
  }
  const { value, before } = ownOf(last, field) ?? {};
  if (ownOf(body.fields, field) === undefined || typeof value !== 'number' || typeof before !== 'number')
    return undefined;
  return { holds: value < before || value - before > by, value, limit: before };
}

function judgeMargin(
  { marginDb, readings }: Of<'low-margin'>,
  { margins }: DeviceMemory,
): Verdict | undefined {
  const newest = margins.slice(-readings);
  if (newest.length < readings) return undefined;
  const value = rounded(Math.max(...newest));
  return { holds: value < marginDb, value, limit: marginDb };
}

export function judgeExpression(
  { tree, rule }: Plan,
  context: Pick<JudgeContext, 'memory' | 'memoryOf' | 'nowMs'>,
): Verdict | undefined {
  const { condition } = rule;
  if (!tree || condition.kind !== 'expression') return undefined;
  const { memory, memoryOf, nowMs } = context;
  const memoryFor = (name: string): DeviceMemory | undefined => {
    if (name === '') return memory;
    const device = ownOf(condition.devices, name);
    return device === undefined ? undefined : memoryOf(device);
  };
  const values: Values = {
    last: ({ device, field }) => ownOf(memoryFor(device)?.last, field)?.value,
    over: (name, { device, field }, windowMs) => over(memoryFor(device), name, field, windowMs, nowMs),
  };
  const result = evaluate(tree, values);
  return typeof result === 'boolean' ? { holds: result } : undefined;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
