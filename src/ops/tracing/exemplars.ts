/**
 * The newest traces with how long their steps took, for histograms of the same: the way from a slow bar to a trace of it. As OpenMetrics
 * has them, in memory, bounded; only where tracing is on.
 */
import type { SpanName } from '../../model/trace.ts';
import type { Clock } from '../../model/world.ts';
import type { Exemplar } from '../figures/figure.ts';

/** Of a step: some for each bar of its histogram. */
const MAX_KEPT = 100;

export interface Exemplars {
  note(name: SpanName, traceId: string, seconds: number): void;
  /** The newest last. */
  of(name: SpanName): readonly Exemplar[];
}

export function createExemplars(clock: Pick<Clock, 'nowMs'>): Exemplars {
  const kept = new Map<SpanName, Exemplar[]>();
  return {
    note(name, traceId, seconds) {
      const list = kept.get(name) ?? [];
      kept.set(name, list);
      list.push({ traceId, value: seconds, timeMs: clock.nowMs() });
      if (list.length > MAX_KEPT) list.shift();
    },
    of: (name) => kept.get(name) ?? [],
  };
}
