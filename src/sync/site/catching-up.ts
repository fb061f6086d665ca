/**
 * When a backlog will be done, from what was delivered and what came in over the last minutes, pauses included. Says nothing
 * until it has seen enough, and "not catching up" rather than a time that moves away.
 */

export interface Progress {
  readonly monotonicMs: number;
  /** Records in all since ever. */
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
}

/** Milliseconds until done; 'never' when it grows or stands still; undefined when it cannot be said yet. */
export type CatchingUp = number | 'never' | undefined;

const SAMPLE_MS = 5_000;
const SPAN_MS = 300_000;
/** Less than this says nothing about the rate. */
const LEAST_MS = 20_000;
/** Beyond this nobody plans by it. */
const MOST_MS = 30 * 86_400_000;

export interface CatchingUpMeter {
  note(progress: Progress): void;
  estimate(progress: Progress): CatchingUp;
  /** A new line: what was before says nothing about it. */
  reset(): void;
}

export function createCatchingUp(): CatchingUpMeter {
  let samples: Progress[] = [];
  return {
    note(progress) {
      const before = samples.at(-1);
      if (before && progress.monotonicMs - before.monotonicMs < SAMPLE_MS) return;
      samples = samples.filter(({ monotonicMs }) => progress.monotonicMs - monotonicMs <= SPAN_MS);
      samples.push(progress);
    },
    estimate: (progress) => estimate(samples[0], progress),
    reset() {
      samples = [];
    },
  };
}

/** Pure: from the oldest moment remembered to now. */
export function estimate(from: Progress | undefined, now: Progress): CatchingUp {
  const ms = from ? now.monotonicMs - from.monotonicMs : 0;
  if (!from || ms < LEAST_MS) return undefined;
  const net = now.delivered - from.delivered - (now.accepted - from.accepted);
  if (net <= 0) return 'never';
  const leftMs = (now.pending * ms) / net;
  return leftMs > MOST_MS ? 'never' : leftMs;
}
