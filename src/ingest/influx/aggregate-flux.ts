/** The Flux script of the hourly aggregates: mean, min, max, last and count of every numeric field of a measurement. */

export interface AggregateNames {
  /** Name of the task. */
  readonly task: string;
  readonly bucket: string;
  readonly aggregates: string;
  readonly measurement: string;
}

/** Hours a run looks back, so that readings that came late are counted in; what is there is overwritten. */
export const LOOK_BACK_HOURS = 6;

/**
 * The task. A field `level` becomes `level_mean`, `level_min` …, all floats (a field has one type in InfluxDB), with the
 * time at which the hour begins. `now()` of a run is the full hour it is scheduled for, whatever `offset` says.
 */
export function aggregateFlux({ task, ...names }: AggregateNames): string {
  return `import "date"
import "types"

option task = {name: ${fluxString(task)}, every: 1h, offset: 5m}

start = date.truncate(t: -${LOOK_BACK_HOURS}h, unit: 1h)
stop = date.truncate(t: now(), unit: 1h)

${aggregation(names)}`;
}

/**
 * The same for given hours, as a query. `to` answers with all it wrote; that is counted instead, since an answer that is too
 * long to be read would be cut off, and the query with it.
 */
export function aggregateHoursFlux(
  names: Omit<AggregateNames, 'task'>,
  { startMs, stopMs }: { readonly startMs: number; readonly stopMs: number },
): string {
  return `import "types"

start = ${new Date(startMs).toISOString()}
stop = ${new Date(stopMs).toISOString()}

${aggregation(names)}    |> group()
    |> count()
`;
}

function aggregation({ bucket, aggregates, measurement }: Omit<AggregateNames, 'task'>): string {
  return `numbers = from(bucket: ${fluxString(bucket)})
    |> range(start: start, stop: stop)
    |> filter(fn: (r) => r._measurement == ${fluxString(measurement)})
    |> filter(fn: (r) => types.isType(v: r._value, type: "float"))

hourly = (tables=<-, fn, name) => tables
    |> aggregateWindow(every: 1h, fn: fn, createEmpty: false, timeSrc: "_start")
    |> toFloat()
    |> map(fn: (r) => ({r with _field: r._field + "_" + name}))

union(
    tables: [
        numbers |> hourly(fn: mean, name: "mean"),
        numbers |> hourly(fn: min, name: "min"),
        numbers |> hourly(fn: max, name: "max"),
        numbers |> hourly(fn: last, name: "last"),
        numbers |> hourly(fn: count, name: "count"),
    ],
)
    |> to(bucket: ${fluxString(aggregates)})
`;
}

/** A Flux string literal; `\${` would begin an interpolation. */
export function fluxString(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('${', '\\${');
  return `"${escaped.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`;
}
