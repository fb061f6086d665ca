/** The past of a device that took the place of others, as one. Pure. */
import type { History, HistoryPoint, HistorySeries } from '../../store/contract.ts';

/** `histories` of the same range, the device's own first. Where one has hours only, the whole is said to. */
export function joinHistories(own: History, formers: readonly History[]): History {
  if (formers.length === 0) return own;
  const all = [own, ...formers];
  const fields = [...new Set(all.flatMap(({ series }) => series.map(({ field }) => field)))].sort();
  return {
    source: all.some(({ source }) => source === 'hours') ? 'hours' : 'readings',
    fromMs: Math.min(...all.map(({ fromMs }) => fromMs)),
    bucketMs: Math.max(...all.map(({ bucketMs }) => bucketMs)),
    behind: all.reduce((sum, { behind }) => sum + behind, 0),
    series: fields.map((field) => ({ field, points: joinSeries(all, field) })),
    ...(own.marks
      ? { marks: all.flatMap(({ marks = [] }) => marks).sort((a, b) => a.timeMs - b.timeMs) }
      : {}),
  };
}

function joinSeries(all: readonly History[], field: string): HistorySeries['points'] {
  const points = new Map<number, HistoryPoint>();
  for (const { series } of all)
    for (const point of series.find((one) => one.field === field)?.points ?? []) {
      const known = points.get(point.startMs);
      points.set(point.startMs, known ? joinPoints(known, point) : point);
    }
  return [...points.values()].sort((a, b) => a.startMs - b.startMs);
}

/** The bucket in which one went and the other came. */
function joinPoints(a: HistoryPoint, b: HistoryPoint): HistoryPoint {
  const count = a.count + b.count;
  const [earlier, later] = [a.firstMs <= b.firstMs ? a : b, a.lastMs >= b.lastMs ? a : b];
  return {
    ...{ startMs: a.startMs, count, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) },
    mean: (a.mean * a.count + b.mean * b.count) / count,
    ...{ first: earlier.first, firstMs: earlier.firstMs, last: later.last, lastMs: later.lastMs },
  };
}
