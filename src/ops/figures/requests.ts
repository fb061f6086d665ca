/** The requests the pages and the API answered, as a histogram of Prometheus. */
import type { DurationCounts } from '../../model/durations.ts';
import { type HistogramFigure, PREFIX } from './figure.ts';

/** The requests that have method, route and class of status in common. */
export interface RequestTime extends DurationCounts {
  readonly method: string;
  readonly route: string;
  readonly status: string;
}

export function requestFigures(requests: { list(): readonly RequestTime[] } | undefined): HistogramFigure[] {
  return [
    {
      kind: 'histogram',
      name: `${PREFIX}http_request_duration_seconds`,
      help: 'From a request of the pages or the API to its answer; streams of events are not counted.',
      labels: ['method', 'route', 'status'],
      read: () =>
        (requests?.list() ?? []).map(({ method, route, status, within, count, sumS }) => ({
          ...{ labels: { method, route, status }, within, count, sum: sumS },
        })),
    },
  ];
}
