/**
 * How long a change waits for others, so that they go to disk together: as long as others are to be expected, by how they
 * have come so far, and hardly at all where none are. Pure: the time is handed in, monotonic milliseconds.
 *
 * Others that come because they were expected are one thing, a sender that waits for us another: a broker that hands over
 * one message, or ten, and no more before we acknowledge, sends no company however long it is waited for. So it is also
 * remembered whether waiting was worth it.
 */

export interface Company {
  /** `count` changes have come; `isFirst`: nothing waited before them. */
  came(nowMs: number, count: number, isFirst: boolean): void;
  /** How long what waits may wait on, if nothing else comes; 0 or less: it goes now. */
  leftMs(nowMs: number): number;
  /** What waited goes. */
  goes(nowMs: number): void;
}

/** Of a change that comes alone: what one event brings comes together. */
const ALONE_MS = 20;
/** A change is worth waiting for others if so many come in the time. */
const COMPANY = 2;
/** A silence of so many gaps is no chance any more. */
const SILENCE = 8;
/** Longer silences count as this. */
const MAX_GAP_MS = 10_000;
/** What the newest counts for in a mean. */
const NEWEST = 0.2;
/** Waiting is given up where it is in vain more often than not, and tried again after so many times. */
const WORTH = 0.5;
const TRY_AFTER = 16;

interface CompanyState {
  readonly maxDelayMs: number;
  /** Between one change and the next, on average. */
  meanGapMs: number;
  arrivedMs: number;
  /** Since when the first one waits. */
  waitedFromMs: number;
  /** It waits for company. */
  waits: boolean;
  /** And some has come. */
  hasCome: boolean;
  /** Share of the waits that were not in vain. */
  worth: number;
  /** Times it was not waited because of that. */
  spared: number;
}

/** `maxDelayMs`: the longest that a change waits. */
export function createCompany(maxDelayMs: number): Company {
  const state: CompanyState = {
    maxDelayMs,
    ...{ meanGapMs: MAX_GAP_MS, arrivedMs: Number.NEGATIVE_INFINITY, waitedFromMs: 0 },
    ...{ waits: false, hasCome: false, worth: 1, spared: 0 },
  };
  return {
    came: (nowMs, count, isFirst) => came(state, nowMs, count, isFirst),
    leftMs: (nowMs) => leftMs(state, nowMs),
    goes: (nowMs) => goes(state, nowMs),
  };
}

function came(state: CompanyState, nowMs: number, count: number, isFirst: boolean): void {
  const gapMs = Math.min(MAX_GAP_MS, nowMs - state.arrivedMs) / count;
  state.meanGapMs += (gapMs - state.meanGapMs) * NEWEST;
  state.arrivedMs = nowMs;
  if (isFirst) {
    state.waitedFromMs = nowMs;
    state.hasCome = false;
    state.waits = isWorthIt(state);
  } else if (nowMs - state.waitedFromMs > ALONE_MS) state.hasCome = true;
}

function isWorthIt(state: CompanyState): boolean {
  if (state.meanGapMs * COMPANY > state.maxDelayMs) return false;
  if (state.worth >= WORTH) return true;
  state.spared = (state.spared + 1) % TRY_AFTER;
  return state.spared === 0;
}

function leftMs(
  { maxDelayMs, meanGapMs, arrivedMs, waitedFromMs, waits }: CompanyState,
  nowMs: number,
): number {
  const quietMs = waits ? Math.max(ALONE_MS, meanGapMs * SILENCE) : ALONE_MS;
  return Math.min(arrivedMs + quietMs, waitedFromMs + maxDelayMs) - nowMs;
}

function goes(state: CompanyState, nowMs: number): void {
  if (state.waits && nowMs - state.waitedFromMs > ALONE_MS)
    state.worth += ((state.hasCome ? 1 : 0) - state.worth) * NEWEST;
  state.waits = false;
}
