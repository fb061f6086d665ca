/** The requests the pages and the API answered, as a histogram of Prometheus. */
import { type HistogramFigure, PREFIX } from './figure.ts';

/** The requests that have method, route and class of status in common. */
export interface RequestTime {
  readonly method: string;
  readonly route: string;
  readonly status: string;
  /** How many took at most so many seconds. */
  readonly within: readonly (readonly [boundS: number, count: number])[];
  readonly count: number;
  readonly sumS: number;
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
