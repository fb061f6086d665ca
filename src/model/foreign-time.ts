/**
 * Whose time is it: one judge for every time that is not by our own clock (a gateway's, GPS, ChirpStack's). Pure.
 *
 * Invariants: no time before this program was made, or so far ahead that only a broken clock says it, is ever believed;
 * against our own good clock nothing later than now is, nor anything earlier of what came without a wait.
 */
import { ROUNDING_MS, utcOfGpsMs } from './time.ts';

/** What we know of the time ourselves. */
export interface OwnTime {
  /** Epoch milliseconds, a guess unless `trusted`. */
  readonly nowMs: number;
  /** Whether that is known to be right. */
  readonly trusted: boolean;
}

/** What a stranger says about the time of something. */
export interface ForeignWord {
  /** By its clock, epoch milliseconds. */
  readonly timeMs?: number | undefined;
  /** Milliseconds since the GPS epoch. */
  readonly gpsTimeMs?: number | undefined;
}

/** This program is younger than that: no right clock shows an earlier time. */
export const MADE_MS = Date.UTC(2025, 0, 1);
/** No box runs for longer. */
const LIFE_MS = 30 * 365 * 86_400_000;
/** What is older on arrival waited in some queue. */
export const FRESH_MS = 5_000;

/** Whether a clock may show `timeMs` at all, whatever ours does. */
export function isPossible(timeMs: number): boolean {
  return timeMs >= MADE_MS && timeMs <= MADE_MS + LIFE_MS;
}

/**
 * `timeMs` if it is believed, else undefined. `agoMs` says how long ago that moment was by what else is known; Infinity
 * where it may have waited in a queue for days.
 */
export function believed(
  timeMs: number | undefined,
  { nowMs, trusted }: OwnTime,
  agoMs = Number.POSITIVE_INFINITY,
): number | undefined {
  if (timeMs === undefined || !isPossible(timeMs)) return undefined;
  if (!trusted) return timeMs;
  if (timeMs > nowMs + ROUNDING_MS) return undefined;
  if (agoMs < FRESH_MS && timeMs < nowMs - agoMs - FRESH_MS) return undefined;
  return timeMs;
}

/** What is believed of a word: its clock, or GPS where the two differ, for a clock can be wrong; each is judged first. */
export function believedWord(word: ForeignWord, own: OwnTime, agoMs?: number): number | undefined {
  const timeMs = believed(word.timeMs, own, agoMs);
  if (word.gpsTimeMs === undefined) return timeMs;
  const gpsMs = believed(utcOfGpsMs(word.gpsTimeMs), own, agoMs);
  if (gpsMs === undefined) return timeMs;
  return timeMs !== undefined && Math.abs(timeMs - gpsMs) <= ROUNDING_MS ? timeMs : gpsMs;
}

/**
 * Of several words about one moment the latest that is believed: nothing comes from the future, so of clocks that differ
 * the ones behind are wrong.
 */
export function latestBelieved(
  times: readonly (number | undefined)[],
  own: OwnTime,
  agoMs?: number,
): number | undefined {
  const good = times.map((timeMs) => believed(timeMs, own, agoMs)).filter((timeMs) => timeMs !== undefined);
  return good.length > 0 ? Math.max(...good) : undefined;
}
