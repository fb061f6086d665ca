/**
 * Devices out of JSON: one, a list, a list under one of the names used for it, or one value after the other, as The Things
 * Stack exports them. Reads on its own, one device at a time, and keeps only members that mean something here: what a file
 * is parsed into may be many times its size. Never throws.
 */
import { type Told, ToldError, tell, tellAll } from '../model/said.ts';
import { cut } from '../model/text.ts';
import { type Columns, isKnownName, isNumberList, normaliseName } from './columns.ts';

const MAX_DEPTH = 64;
/** With the script of its decoder and its latest uplinks, which The Things Stack exports too. */
const MAX_DEVICE_CHARS = 256 * 1024;
const MAX_KEYS = 10_000;
const MAX_KEY_CHARS = 100;
const MAX_VALUE_CHARS = 2000;
const LISTS: readonly string[] = ['devices', 'result', 'end_devices'];

export interface JsonDevice {
  /** From 1, in the order of the file. */
  readonly number: number;
  /** Where reading is, in characters. */
  readonly end: number;
  /** Nested names joined with dots: `{ids: {dev_eui: 'x'}}` is `ids.deveui: x`. None for a value that is no object. */
  readonly columns?: Columns;
  /** Why reading stops here, before the end. */
  readonly problem?: Told;
}

/** What members are taken for. */
export interface JsonMembers {
  /** The name under which a value is kept, by its path. */
  readonly meaning: (path: string) => string;
  /** Paths of the first plain values, as they are met. */
  readonly seen: Set<string>;
}

/** Of paths that are remembered. */
const MAX_SEEN = 64;

/** Reads at most `maxDevices`; stops at the first that is damaged. */
export function* readJsonDevices(
  source: string,
  maxDevices: number,
  members: JsonMembers = { meaning: (path) => path, seen: new Set() },
): Generator<JsonDevice, void> {
  const cursor: Cursor = { text: source, at: 0, start: 0, limit: 0, keys: 0, lists: 0, members };
  if (source.startsWith('\ufeff')) cursor.at = 1;
  let number = 0;
  try {
    for (const columns of values(cursor, maxDevices)) {
      number++;
      if (number > maxDevices) return yield tooMany(number, maxDevices, cursor);
      yield { number, end: cursor.at, ...(columns ? { columns } : {}) };
    }
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    const line = String(lineAt(source, cursor.start));
    const where = tell('import.jsonAt', { number: number + 1, line });
    yield { number: number + 1, end: cursor.at, problem: tellAll([where, error.told]) };
  }
}

function tooMany(number: number, maxDevices: number, { at }: Cursor): JsonDevice {
  return { number, end: at, problem: tell('import.devices', { limit: maxDevices }) };
}

interface Cursor {
  readonly text: string;
  readonly members: JsonMembers;
  at: number;
  /** Where the device that is being read begins. */
  start: number;
  /** Where it has to be at its end. */
  limit: number;
  keys: number;
  lists: number;
}

class Damage extends ToldError {}

function* values(cursor: Cursor, maxLists: number): Generator<Columns | undefined> {
  while (skipBetween(cursor)) {
    begin(cursor);
    if (++cursor.lists > maxLists) throw new Damage(tell('import.jsonLists', { limit: maxLists }));
    const first = peek(cursor);
    if (first === '[') yield* list(cursor);
    else if (first === '{') yield* deviceOrLists(cursor, maxLists);
    else yield device(cursor);
  }
}

/** Past white space and the commas that some tools put between values; false at the end. */
function skipBetween(cursor: Cursor): boolean {
  while (peek(cursor) === ',') cursor.at++;
  return cursor.at < cursor.text.length;
}

function* list(cursor: Cursor): Generator<Columns | undefined> {
  for (const _ of elements(cursor)) yield device(cursor);
}

function* deviceOrLists(cursor: Cursor, maxLists: number): Generator<Columns | undefined> {
  const columns = new Map<string, string>();
  const whole = { columns, isWrapped: false };
  let hasList = false;
  for (const key of members(cursor)) {
    if (LISTS.includes(key) && peek(cursor) === '[') {
      if (++cursor.lists > maxLists) throw new Damage(tell('import.jsonLists', { limit: maxLists }));
      hasList = true;
      yield* list(cursor);
      begin(cursor);
    } else readMember(cursor, key, whole);
  }
  if (!hasList) yield columns;
}

function begin(cursor: Cursor): void {
  peek(cursor);
  cursor.start = cursor.at;
  cursor.limit = cursor.at + MAX_DEVICE_CHARS;
  cursor.keys = 0;
}

/** The device at the cursor; undefined for a value that is no object. */
function device(cursor: Cursor): Columns | undefined {
  begin(cursor);
  if (peek(cursor) !== '{') {
    readValue(cursor, undefined, undefined, 1);
    return undefined;
  }
  const whole = { columns: new Map<string, string>(), isWrapped: false };
  for (const key of members(cursor)) readMember(cursor, key, whole);
  return whole.columns;
}

/** The Things Stack wraps the devices of templates in `end_device`; only what is in there is the device then. */
function readMember(
  cursor: Cursor,
  key: string,
  whole: { columns: Map<string, string>; isWrapped: boolean },
): void {
  if (key === 'end_device' && peek(cursor) === '{') {
    whole.isWrapped = true;
    whole.columns.clear();
    readValue(cursor, whole.columns, '', 2);
  } else readValue(cursor, whole.isWrapped ? undefined : whole.columns, memberName(key), 2);
}

/** Reads a value; it and its members go into `columns` under `name`, as far as they are known. Lists are passed over. */
function readValue(
  cursor: Cursor,
  columns: Map<string, string> | undefined,
  name: string | undefined,
  depth: number,
): void {
  if (depth > MAX_DEPTH) throw new Damage(tell('import.jsonDeep', { limit: MAX_DEPTH }));
  const first = peek(cursor);
  if (columns && name !== undefined && isNumberList(name) && (first === '[' || first === '{')) {
    const from = cursor.at;
    readValue(cursor, undefined, undefined, depth);
    // Longer than a value may be; what it comes down to is the greatest.
    columns.set(name, greatestOf(cursor.text.slice(from, cursor.at)));
  } else if (first === '{') {
    for (const key of members(cursor)) {
      const own = memberName(key);
      const path = name === undefined || own === undefined ? undefined : name && `${name}.${own}`;
      readValue(cursor, columns, path === '' ? own : path, depth + 1);
    }
  } else if (first === '[') {
    for (const _ of elements(cursor)) readValue(cursor, undefined, undefined, depth + 1);
  } else {
    const value = first === '"' ? readText(cursor) : readWord(cursor);
    if (!columns || value === undefined || !name) return;
    const { seen, meaning } = cursor.members;
    if (seen.size < MAX_SEEN) seen.add(name);
    const known = meaning(name);
    if (isKnownName(known)) columns.set(known, cut(value, MAX_VALUE_CHARS));
  }
}

/** Of the whole numbers in a list, and how many there are: '7 of 3'. Names and texts hold none. */
export function greatestOf(list: string): string {
  let greatest = -1;
  let count = 0;
  for (const [text] of list.replace(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/(?<![\w.-])\d{1,10}(?![\w.])/g)) {
    greatest = Math.max(greatest, Number(text));
    count++;
  }
  return count === 0 ? '' : `${greatest} of ${count}`;
}

function memberName(key: string): string | undefined {
  return key.length > MAX_KEY_CHARS ? undefined : normaliseName(key).replaceAll('.', '');
}

/** Each key of the object at the cursor; whoever takes it reads the value before the next. */
function* members(cursor: Cursor): Generator<string> {
  for (const _ of parts(cursor, '}')) {
    if (++cursor.keys > MAX_KEYS) throw new Damage(tell('import.jsonKeys', { limit: MAX_KEYS }));
    if (peek(cursor) !== '"') throw damage(cursor);
    const key = readText(cursor);
    if (peek(cursor) !== ':') throw damage(cursor);
    cursor.at++;
    yield key;
  }
}

function elements(cursor: Cursor): Generator<void> {
  return parts(cursor, ']');
}

function* parts(cursor: Cursor, close: '}' | ']'): Generator<void> {
  cursor.at++;
  if (peek(cursor) !== close) {
    for (;;) {
      yield;
      if (peek(cursor) !== ',') break;
      cursor.at++;
    }
  }
  if (peek(cursor) !== close) throw damage(cursor);
  cursor.at++;
}

/** The next character that is not white space; '' at the end. */
function peek(cursor: Cursor): string {
  const { text } = cursor;
  while (cursor.at < text.length && text.charCodeAt(cursor.at) <= 32) cursor.at++;
  return text.charAt(cursor.at);
}

function readText(cursor: Cursor): string {
  const { text, at: start, limit } = cursor;
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== 34 && at < limit; code = text.charCodeAt(at)) {
    if (at >= text.length) break;
    at += code === 92 ? 2 : 1;
  }
  cursor.at = at;
  if (at >= text.length || at >= limit) throw damage(cursor);
  cursor.at = at + 1;
  try {
    return JSON.parse(text.slice(start, at + 1)) as string;
  } catch {
    throw new Damage(tell('import.notJson'));
  }
}

/** A number, true or false as text; undefined for null. */
function readWord(cursor: Cursor): string | undefined {
  const word = /[\w.+-]{0,400}/y;
  word.lastIndex = cursor.at;
  const [found = ''] = word.exec(cursor.text) ?? [];
  if (cursor.at + found.length >= cursor.limit || found === '') throw damage(cursor);
  try {
    const value = JSON.parse(found) as number | boolean | null;
    cursor.at += found.length;
    return value === null ? undefined : String(value);
  } catch {
    throw damage(cursor);
  }
}

/** What is wrong where reading cannot go on. */
function damage({ text, at, limit }: Cursor): Damage {
  if (at >= text.length) return new Damage(tell('import.jsonEnd'));
  if (at >= limit) return new Damage(tell('import.jsonLong', { limit: MAX_DEVICE_CHARS }));
  return new Damage(tell('import.notJson'));
}

/** Without splitting the text, which may be nothing but lines. */
function lineAt(text: string, end: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
