/**
 * /metrics for Prometheus. prom-client's metrics are made once; at a scrape their collectors read the status functions, so a
 * figure on the page and a figure in Prometheus cannot differ. prom-client is loaded at the first scrape; a site without
 * one pays nothing.
 */
import type { OpenMetricsContentType, Registry } from 'prom-client';
import type { Freshness } from './figures/devices.ts';
import type { Exemplar, Figure, HistogramFigure, Labels, Samples } from './figures/figure.ts';
import { applianceFigures, type MetricsDeps } from './figures.ts';

/** What a scrape answers. */
export interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

type Prom = typeof import('prom-client');
type AnyRegistry = Registry | Registry<OpenMetricsContentType>;

/** Prometheus' own text, or OpenMetrics, which alone can name traces. */
type Format = 'text' | 'open';

/**
 * The function behind /metrics, by what the scraper accepts. OpenMetrics only where there are traces to be named: for all others
 * nothing changes.
 */
export function createMetrics(deps: MetricsDeps): (accept?: string) => Promise<Scrape> {
  // One each: prom-client writes counters under other names for OpenMetrics, for good.
  const made: { [format in Format]?: Promise<AnyRegistry> } = {};
  let freshness: Freshness | undefined;
  return async (accept = '') => {
    const isOpen = deps.timings?.exemplars !== undefined && accept.includes('application/openmetrics-text');
    const format = isOpen ? 'open' : 'text';
    freshness = await deps.freshness?.();
    made[format] ??= makeRegistry(deps, () => freshness, format).catch((error: unknown) => {
      // As while the status cannot be read: the next scrape tries anew.
      delete made[format];
      throw error;
    });
    const registry = await made[format];
    return { contentType: registry.contentType, body: await registry.metrics() };
  };
}

async function makeRegistry(
  deps: MetricsDeps,
  freshness: () => Freshness | undefined,
  format: Format,
): Promise<AnyRegistry> {
  const prom = (await import('prom-client')).default;
  const registry = format === 'open' ? openRegistry(prom) : new prom.Registry();
  // Addresses of pods repeat from site to site; this does not, however the figures get to where they are looked at.
  registry.setDefaultLabels({ site: deps.status().site });
  for (const figure of applianceFigures(deps, freshness)) {
    if (figure.kind === 'histogram') makeHistogram(prom, registry, figure);
    else if (figure.kind === 'counter') makeCounter(prom, registry, figure);
    else makeGauge(prom, registry, figure);
  }
  return registry;
}

function openRegistry(prom: Prom): Registry<OpenMetricsContentType> {
  const registry = new prom.Registry<OpenMetricsContentType>();
  registry.setContentType(prom.Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

function makeGauge(prom: Prom, registry: AnyRegistry, figure: Figure): void {
  let told = toldAtFirst(figure);
  new prom.Gauge({
    ...configOf(figure, registry),
    collect() {
      const now = known(figure.read());
      for (const { labels } of gone(told, now)) this.remove(labels);
      for (const { labels, value } of now.values()) this.set(labels, value);
      told = now;
    },
  });
}

/** A counter of prom-client is only ever added to: by what the count has grown since the scrape before. */
function makeCounter(prom: Prom, registry: AnyRegistry, figure: Figure): void {
  let told = toldAtFirst(figure);
  new prom.Counter({
    ...configOf(figure, registry),
    collect() {
      const now = known(figure.read());
      for (const { labels } of gone(told, now)) this.remove(labels);
      for (const [key, { labels, value }] of now) {
        const before = told.get(key)?.value ?? 0;
        // Less than before is a count that began anew, as that of a gateway forgotten and heard again.
        if (value < before) this.remove(labels);
        this.inc(labels, value < before ? value : value - before);
      }
      told = now;
    },
  });
}

/** A histogram of prom-client is only ever observed; ours was counted before prom-client was there, so it is told as it is. */
function makeHistogram(prom: Prom, registry: AnyRegistry, figure: HistogramFigure): void {
  const histogram = new prom.Histogram(configOf(figure, registry));
  const { name, help, kind: type } = figure;
  // What a registry asks it, for all its values at once.
  Object.assign(histogram, {
    getForPromString: async () => ({ name, help, type, values: valuesOf(figure) }),
  });
}

function valuesOf({ name, read }: HistogramFigure) {
  return read().flatMap(({ labels, within, count, sum, exemplars = [] }) => [
    ...[...within, ['+Inf', count] as const].map(([le, value], index) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le },
      value,
      ...exemplarIn(
        exemplars,
        within[index - 1]?.[0] ?? Number.NEGATIVE_INFINITY,
        within[index]?.[0] ?? Number.POSITIVE_INFINITY,
      ),
    })),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]);
}

/** The newest that belongs to the bucket, as prom-client takes it; it leaves it out of Prometheus' own text. */
function exemplarIn(exemplars: readonly Exemplar[], above: number, bound: number) {
  const found = exemplars.findLast(({ value }) => value > above && value <= bound);
  if (!found) return {};
  const { traceId, value, timeMs } = found;
  return { exemplar: { labelSet: { trace_id: traceId }, value, timestamp: timeMs / 1_000 } };
}

function configOf({ name, help, labels = [] }: Figure | HistogramFigure, registry: AnyRegistry) {
  return { name, help, labelNames: [...labels], registers: [registry] };
}

/** Samples with a value, by their labels. */
type Known = ReadonlyMap<string, { readonly labels: Labels; readonly value: number }>;

/** A metric of prom-client that has no labels starts at 0. */
function toldAtFirst({ labels }: Figure): Known {
  return known(labels ? [] : [{ value: 0 }]);
}

function known(samples: Samples): Known {
  return new Map(
    samples.flatMap(({ labels = {}, value }) =>
      value !== undefined && Number.isFinite(value)
        ? [[JSON.stringify(labels), { labels, value }] as const]
        : [],
    ),
  );
}

/** Those of `before` that nothing is said about any more. */
function gone(before: Known, now: Known) {
  return [...before].filter(([key]) => !now.has(key)).map(([, sample]) => sample);
}
