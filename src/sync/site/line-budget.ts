/**
 * How many bytes the line to the centre may carry, and when: a bucket of bytes a second, a purse of bytes a day, and windows
 * of the local time. Pure: the state comes in and goes out. A batch is paid after it went, so the bucket may go below zero;
 * then the next waits. The second is measured by the monotonic clock, the day by the wall clock.
 */
import { type LocalTime, minutesUntilOpen, type TimeWindow } from '../../model/time-window.ts';

export interface BudgetLimits {
  readonly bytesPerSecond?: number | undefined;
  readonly bytesPerDay?: number | undefined;
  /** Always open when empty. */
  readonly windows: readonly TimeWindow[];
}

export interface BudgetState {
  /** Bytes that may go at once; negative after a batch larger than was saved up. */
  readonly bucket: number;
  readonly atMs: number;
  /** Local date of the purse, 'YYYY-MM-DD'; '' before the first look. */
  readonly date: string;
  readonly spentToday: number;
}

export interface Now {
  readonly monotonicMs: number;
  readonly local: LocalTime;
}

export interface Hold {
  readonly why: 'rate' | 'day' | 'window';
  /** About how long, milliseconds. A jump of the clock or of summer time can change it: look again every minute. */
  readonly ms: number;
}

/** Seconds worth of bytes that are saved up on a quiet line. */
const BURST_S = 2;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export function newBudget(
  { bytesPerSecond = 0 }: BudgetLimits,
  monotonicMs: number,
  saved: Pick<BudgetState, 'date' | 'spentToday'> = { date: '', spentToday: 0 },
): BudgetState {
  return { bucket: bytesPerSecond * BURST_S, atMs: monotonicMs, ...saved };
}

/**
 * The state at `now`. The purse is filled when the date moves on. Where the clock is set back over a midnight it keeps its date,
 * so that a clock that wanders gives no day twice; set back by more, the clock had run ahead, and what is spent stays spent today.
 */
export function tick(limits: BudgetLimits, state: BudgetState, { monotonicMs, local }: Now): BudgetState {
  const rate = limits.bytesPerSecond ?? 0;
  const seconds = Math.max(0, monotonicMs - state.atMs) / 1_000;
  const isNewDay = local.date > state.date;
  const ranAhead = Date.parse(state.date) - Date.parse(local.date) > DAY_MS;
  return {
    bucket: Math.min(rate * BURST_S, state.bucket + rate * seconds),
    atMs: Math.max(state.atMs, monotonicMs),
    date: isNewDay || ranAhead ? local.date : state.date,
    spentToday: isNewDay ? 0 : state.spentToday,
  };
}

export function spend(state: BudgetState, bytes: number): BudgetState {
  return { ...state, bucket: state.bucket - bytes, spentToday: state.spentToday + bytes };
}

/** What keeps a batch from going now, the longest reason first; `state` as `tick` gave it. */
export function holdOf(limits: BudgetLimits, state: BudgetState, { local }: Now): Hold | undefined {
  const untilOpen = minutesUntilOpen(limits.windows, local) ?? 0;
  if (untilOpen > 0) return { why: 'window', ms: untilOpen * MINUTE_MS };
  if (limits.bytesPerDay !== undefined && state.spentToday >= limits.bytesPerDay) {
    return { why: 'day', ms: (1_440 - local.minute) * MINUTE_MS };
  }
  if (limits.bytesPerSecond !== undefined && state.bucket <= 0) {
    return { why: 'rate', ms: Math.ceil((1_000 * (1 - state.bucket)) / limits.bytesPerSecond) };
  }
  return undefined;
}

/** Bytes on the line that a batch should not exceed by much: some seconds of the rate, and what is left of the day. */
export function batchBytes({ bytesPerSecond, bytesPerDay }: BudgetLimits, state: BudgetState): number {
  const byRate = bytesPerSecond === undefined ? Number.POSITIVE_INFINITY : bytesPerSecond * 5;
  const byDay =
    bytesPerDay === undefined ? Number.POSITIVE_INFINITY : Math.max(0, bytesPerDay - state.spentToday);
  return Math.min(byRate, byDay);
}
