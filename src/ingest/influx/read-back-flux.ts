/** The Flux that reads back records by their own nanosecond, and the times it answers. */
import { fluxString } from './aggregate-flux.ts';

export interface Wanted {
  readonly device: string;
  readonly measurement: string;
  /** Nanoseconds since 1970. */
  readonly stamp: bigint;
}

/** A time in each answer: who runs Flux gives it back, whatever is in the bucket. */
export const SENTINEL = 946_684_800_000_000_000n;

/**
 * One row of `_time` for each of `wanted` that is there, and one for the sentinel. Each record is a range of one nanosecond, so
 * that the storage has next to nothing to read. Without `_value` and `_field` the tables of fields of all types are one.
 */
export function readBackFlux(bucket: string, wanted: readonly Wanted[]): string {
  const tables = wanted.map(
    ({ device, measurement, stamp }) =>
      `        one(start: ${fluxTime(stamp)}, stop: ${fluxTime(stamp + 1n)}, m: ${fluxString(measurement)}, d: ${fluxString(device)}),\n`,
  );
  return `import "array"

one = (start, stop, m, d) => from(bucket: ${fluxString(bucket)})
    |> range(start: start, stop: stop)
    |> filter(fn: (r) => r._measurement == m and r.device == d)
    |> keep(columns: ["_time"])
    |> limit(n: 1)

union(
    tables: [
        array.from(rows: [{_time: ${fluxTime(SENTINEL)}}]),
${tables.join('')}    ],
)
`;
}

/** A time of Flux, to the nanosecond. */
export function fluxTime(stamp: bigint): string {
  const ms = Number(stamp / 1_000_000n);
  const rest = String(stamp % 1_000_000n).padStart(6, '0');
  return new Date(ms).toISOString().replace('Z', `${rest}Z`);
}

/** Nanoseconds of a time as InfluxDB writes it: RFC 3339 in UTC, zeros at its end left out; -1 for what is none. */
export function readNanoseconds(text: string): bigint {
  const [, seconds = '', fraction = ''] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const ms = Date.parse(`${seconds}Z`);
  return Number.isNaN(ms) ? -1n : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
