/**
 * What an entry says of traces: beside a record its `traceparent` (W3C Trace Context), beside a block `traceparents`, the seq and
 * traceparent of those of its records that are traced. No part of a record: who does not trace leaves it out and reads past it.
 */

/** Of a block; more of its records are not traced at the centre. */
const MAX_TRACED = 32;
/** `<seq> <traceparent>`, and a comma. */
const MAX_BYTES = MAX_TRACED * 80;

interface Traceable {
  readonly id: { readonly seq: number };
  readonly traceparent?: string;
}

/** Name and value for a block of these, nothing where none is traced. */
export function blockTraceFields(entries: readonly Traceable[]): string[] {
  const traced = entries.filter(({ traceparent }) => traceparent !== undefined).slice(0, MAX_TRACED);
  if (traced.length === 0) return [];
  return ['traceparents', traced.map(({ id, traceparent }) => `${id.seq} ${traceparent}`).join(',')];
}

/** By seq; `seq` is that of the entry. Takes what strangers wrote: bounded, and what is none is left out. */
export function tracesIn(fields: readonly unknown[], seq: number): ReadonlyMap<number, string> | undefined {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = String(fields[at]);
    if (name !== 'traceparent' && name !== 'traceparents') continue;
    const value = fields[at + 1];
    const text = Buffer.isBuffer(value) ? value.subarray(0, MAX_BYTES).toString('latin1') : '';
    if (name === 'traceparent') return new Map([[seq, text]]);
    const pairs = text.split(',', MAX_TRACED).map((one) => one.split(' ', 2));
    return new Map(pairs.map(([of = '', traceparent = '']) => [Number(of), traceparent]));
  }
  return undefined;
}
