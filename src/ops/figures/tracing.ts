/** What Prometheus is told of traces, where they are sent. */
import type { TracingStatus } from '../../model/status.ts';
import { type Figure, PREFIX } from './figure.ts';

export function tracingFigures(status: () => TracingStatus | undefined): Figure[] {
  const of = (
    name: string,
    kind: Figure['kind'],
    help: string,
    read: (now: TracingStatus) => number,
  ): Figure => ({
    ...{ kind, help, name: `${PREFIX}tracing_${name}` },
    read() {
      const now = status();
      return now ? [{ value: read(now) }] : [];
    },
  });
  return [
    of('spans_sent_total', 'counter', 'Spans a collector has taken, since the start.', ({ sent }) => sent),
    of(
      'spans_dropped_total',
      'counter',
      'Spans that found no room or were refused, since the start.',
      ({ dropped }) => dropped,
    ),
    of('spans_waiting', 'gauge', 'Spans that wait to be sent.', ({ waiting }) => waiting),
  ];
}
