/** What roll-ups and histories have to say, worked out anew from all records: the model of their tests. */

import { expect } from 'vitest';
import type { LogRecord } from '../../../src/model/record.ts';
import type { HistoryPoint, HistorySeries } from '../../../src/store/contract.ts';

export interface DatedReading {
  readonly timeMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Readings in the order of the log, in buckets of `bucketMs` from `fromMs`. */
export function bucketsOf(
  readings: readonly DatedReading[],
  fromMs: number,
  bucketMs: number,
): HistorySeries[] {
  const values = new Map<string, Map<number, { timeMs: number; value: number }[]>>();
  for (const { timeMs, fields } of readings) {
    for (const [name, given] of Object.entries(fields)) {
      if (typeof given === 'string') continue;
      const buckets = values.get(name) ?? new Map<number, { timeMs: number; value: number }[]>();
      values.set(name, buckets);
      const index = Math.floor((timeMs - fromMs) / bucketMs);
      buckets.set(index, [...(buckets.get(index) ?? []), { timeMs, value: Number(given) }]);
    }
  }
  return [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([field, buckets]) => ({
      field,
      points: [...buckets]
        .sort(([a], [b]) => a - b)
        .map(([index, list]) => pointOf(fromMs + index * bucketMs, list)),
    }));
}

function pointOf(startMs: number, list: readonly { timeMs: number; value: number }[]): HistoryPoint {
  const sorted = list.toSorted((a, b) => a.timeMs - b.timeMs);
  const all = list.map(({ value }) => value);
  return {
    startMs,
    count: all.length,
    min: Math.min(...all),
    max: Math.max(...all),
    mean: all.reduce((sum, value) => sum + value, 0) / all.length,
    first: sorted[0]?.value ?? Number.NaN,
    firstMs: sorted[0]?.timeMs ?? Number.NaN,
    last: sorted.at(-1)?.value ?? Number.NaN,
    lastMs: sorted.at(-1)?.timeMs ?? Number.NaN,
  };
}

/** The same, means within what adding up in another order may change. */
export function expectSame(actual: readonly HistorySeries[], expected: readonly HistorySeries[]): void {
  expect(withoutMeans(actual)).toEqual(withoutMeans(expected));
  const means = (series: readonly HistorySeries[]) =>
    series.flatMap(({ points }) => points.map(({ mean }) => mean));
  for (const [index, mean] of means(expected).entries()) {
    const tolerance = 1e-6 * (1 + Math.abs(mean));
    expect(Math.abs((means(actual)[index] ?? Number.NaN) - mean)).toBeLessThan(tolerance);
  }
}

function withoutMeans(series: readonly HistorySeries[]): unknown {
  return series.map(({ field, points }) => ({ field, points: points.map(({ mean: _, ...point }) => point) }));
}

export function fieldsOf({ body }: LogRecord): Readonly<Record<string, unknown>> {
  return (JSON.parse(body) as { fields: Record<string, unknown> }).fields;
}
