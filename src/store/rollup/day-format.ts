/**
 * A day of one device as bytes, about 12 for a field in an hour:
 *
 *   names:  count, then each: length, UTF-8
 *   hours:  hour of the day (a byte), length, then: firstSeq, lastSeq - firstSeq, cells, each:
 *     name (its index), kind (a byte), count, and by kind
 *       scale 0 to 6 in bits 0-2: values × 10^scale: min (zigzag), then max, first, last, each less min; scale 7: four doubles
 *       bit 3: sum as a double; else sum × 10^(scale + 2), zigzag
 *     firstMs since the hour's begin, lastMs - firstMs
 *
 * Numbers are SQLite-like: seven bits a byte, least significant first. Hours that are not touched are copied as bytes. What
 * is read here has matched its checksum.
 */
import { type Cell, HOUR_MS, HOURS_A_DAY, type HourBucket, mergeHour } from './buckets.ts';

/** A day read as far as its hours; `segments` are theirs, by hour of the day, still as bytes. */
export interface EncodedDay {
  readonly names: readonly string[];
  readonly segments: ReadonlyMap<number, Buffer>;
}

const DOUBLES = 7;
const SUM_DOUBLE = 8;
const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
const LARGEST = 2 ** 50;

interface Writer {
  bytes: Buffer;
  at: number;
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

/** One for all: encoding never waits. */
const writer: Writer = { bytes: Buffer.allocUnsafe(64 * 1024), at: 0 };

/** The day with `hours` of it merged in, each after what is there. `names` of the day, in order of their index, may grow. */
export function mergeIntoDay(
  day: EncodedDay | undefined,
  hours: Iterable<HourBucket>,
  dayNumber: number,
): Buffer {
  const names = new Set(day?.names);
  const segments = new Map(day?.segments);
  const merged: HourBucket[] = [];
  for (const later of hours) {
    const at = later.hour - dayNumber * HOURS_A_DAY;
    const segment = segments.get(at);
    const hour = segment ? decodeHour(segment, day?.names ?? [], later.hour) : emptyLike(later);
    mergeHour(hour, later, names);
    merged.push(hour);
  }
  const index = new Map([...names].map((name, place) => [name, place]));
  for (const hour of merged) {
    writer.at = 0;
    encodeHour(writer, hour, index);
    segments.set(hour.hour - dayNumber * HOURS_A_DAY, Buffer.from(writer.bytes.subarray(0, writer.at)));
  }
  return encodeDay([...names], segments);
}

function emptyLike({ hour, firstSeq, lastSeq }: HourBucket): HourBucket {
  return { hour, firstSeq, lastSeq, cells: new Map() };
}

function encodeDay(names: readonly string[], segments: ReadonlyMap<number, Buffer>): Buffer {
  writer.at = 0;
  putNumber(writer, names.length);
  for (const name of names) {
    const text = Buffer.from(name);
    putNumber(writer, text.length);
    putBytes(writer, text);
  }
  for (const [hour, segment] of [...segments].sort(([a], [b]) => a - b)) {
    putNumber(writer, hour);
    putNumber(writer, segment.length);
    putBytes(writer, segment);
  }
  return Buffer.from(writer.bytes.subarray(0, writer.at));
}

export function readDay(bytes: Buffer): EncodedDay {
  const reader = { bytes, at: 0 };
  const names: string[] = [];
  for (let count = takeNumber(reader); count > 0; count--)
    names.push(takeBytes(reader, takeNumber(reader)).toString());
  const segments = new Map<number, Buffer>();
  while (reader.at < bytes.length) {
    const hour = takeNumber(reader);
    segments.set(hour, takeBytes(reader, takeNumber(reader)));
  }
  return { names, segments };
}

/** The hours of `day` from `fromHour` up to `toHour`, both since the epoch and included, with the fields of `only`. */
export function hoursOfDay(
  { names, segments }: EncodedDay,
  dayNumber: number,
  fromHour: number,
  toHour: number,
  only?: ReadonlySet<string>,
): HourBucket[] {
  const hours: HourBucket[] = [];
  for (const [at, segment] of segments) {
    const hour = dayNumber * HOURS_A_DAY + at;
    if (hour >= fromHour && hour <= toHour) hours.push(decodeHour(segment, names, hour, only));
  }
  return hours;
}

function encodeHour(to: Writer, { hour, firstSeq, lastSeq, cells }: HourBucket, index: Map<string, number>) {
  putNumber(to, firstSeq);
  putNumber(to, lastSeq - firstSeq);
  for (const [name, cell] of cells) {
    putNumber(to, index.get(name) ?? 0);
    encodeCell(to, cell, hour * HOUR_MS);
  }
}

function encodeCell(to: Writer, cell: Cell, hourMs: number): void {
  const { count, min, max, first, last, sum, firstMs, lastMs } = cell;
  const scale = scaleOf(min, max, first, last);
  const power = POWERS[scale] ?? 1;
  const scaledSum = Math.round(sum * 100 * power);
  const isWholeSum =
    scale !== DOUBLES && isSameSum(scaledSum / (100 * power), sum) && Math.abs(scaledSum) < LARGEST;
  putNumber(to, isWholeSum ? scale : scale | SUM_DOUBLE);
  putNumber(to, count);
  if (scale === DOUBLES) for (const value of [min, max, first, last]) putDouble(to, value);
  else {
    const least = Math.round(min * power);
    putNumber(to, zigzag(least));
    for (const value of [max, first, last]) putNumber(to, Math.round(value * power) - least);
  }
  if (isWholeSum) putNumber(to, zigzag(scaledSum));
  else putDouble(to, sum);
  putNumber(to, firstMs - hourMs);
  putNumber(to, lastMs - firstMs);
}

function decodeHour(
  bytes: Buffer,
  names: readonly string[],
  hour: number,
  only?: ReadonlySet<string>,
): HourBucket {
  const reader = { bytes, at: 0 };
  const firstSeq = takeNumber(reader);
  const lastSeq = firstSeq + takeNumber(reader);
  const cells = new Map<string, Cell>();
  while (reader.at < bytes.length) {
    const name = names[takeNumber(reader)] ?? '';
    const cell = decodeCell(reader, hour * HOUR_MS);
    if (!only || only.has(name)) cells.set(name, cell);
  }
  return { hour, firstSeq, lastSeq, cells };
}

function decodeCell(from: Reader, hourMs: number): Cell {
  const kind = takeNumber(from);
  const count = takeNumber(from);
  const scale = kind & DOUBLES;
  const power = POWERS[scale] ?? 1;
  const isDouble = scale === DOUBLES;
  const least = isDouble ? 0 : unzigzag(takeNumber(from));
  const min = isDouble ? takeDouble(from) : least / power;
  const max = isDouble ? takeDouble(from) : (least + takeNumber(from)) / power;
  const first = isDouble ? takeDouble(from) : (least + takeNumber(from)) / power;
  const last = isDouble ? takeDouble(from) : (least + takeNumber(from)) / power;
  const sum = kind & SUM_DOUBLE ? takeDouble(from) : unzigzag(takeNumber(from)) / (power * 100);
  const firstMs = hourMs + takeNumber(from);
  const lastMs = firstMs + takeNumber(from);
  return { count, min, max, sum, first, firstMs, last, lastMs };
}

/** Digits behind the point with which all of them are written exactly; DOUBLES where there are too many. */
function scaleOf(...values: number[]): number {
  let scale = 0;
  for (const value of values) {
    while (scale < DOUBLES && !isWhole(value, POWERS[scale] ?? 1)) scale++;
  }
  return scale;
}

function isWhole(value: number, power: number): boolean {
  const scaled = Math.round(value * power);
  return scaled / power === value && Math.abs(scaled) < LARGEST;
}

/** But for what adding up decimal fractions in binary leaves behind. */
function isSameSum(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-12 + 1e-11 * Math.abs(b);
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);

function putNumber(to: Writer, value: number): void {
  makeRoom(to, 8);
  let left = value;
  while (left >= 128) {
    to.bytes[to.at++] = (left % 128) | 128;
    left = Math.floor(left / 128);
  }
  to.bytes[to.at++] = left;
}

function putDouble(to: Writer, value: number): void {
  makeRoom(to, 8);
  to.at = to.bytes.writeDoubleLE(value, to.at);
}

function putBytes(to: Writer, bytes: Buffer): void {
  makeRoom(to, bytes.length);
  to.at += bytes.copy(to.bytes, to.at);
}

function makeRoom(to: Writer, bytes: number): void {
  if (to.at + bytes <= to.bytes.length) return;
  to.bytes = Buffer.concat([to.bytes, Buffer.allocUnsafe(to.bytes.length)]);
}

function takeNumber(from: Reader): number {
  let value = 0;
  let unit = 1;
  for (;;) {
    const byte = from.bytes[from.at++] ?? 0;
    value += (byte & 127) * unit;
    if (byte < 128) return value;
    unit *= 128;
  }
}

function takeDouble(from: Reader): number {
  const value = from.bytes.readDoubleLE(from.at);
  from.at += 8;
  return value;
}

function takeBytes(from: Reader, length: number): Buffer {
  const bytes = from.bytes.subarray(from.at, from.at + length);
  from.at += length;
  return bytes;
}
