/**
 * What a roll-up knows of an hour of one device: for each numeric field how many values, their bounds and sum, the first and
 * the last with their times. Pure; values come in the order of their positions (position.ts).
 */
import type { Fields } from '../../model/record.ts';

export const HOUR_MS = 3_600_000;
export const HOURS_A_DAY = 24;
/** Names of one device on one day; those after are not rolled up. */
export const MAX_FIELDS = 32;
export const MAX_NAME_LENGTH = 64;

/** The values of one field within an hour. */
export interface Cell {
  count: number;
  min: number;
  max: number;
  sum: number;
  first: number;
  firstMs: number;
  last: number;
  lastMs: number;
}

/** An hour of a device. The readings in it lie on the device's chain in the log from `lastSeq` down to `firstSeq`. */
export interface HourBucket {
  /** Since the epoch. */
  readonly hour: number;
  firstSeq: number;
  lastSeq: number;
  readonly cells: Map<string, Cell>;
}

export function createHour(hour: number, seq: number): HourBucket {
  return { hour, firstSeq: seq, lastSeq: seq, cells: new Map() };
}

/** A value as a chart shows it: a boolean is 0 or 1; a text is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'boolean' ? Number(value) : undefined;
}

/** Takes a reading in; `names` are those of its day, and grow. Returns how many cells are new. */
export function addReading(
  hour: HourBucket,
  names: Set<string>,
  { seq, timeMs, fields }: { readonly seq: number; readonly timeMs: number; readonly fields: Fields },
): number {
  if (seq < hour.firstSeq) hour.firstSeq = seq;
  if (seq > hour.lastSeq) hour.lastSeq = seq;
  let grown = 0;
  for (const name in fields) {
    const value = numberOf(fields[name]);
    if (value === undefined) continue;
    const cell = hour.cells.get(name);
    if (cell) addValue(cell, value, timeMs);
    else if (takesName(names, name)) {
      hour.cells.set(name, cellOf(value, timeMs));
      grown++;
    }
  }
  return grown;
}

export function takesName(names: Set<string>, name: string): boolean {
  if (names.has(name)) return true;
  if (names.size >= MAX_FIELDS || name.length > MAX_NAME_LENGTH) return false;
  names.add(name);
  return true;
}

export function cellOf(value: number, timeMs: number): Cell {
  return {
    ...{ count: 1, min: value, max: value, sum: value },
    ...{ first: value, firstMs: timeMs, last: value, lastMs: timeMs },
  };
}

export function addValue(cell: Cell, value: number, timeMs: number): void {
  cell.count++;
  cell.sum += value;
  if (value < cell.min) cell.min = value;
  if (value > cell.max) cell.max = value;
  if (timeMs >= cell.lastMs) {
    cell.last = value;
    cell.lastMs = timeMs;
  }
  if (timeMs < cell.firstMs) {
    cell.first = value;
    cell.firstMs = timeMs;
  }
}

/** Takes the values of `later`, which came after those of `cell`, into it. */
export function mergeCell(cell: Cell, later: Cell): void {
  cell.count += later.count;
  cell.sum += later.sum;
  if (later.min < cell.min) cell.min = later.min;
  if (later.max > cell.max) cell.max = later.max;
  if (later.lastMs >= cell.lastMs) {
    cell.last = later.last;
    cell.lastMs = later.lastMs;
  }
  if (later.firstMs < cell.firstMs) {
    cell.first = later.first;
    cell.firstMs = later.firstMs;
  }
}

/** The same for an hour; `names` are those of the day. `later` is not used afterwards. */
export function mergeHour(hour: HourBucket, later: HourBucket, names: Set<string>): void {
  hour.firstSeq = Math.min(hour.firstSeq, later.firstSeq);
  hour.lastSeq = Math.max(hour.lastSeq, later.lastSeq);
  for (const [name, cell] of later.cells) {
    const known = hour.cells.get(name);
    if (known) mergeCell(known, cell);
    else if (takesName(names, name)) hour.cells.set(name, cell);
  }
}
