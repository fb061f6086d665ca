/** What is remembered of a device's readings, for conditions that need more than the newest. Bounded a device and field. Pure. */
import { usualIntervalMs } from '../../model/interval.ts';
import { marginDb } from '../../model/link-margin.ts';
import { ownOf } from '../../model/own.ts';
import type { UplinkBody } from '../../model/record.ts';
import type { WindowFunction } from '../expression/parse.ts';
import type { DeviceMemory } from './state.ts';

/** What the rules about a device want to have remembered. */
export interface Needs {
  /** Fields, and for how long back. */
  readonly windows: Map<string, number>;
  margins: number;
  gaps: boolean;
}

const MAX_GAPS = 9;
/** Of a field: more are thinned out. */
const MAX_POINTS = 240;

/** Takes in a reading that is newer than all before. */
export function remember(memory: DeviceMemory, body: UplinkBody, timeMs: number, needs: Needs): void {
  if (needs.gaps && memory.lastMs > 0) {
    memory.gaps.push(timeMs - memory.lastMs);
    if (memory.gaps.length > MAX_GAPS) memory.gaps.shift();
  }
  memory.lastMs = timeMs;
  memory.fCnt = body.fCnt;
  memory.heard = body.rx.length <= 4 ? body.rx.map(({ gw }) => gw) : body.rx.slice(0, 4).map(({ gw }) => gw);
  if (needs.margins > 0) {
    const margin = bestMargin(body);
    if (margin !== undefined) memory.margins.push(margin);
    while (memory.margins.length > needs.margins) memory.margins.shift();
  }
  for (const [field, windowMs] of needs.windows) {
    const value = ownOf(body.fields, field);
    if (value === undefined) continue;
    memory.last[field] = { value, before: ownOf(memory.last, field)?.value };
    if (windowMs > 0 && typeof value !== 'string') addPoint(memory, field, timeMs, Number(value), windowMs);
  }
}

/** Of the best reception, dB above what the spreading factor needs. */
export function bestMargin({ rx, dr }: UplinkBody): number | undefined {
  const best = rx.reduce((most, { snr }) => Math.max(most, snr), Number.NEGATIVE_INFINITY);
  return rx.length === 0 ? undefined : marginDb(best, dr);
}

/** One that is older than the window stays, so that the window is known to be full. */
function addPoint(
  memory: DeviceMemory,
  field: string,
  timeMs: number,
  value: number,
  windowMs: number,
): void {
  const points = ownOf(memory.windows, field) ?? [];
  memory.windows[field] = points;
  points.push(timeMs, value);
  let old = 0;
  while (old + 2 < points.length && (points[old + 2] ?? 0) <= timeMs - windowMs) old += 2;
  if (old > 0) points.splice(0, old);
  if (points.length > 2 * MAX_POINTS) thinOut(points);
}

/** Every second one of the older half goes. */
function thinOut(points: number[]): void {
  const half = points.length / 2;
  let to = 2;
  for (let from = 4; from < points.length; from += from < half ? 4 : 2) {
    points[to] = points[from] ?? 0;
    points[to + 1] = points[from + 1] ?? 0;
    to += 2;
  }
  points.length = to;
}

/** Over the points of the last `windowMs` before `nowMs`; undefined where there are none, or for a change less than two. */
export function over(
  memory: DeviceMemory | undefined,
  name: WindowFunction,
  field: string,
  windowMs: number,
  nowMs: number,
): number | undefined {
  const points = ownOf(memory?.windows, field) ?? [];
  let from = 0;
  while (from < points.length && (points[from] ?? 0) < nowMs - windowMs) from += 2;
  const count = (points.length - from) / 2;
  if (count === 0) return undefined;
  const first = points[from + 1] ?? 0;
  if (name === 'delta') return count < 2 ? undefined : (points.at(-1) ?? 0) - first;
  let result = name === 'avg' ? 0 : first;
  for (let at = from + 1; at < points.length; at += 2) {
    const value = points[at] ?? 0;
    if (name === 'avg') result += value;
    else result = name === 'min' ? Math.min(result, value) : Math.max(result, value);
  }
  return name === 'avg' ? result / count : result;
}

/** When the first of the points that are in the window now will be in it no more; undefined where none is. */
export function leavesMs(
  memory: DeviceMemory | undefined,
  field: string,
  windowMs: number,
  nowMs: number,
): number | undefined {
  const points = ownOf(memory?.windows, field) ?? [];
  for (let at = 0; at < points.length; at += 2) {
    const timeMs = points[at] ?? 0;
    if (timeMs >= nowMs - windowMs) return timeMs + windowMs + 1;
  }
  return undefined;
}

/** What no rule asks for any more is forgotten: it would be old when one asks again, and adds up. */
export function forget(memory: DeviceMemory, needs: Needs, rules: ReadonlySet<string>): boolean {
  let isLess = false;
  const dropFrom = (table: Record<string, unknown>, isWanted: (key: string) => boolean): void => {
    for (const key of Object.keys(table)) {
      if (isWanted(key)) continue;
      delete table[key];
      isLess = true;
    }
  };
  dropFrom(memory.last, (field) => needs.windows.has(field));
  dropFrom(memory.windows, (field) => (needs.windows.get(field) ?? 0) > 0);
  dropFrom(memory.still, (rule) => rules.has(rule));
  if (!needs.gaps) memory.gaps = [];
  if (needs.margins === 0) memory.margins = [];
  return isLess;
}

/** Change per minute over the window: from its first to its last point, when they are at least half of it apart. */
export function ratePerMinute(
  memory: DeviceMemory,
  field: string,
  windowMs: number,
  nowMs: number,
): number | undefined {
  const points = ownOf(memory.windows, field) ?? [];
  let from = 0;
  // The last point before the window counts as its beginning.
  while (from + 2 < points.length && (points[from + 2] ?? 0) <= nowMs - windowMs) from += 2;
  const spanMs = (points.at(-2) ?? 0) - (points[from] ?? 0);
  if (points.length - from < 4 || spanMs < windowMs / 2) return undefined;
  return (((points.at(-1) ?? 0) - (points[from + 1] ?? 0)) / spanMs) * 60_000;
}

/** How often it is usually heard; undefined before it was heard four times. */
export function usualMs({ gaps }: DeviceMemory): number | undefined {
  if (gaps.length < 3) return undefined;
  let sum = 0;
  return usualIntervalMs([0, ...gaps.map((gap) => (sum += gap))]);
}
