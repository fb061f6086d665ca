/**
 * A device's numeric fields as buckets of time, for a chart: from the readings themselves where they are few, found along
 * the device's chain from where the roll-ups say it lies; from whole hours of the roll-ups else. What is in memory only
 * counts like what is written; where nothing was measured there is no point. Others have their turn in between.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { uplinkBody } from '../../model/record.ts';
import { type ClockBook, timeOf } from '../../model/time.ts';
import type { History, HistoryPoint, HistoryQuery, HistorySeries } from '../contract.ts';
import type { LogTable } from '../log/log.ts';
import type { DeviceStates, StoredDeviceState } from '../tables/device-states.ts';
import { addValue, type Cell, cellOf, HOUR_MS, type HourBucket, mergeCell, numberOf } from './buckets.ts';
import { type EncodedDay, hoursOfDay, readDay } from './day-format.ts';
import { type DatedRecord, marksOf } from './history-marks.ts';
import { DAY_MS, type RollupRows } from './rollup-rows.ts';
import type { Rollups } from './rollups.ts';

export interface HistorySources {
  readonly rows: RollupRows;
  readonly rollups: Rollups;
  readonly log: LogTable;
  readonly states: DeviceStates;
  readonly book: ClockBook;
  /** Wraps what reads the file, so that damage is noticed. */
  readonly guard: <T>(operation: string, run: () => T) => T;
  /** Readings looked at for one answer; with more in the range, it comes from the roll-ups. */
  readonly maxReadings?: number;
}

const MAX_READINGS = 5_000;
const RECORDS_A_TURN = 250;
const DAYS_A_TURN = 32;
/** Fields of an answer. */
const MAX_SERIES = 64;

interface Target {
  readonly fromMs: number;
  readonly bucketMs: number;
  readonly series: Map<string, Map<number, Cell>>;
}

/** The roll-ups of a range at one moment. */
interface Snapshot {
  readonly days: readonly { readonly day: number; readonly encoded: EncodedDay }[];
  /** Not in the rows yet; nothing changes them any more. */
  readonly open: readonly HourBucket[];
}

interface Reading {
  readonly timeMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export async function readHistory(
  sources: HistorySources,
  devEui: string,
  query: HistoryQuery,
): Promise<History> {
  const { states, rollups, log } = sources;
  const device = states.get(devEui);
  const behind = Math.max(0, log.lastSeq() - rollups.mergedSeq());
  if (!device) return { ...answerOf(exactTarget(query)), source: 'readings', behind };
  const snapshot = takeSnapshot(sources, device.id, query);
  const hours = await hoursIn(snapshot, query);
  const readings = await recordsIn(sources, devEui, query, hours);
  if (readings) {
    const target = exactTarget(query);
    const inOrder = readings.reverse();
    for (const { record, dated } of inOrder)
      if (record.kind === 'uplink')
        addReading(target, { timeMs: dated.timeMs, fields: uplinkBody(record).fields }, query.fields);
    return { ...answerOf(target), source: 'readings', behind, marks: marksOf(inOrder) };
  }
  const target = hourTarget(query);
  for (const hour of hours) for (const [name, cell] of hour.cells) addCell(target, hour, name, cell);
  return { ...answerOf(target), source: 'hours', behind };
}

function exactTarget({ fromMs, toMs, buckets }: HistoryQuery): Target {
  return { fromMs, bucketMs: Math.max(1, Math.ceil((toMs - fromMs) / buckets)), series: new Map() };
}

/** Buckets of whole hours, so that each has what lies in it. */
function hourTarget({ fromMs, toMs, buckets }: HistoryQuery): Target {
  const begin = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
  const bucketMs = Math.ceil((toMs - begin) / buckets / HOUR_MS) * HOUR_MS;
  return { fromMs: begin, bucketMs: Math.max(HOUR_MS, bucketMs), series: new Map() };
}

function takeSnapshot(
  { rows, rollups, guard }: HistorySources,
  device: number,
  query: HistoryQuery,
): Snapshot {
  const { fromHour, toHour } = hourRange(query);
  const [fromDay, toDay] = [Math.floor(query.fromMs / DAY_MS), Math.floor((query.toMs - 1) / DAY_MS)];
  const days = guard('read', () =>
    [...rows.range(device, fromDay, toDay)].map(({ day, body }) => ({ day, encoded: readDay(body) })),
  );
  const open = rollups.open
    .ofDevice(device)
    .flatMap(({ hours }) => [...hours.values()])
    .filter(({ hour }) => hour >= fromHour && hour <= toHour)
    .map((hour) => ({ ...hour, cells: copyCells(hour.cells, query.fields) }));
  return { days, open };
}

function copyCells(
  cells: ReadonlyMap<string, Cell>,
  only: ReadonlySet<string> | undefined,
): Map<string, Cell> {
  const wanted = [...cells].filter(([name]) => !only || only.has(name));
  return new Map(wanted.map(([name, cell]) => [name, { ...cell }]));
}

function hourRange({ fromMs, toMs }: HistoryQuery): { readonly fromHour: number; readonly toHour: number } {
  return { fromHour: Math.floor(fromMs / HOUR_MS), toHour: Math.floor((toMs - 1) / HOUR_MS) };
}

/** In the order in which they were merged, for each hour. */
async function hoursIn({ days, open }: Snapshot, query: HistoryQuery): Promise<HourBucket[]> {
  const { fromHour, toHour } = hourRange(query);
  const hours: HourBucket[] = [];
  for (const [index, { day, encoded }] of days.entries()) {
    if (index % DAYS_A_TURN === DAYS_A_TURN - 1) await nextTurn();
    hours.push(...hoursOfDay(encoded, day, fromHour, toHour, query.fields));
  }
  return [...hours, ...open];
}

/** All of the device's records in the range, newest first; undefined where they are too many, or not in the log any more. */
async function recordsIn(
  { log, rollups, states, book, guard, maxReadings = MAX_READINGS }: HistorySources,
  devEui: string,
  { fromMs, toMs }: HistoryQuery,
  hours: readonly HourBucket[],
): Promise<DatedRecord[] | undefined> {
  const { newest, oldest } = chainRange(hours, rollups, log, states.get(devEui), toMs);
  if (countIn(hours) > maxReadings) return undefined;
  const found: DatedRecord[] = [];
  let next: number | null = newest;
  for (let seen = 0; next !== null && next >= oldest; ) {
    if (seen > 0) await nextTurn();
    const from: number = next;
    const { records, prev, broken } = guard('read', () => log.chain(from, oldest, RECORDS_A_TURN));
    seen += records.length;
    if (broken || (seen > maxReadings && prev !== null)) return undefined;
    for (const record of records) {
      const dated = timeOf(record, book);
      if (dated.timeMs >= fromMs && dated.timeMs < toMs) found.push({ record, dated });
    }
    next = prev;
  }
  return found;
}

/** Where on the chain readings of the hours lie, and those that are in none yet. */
function chainRange(
  hours: readonly HourBucket[],
  rollups: Rollups,
  log: LogTable,
  device: StoredDeviceState | undefined,
  toMs: number,
): { readonly newest: number; readonly oldest: number } {
  let newest = 0;
  let oldest = rollups.firstMissingSeq();
  // A downlink after the newest reading lies in no hour.
  if (device && (oldest <= log.lastSeq() || toMs > device.lastSeenMs)) newest = device.lastSeq;
  for (const { firstSeq, lastSeq: last } of hours) {
    newest = Math.max(newest, last);
    oldest = Math.min(oldest, firstSeq);
  }
  return { newest, oldest };
}

function countIn(hours: readonly HourBucket[]): number {
  let count = 0;
  for (const { cells } of hours) {
    let most = 0;
    for (const cell of cells.values()) most = Math.max(most, cell.count);
    count += most;
  }
  return count;
}

function addReading(
  target: Target,
  { timeMs, fields }: Reading,
  only: ReadonlySet<string> | undefined,
): void {
  for (const name in fields) {
    if (only && !only.has(name)) continue;
    const value = numberOf(fields[name]);
    if (value === undefined) continue;
    const points = seriesOf(target, name);
    const index = Math.floor((timeMs - target.fromMs) / target.bucketMs);
    const cell = points?.get(index);
    if (cell) addValue(cell, value, timeMs);
    else points?.set(index, cellOf(value, timeMs));
  }
}

function addCell(target: Target, { hour }: HourBucket, name: string, cell: Cell): void {
  const points = seriesOf(target, name);
  const index = Math.floor((hour * HOUR_MS - target.fromMs) / target.bucketMs);
  const known = points?.get(index);
  if (known) mergeCell(known, cell);
  else points?.set(index, { ...cell });
}

function seriesOf({ series }: Target, name: string): Map<number, Cell> | undefined {
  const known = series.get(name);
  if (known || series.size >= MAX_SERIES) return known;
  const opened = new Map<number, Cell>();
  series.set(name, opened);
  return opened;
}

function answerOf({ fromMs, bucketMs, series }: Target): Pick<History, 'fromMs' | 'bucketMs' | 'series'> {
  const named = [...series].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...{ fromMs, bucketMs },
    series: named.map(
      ([field, points]): HistorySeries => ({
        field,
        points: [...points]
          .sort(([a], [b]) => a - b)
          .map(([index, cell]) => pointOf(fromMs + index * bucketMs, cell)),
      }),
    ),
  };
}

function pointOf(startMs: number, { sum, ...cell }: Cell): HistoryPoint {
  return { startMs, ...cell, mean: Math.min(cell.max, Math.max(cell.min, sum / cell.count)) };
}
