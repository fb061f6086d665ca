/**
 * Values out of the JSON of Protocol Buffers, where numbers may be text, bytes are base64 and times are RFC 3339 or
 * '1.5s'. A value of the wrong kind reads as its default or as NaN; nothing here throws.
 */
import { cut, wellFormedJson } from '../../model/text.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const EMPTY: JsonObject = Object.freeze({});
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const DURATION = /^(\d{1,12})(?:\.(\d{1,9}))?s$/;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** undefined when the text is no JSON or no object. */
export function parseJsonObject(payload: Uint8Array): JsonObject | undefined {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  try {
    const value: unknown = JSON.parse(wellFormedJson(bytes.toString('utf8')));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An empty object for anything else. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : EMPTY;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** '' for anything but text; longer text is cut. */
export function asText(value: unknown, maxChars = 256): string {
  return typeof value === 'string' ? cut(value, maxChars) : '';
}

/** 0 when absent, NaN when present and no number. */
export function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === undefined || value === null) return 0;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

/** An unsigned 32-bit number; 0 for anything else. */
export function asUint32(value: unknown): number {
  const number = asNumber(value);
  return Number.isInteger(number) && number >= 0 && number <= 0xffff_ffff ? number : 0;
}

/** undefined when absent, no base64, or more than `maxBytes`. */
export function asBytes(value: unknown, maxBytes: number): Buffer | undefined {
  if (typeof value !== 'string' || value.length > Math.ceil(maxBytes / 3) * 4) return undefined;
  return BASE64.test(value) ? Buffer.from(value, 'base64') : undefined;
}

/** Epoch milliseconds of an RFC 3339 time, cut to the millisecond; NaN for anything else. */
export function asTimeMs(value: unknown): number {
  return typeof value === 'string' && RFC3339.test(value) ? Date.parse(value) : Number.NaN;
}

/** Milliseconds of a duration such as '1s' or '1.5s', cut to the millisecond; NaN for anything else. */
export function asDurationMs(value: unknown): number {
  const match = typeof value === 'string' ? DURATION.exec(value) : null;
  if (!match) return Number.NaN;
  return Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0').slice(0, 3));
}
