/**
 * Which records of a refused request lie before what InfluxDB keeps. It says how many points those are, in the words of its
 * release, and they are the oldest; the other points of the request it has taken.
 */
import type { Entry } from './delivery-queues.ts';

const WORDS = /\b(?:beyond|outside) (?:of )?(?:the )?retention (?:policy|period)\b/i;
/** Of releases that bound the future as well. */
const TOO_NEW = /\bupper bound\b/i;
const COUNT = /\bdropped[= ](\d{1,9})\b/i;

/** How many points `message` says are too old, NaN when it does not say; undefined when it is about something else. */
export function tooOldIn(message: string): number | undefined {
  if (!WORDS.test(message) || TOO_NEW.test(message)) return undefined;
  return Number(COUNT.exec(message)?.[1] ?? Number.NaN);
}

/** From when on the bucket keeps points, where `message` says so, as InfluxDB's cloud does. */
export function keptFromIn(message: string): number | undefined {
  const [, time = ''] = /\bminimum acceptable timestamp is (\S{10,40}?),? /i.exec(message) ?? [];
  const timeMs = Date.parse(time.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** The time the record has in InfluxDB, epoch milliseconds. */
export function timeOf({ timeMs, record }: Entry): number {
  return timeMs ?? record.timeMs;
}

/**
 * The entries that `dropped` points are; where the count fits none of their ends, those from before `keptFromMs`, which is
 * what should be kept. Empty when neither helps: then halves have to be tried.
 */
export function findTooOld(
  entries: readonly Entry[],
  dropped: number,
  keptFromMs: number,
): ReadonlySet<Entry> {
  const sent = entries.filter(({ lines }) => lines !== '').sort((a, b) => timeOf(a) - timeOf(b));
  const old = new Set<Entry>();
  let points = 0;
  for (const entry of sent) {
    if (points >= dropped) break;
    old.add(entry);
    points += entry.lines.split('\n').length;
  }
  if (points === dropped) return old;
  return new Set(sent.length === 1 ? sent : sent.filter((entry) => timeOf(entry) < keptFromMs));
}
