/** A rule, made ready to be asked: its expression parsed, what it wants remembered, and what makes it asked. Pure. */
import type { AlarmCondition, AlarmConditionKind, AlarmRule } from '../../model/alarm.ts';
import { ownOf } from '../../model/own.ts';
import { type FieldRef, fieldsOf, type Node, parseExpression } from '../expression/parse.ts';
import type { Needs } from './memory.ts';

export interface AskedWindow {
  readonly ref: FieldRef;
  readonly windowMs: number;
}

export interface Plan {
  readonly rule: AlarmRule;
  /** Of an expression. */
  readonly tree?: Node;
  /** Other devices an expression asks, by DevEUI. */
  readonly others: readonly string[];
  /** Windows an expression looks through: what is in them changes by time alone. */
  readonly windows: readonly AskedWindow[];
}

/** What a condition is asked of. */
export const SUBJECT_OF: Readonly<Record<AlarmConditionKind, 'device' | 'gateway' | 'site'>> = {
  limit: 'device',
  deviation: 'device',
  rate: 'device',
  state: 'device',
  stale: 'device',
  frozen: 'device',
  'counter-jump': 'device',
  'low-margin': 'device',
  'low-battery': 'device',
  'join-refused': 'device',
  expression: 'device',
  'gateway-offline': 'gateway',
  box: 'site',
};

/** undefined where its expression is none: such a rule is told of and not looked at. */
export function planOf(rule: AlarmRule): Plan | undefined {
  const { condition } = rule;
  if (condition.kind !== 'expression') return { rule, others: [], windows: [] };
  const tree = parseExpression(condition.expression);
  if ('message' in tree) return undefined;
  const named = condition.devices ?? {};
  const asked = fieldsOf(tree);
  const used = new Set(asked.flatMap(({ ref }) => ownOf(named, ref.device) ?? []));
  return { rule, tree, others: [...used], windows: asked.filter(({ windowMs }) => windowMs > 0) };
}

/** Adds what the plan wants remembered of `device`, which is its subject, or one of the others. */
export function addNeeds(needs: Needs, plan: Plan, device: string, isSubject: boolean): void {
  const { condition } = plan.rule;
  if (plan.tree && condition.kind === 'expression') {
    for (const { ref, windowMs } of fieldsOf(plan.tree)) {
      const owner = ref.device === '' ? undefined : ownOf(condition.devices, ref.device);
      if (owner === undefined ? isSubject : owner === device) widen(needs, ref.field, windowMs);
    }
    return;
  }
  addOwnNeeds(needs, condition);
}

function addOwnNeeds(needs: Needs, condition: AlarmCondition): void {
  if (condition.kind === 'rate') widen(needs, condition.field, condition.windowMs);
  if (condition.kind === 'counter-jump' && condition.field !== undefined) widen(needs, condition.field, 0);
  if (condition.kind === 'low-margin') needs.margins = Math.max(needs.margins, condition.readings);
  if (condition.kind === 'stale') needs.gaps = true;
}

function widen({ windows }: Needs, field: string, windowMs: number): void {
  windows.set(field, Math.max(windows.get(field) ?? 0, windowMs));
}
