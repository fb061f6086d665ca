/**
 * Traces of frames: which record is traced, under which ids, and what its steps are called. Nothing is kept of a record for it:
 * everything follows from the site and the record's number, at the site and at the centre alike.
 */
import { hash } from 'node:crypto';

/** A step of a frame, on the monotonic clock of whoever took it, milliseconds. */
export interface Span {
  readonly name: SpanName;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes?: Attributes;
}

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** 'frame' is the first of a trace; at the site the others stand below it, at the centre below 'centre.append'. */
export type SpanName =
  | 'frame'
  | 'frame.gather'
  | 'frame.decode'
  | 'frame.commit'
  | 'influx.write'
  | 'centre.append'
  | 'collect.read'
  | 'collect.store';

/** A site's tracer. */
export interface Tracer {
  /** The trace of a record of the log; undefined for most, which are not traced. */
  traceOf(record: TracedRecord): RecordTrace | undefined;
}

export interface TracedRecord {
  readonly seq: number;
  readonly kind: string;
}

export interface RecordTrace {
  /** As W3C Trace Context has it, to be carried with the record: whoever takes it on goes on below 'centre.append'. */
  readonly traceparent: string;
  add(span: Span): void;
}

/** The centre's tracer: it goes on where a record says so. */
export interface CarriedTracer {
  add(traceparent: string, span: Span, of: Attributes): void;
}

/** Frames that were heard; everything else in the log is not of one. */
export function isOfFrame({ kind }: TracedRecord): boolean {
  return kind === 'uplink' || kind === 'join';
}

/** 32 hex digits. */
export function traceIdOf(site: string, epoch: number, seq: number): string {
  return hash('sha256', `webscada-edge ${site} ${epoch}-${seq}`, 'hex').slice(0, 32);
}

/** 16 hex digits; a step taken twice has the same. */
export function spanIdOf(traceId: string, name: string): string {
  return hash('sha256', `${traceId} ${name}`, 'hex').slice(0, 16);
}

/** Whether this is the one of so many. Who traces one of fewer traces these too. */
export function isSampled(traceId: string, oneIn: number): boolean {
  return Number.parseInt(traceId.slice(-13), 16) < 2 ** 52 / oneIn;
}

export function traceparentOf(traceId: string): string {
  return `00-${traceId}-${spanIdOf(traceId, 'centre.append')}-01`;
}

export interface Traceparent {
  readonly traceId: string;
  readonly parentId: string;
}

/** undefined for what is none, or not to be traced. */
export function readTraceparent(text: string): Traceparent | undefined {
  const [, traceId = '', parentId = '', flags = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text) ?? [];
  const isThere = /[^0]/.test(traceId) && /[^0]/.test(parentId);
  return isThere && Number.parseInt(flags, 16) % 2 === 1 ? { traceId, parentId } : undefined;
}
