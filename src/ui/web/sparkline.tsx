/** A line of a field's newest values, to see at a glance where it is going; the readings table has the figures. */
import type { JSX } from 'preact';

const WIDTH = 96;
const HEIGHT = 24;

export interface Point {
  readonly timeMs: number;
  readonly value: number;
}

/** `points` newest first; nothing is drawn for fewer than three. */
export function Sparkline({ points }: { points: readonly Point[] }): JSX.Element | null {
  const path = linePath(points);
  if (path === undefined) return null;
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path} vector-effect="non-scaling-stroke" />
    </svg>
  );
}

/** The SVG path through the points, by time from left to right. A gap of three times the usual step stays a gap. */
export function linePath(points: readonly Point[]): string | undefined {
  const ordered = points.toReversed();
  const [first] = ordered;
  const last = ordered.at(-1);
  if (ordered.length < 3 || !first || !last || last.timeMs <= first.timeMs) return undefined;
  const values = ordered.map(({ value }) => value);
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const step = (last.timeMs - first.timeMs) / (ordered.length - 1);
  // A contact is on or off and nothing in between: its line goes in steps.
  const stepped = values.every((value) => value === 0 || value === 1);
  let previousMs = Number.NEGATIVE_INFINITY;
  return ordered
    .map(({ timeMs, value }) => {
      const x = ((timeMs - first.timeMs) / (last.timeMs - first.timeMs)) * WIDTH;
      const y = span === 0 ? HEIGHT / 2 : HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4);
      const command = timeMs - previousMs > 3 * step ? 'M' : 'L';
      previousMs = timeMs;
      const corner = stepped && command === 'L' ? `H${x.toFixed(1)}` : '';
      return `${corner}${command}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
