/**
 * Flat fields out of whatever a decoder returned: nested names joined with '_', lists by index, only finite numbers,
 * text and booleans; null is no value. Bounded in number, length and depth, and never throws: the object may come from a device
 * maker's script.
 */
import type { Fields, FieldValue } from '../../model/record.ts';
import { type SaidKey, type SaidValues, type Told, tell } from '../../model/said.ts';
import { cut, wellFormed } from '../../model/text.ts';

export const MAX_FIELDS = 256;
export const MAX_NAME_CHARS = 128;
/** Bytes of UTF-8. */
export const MAX_STRING_BYTES = 4096;
/** Values looked at: an object of a million nulls costs no more than one of four thousand. */
const MAX_VISITS = 4096;
const MAX_DEPTH = 16;
/** Reasons given; the rest are counted in the last. */
const MAX_REASONS = 16;

export interface Flattened {
  readonly fields: Fields;
  /** What was left out and why, one sentence each: 'a_b: NaN is no reading'. At most 16 and a count. */
  readonly dropped: readonly Told[];
}

interface Flattening {
  readonly fields: Map<string, FieldValue>;
  readonly dropped: Told[];
  droppedMore: number;
  visits: number;
}

/** `{a: {b: 1}, c: [2, 3]}` becomes `{a_b: 1, c_0: 2, c_1: 3}`. */
export function flattenFields(decoded: Readonly<Record<string, unknown>>): Flattened {
  const state: Flattening = { fields: new Map(), dropped: [], droppedMore: 0, visits: 0 };
  try {
    takeMembers(state, '', decoded, 0);
  } catch {
    // A getter or a proxy may throw; what JSON can carry cannot.
    drop(state, 'codec.unreadable');
  }
  if (state.droppedMore > 0) state.dropped.push(tell('codec.more', { count: state.droppedMore }));
  return { fields: Object.fromEntries(state.fields), dropped: state.dropped };
}

function takeMembers(state: Flattening, prefix: string, container: object, depth: number): void {
  for (const key in container) {
    if (!Object.hasOwn(container, key)) continue;
    if (state.visits++ >= MAX_VISITS) {
      drop(state, prefix === '' ? 'codec.objectValues' : 'codec.values', prefix, { limit: MAX_VISITS });
      return;
    }
    const name = wellFormed(prefix === '' ? key : `${prefix}_${key}`);
    take(state, name, (container as Record<string, unknown>)[key], depth);
  }
}

function take(state: Flattening, name: string, value: unknown, depth: number): void {
  if (name === '') return drop(state, 'codec.nameless');
  if (name.length > MAX_NAME_CHARS) return drop(state, 'codec.nameLong', name, { limit: MAX_NAME_CHARS });
  if (typeof value === 'object' && value !== null) {
    if (value instanceof Date) return take(state, name, dateText(value), depth);
    if (depth >= MAX_DEPTH) return drop(state, 'codec.nested', name, { limit: MAX_DEPTH });
    return takeMembers(state, name, value, depth + 1);
  }
  // A decoder's way to say that there is no value.
  if (value === null) return;
  const field = fieldValue(value);
  if (typeof field === 'object') return drop(state, field.key, name, field.values);
  if (state.fields.has(name)) return drop(state, 'codec.sameName', name);
  if (state.fields.size >= MAX_FIELDS) return drop(state, 'codec.fields', name, { limit: MAX_FIELDS });
  state.fields.set(name, field);
}

interface Unfit {
  readonly key: SaidKey;
  readonly values: SaidValues;
}

function fieldValue(value: unknown): FieldValue | Unfit {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : noReading(String(value));
    case 'bigint':
      return fieldValue(Number(value));
    case 'string': {
      // A character has at most three bytes, so most strings need no counting.
      const tooLong = value.length * 3 > MAX_STRING_BYTES && Buffer.byteLength(value) > MAX_STRING_BYTES;
      return tooLong ? { key: 'codec.textLong', values: { limit: MAX_STRING_BYTES } } : wellFormed(value);
    }
    default:
      return noReading(typeof value);
  }
}

function dateText(date: Date): string | number {
  return Number.isNaN(date.getTime()) ? Number.NaN : date.toISOString();
}

function noReading(value: string): Unfit {
  return { key: 'codec.noReading', values: { value } };
}

function drop(state: Flattening, key: SaidKey, name = '', values: SaidValues = {}): void {
  if (state.dropped.length >= MAX_REASONS) state.droppedMore++;
  else state.dropped.push(tell(key, name === '' ? values : { name: cut(name, MAX_NAME_CHARS), ...values }));
}
