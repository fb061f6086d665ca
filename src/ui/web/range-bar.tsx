/** A value against its range as a bar: the range grey, the value a mark; saturated only where it is beyond. The figure stands beside it. */
import type { JSX } from 'preact';
import type { RangeBar as Bar } from './device-summary.ts';

const percent = (part: number): string => `${(part * 100).toFixed(1)}%`;

export function RangeBar({ bar: { from, to, at, isLimit } }: { bar: Bar }): JSX.Element {
  const isBeyond = isLimit && (at < from || at > to);
  return (
    <span class={`range${isLimit ? ' limited' : ''}${isBeyond ? ' beyond' : ''}`} aria-hidden="true">
      <span class="band" style={{ left: percent(from), width: percent(to - from) }} />
      <span class="mark" style={{ left: percent(at) }} />
    </span>
  );
}
