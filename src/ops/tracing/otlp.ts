/**
 * Spans in the JSON encoding of OTLP 1 (ExportTraceServiceRequest): ids are hex, times are nanoseconds as decimal text, names are
 * in lowerCamelCase, enums are numbers. Pure.
 */
import type { Attributes } from '../../model/trace.ts';

/** SpanKind of the protocol. */
export const KIND = { internal: 1, client: 3, producer: 4, consumer: 5 } as const;

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: (typeof KIND)[keyof typeof KIND];
  /** Epoch milliseconds, with what there is behind the point. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
}

/** Sampled; of a known parent that is in another process. */
const FLAGS = 0x01;

export function exportRequest(resource: Attributes, version: string, spans: readonly OtlpSpan[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: 'webscada-edge', version }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf({ traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes }: OtlpSpan) {
  return {
    ...{ traceId, spanId },
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    ...{ flags: FLAGS, name, kind },
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(Math.max(startMs, endMs)),
    attributes: keyValues(attributes),
  };
}

function keyValues(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Attributes[string]) {
  if (typeof value === 'string') return { stringValue: value.toWellFormed() };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** A double holds microseconds of today exactly, nanoseconds not. */
function nanos(timeMs: number): string {
  return `${BigInt(Math.max(0, Math.round(timeMs * 1_000)))}000`;
}
