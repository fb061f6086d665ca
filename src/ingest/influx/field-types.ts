/**
 * One type for every field of a measurement: InfluxDB holds a field's type per shard (a day, say) and refuses the others,
 * so whichever type came first on a day would decide what is kept. Here the type is remembered, and a value of another type
 * goes to a field of its own: `level_text` beside a numeric `level`.
 */
import type { FieldValue } from '../../model/record.ts';
import type { Logger, World } from '../../model/world.ts';
import type { Notes } from '../../store/contract.ts';

/** Fields remembered; the one longest unused is forgotten first, and decided again when it comes back. */
const MAX_FIELDS = 1_000;
/** A field with a longer name is not remembered, so that strangers cannot make the memory large. */
const NAME_CHARACTERS = 200;
/** Shortest time between two savings: what a crash forgets, InfluxDB's answers bring back. */
const SAVE_MS = 10_000;
/** The field itself and how often a suffix is added: `level_text` may be taken by a number. */
const NAMES_TRIED = 3;
const NOTE = 'influx_field_types';

type ValueType = 'number' | 'text' | 'bool';
/** 'other': InfluxDB has integers there, which we never write. */
type FieldType = ValueType | 'other';

/** What InfluxDB said about a field: it has another type already. */
export interface TypeConflict {
  /** Of InfluxDB 3 the beginning of the line instead, which may be cut within the measurement. */
  readonly measurement: string;
  readonly isLine?: true;
  /** As InfluxDB wrote it, runs of white space made one space. */
  readonly field: string;
  readonly type: FieldType;
}

export interface FieldTypes {
  /** The field that `value` of the field `name` is written to; remembers the type of one not seen before. */
  nameOf(name: string, value: FieldValue): string;
  /** What is decided from now on can still be changed by a number. */
  beginBatch(): void;
  /** Whether a number changed what the batch had decided, so that its lines so far are not right. */
  isStale(): boolean;
  /** InfluxDB knows better. */
  note(conflict: TypeConflict): void;
  /** Stores what is new; not oftener than every ten seconds unless it is the `last` time. Never throws. */
  save(last?: boolean): void;
}

export interface FieldTypesOptions {
  readonly notes: Notes;
  readonly measurement: string;
  readonly world: World;
}

interface TypesContext extends FieldTypesOptions {
  /** By name; the longest unused first. */
  readonly types: Map<string, FieldType>;
  /** Decided in this batch. */
  readonly fresh: Set<string>;
  /** InfluxDB knew better, and that was told. */
  readonly corrected: Set<string>;
  stale: boolean;
  unsaved: boolean;
  savedMs: number;
  /** It was told that they cannot be saved. */
  told: boolean;
}

/** The types as they were saved, if that was for the same measurement. */
export function createFieldTypes(options: FieldTypesOptions): FieldTypes {
  const context: TypesContext = {
    ...options,
    types: load(options),
    fresh: new Set(),
    corrected: new Set(),
    ...{ stale: false, unsaved: false, savedMs: Number.NEGATIVE_INFINITY, told: false },
  };
  return {
    nameOf: (name, value) => nameOf(context, name, value),
    beginBatch() {
      context.fresh.clear();
      context.stale = false;
    },
    isStale: () => context.stale,
    note: (conflict) => note(context, conflict),
    save: (last = false) => save(context, last),
  };
}

/**
 * The conflict told in InfluxDB's `words`: `input field "level" on measurement "reading" is type string, already exists as
 * type float`. No regular expression over all of it: names can hold anything, and a server can say anything.
 */
export function conflictIn(words: string): TypeConflict | undefined {
  const [, rest] = splitAt(words, 'input field "');
  const [field, afterField] = splitAt(rest, '" on measurement "');
  const [measurement, types] = splitAt(afterField, '" is type ');
  const [, type] = /^\w+, already exists as type (\w+)/.exec(types) ?? [];
  return type === undefined ? columnConflictIn(words) : { measurement, field, type: NAMES[type] ?? 'other' };
}

/**
 * InfluxDB 3 has columns, tags among them: `line 2 (reading,device=70b3…): invalid column type for column 'level', expected
 * iox::column_type::field::float, got iox::column_type::field::string`.
 */
function columnConflictIn(words: string): TypeConflict | undefined {
  const [before, rest] = splitAt(words, "): invalid column type for column '");
  const [field, types] = splitAt(rest, "', expected iox::column_type::");
  const [, type] = /^(?:field::)?(\w+), got iox::/.exec(types) ?? [];
  const line = before.slice(before.lastIndexOf('(') + 1);
  return type === undefined || line === ''
    ? undefined
    : { measurement: line, isLine: true, field, type: NAMES[type] ?? 'other' };
}

const NAMES: Readonly<Record<string, ValueType>> = { float: 'number', string: 'text', boolean: 'bool' };

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? ['', ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function nameOf(context: TypesContext, plain: string, value: FieldValue): string {
  const type = typeOf(value);
  if (type === undefined) return plain;
  let name = plain;
  for (let tried = 0; tried < NAMES_TRIED; tried += 1) {
    const isNew = !context.types.has(name);
    const known = decide(context, name, type);
    if (known === type) {
      if (name !== plain && isNew) tellRenamed(context.world.logger, plain, name, type);
      return name;
    }
    name = `${name}_${type}`;
  }
  return name;
}

/** The type the field has, which is `type` if nothing else was known. */
function decide(context: TypesContext, name: string, type: ValueType): FieldType {
  const { types, fresh } = context;
  if (name.length > NAME_CHARACTERS) return type;
  const known = types.get(name);
  // A word or a switch among numbers is the exception ("error", "n/a"), whichever came first.
  const isOverruled = known !== type && type === 'number' && fresh.has(name);
  if (known !== undefined && !isOverruled) {
    remember(context, name, known);
    return known;
  }
  if (isOverruled) context.stale = true;
  fresh.add(name);
  remember(context, name, type);
  context.unsaved = true;
  return type;
}

/** As the one used last. */
function remember({ types }: TypesContext, name: string, type: FieldType): void {
  types.delete(name);
  types.set(name, type);
  if (types.size <= MAX_FIELDS) return;
  const [oldest] = types.keys();
  if (oldest !== undefined) types.delete(oldest);
}

function note(context: TypesContext, conflict: TypeConflict): void {
  const { types, corrected, world } = context;
  const { field, type } = conflict;
  if (!isOurs(context.measurement, conflict)) return;
  // What we did not write is none of our business.
  const name = types.has(field) ? field : [...types.keys()].find((key) => asTold(key) === asTold(field));
  if (name === undefined || types.get(name) === type) return;
  // Days that disagree have it change again and again while they are written.
  const level = corrected.has(name) ? 'debug' : 'warn';
  world.logger[level]('influx.field_type', { field: name, was: types.get(name), type });
  if (corrected.size >= MAX_FIELDS) corrected.clear();
  corrected.add(name);
  context.fresh.delete(name);
  remember(context, name, type);
  context.unsaved = true;
}

function isOurs(ours: string, { measurement, isLine }: TypeConflict): boolean {
  if (!isLine) return asTold(ours) === asTold(measurement);
  const [, name = '', end] = /^((?:\\.|[^\\, ])*)([, ]?)/.exec(measurement) ?? [];
  const told = asTold(name.replace(/\\(.)/g, '$1'));
  return end === '' ? asTold(ours).startsWith(told) : asTold(ours) === told;
}

/** A name as it is found in InfluxDB's words. */
function asTold(name: string): string {
  return name.replace(/\s+/g, ' ').trim();
}

function tellRenamed(logger: Logger, field: string, name: string, type: ValueType): void {
  const hint = `${field} has values of another type: see that the decoder always gives the same`;
  logger.warn('influx.field_renamed', { field, type, written_as: name, hint });
}

function typeOf(value: FieldValue): ValueType | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? 'number' : undefined;
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'bool' : undefined;
}

/** A record is never to pay for it: without the store the types are known until the end of the program. */
function save(context: TypesContext, last: boolean): void {
  const { notes, measurement, types, world } = context;
  const nowMs = world.clock.monotonicMs();
  if (!context.unsaved || (!last && nowMs - context.savedMs < SAVE_MS)) return;
  context.savedMs = nowMs;
  try {
    notes.put(NOTE, { measurement, fields: [...types] });
    context.unsaved = false;
    context.told = false;
  } catch (error) {
    if (!context.told) world.logger.warn('influx.field_types_unsaved', { error: messageOf(error) });
    context.told = true;
  }
}

function load({ notes, measurement, world }: FieldTypesOptions): Map<string, FieldType> {
  try {
    const saved = notes.get(NOTE);
    if (!isObject(saved) || saved.measurement !== measurement || !Array.isArray(saved.fields))
      return new Map();
    const fields: readonly unknown[] = saved.fields;
    return new Map(fields.filter(isField).slice(-MAX_FIELDS));
  } catch (error) {
    world.logger.warn('influx.field_types_unread', { error: messageOf(error) });
    return new Map();
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isField(entry: unknown): entry is [string, FieldType] {
  if (!Array.isArray(entry) || entry.length !== 2) return false;
  const [name, type]: readonly unknown[] = entry;
  return typeof name === 'string' && ['number', 'text', 'bool', 'other'].some((known) => known === type);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
