/** What is accounted for of a site once a batch is durable. Pure. */
import type { SiteBatch } from './batch.ts';
import { type Coverage, cover, type Range, startEpoch } from './coverage.ts';

/** `before` and the batch. A new epoch of a store that had an earlier one goes on where that ended; else it begins with its first record. */
export function coverBatch(
  before: Coverage,
  { delivered, again = [], explained, stores }: SiteBatch,
): Coverage {
  let after = before;
  for (const { epoch, range } of delivered) {
    const seq = continued(after, epoch, stores);
    if (seq !== undefined && seq < range[0]) after = startEpoch(after, epoch, seq);
    after = cover(after, epoch, [range], true);
  }
  // The newest first, as the site sends them: each may touch the one behind it.
  for (const { epoch, range } of [...again].sort((a, b) => b.range[0] - a.range[0]))
    after = cover(after, epoch, [range], isNewBeginning(after, epoch, range, stores));
  for (const { epoch, range } of explained) after = cover(after, epoch, [range], false);
  return after;
}

/** The number a new epoch of the same store has to go on with; undefined when it is not new, or another store's. */
function continued(
  { epochs }: Coverage,
  epoch: number,
  stores: ReadonlyMap<number, string>,
): number | undefined {
  if (epochs.some((each) => each.epoch === epoch)) return undefined;
  const before = epochs.findLast((each) => each.epoch < epoch);
  const store = stores.get(epoch);
  const last = before?.ranges.at(-1)?.[1];
  if (!before || !store || last === undefined || stores.get(before.epoch) !== store) return undefined;
  return last + 1;
}

/** Records sent again may put the beginning of an epoch back, if nothing lies between, and they are no earlier epoch's. */
function isNewBeginning(
  { epochs }: Coverage,
  epoch: number,
  [first, last]: Range,
  stores: ReadonlyMap<number, string>,
): boolean {
  const base = epochs.find((each) => each.epoch === epoch)?.base;
  return base !== undefined && first < base && last + 1 >= base && !goesOn(epoch, stores);
}

/** Whether the store of `epoch` filled an earlier one: numbers in front of its beginning are those of that. */
export function goesOn(epoch: number, stores: ReadonlyMap<number, string>): boolean {
  const store = stores.get(epoch);
  return !store || [...stores].some(([other, id]) => other < epoch && id === store);
}
