/** A rule's form: what is read out of it is the rule that was put in, for every kind of condition. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BOX_FACTS } from '../../../src/model/alarm.ts';
import { ruleInput } from '../../../src/ui/shapes/alarm-input.ts';
import {
  ASKED,
  KINDS,
  NEW_RULE,
  type RuleBody,
  ruleOf,
  scopeText,
  shownOf,
} from '../../../src/ui/web/alarms/rule-draft.ts';

const CONDITIONS: readonly RuleBody['condition'][] = [
  { kind: 'limit', field: 'level', side: 'high-high', limit: -2.5, deadband: 0.25 },
  { kind: 'limit', field: 'level', side: 'low', limit: 0 },
  { kind: 'state', field: 'door', equals: true },
  { kind: 'state', field: 'mode', equals: 'away' },
  { kind: 'state', field: 'mode', equals: 3 },
  { kind: 'stale', intervals: 2.5 },
  { kind: 'rate', field: 'p', perMinute: 3, direction: 'fall', windowMs: 90_000 },
  { kind: 'deviation', field: 't', setPoint: 'wanted', by: 2 },
  { kind: 'deviation', field: 't', setPoint: 21.5, by: 2, deadband: 1 },
  { kind: 'frozen', field: 't', forMs: 3_600_000, tolerance: 0 },
  { kind: 'counter-jump', by: 10 },
  { kind: 'counter-jump', field: 'pulses', by: 10 },
  { kind: 'low-margin', marginDb: -3, readings: 4 },
  { kind: 'low-battery', percent: 20 },
  { kind: 'low-battery', percent: 20, field: 'bat' },
  { kind: 'join-refused', times: 3 },
  { kind: 'gateway-offline' },
  { kind: 'expression', expression: 'tank.level > 2', devices: { tank: '70b3d57ed0000001' } },
  { kind: 'expression', expression: 'level > 2' },
  ...BOX_FACTS.map((fact) => ({ kind: 'box', fact }) as const),
  { kind: 'box', fact: 'disk', limit: 250 },
];

/** As a browser would hand the form over. */
function filledIn(rule: RuleBody): (name: string) => string {
  const of = Object.fromEntries(
    ASKED[rule.condition.kind].map((asked) => [`of-${asked.name}`, shownOf(rule.condition, asked)]),
  );
  const { message = '', cause = '', consequence = '', action = '' } = rule;
  const form: Record<string, string> = {
    ...{ name: rule.name, scope: scopeText(rule.scope), kind: rule.condition.kind, priority: rule.priority },
    ...{ onDelay: String(rule.onDelayMs / 1_000), offDelay: String(rule.offDelayMs / 1_000) },
    ...{ enabled: rule.enabled ? 'on' : '', latched: rule.latched ? 'on' : '' },
    ...{ message, cause, consequence, action },
    ...of,
  };
  return (name) => form[name] ?? '';
}

describe('the form of a rule', () => {
  test('every kind of condition is offered, and has an example here', () => {
    expect(new Set(CONDITIONS.map(({ kind }) => kind))).toEqual(new Set(KINDS));
  });

  test.each(CONDITIONS.map((condition) => [JSON.stringify(condition), condition] as const))(
    '%s comes out as it went in, and the box takes it',
    (_, condition) => {
      const rule: RuleBody = { ...NEW_RULE, name: 'One', condition, action: 'Look.', latched: true };
      expect(ruleOf(filledIn(rule))).toEqual(rule);
      expect(ruleInput.safeParse(ruleOf(filledIn(rule))).success).toBe(true);
    },
  );

  test.each<RuleBody['scope']>([
    { kind: 'site' },
    { kind: 'device', device: '70b3d57ed0000001' },
    { kind: 'profile', profile: 'a: b' },
    { kind: 'area', area: 'Hall: 1' },
    { kind: 'gateway', gateway: '00000000000000aa' },
  ])('for $kind', (scope) => {
    const rule: RuleBody = { ...NEW_RULE, name: 'One', scope, enabled: false };
    expect(ruleOf(filledIn(rule))).toEqual(rule);
  });

  test('whatever is typed, a rule comes out, for the box to judge', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.string(), (typed, kind) => {
        const rule = ruleOf((name) => (name === 'kind' ? kind : (typed[name] ?? '')));
        expect(KINDS).toContain(rule.condition.kind);
      }),
    );
  });
});
