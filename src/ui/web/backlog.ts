/**
 * When a backlog will be done, from how it was seen to shrink: what waits, divided by what goes out more than comes in. No
 * promise is made from a glance: it takes half a minute of looking. Pure.
 */

export interface Sample {
  readonly timeMs: number;
  readonly pending: number;
}

export type Outlook =
  | { readonly kind: 'done'; readonly atMs: number }
  /** It does not get less. */
  | { readonly kind: 'stuck' };

/** Looked at for so long; older samples are of another rate. */
const WINDOW_MS = 180_000;
const LEAST_MS = 30_000;
/** One that was at its most so lately does not get less. */
const SINCE_PEAK_MS = 15_000;
/** Closer together they say nothing new. */
const STEP_MS = 5_000;
/** So few are the readings that are on their way anyway. */
export const FEW = 20;

/** `samples` with one more, oldest first; a time that goes back begins anew. */
export function withSample(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last && next.timeMs < last.timeMs) return [next];
  if (last && next.timeMs - last.timeMs < STEP_MS) return samples;
  return [...samples.filter(({ timeMs }) => next.timeMs - timeMs <= WINDOW_MS), next];
}

/** Undefined where nothing worth a word waits, or it was not looked at for long enough. */
export function outlookOf(samples: readonly Sample[]): Outlook | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.pending < FEW || last.timeMs - first.timeMs < LEAST_MS) return undefined;
  const most = Math.max(...samples.map(({ pending }) => pending));
  const peak = samples.findLastIndex(({ pending }) => pending === most);
  const peakMs = samples[peak]?.timeMs ?? 0;
  if (last.timeMs - peakMs < SINCE_PEAK_MS) return { kind: 'stuck' };
  // What grew before the peak says nothing of how it shrinks since.
  const since = samples.slice(peak);
  if (last.timeMs - peakMs < LEAST_MS) return undefined;
  const perMs = slopeOf(since);
  return perMs < 0 ? { kind: 'done', atMs: last.timeMs - last.pending / perMs } : { kind: 'stuck' };
}

/** Records a millisecond, by least squares: one odd sample does not turn it over. */
function slopeOf(samples: readonly Sample[]): number {
  const count = samples.length;
  const meanTime = samples.reduce((sum, { timeMs }) => sum + timeMs, 0) / count;
  const meanPending = samples.reduce((sum, { pending }) => sum + pending, 0) / count;
  let above = 0;
  let below = 0;
  for (const { timeMs, pending } of samples) {
    above += (timeMs - meanTime) * (pending - meanPending);
    below += (timeMs - meanTime) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
