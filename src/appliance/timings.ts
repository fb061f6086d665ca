/** What is measured of how long things take in this box. */
import type { InfluxWriter } from '../ingest/influx/writer.ts';
import type { Timings } from '../ops/figures/durations.ts';
import { createLoopDelay, type LoopDelay } from '../ops/loop-delay.ts';
import type { CentralSync } from '../sync/site/central-sync.ts';
import type { Core } from './core.ts';

interface Measured {
  readonly influx: InfluxWriter;
  readonly centre: CentralSync;
}

export function createTimings(
  { store, world, tracing }: Core,
  { influx, centre }: Measured,
): { readonly timings: Timings; readonly loopDelay: LoopDelay } {
  const loopDelay = createLoopDelay(world);
  const sinks = { influx: influx.requestTimes, centre: centre.answerTimes };
  const exemplars = tracing?.exemplars;
  return {
    timings: { commits: store.commitTimes, loopDelay: loopDelay.counts, sinks, exemplars },
    loopDelay,
  };
}
