/**
 * The line's budget at work: counts what the connection really wrote and read, remembers the day's bytes over a restart, and
 * says in words why the log waits and when it will be done.
 */
import type { CentreConfig } from '../../config/schema.ts';
import { createDurations, type DurationCounts } from '../../model/durations.ts';
import { type Told, tell } from '../../model/said.ts';
import { clockText, createLocalTime, parseTimeWindow } from '../../model/time-window.ts';
import type { Clock } from '../../model/world.ts';
import type { Store } from '../../store/contract.ts';
import { createCatchingUp, type Progress } from './catching-up.ts';
import { type BudgetLimits, batchBytes, type Hold, holdOf, newBudget, spend, tick } from './line-budget.ts';
import type { BatchShare } from './pacing.ts';

export interface LineMeter {
  /** There is a budget at all. */
  readonly isBounded: boolean;
  /** A new connection: `bytes` gives what it has carried so far, both ways. */
  begin(bytes: () => number): void;
  /** What keeps the next batch from going; undefined for nothing. */
  hold(): Hold | undefined;
  /** `share`, made smaller where the budget asks for it. */
  fit(share: BatchShare): BatchShare;
  /** Why it waits; undefined when it does not. */
  waiting(): Told | undefined;
  /** 'done about 14:20', 'not catching up', or undefined while that cannot be said. */
  outlook(progress: Omit<Progress, 'monotonicMs'>): Told | undefined;
  note(progress: Omit<Progress, 'monotonicMs'>): void;
  /** The batch that went at `sentMs`, monotonic, was answered; how long that took, milliseconds. */
  answered(sentMs: number): number;
  answerTimes(): DurationCounts;
  /** Writes down what the day has used. */
  save(): void;
}

const NOTE = 'centre.line';
const SAVE_EVERY_MS = 60_000;
/** What a byte on the line is in bytes of the log: about, and rather too little. */
const PLAIN = 0.6;
const PACKED = 6;
const LEAST_BATCH_BYTES = 2_048;
/** Seconds: from a wire to a satellite with a batch before it. */
const LINE_BOUNDS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export interface LineMeterOptions {
  readonly config: Pick<CentreConfig, 'maxBytesPerSecond' | 'maxBytesPerDay' | 'windows' | 'compression'>;
  readonly clock: Clock;
  readonly timeZone: string;
  readonly notes: Store['notes'];
}

export function createLineMeter({ config, clock, timeZone, notes }: LineMeterOptions): LineMeter {
  const localAt = createLocalTime(timeZone);
  const limits: BudgetLimits = {
    bytesPerSecond: config.maxBytesPerSecond,
    bytesPerDay: config.maxBytesPerDay,
    windows: (config.windows ?? []).flatMap((text) => parseTimeWindow(text) ?? []),
  };
  const isBounded =
    limits.bytesPerSecond !== undefined || limits.bytesPerDay !== undefined || limits.windows.length > 0;
  const catchingUp = createCatchingUp();
  const took = createDurations(LINE_BOUNDS_S);
  let state = newBudget(limits, clock.monotonicMs(), savedOf(notes.get(NOTE)));
  let carried = () => 0;
  let counted = 0;
  let savedMs = clock.monotonicMs();

  function now() {
    return { monotonicMs: clock.monotonicMs(), local: localAt(clock.nowMs()) };
  }
  function count() {
    const at = now();
    const bytes = carried();
    state = spend(tick(limits, state, at), bytes - counted);
    counted = bytes;
    if (at.monotonicMs - savedMs >= SAVE_EVERY_MS) save();
    return at;
  }
  function save(): void {
    savedMs = clock.monotonicMs();
    if (limits.bytesPerDay === undefined) return;
    notes.put(NOTE, { date: state.date, spentToday: state.spentToday });
  }
  function hold(): Hold | undefined {
    return isBounded ? holdOf(limits, state, count()) : undefined;
  }
  return {
    isBounded,
    begin(bytes) {
      if (isBounded) count();
      carried = bytes;
      counted = 0;
      catchingUp.reset();
    },
    hold,
    fit(share) {
      const factor = config.compression === 'none' ? PLAIN : PACKED;
      const most = Math.max(LEAST_BATCH_BYTES, batchBytes(limits, state) * factor);
      return isBounded && most < share.bytes ? { ...share, bytes: Math.floor(most) } : share;
    },
    waiting() {
      const found = hold();
      if (!found || found.why === 'rate') return undefined;
      const nowMs = clock.nowMs();
      const then = clockText(localAt(nowMs + found.ms), localAt(nowMs));
      return found.why === 'window'
        ? tell('centre.waitsWindow', { at: then })
        : tell('centre.waitsDay', { bytes: limits.bytesPerDay ?? 0, at: then });
    },
    outlook(progress) {
      const leftMs = catchingUp.estimate({ ...progress, monotonicMs: clock.monotonicMs() });
      if (leftMs === undefined) return undefined;
      if (leftMs === 'never') return tell('centre.stuck');
      const nowMs = clock.nowMs();
      return tell('centre.doneAbout', { at: clockText(localAt(nowMs + leftMs), localAt(nowMs)) });
    },
    note: (progress) => catchingUp.note({ ...progress, monotonicMs: clock.monotonicMs() }),
    answered(sentMs) {
      const ms = clock.monotonicMs() - sentMs;
      took.note(ms / 1_000);
      return ms;
    },
    answerTimes: took.counts,
    save,
  };
}

function savedOf(note: unknown): { date: string; spentToday: number } | undefined {
  if (typeof note !== 'object' || note === null || !('date' in note) || !('spentToday' in note))
    return undefined;
  const { date, spentToday } = note;
  const isSane = typeof date === 'string' && typeof spentToday === 'number' && spentToday >= 0;
  return isSane ? { date, spentToday } : undefined;
}
