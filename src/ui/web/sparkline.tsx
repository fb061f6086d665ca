/** A line of a field's newest values, to see at a glance where it is going; the readings table has the figures. */
import type { JSX } from 'preact';

const WIDTH = 96;
const HEIGHT = 24;
/** Room for the mark of the newest value. */
const EDGE = 2;
/** A step longer than so many usual ones is a gap. */
const GAP_STEPS = 3;

export interface Point {
  readonly timeMs: number;
  readonly value: number;
}

interface SparklineProps {
  /** Newest first; nothing is drawn for fewer than three. */
  readonly points: readonly Point[];
  readonly unit?: string | undefined;
  /** Where both limits are known the line is drawn against them. */
  readonly limits?: Limits | undefined;
}

interface Limits {
  readonly low: number | undefined;
  readonly high: number | undefined;
}

export function Sparkline({ points, unit, limits }: SparklineProps): JSX.Element | null {
  const path = linePath(points, scaleOf(points, unit, limits));
  if (path === undefined) return null;
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path.line} vector-effect="non-scaling-stroke" />
      <path class="newest" d={path.newest} vector-effect="non-scaling-stroke" />
    </svg>
  );
}

interface Scale {
  readonly low: number;
  readonly high: number;
}

/** What the height of a line spans at least, by unit: less is no change worth a look. */
const LEAST_SPANS: Readonly<Record<string, number>> = { '°C': 1, '%': 5, hPa: 5 };
/** The same where the unit says nothing: a part of the largest value. */
const LEAST_PART = 0.05;

/** What the height of a line of these values spans at least. */
export function leastSpan(values: readonly number[], unit?: string): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return LEAST_SPANS[unit ?? ''] ?? LEAST_PART * largest;
}

/** From where to where the height goes. A flat value stays flat: its noise does not fill the height. */
export function scaleOf(points: readonly Point[], unit?: string, limits?: Limits): Scale {
  const values = points.map(({ value }) => value);
  const bounds =
    limits?.low !== undefined && limits.high !== undefined ? [limits.low, limits.high, ...values] : values;
  const low = Math.min(...bounds);
  const high = Math.max(...bounds);
  const least = leastSpan(bounds, unit);
  if (high - low >= least) return { low, high };
  const middle = (low + high) / 2;
  return { low: middle - least / 2, high: middle + least / 2 };
}

/** Round by its line's ends; WebKit draws one of no length at all as wide as the picture is stretched. */
const DOT = 'h.01';

/**
 * The SVG path through the points, by time from left to right, and a mark at the newest. A gap stays a gap, but takes no more
 * width than a few steps, or what came before it would be squeezed to the left. A point between two gaps is a dot.
 */
export function linePath(
  points: readonly Point[],
  { low, high }: Scale = scaleOf(points),
): { readonly line: string; readonly newest: string } | undefined {
  const ordered = points.toSorted((a, b) => a.timeMs - b.timeMs);
  const steps = ordered.slice(1).map(({ timeMs }, i) => timeMs - (ordered[i]?.timeMs ?? 0));
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  if (ordered.length < 3 || steps.every((step) => step === 0)) return undefined;
  // Where most come at the same moment the longest step is the measure.
  const longest = GAP_STEPS * (usual > 0 ? usual : Math.max(...steps));
  const width = steps.reduce((sum, step) => sum + Math.min(step, longest), 0);
  // A contact is on or off and nothing in between: its line goes in steps.
  const stepped = ordered.every(({ value }) => value === 0 || value === 1);
  let past = 0;
  let line = '';
  let newest = '';
  for (const [i, { value }] of ordered.entries()) {
    const step = steps[i - 1] ?? 0;
    past += Math.min(step, longest);
    const x = (EDGE + (past / width) * (WIDTH - 2 * EDGE)).toFixed(1);
    const y = (
      high > low ? HEIGHT - EDGE - ((value - low) / (high - low)) * (HEIGHT - 2 * EDGE) : HEIGHT / 2
    ).toFixed(1);
    const begins = i === 0 || step > longest;
    const ends = i === steps.length || (steps[i] ?? 0) > longest;
    const corner = stepped && !begins ? `H${x}` : '';
    line += `${corner}${begins ? 'M' : 'L'}${x} ${y}${begins && ends ? DOT : ''}`;
    newest = `M${x} ${y}${DOT}`;
  }
  return { line, newest };
}
