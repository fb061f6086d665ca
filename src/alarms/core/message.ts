/** What an alarm says: the rule's own words with values in them, or such that follow from its condition. Pure. */
import type { AlarmRule, AlarmValue } from '../../model/alarm.ts';
import { ownOf } from '../../model/own.ts';
import { durationWords } from '../../model/silence.ts';
import { cut, oneLine } from '../../model/text.ts';
import { fieldsOf } from '../expression/parse.ts';
import type { Plan } from './plan.ts';
import type { SiteDevice } from './site.ts';

export const MAX_MESSAGE = 300;

export interface Said {
  readonly subjectName: string;
  readonly device: SiteDevice | undefined;
  readonly value?: AlarmValue | undefined;
  readonly limit?: AlarmValue | undefined;
  /** For how long what is wrong has been so. */
  readonly durationMs?: number | undefined;
}

const BY_KIND: Readonly<Record<AlarmRule['condition']['kind'], string>> = {
  limit: '{device}: {field} is {value} {unit}, {side} {limit} {unit}',
  deviation: '{device}: {field} is {value} {unit}, it should be {limit} {unit}',
  rate: '{device}: {field} changes by {value} {unit} a minute',
  state: '{device}: {field} is {value}',
  stale: '{device} has not been heard for {duration}',
  frozen: '{device}: {field} has stayed at {value} {unit}',
  'counter-jump': '{device}: {field} jumped to {value}',
  'low-margin': '{device} is heard badly: {value} dB to spare',
  'low-battery': '{device}: battery at {value} %',
  'join-refused': '{device} was refused {value} times when it tried to join',
  'gateway-offline': 'Gateway {device} is offline',
  expression: '{name}: {device}',
  box: '{name}',
};

/** At most MAX_MESSAGE characters, one line. */
export function messageOf({ rule, tree }: Plan, said: Said): string {
  const { condition } = rule;
  const field = fieldOf(rule);
  const shown = ownOf(said.device?.fields, field ?? '');
  const values: Readonly<Record<string, string>> = {
    name: rule.name,
    device: said.subjectName,
    area: said.device?.area ?? '',
    field:
      shown?.name ??
      field ??
      (tree ? fieldsOf(tree).map(({ ref }) => ref.field)[0] : undefined) ??
      'frame counter',
    unit: shown?.unit ?? '',
    value: words(said.value, shown),
    limit: words(said.limit, shown),
    side: condition.kind === 'limit' && condition.side.startsWith('low') ? 'below' : 'above',
    duration: durationWords(said.durationMs ?? 0),
  };
  const text = (rule.message ?? BY_KIND[condition.kind]).replace(
    /\{(\w{1,20})\}/g,
    (whole, name: string) => ownOf(values, name) ?? whole,
  );
  return cut(oneLine(text.replace(/ {2,}/g, ' ').replace(/ ,/g, ',')), MAX_MESSAGE);
}

/** The field the condition is about, if it is about one. */
export function fieldOf({ condition }: Pick<AlarmRule, 'condition'>): string | undefined {
  return 'field' in condition ? condition.field : undefined;
}

type Shown = NonNullable<SiteDevice['fields']>[string];

function words(value: AlarmValue | undefined, shown: Shown | undefined): string {
  if (value === undefined) return '';
  const state = ownOf(shown?.states, String(value));
  if (state !== undefined) return state;
  if (typeof value !== 'number') return String(value);
  return shown?.digits === undefined
    ? String(Math.round(value * 1_000) / 1_000)
    : value.toFixed(shown.digits);
}
