/** The tracers: a site's, which gives its records their traces, and the centre's, which goes on where a record carries one. */
import {
  type CarriedTracer,
  isOfFrame,
  isSampled,
  readTraceparent,
  type Span,
  type SpanName,
  spanIdOf,
  type Tracer,
  traceIdOf,
  traceparentOf,
} from '../../model/trace.ts';
import type { Clock } from '../../model/world.ts';
import type { TraceExporter } from './exporter.ts';
import { KIND, type OtlpSpan } from './otlp.ts';

const KINDS: Readonly<Record<SpanName, OtlpSpan['kind']>> = {
  frame: KIND.consumer,
  'frame.gather': KIND.internal,
  'frame.decode': KIND.internal,
  'frame.commit': KIND.internal,
  'influx.write': KIND.client,
  'centre.append': KIND.producer,
  'collect.read': KIND.consumer,
  'collect.store': KIND.client,
};

interface TracerOptions {
  readonly oneIn: number;
  readonly exporter: Pick<TraceExporter, 'add'>;
  readonly clock: Clock;
}

export interface SiteTracerOptions extends TracerOptions {
  /** Told how long each step took. */
  readonly took?: (name: SpanName, traceId: string, seconds: number) => void;
  readonly site: string;
  readonly epoch: () => number;
}

export function createSiteTracer(options: SiteTracerOptions): Tracer {
  const { site, epoch, oneIn, exporter, clock, took } = options;
  const timed = createTimeline(clock);
  return {
    traceOf(record) {
      if (!isOfFrame(record)) return undefined;
      const { seq } = record;
      const traceId = traceIdOf(site, epoch(), seq);
      if (!isSampled(traceId, oneIn)) return undefined;
      const rootId = spanIdOf(traceId, 'frame');
      const of = { 'webscada.site': site, 'webscada.record': `${epoch()}-${seq}` };
      return {
        traceparent: traceparentOf(traceId),
        add(span) {
          took?.(span.name, traceId, (span.endMs - span.startMs) / 1_000);
          const isRoot = span.name === 'frame';
          const spanId = isRoot ? rootId : spanIdOf(traceId, span.name);
          exporter.add({
            ...{ traceId, spanId, parentSpanId: isRoot ? undefined : rootId },
            ...timed(span),
            attributes: { ...of, ...span.attributes },
          });
        },
      };
    },
  };
}

export function createCarriedTracer({ oneIn, exporter, clock }: TracerOptions): CarriedTracer {
  const timed = createTimeline(clock);
  return {
    add(traceparent, span, of) {
      const carried = readTraceparent(traceparent);
      if (!carried || !isSampled(carried.traceId, oneIn)) return;
      const { traceId, parentId } = carried;
      // Each sink of each copy of collect takes its own steps.
      const spanId = spanIdOf(traceId, [span.name, ...Object.values(of)].join(' '));
      exporter.add({
        ...{ traceId, spanId, parentSpanId: parentId },
        ...timed(span),
        attributes: { ...of, ...span.attributes },
      });
    },
  };
}

/** Whole milliseconds of the wall clock make the two drift by one; more is a clock that was set. */
const JITTER_MS = 2;

/** Times of spans by the wall clock: what lies between is measured by the one that does not jump. */
function createTimeline(clock: Clock): (span: Span) => Pick<OtlpSpan, 'name' | 'kind' | 'startMs' | 'endMs'> {
  let aheadMs = Number.NaN;
  return ({ name, startMs, endMs }) => {
    const nowAheadMs = clock.nowMs() - clock.monotonicMs();
    if (!(Math.abs(nowAheadMs - aheadMs) <= JITTER_MS)) aheadMs = nowAheadMs;
    return { name, kind: KINDS[name], startMs: startMs + aheadMs, endMs: endMs + aheadMs };
  };
}
