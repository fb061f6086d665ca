/** What the centre adds to the traces that records carry: how they were read, and made durable in a sink. */
import type { CarriedTracer, Span } from '../../model/trace.ts';
import type { Batch } from './batch.ts';

export interface BatchTimes {
  /** Monotonic milliseconds: from asking Redis until the batch was gathered. */
  readonly readMs: number;
  readonly gatheredMs: number;
  readonly storeMs: number;
  readonly storedMs: number;
}

export function traceBatch(
  tracer: CarriedTracer,
  { sites, count }: Batch,
  of: { readonly sink: string; readonly consumer: string },
  { readMs, gatheredMs, storeMs, storedMs }: BatchTimes,
): void {
  const attributes = { 'webscada.batch_records': count };
  const spans: readonly Span[] = [
    { name: 'collect.read', startMs: readMs, endMs: gatheredMs, attributes },
    { name: 'collect.store', startMs: storeMs, endMs: storedMs, attributes },
  ];
  for (const { records } of sites) {
    for (const { traceparent, site, epoch, seq } of records) {
      if (traceparent === undefined) continue;
      const by = {
        'webscada.site': site,
        'webscada.record': `${epoch}-${seq}`,
        'webscada.sink': of.sink,
        'webscada.consumer': of.consumer,
      };
      for (const span of spans) tracer.add(traceparent, span, by);
    }
  }
}
