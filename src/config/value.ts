/** Checks one value against its declaration, whatever source it came from, and says in words what is wrong with it. */
import type * as z from 'zod/mini';
import { isSaid, type Said, type Told, tell } from '../model/said.ts';
import { didYouMean } from '../model/suggest.ts';
import { wellFormedJson } from '../model/text.ts';
import type { SettingDoc, SettingKind, TableField } from './declare.ts';
import { mustBe } from './formats.ts';
import { inWords, printable } from './problem.ts';

/** What was wrong; `at` is where below the setting, '[2]' or '[0].dev_eui', empty for the setting itself. */
export interface ValueProblem {
  readonly at: string;
  readonly message: string;
  readonly said?: readonly Said[];
}

export interface Checkable {
  readonly schema: z.ZodMiniType;
  readonly kind: SettingKind;
  readonly doc: SettingDoc<unknown>;
}

export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly problems: readonly ValueProblem[];
      /** The tables of a list with null for each wrong value, so that what is right can be judged further. */
      readonly partial?: readonly unknown[];
    };

/** The value as declared (hex in lower case, defaults of tables filled in), or every problem it has. */
export function checkValue(declared: Checkable, value: unknown): Checked {
  if (value === null || value === undefined) return wrong('', tell('setting.noValue'));
  if (declared.kind.type === 'tables') return checkTables(declared.kind.fields, declared, value);
  const result = declared.schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const problems = result.error.issues.map((issue) => {
    const at = issue.path.map((step) => `[${String(step)}]`).join('');
    return { at, ...explain(declared, issue, value) };
  });
  return { ok: false, problems };
}

/** Text from the environment or a flag as the value its setting wants; text that does not fit is left as it is. */
export function parseText(kind: SettingKind, text: string): unknown {
  const word = text.trim();
  switch (kind.type) {
    case 'integer':
    case 'number':
      return /^[+-]?\d[\d_]*(\.\d+)?$/.test(word) ? Number(word.replaceAll('_', '')) : text;
    case 'boolean':
      if (/^(true|1|yes|on)$/i.test(word)) return true;
      return /^(false|0|no|off)$/i.test(word) ? false : text;
    case 'list':
      return word.split(',').map((item) => item.trim());
    case 'tables':
      try {
        return JSON.parse(wellFormedJson(text));
      } catch {
        return text;
      }
    default:
      return text;
  }
}

/** 'a whole number from 1 to 65535': the type column of the reference, and what errors ask for. */
export function describeKind(declared: Pick<Checkable, 'schema' | 'kind'>): string {
  return wantedOf(declared).detail;
}

function wantedOf(declared: Pick<Checkable, 'schema' | 'kind'>): Told {
  switch (declared.kind.type) {
    case 'integer': {
      const { minimum, maximum } = bounds(declared.schema);
      return maximum === undefined
        ? tell('setting.wholeLeast', { minimum })
        : tell('setting.whole', { minimum, maximum });
    }
    case 'number':
      return tell('setting.number');
    case 'boolean':
      return tell('setting.boolean');
    case 'choice':
      return tell('setting.choice', { choices: declared.kind.choices.join(', ') });
    case 'list':
      return tell('setting.list');
    case 'tables':
      return tell('setting.tables');
    case 'text':
      return tell('setting.text');
  }
}

/** The limits a schema was declared with: of a number's value, or of a list's length. */
export function bounds(schema: z.ZodMiniType): { minimum: number; maximum: number | undefined } {
  let minimum = 0;
  let maximum: number | undefined;
  for (const check of schema.def.checks ?? []) {
    const def: object = check._zod.def;
    if ('value' in def && typeof def.value === 'number' && 'check' in def) {
      if (def.check === 'greater_than') minimum = def.value;
      else if (def.value < Number.MAX_SAFE_INTEGER) maximum = def.value;
    }
    if ('minimum' in def && typeof def.minimum === 'number') minimum = def.minimum;
    if ('maximum' in def && typeof def.maximum === 'number') maximum = def.maximum;
  }
  return { minimum, maximum };
}

function checkTables(fields: readonly TableField[], declared: Checkable, value: unknown): Checked {
  if (!Array.isArray(value) || value.some((item) => !isTable(item)))
    return wrong('', mustBeTold(tell('setting.tables')));
  const limit = bounds(declared.schema).maximum;
  if (limit !== undefined && value.length > limit) return wrong('', tell('setting.mostTables', { limit }));
  const problems: ValueProblem[] = [];
  const tables = value.map((table: Record<string, unknown>, index) =>
    checkTable(fields, table, `[${index}]`, problems),
  );
  return problems.length === 0 ? { ok: true, value: tables } : { ok: false, problems, partial: tables };
}

function checkTable(
  fields: readonly TableField[],
  table: Record<string, unknown>,
  at: string,
  problems: ValueProblem[],
): Record<string, unknown> {
  const keys = fields.map((field) => field.key);
  for (const key of Object.keys(table).filter((name) => !keys.includes(name))) {
    problems.push({
      at: `${at}.${printable(key)}`,
      ...withHint(tell('setting.unknown'), didYouMean(key, keys)),
    });
  }
  const result: Record<string, unknown> = {};
  for (const field of fields) {
    if (!Object.hasOwn(table, field.key)) {
      if (field.required) problems.push({ at: `${at}.${field.key}`, ...inWords(tell('setting.missing')) });
      else if (field.default !== undefined) result[field.key] = field.default;
      continue;
    }
    const checked = checkValue(field, table[field.key]);
    result[field.key] = checked.ok ? checked.value : null;
    if (checked.ok) continue;
    problems.push(
      ...checked.problems.map((problem) => ({
        ...problem,
        at: `${at}.${field.key}${problem.at}`,
      })),
    );
  }
  return result;
}

function explain(declared: Checkable, issue: z.core.$ZodIssue, value: unknown): Worded {
  if (issue.code === 'custom') {
    const said: unknown = issue.params?.said;
    return { message: issue.message, ...(isSaid(said) ? { said } : {}) };
  }
  const { kind } = declared;
  if (kind.type === 'list') return explainList(declared, issue);
  const quotable = typeof value !== 'string' && typeof value !== 'object';
  if (kind.type === 'text')
    return inWords(quotable ? tell('setting.quoted') : mustBeTold(tell('setting.text')));
  if (kind.type === 'choice' && quotable && kind.choices.includes(String(value))) {
    return inWords(tell('setting.quoted'));
  }
  const got =
    declared.doc.secret || typeof value === 'object' ? '' : `, not ${printable(JSON.stringify(value))}`;
  const meant = kind.type === 'choice' ? didYouMean(String(value), kind.choices) : '';
  return withHint(mustBeTold(wantedOf(declared)), `${got}${meant}`);
}

type Worded = Pick<ValueProblem, 'message' | 'said'>;

function mustBeTold(wanted: Told): Told {
  return { detail: `must be ${wanted.detail}`, said: mustBe(wanted) };
}

/** What was written and what may have been meant helps where no field shows it: in English only. */
function withHint(told: Told, hint: string): Worded {
  return { message: `${told.detail}${hint}`, said: told.said };
}

function explainList(declared: Checkable, issue: z.core.$ZodIssue): Worded {
  if (issue.path.length > 0) return inWords(tell('setting.quoted'));
  if (issue.code === 'invalid_type') return inWords(mustBeTold(tell('setting.list')));
  const { minimum, maximum } = bounds(declared.schema);
  return inWords(tell('setting.entries', { minimum, maximum: maximum ?? '' }));
}

export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function wrong(at: string, told: Told): Checked {
  return { ok: false, problems: [{ at, ...inWords(told) }] };
}
