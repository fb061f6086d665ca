/** What a form of a rule has in it, and the rule that is made of that. Pure. */
import type { AlarmConditionKind } from '../../../model/alarm.ts';
import type { AlarmRuleView } from '../../shapes/alarms.ts';
import { PRIORITIES } from './choices.ts';

/** As it is sent. */
export type RuleBody = Omit<AlarmRuleView, 'id' | 'revision' | 'changed' | 'changedBy' | 'problems'>;
type Condition = RuleBody['condition'];
type Scope = RuleBody['scope'];

/** Every member a condition can have, but its kind. */
type Member =
  | 'field'
  | 'side'
  | 'limit'
  | 'deadband'
  | 'equals'
  | 'intervals'
  | 'perMinute'
  | 'direction'
  | 'windowMs'
  | 'setPoint'
  | 'by'
  | 'forMs'
  | 'tolerance'
  | 'marginDb'
  | 'readings'
  | 'percent'
  | 'times'
  | 'expression'
  | 'devices'
  | 'fact';

/** How one of them is asked for. */
export interface Asked {
  readonly name: Member;
  readonly as:
    | 'field'
    | 'number'
    | 'seconds'
    | 'value'
    | 'side'
    | 'direction'
    | 'fact'
    | 'expression'
    | 'names';
  readonly isOptional?: true;
}

const FIELD: Asked = { name: 'field', as: 'field' };
const DEADBAND: Asked = { name: 'deadband', as: 'number', isOptional: true };

/** In the order in which they are asked; the kinds in the order in which they are offered. */
export const ASKED: Readonly<Record<AlarmConditionKind, readonly Asked[]>> = {
  limit: [FIELD, { name: 'side', as: 'side' }, { name: 'limit', as: 'number' }, DEADBAND],
  state: [FIELD, { name: 'equals', as: 'value' }],
  stale: [{ name: 'intervals', as: 'number' }],
  rate: [
    FIELD,
    { name: 'perMinute', as: 'number' },
    { name: 'direction', as: 'direction' },
    { name: 'windowMs', as: 'seconds' },
    DEADBAND,
  ],
  deviation: [FIELD, { name: 'setPoint', as: 'value' }, { name: 'by', as: 'number' }, DEADBAND],
  frozen: [FIELD, { name: 'forMs', as: 'seconds' }, { name: 'tolerance', as: 'number', isOptional: true }],
  'counter-jump': [
    { name: 'field', as: 'field', isOptional: true },
    { name: 'by', as: 'number' },
  ],
  'low-margin': [
    { name: 'marginDb', as: 'number' },
    { name: 'readings', as: 'number' },
  ],
  'low-battery': [
    { name: 'percent', as: 'number' },
    { name: 'field', as: 'field', isOptional: true },
  ],
  'join-refused': [{ name: 'times', as: 'number' }],
  'gateway-offline': [],
  expression: [
    { name: 'expression', as: 'expression' },
    { name: 'devices', as: 'names', isOptional: true },
  ],
  box: [
    { name: 'fact', as: 'fact' },
    { name: 'limit', as: 'number', isOptional: true },
  ],
};

export const KINDS = Object.keys(ASKED) as AlarmConditionKind[];

export function isKind(text: string): text is AlarmConditionKind {
  return Object.hasOwn(ASKED, text);
}

/** A rule to begin with. */
export const NEW_RULE: RuleBody = {
  name: '',
  enabled: true,
  scope: { kind: 'site' },
  condition: { kind: 'limit', field: '', side: 'high', limit: 0 },
  priority: 'medium',
  onDelayMs: 0,
  offDelayMs: 0,
  latched: false,
};

/** What stands in the form for a member: '' where there is nothing. */
export function shownOf(condition: Condition, { name, as }: Asked): string {
  const value: unknown = Object.entries(condition).find(([key]) => key === name)?.[1];
  if (value === undefined || value === null) return '';
  if (as === 'seconds') return String(Number(value) / 1_000);
  if (as === 'names')
    return Object.entries(value)
      .map(([word, eui]) => `${word} = ${eui}`)
      .join('\n');
  return String(value);
}

/** 'device:70b3…', 'site' */
export function scopeText(scope: Scope): string {
  switch (scope.kind) {
    case 'device':
      return `device:${scope.device}`;
    case 'profile':
      return `profile:${scope.profile}`;
    case 'area':
      return `area:${scope.area}`;
    case 'gateway':
      return `gateway:${scope.gateway}`;
    case 'site':
      return 'site';
  }
}

function scopeOf(text: string): Scope {
  const [kind = '', ...rest] = text.split(':');
  const of = rest.join(':');
  switch (kind) {
    case 'device':
      return { kind, device: of };
    case 'profile':
      return { kind, profile: of };
    case 'area':
      return { kind, area: of };
    case 'gateway':
      return { kind, gateway: of };
    default:
      return { kind: 'site' };
  }
}

/** Reads a form: `get` gives what stands in a field, '' for nothing. The box judges whether it makes sense. */
export function ruleOf(get: (name: string) => string): RuleBody {
  const word = (name: string): string => get(name).trim();
  const kind = isKind(word('kind')) ? (word('kind') as AlarmConditionKind) : 'limit';
  const members = ASKED[kind].flatMap((asked): (readonly [string, unknown])[] => {
    const text = word(`of-${asked.name}`);
    return text === '' && asked.isOptional ? [] : [[asked.name, memberOf(text, asked)]];
  });
  const texts = (['message', 'cause', 'consequence', 'action'] as const)
    .map((name) => [name, word(name)] as const)
    .filter(([, text]) => text !== '');
  return {
    name: word('name'),
    enabled: word('enabled') !== '',
    scope: scopeOf(get('scope')),
    condition: { kind, ...Object.fromEntries(members) } as Condition,
    priority: PRIORITIES.find((one) => one === word('priority')) ?? 'medium',
    onDelayMs: Number(word('onDelay')) * 1_000,
    offDelayMs: Number(word('offDelay')) * 1_000,
    latched: word('latched') !== '',
    ...Object.fromEntries(texts),
  };
}

function memberOf(text: string, { as }: Asked): unknown {
  if (as === 'number') return Number(text);
  if (as === 'seconds') return Number(text) * 1_000;
  if (as === 'names') return namesOf(text);
  if (as !== 'value') return text;
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text.replace(',', '.'));
  return text === '' || Number.isNaN(number) ? text : number;
}

/** Lines 'tank = 70b3d57ed0000001'. */
function namesOf(text: string): Record<string, string> {
  const lines = text.split('\n').map((line) => line.split('='));
  return Object.fromEntries(
    lines
      .map(([word = '', eui = '']) => [word.trim(), eui.replace(/[^0-9a-fA-F]/g, '').toLowerCase()] as const)
      .filter(([word]) => word !== ''),
  );
}
