/**
 * What is missing before the first number of an epoch: a stream that was trimmed before anybody read it by this group looks
 * like one that begins there. It holds no watermark back, and is told all the same. Pure.
 */
import type { EpochRange } from './batch.ts';
import { type Coverage, type Gap, joinRanges, type Range } from './coverage.ts';

/** Which store filled an epoch; undefined or '' where nobody knows. */
type Stores = ReadonlyMap<number, string>;

/** Numbers in front of what each epoch began with here, oldest first, without those that `explained` (expired, salvaged, accepted) holds. */
export function missingBefore(
  { epochs }: Coverage,
  stores: Stores,
  explained: readonly EpochRange[],
): readonly Gap[] {
  return epochs.flatMap(({ epoch, base }) => {
    const first = expectedFirst({ epochs, isPartial: false }, epoch, stores);
    if (base <= first) return [];
    const known = explained.filter((each) => isSameStore(stores, epoch, each.epoch));
    return without([first, base - 1], joinRanges(known.map(({ range }) => range))).map(
      ([from, to]): Gap => ({ epoch, first: from, last: to }),
    );
  });
}

/** A store counts from 1, and goes on where its last epoch ended. */
function expectedFirst({ epochs }: Coverage, epoch: number, stores: Stores): number {
  const before = epochs.findLast((each) => each.epoch < epoch && isSameStore(stores, epoch, each.epoch));
  return (before?.ranges.at(-1)?.[1] ?? (before?.base ?? 1) - 1) + 1;
}

/** Where nobody knows, the same: a box that was replaced tells. */
function isSameStore(stores: Stores, a: number, b: number): boolean {
  const [one, other] = [stores.get(a), stores.get(b)];
  return !one || !other || one === other;
}

/** What of `range` is in none of `holes`, which are in order and apart. */
function without([first, last]: Range, holes: readonly Range[]): Range[] {
  const left: Range[] = [];
  let next = first;
  for (const [from, to] of holes) {
    if (to < next || from > last) continue;
    if (from > next) left.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= last) left.push([next, last]);
  return left;
}
