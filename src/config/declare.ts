/**
 * How a setting is declared: a zod schema with a description, a default and an example. From the declaration come the
 * types, the defaults, the environment names, the template and the reference page. `zod/mini` because it costs the
 * start of the program a tenth of what `zod` does (2 MB and 10 ms against 13 MB and 60 ms, bundled).
 */
import * as z from 'zod/mini';

export interface SettingDoc<T> {
  /** One to three sentences of plain text; units and limits where they are not in the name. */
  readonly description: string;
  /** What the template and the reference show where there is no default to show. */
  readonly example?: T;
  /** true: never shown. 'in-url': a URL whose password is never shown. */
  readonly secret?: boolean | 'in-url';
}

export interface Setting {
  /** 'influx.token'; for a list of tables, 'devices'. */
  readonly path: string;
  readonly section: string;
  /** Absent for a section that is itself one setting (a list of tables). */
  readonly key?: string;
  readonly env: string;
  readonly doc: SettingDoc<unknown>;
  readonly default: unknown;
  /** The schema without its default, as values from any source are checked. */
  readonly schema: z.ZodMiniType;
  readonly kind: SettingKind;
}

export type SettingKind =
  | { readonly type: 'text' | 'integer' | 'number' | 'boolean' | 'list' }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'tables'; readonly fields: readonly TableField[] };

/** A key of each table in a list of tables. */
export interface TableField {
  readonly key: string;
  readonly doc: SettingDoc<unknown>;
  readonly default: unknown;
  readonly required: boolean;
  readonly schema: z.ZodMiniType;
  readonly kind: SettingKind;
}

/** 'batch_max_records' -> 'batchMaxRecords', as the code spells it. */
export type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** 'batch_max_records' -> 'batchMaxRecords', the value of the type above. */
export function camelCase(key: string): string {
  return key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The settings as the code reads them: camelCase, readonly, an absent setting is an absent property. */
export type Camelled<T> = T extends readonly (infer Item)[]
  ? readonly Camelled<Item>[]
  : T extends object
    ? { readonly [K in keyof T as CamelCase<K & string>]: Camelled<Exclude<T[K], undefined>> }
    : T;

const docs = new WeakMap<object, SettingDoc<unknown>>();

/** Declares a setting with a default, */
export function setting<S extends z.ZodMiniType>(
  schema: S,
  doc: SettingDoc<z.output<S>> & { readonly default: z.output<S> },
): z.ZodMiniDefault<S>;
/** or one that must be given (in a list of tables only), */
export function setting<S extends z.ZodMiniType>(
  schema: S,
  doc: SettingDoc<z.output<S>> & { readonly required: true },
): S;
/** or one that may be absent. */
export function setting<S extends z.ZodMiniType>(
  schema: S,
  doc: SettingDoc<z.output<S>>,
): z.ZodMiniOptional<S>;
export function setting(
  schema: z.ZodMiniType,
  doc: SettingDoc<unknown> & { readonly default?: unknown; readonly required?: true },
): z.ZodMiniType {
  const declared =
    doc.default !== undefined ? z._default(schema, doc.default) : doc.required ? schema : z.optional(schema);
  docs.set(declared, doc);
  return declared;
}

/** The documentation given to `setting`; a section's keys all have one. */
export function docOf(schema: z.ZodMiniType): SettingDoc<unknown> {
  const doc = docs.get(schema);
  if (!doc) throw new Error('a setting was declared without `setting()`');
  return doc;
}

/** Takes a declared schema apart: what values are checked with, its default, and whether it may be absent. */
export function unwrap(declared: z.ZodMiniType): {
  schema: z.ZodMiniType;
  default: unknown;
  required: boolean;
} {
  if (declared instanceof z.ZodMiniDefault) {
    return {
      schema: declared.def.innerType as z.ZodMiniType,
      default: declared.def.defaultValue,
      required: false,
    };
  }
  if (declared instanceof z.ZodMiniOptional) {
    return { schema: declared.def.innerType as z.ZodMiniType, default: undefined, required: false };
  }
  return { schema: declared, default: undefined, required: true };
}

/** What kind of value `schema` takes: decides how text from the environment is read and how a value is printed. */
export function kindOf(schema: z.ZodMiniType): SettingKind {
  if (schema instanceof z.ZodMiniEnum) return { type: 'choice', choices: schema.options.map(String) };
  if (schema instanceof z.ZodMiniBoolean) return { type: 'boolean' };
  if (schema instanceof z.ZodMiniNumberFormat) return { type: 'integer' };
  if (schema instanceof z.ZodMiniNumber) return { type: 'number' };
  if (schema instanceof z.ZodMiniArray) {
    const item = schema.def.element as z.ZodMiniType;
    return item instanceof z.ZodMiniObject ? { type: 'tables', fields: tableFields(item) } : { type: 'list' };
  }
  return { type: 'text' };
}

function tableFields(table: z.ZodMiniObject): TableField[] {
  return Object.entries(table.def.shape).map(([key, declared]) => {
    const parts = unwrap(declared as z.ZodMiniType);
    return { key, doc: docOf(declared as z.ZodMiniType), ...parts, kind: kindOf(parts.schema) };
  });
}

/** Every setting of the sections, in the order of their declaration. */
export function listSettings(sections: Readonly<Record<string, z.ZodMiniType>>): Setting[] {
  return Object.entries(sections).flatMap(([section, declared]) => {
    if (!(declared instanceof z.ZodMiniObject)) return [describe(section, undefined, declared)];
    return Object.entries(declared.def.shape).map(([key, value]) =>
      describe(section, key, value as z.ZodMiniType),
    );
  });
}

function describe(section: string, key: string | undefined, declared: z.ZodMiniType): Setting {
  const { schema, default: fallback } = unwrap(declared);
  const path = key === undefined ? section : `${section}.${key}`;
  return {
    path,
    section,
    ...(key === undefined ? {} : { key }),
    env: `WSE_${path.replace('.', '__').toUpperCase()}`,
    doc: docOf(declared),
    default: fallback,
    schema,
    kind: kindOf(schema),
  };
}
