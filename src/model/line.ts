/**
 * A line to a server of others that an outage rehearsal can cut on purpose. A cut has its end in itself: it is over at its
 * time, whoever forgot to mend it, and a new start of the process knows of none.
 */
import type { Clock } from './world.ts';

export const LINES = ['centre', 'influx', 'broker'] as const;
export type LineName = (typeof LINES)[number];

/** As whoever uses the line sees it. */
export interface Line {
  isCut(): boolean;
  /** Calls back when it is cut; returns the unsubscriber. */
  onCut(listener: () => void): () => void;
}

export interface CuttableLine extends Line {
  /** For so long from now on; in force at once. */
  cut(forMs: number): void;
  mend(): void;
}

export type CuttableLines = Readonly<Record<LineName, CuttableLine>>;

export function createLine(clock: Clock): CuttableLine {
  let endMs = Number.NEGATIVE_INFINITY;
  const listeners = new Set<() => void>();
  return {
    isCut: () => clock.monotonicMs() < endMs,
    onCut(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    cut(forMs) {
      endMs = clock.monotonicMs() + forMs;
      for (const listener of listeners) listener();
    },
    mend() {
      endMs = Number.NEGATIVE_INFINITY;
    },
  };
}

export function createLines(clock: Clock): CuttableLines {
  return { centre: createLine(clock), influx: createLine(clock), broker: createLine(clock) };
}

/** A signal that is aborted with `signal` and when the line is cut, until it is released. */
export function abortedWith(
  line: Line,
  signal: AbortSignal,
): { readonly signal: AbortSignal; readonly release: () => void } {
  const aborter = new AbortController();
  const abort = () => aborter.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const unsubscribe = line.onCut(abort);
  return {
    signal: aborter.signal,
    release() {
      signal.removeEventListener('abort', abort);
      unsubscribe();
    },
  };
}
