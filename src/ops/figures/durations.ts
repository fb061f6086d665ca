/** How long things take inside of the box: commits, deliveries, turns of the event loop. */
import type { DurationCounts } from '../../model/durations.ts';
import { type Exemplar, type HistogramFigure, type HistogramSample, type Labels, PREFIX } from './figure.ts';

/** Absent where there is nothing to measure. */
export interface Timings {
  readonly commits?: () => DurationCounts;
  readonly loopDelay?: () => DurationCounts;
  /** By sink. */
  readonly sinks?: Readonly<Record<string, () => DurationCounts>>;
  /** Traces of what is measured; absent where nothing is traced. */
  readonly exemplars?: ((step: TracedStep) => readonly Exemplar[]) | undefined;
}

/** Steps of a trace that are measured here too. */
export type TracedStep = 'frame.commit' | 'influx.write' | 'centre.append';

const STEP_OF_SINK: Readonly<Record<string, TracedStep>> = {
  influx: 'influx.write',
  centre: 'centre.append',
};

export function durationFigures({
  commits,
  loopDelay,
  sinks = {},
  exemplars,
}: Timings = {}): HistogramFigure[] {
  const sample = (counts: DurationCounts, labels: Labels = {}, step?: TracedStep): HistogramSample => {
    const { within, count, sumS } = counts;
    return { labels, within, count, sum: sumS, exemplars: step && exemplars?.(step) };
  };
  return [
    {
      kind: 'histogram',
      name: `${PREFIX}store_commit_duration_seconds`,
      help: 'From the call of a commit to its being on disk.',
      read: () => (commits ? [sample(commits(), {}, 'frame.commit')] : []),
    },
    {
      kind: 'histogram',
      name: `${PREFIX}sink_request_duration_seconds`,
      help: 'From sending a batch of records to the answer of InfluxDB or of the centre.',
      labels: ['sink'],
      read: () =>
        Object.entries(sinks).flatMap(([sink, counts]) => {
          const now = counts();
          return now.count > 0 ? [sample(now, { sink }, STEP_OF_SINK[sink])] : [];
        }),
    },
    {
      kind: 'histogram',
      name: `${PREFIX}event_loop_delay_seconds`,
      help: 'How late the event loop was, looked at once a second.',
      read: () => (loopDelay ? [sample(loopDelay())] : []),
    },
  ];
}
