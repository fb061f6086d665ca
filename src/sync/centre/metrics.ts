/** What `collect` tells Prometheus, made at each scrape from its counts and the fleet as last read; described in docs/centre.md. */
import type { CollectorStatus } from './collector.ts';
import type { SiteView } from './fleet.ts';
import { SITE_FIGURES } from './site-figures.ts';

interface Figure {
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
  samples(of: MetricsInput): Iterable<readonly [value: number, ...labels: string[]]>;
}

export interface MetricsInput {
  readonly status: CollectorStatus;
  /** undefined where Redis could not be asked. */
  readonly fleet: readonly SiteView[] | undefined;
  readonly nowMs: number;
}

type SinkFigure = (sink: CollectorStatus['sinks'][number]) => number;

function ofSinks(of: SinkFigure): Figure['samples'] {
  return ({ status }) => status.sinks.map((sink) => [of(sink), sink.name] as const);
}

function ofSites(of: (view: SiteView, nowMs: number) => number | undefined): Figure['samples'] {
  return ({ fleet = [], nowMs }) =>
    fleet.flatMap((view) => {
      const value = of(view, nowMs);
      return value === undefined ? [] : [[value, view.site] as const];
    });
}

const SINK = ['sink'];
const SITE = ['site'];

export const FIGURES: readonly Figure[] = [
  {
    name: 'webscada_collect_redis_up',
    kind: 'gauge',
    help: '1 while Redis answers.',
    labels: [],
    samples: ({ status }) => [[Number(status.redis.state === 'ok')]],
  },
  {
    name: 'webscada_collect_sites',
    kind: 'gauge',
    help: 'Sites this copy knows.',
    labels: [],
    samples: ({ status }) => [[status.sites]],
  },
  {
    name: 'webscada_collect_tracing_spans_sent_total',
    kind: 'counter',
    help: 'Spans a collector of traces has taken, since the start; absent without tracing.',
    labels: [],
    samples: ({ status: { tracing } }) => (tracing ? [[tracing.sent]] : []),
  },
  {
    name: 'webscada_collect_tracing_spans_dropped_total',
    kind: 'counter',
    help: 'Spans that found no room or were refused, since the start; absent without tracing.',
    labels: [],
    samples: ({ status: { tracing } }) => (tracing ? [[tracing.dropped]] : []),
  },
  {
    name: 'webscada_collect_sink_up',
    kind: 'gauge',
    help: '1 while the sink takes what it is given.',
    labels: SINK,
    samples: ofSinks(({ state }) => Number(state === 'ok')),
  },
  {
    name: 'webscada_collect_records_total',
    kind: 'counter',
    help: 'Records this copy has made durable, those that came again included.',
    labels: ['sink', 'site'],
    samples: ({ status }) =>
      status.sinks.flatMap((sink) =>
        [...sink.counts.bySite].map(([site, count]) => [count, sink.name, site] as const),
      ),
  },
  {
    name: 'webscada_collect_fresh_total',
    kind: 'counter',
    help: 'Of them, those that were new to the sink.',
    labels: SINK,
    samples: ofSinks(({ counts }) => counts.fresh),
  },
  {
    name: 'webscada_collect_set_aside_total',
    kind: 'counter',
    help: 'Entries and records that could not be taken.',
    labels: SINK,
    samples: ofSinks(({ counts }) => counts.poison),
  },
  {
    name: 'webscada_collect_batches_total',
    kind: 'counter',
    help: 'Batches made durable.',
    labels: SINK,
    samples: ofSinks(({ counts }) => counts.batches),
  },
  {
    name: 'webscada_collect_trimmed_total',
    kind: 'counter',
    help: 'Entries removed from streams behind the slowest group.',
    labels: SINK,
    samples: ofSinks(({ counts }) => counts.trimmed),
  },
  {
    name: 'webscada_collect_taken_back_total',
    kind: 'counter',
    help: 'Records that the store came back without after it had made them durable: a fail-over that lost commits, a backup put back.',
    labels: SINK,
    samples: ofSinks(({ counts }) => counts.takenBack),
  },
  {
    name: 'webscada_collect_last_stored_timestamp_seconds',
    kind: 'gauge',
    help: 'When a batch was durable last; 0 when none was.',
    labels: SINK,
    samples: ofSinks(({ counts }) => counts.lastStoredMs / 1000),
  },
  {
    name: 'webscada_collect_lag_records',
    kind: 'gauge',
    help: 'Records of a site that the slowest consumer group has not made durable.',
    labels: SITE,
    samples: ofSites(({ lag }) => lag),
  },
  {
    name: 'webscada_collect_stream_entries',
    kind: 'gauge',
    help: 'Entries in the log of a site.',
    labels: SITE,
    samples: ofSites(({ entries }) => entries),
  },
  {
    name: 'webscada_collect_site_silent_seconds',
    kind: 'gauge',
    help: 'Since a site told of itself, by its clock.',
    labels: SITE,
    samples: ofSites(({ report }, nowMs) =>
      report?.lastSeenMs === undefined ? undefined : Math.max(0, (nowMs - report.lastSeenMs) / 1000),
    ),
  },
  {
    name: 'webscada_collect_site_trouble',
    kind: 'gauge',
    help: '1 for each thing about a site that needs somebody.',
    labels: ['site', 'trouble'],
    samples: ({ fleet = [] }) =>
      fleet.flatMap(({ site, findings }) =>
        [...new Set(findings.map((each) => each.trouble))].map((trouble) => [1, site, trouble] as const),
      ),
  },
  ...SITE_FIGURES,
];

/** In Prometheus' text format. */
export async function metricsText(input: MetricsInput): Promise<string> {
  const { Registry, Gauge, Counter } = (await import('prom-client')).default;
  const registry = new Registry();
  for (const { name, kind, help, labels, samples } of FIGURES) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    const gauge = kind === 'gauge' ? new Gauge(options) : undefined;
    const counter = kind === 'counter' ? new Counter(options) : undefined;
    for (const [value, ...values] of samples(input)) {
      const named = Object.fromEntries(labels.map((label, at) => [label, values[at] ?? '']));
      gauge?.set(named, value);
      counter?.inc(named, value);
    }
  }
  return registry.metrics();
}
