/** A device's history as a chart draws it: columns with gaps, ranges to look at, rows of a table. Pure. */
import type { HistoryView } from '../shapes/history.ts';
import { isLost } from './downlink-step.ts';

/** Epoch milliseconds; `toMs` not included. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** Ranges that end now, by their names in the texts. */
export const SPANS = [
  ['hour', HOUR_MS],
  ['day', DAY_MS],
  ['week', 7 * DAY_MS],
  ['month', 30 * DAY_MS],
  ['year', 365 * DAY_MS],
] as const;
/** Nothing shorter is looked at, and nothing longer can be asked for. */
const LEAST_MS = 60_000;
const MOST_MS = 3_700 * DAY_MS;
/** A step longer than so many usual ones is a gap. */
const GAP_STEPS = 3;

/** Moved by a share of its length (negative: back), never beyond now. */
export function moved({ fromMs, toMs }: Range, share: number, nowMs: number): Range {
  const by = Math.min((toMs - fromMs) * share, Math.max(0, nowMs - toMs));
  return { fromMs: fromMs + by, toMs: toMs + by };
}

/** Zoomed by `factor` (below 1: nearer) so that `atMs` stays where it is. */
export function zoomed({ fromMs, toMs }: Range, factor: number, atMs: number, nowMs: number): Range {
  const length = toMs - fromMs;
  const wanted = Math.min(MOST_MS, Math.max(LEAST_MS, length * factor));
  const from = atMs - ((atMs - fromMs) / length) * wanted;
  return moved({ fromMs: from, toMs: from + wanted }, Math.min(0, (nowMs - from - wanted) / wanted), nowMs);
}

/** Whether it ends now, or so nearly that new values are to be seen in it. */
export function follows({ fromMs, toMs }: Range, nowMs: number): boolean {
  return nowMs - toMs < Math.max(10_000, (toMs - fromMs) / 200);
}

/** How the lines of other devices are told apart, without a colour. */
export const DASHES = [
  [8, 4],
  [2, 3],
  [12, 3, 2, 3],
] as const;

type Points = HistoryView['items'][number]['points'];
type Column = (number | null)[];

/** As uPlot takes it: times in seconds; null where nothing was measured for so long that it is a gap. */
export interface Columns {
  readonly times: number[];
  readonly min: Column;
  readonly mean: Column;
  readonly max: Column;
  /** Whether every point is one value. */
  readonly isRaw: boolean;
}

/** `intervalMs`: how often the device usually reports; a longer step is no gap before three of these. */
export function columnsOf(points: Points, bucketMs: number, intervalMs: number | undefined): Columns {
  const gapMs = GAP_STEPS * Math.max(bucketMs, intervalMs ?? usualStep(points));
  const columns: Columns & { isRaw: boolean } = { times: [], min: [], mean: [], max: [], isRaw: true };
  let lastMs = Number.POSITIVE_INFINITY;
  for (const { time, count, min, mean, max } of points) {
    const timeMs = Date.parse(time);
    if (timeMs - lastMs > gapMs) addPoint(columns, (timeMs + lastMs) / 2, null, null, null);
    addPoint(columns, timeMs, min, mean, max);
    if (count > 1) columns.isRaw = false;
    lastMs = timeMs;
  }
  return columns;
}

function addPoint(
  columns: Columns,
  timeMs: number,
  min: number | null,
  mean: number | null,
  max: number | null,
) {
  columns.times.push(timeMs / 1_000);
  columns.min.push(min);
  columns.mean.push(mean);
  columns.max.push(max);
}

function usualStep(points: Points): number {
  const steps = points.slice(1).map(({ time }, i) => Date.parse(time) - Date.parse(points[i]?.time ?? ''));
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
}

/** Where the height goes: a flat value stays flat. `least` is what it spans at least. */
export function heightOf(low: number, high: number, least: number): [number, number] {
  const span = Math.max(high - low, least, Number.EPSILON);
  const middle = (low + high) / 2;
  return [middle - span * 0.55, middle + span * 0.55];
}

export interface TableRow {
  readonly timeMs: number;
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** The newest first. */
export function rowsOf(points: Points, most: number): TableRow[] {
  return points
    .slice(-most)
    .reverse()
    .map(({ time, count, min, mean, max }) => ({ timeMs: Date.parse(time), count, min, mean, max }));
}

type HistoryMarkView = NonNullable<HistoryView['marks']>[number];

/** What else happened, as a chart and a list show it. */
export interface Mark extends Pick<HistoryMarkView, 'kind' | 'step' | 'count' | 'message' | 'said'> {
  readonly fromMs: number;
  readonly toMs: number;
  /** A downlink that did not get there, or an alarm. */
  readonly isBad: boolean;
}

export function marksOf({ marks = [] }: Pick<HistoryView, 'marks'>): Mark[] {
  return marks.map(({ time, to, ...mark }) => ({
    ...mark,
    ...{ fromMs: Date.parse(time), toMs: Date.parse(to) },
    isBad: mark.kind === 'alarm' || isLost(mark.step),
  }));
}
