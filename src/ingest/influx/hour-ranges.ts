/** A set of hours as a few ranges: ascending, apart from each other, at most so many. Hours are counted from 1970. Pure. */

/** `to` is the first hour behind it. */
export type HourRange = readonly [from: number, to: number];

/** With more, the two nearest become one: some hours too many rather than one too few. */
const MAX_RANGES = 64;

/** The same ranges when `hour` is among them. */
export function addHour(ranges: readonly HourRange[], hour: number): readonly HourRange[] {
  if (ranges.some(([from, to]) => from <= hour && hour < to)) return ranges;
  const touching = ranges.filter(([from, to]) => to === hour || from === hour + 1);
  const apart = ranges.filter((range) => !touching.includes(range));
  const merged: HourRange = [
    Math.min(hour, ...touching.map(([from]) => from)),
    Math.max(hour + 1, ...touching.map(([, to]) => to)),
  ];
  const all = [...apart, merged].sort(([a], [b]) => a - b);
  return all.length > MAX_RANGES ? joinNearest(all) : all;
}

/** Without the hours of `gone`. */
export function removeHours(ranges: readonly HourRange[], [start, end]: HourRange): readonly HourRange[] {
  return ranges
    .flatMap(([from, to]): HourRange[] => [
      [from, Math.min(to, start)],
      [Math.max(from, end), to],
    ])
    .filter(([from, to]) => from < to);
}

export function countHours(ranges: readonly HourRange[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}

function joinNearest(ranges: readonly HourRange[]): readonly HourRange[] {
  const gapAfter = (index: number) => (ranges[index + 1]?.[0] ?? Infinity) - (ranges[index]?.[1] ?? 0);
  const gaps = ranges.map((_, index) => gapAfter(index));
  const at = gaps.indexOf(Math.min(...gaps));
  const [left, right] = [ranges[at], ranges[at + 1]];
  if (!left || !right) return ranges;
  return [...ranges.slice(0, at), [left[0], right[1]], ...ranges.slice(at + 2)];
}
