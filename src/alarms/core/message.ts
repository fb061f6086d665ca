/** What an alarm says: the rule's own words with values in them, or a sentence by a key that follows from its condition. Pure. */
import type { AlarmRule, AlarmValue } from '../../model/alarm.ts';
import { ownOf } from '../../model/own.ts';
import { ALARM_TEXTS, type AlarmTextKey } from '../../model/said/alarm-texts.ts';
import type { Said, SaidValues } from '../../model/said.ts';
import { durationWords } from '../../model/silence.ts';
import { cut, oneLine } from '../../model/text.ts';
import { fieldsOf } from '../expression/parse.ts';
import type { Plan } from './plan.ts';
import type { SiteDevice } from './site.ts';

export const MAX_MESSAGE = 300;
/** Of a name or text in a sentence that is said in other languages: nobody cuts it afterwards. */
const MAX_VALUE = 100;
const DAY_MS = 86_400_000;
/** From here on a duration is told in days. */
const LONG_MS = 2 * DAY_MS;

export interface Found {
  readonly subjectName: string;
  readonly device: SiteDevice | undefined;
  readonly value?: AlarmValue | undefined;
  readonly limit?: AlarmValue | undefined;
  /** For how long what is wrong has been so. */
  readonly durationMs?: number | undefined;
}

export interface AlarmMessage {
  /** In English, or in the rule's own words; at most MAX_MESSAGE characters, one line. */
  readonly message: string;
  /** Where the sentence is not a person's. */
  readonly said: readonly Said[] | undefined;
}

type Condition = AlarmRule['condition'];

/** Names only: there is nothing to be said in another language. */
const OF_NAMES: Readonly<Partial<Record<Condition['kind'], string>>> = {
  expression: '{name}: {device}',
  box: '{name}',
};

export function messageOf(plan: Plan, found: Found): AlarmMessage {
  const { rule } = plan;
  const shown = ownOf(found.device?.fields, fieldOf(rule) ?? '');
  const key = keyOf(rule.condition, found, shown);
  const values = valuesOf(plan, found, shown);
  const own = rule.message ?? OF_NAMES[rule.condition.kind];
  if (own !== undefined || key === undefined)
    return { message: filled(own ?? '{name}', values), said: undefined };
  const text = ALARM_TEXTS[key];
  const { unit, ...names } = values;
  const spaced = { unit: unit === '' ? '' : ` ${oneLine(unit)}` };
  const days = daysOf(found.durationMs);
  const known: SaidValues = { ...mapped(names), ...spaced, ...numbersOf(found, shown), days };
  return {
    message: filled(text, { ...names, ...spaced, days: String(days) }),
    said: [{ key, values: placesOf(text, known) }],
  };
}

function filled(text: string, values: Readonly<Record<string, string>>): string {
  const words = text.replace(/\{(\w{1,20})\}/g, (whole, name: string) => ownOf(values, name) ?? whole);
  return cut(oneLine(words.replace(/ {2,}/g, ' ').replace(/ ,/g, ',')), MAX_MESSAGE);
}

function mapped(texts: Readonly<Record<string, string>>): SaidValues {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, cut(oneLine(text), MAX_VALUE)]),
  );
}

/** Only what the sentence has a place for. */
function placesOf(text: string, values: SaidValues): SaidValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => text.includes(`{${name}}`)));
}

/** Each as text, by the names a rule's own words may have in them. */
function valuesOf(
  { rule, tree }: Plan,
  { subjectName, device, value, limit, durationMs = 0 }: Found,
  shown: Shown | undefined,
) {
  const { condition } = rule;
  const ofTree = tree ? fieldsOf(tree).map(({ ref }) => ref.field)[0] : undefined;
  return {
    name: rule.name,
    device: subjectName,
    area: device?.area ?? '',
    field: shown?.name ?? fieldOf(rule) ?? ofTree ?? 'frame counter',
    unit: shown?.unit ?? '',
    value: words(value, shown),
    limit: words(limit, shown),
    side: condition.kind === 'limit' && condition.side.startsWith('low') ? 'below' : 'above',
    duration: durationWords(durationMs),
  };
}

/** Every language writes them in its own way. */
function numbersOf({ value, limit }: Found, shown: Shown | undefined): SaidValues {
  const isNumber = (one: AlarmValue | undefined): one is number =>
    typeof one === 'number' && stateOf(one, shown) === undefined;
  return {
    ...(isNumber(value) ? { value: Number(words(value, shown)) } : {}),
    ...(isNumber(limit) ? { limit: Number(words(limit, shown)) } : {}),
  };
}

const KEYS: Readonly<Partial<Record<Condition['kind'], AlarmTextKey>>> = {
  deviation: 'alarm.deviates',
  rate: 'alarm.changes',
  frozen: 'alarm.frozen',
  'low-margin': 'alarm.badlyHeard',
  'low-battery': 'alarm.battery',
  'join-refused': 'alarm.joinRefused',
  'gateway-offline': 'alarm.gatewayOffline',
};

function keyOf(
  condition: Condition,
  { value, durationMs = 0 }: Found,
  shown: Shown | undefined,
): AlarmTextKey | undefined {
  switch (condition.kind) {
    case 'limit':
      return condition.side.startsWith('low') ? 'alarm.below' : 'alarm.above';
    case 'state':
      if (typeof value !== 'boolean' || stateOf(value, shown) !== undefined) return 'alarm.is';
      return value ? 'alarm.true' : 'alarm.false';
    case 'stale':
      return durationMs < LONG_MS ? 'alarm.silent' : 'alarm.silentDays';
    case 'counter-jump':
      return condition.field === undefined ? 'alarm.frameJumped' : 'alarm.jumped';
    default:
      return KEYS[condition.kind];
  }
}

function daysOf(ms = 0): number {
  return Math.round(ms / DAY_MS);
}

/** The field the condition is about, if it is about one. */
export function fieldOf({ condition }: Pick<AlarmRule, 'condition'>): string | undefined {
  return 'field' in condition ? condition.field : undefined;
}

type Shown = NonNullable<SiteDevice['fields']>[string];

/** 'open' for 1 */
function stateOf(value: AlarmValue, shown: Shown | undefined): string | undefined {
  return ownOf(shown?.states, String(value));
}

function words(value: AlarmValue | undefined, shown: Shown | undefined): string {
  if (value === undefined) return '';
  const state = stateOf(value, shown);
  if (state !== undefined) return state;
  if (typeof value !== 'number') return String(value);
  return shown?.digits === undefined
    ? String(Math.round(value * 1_000) / 1_000)
    : value.toFixed(shown.digits);
}
