/**
 * Why a site has more than one epoch, in words: whose store began each, and what that means for its numbers. Nothing here is
 * wrong; it explains why the same number may stand there twice. Pure.
 */
import type { Coverage, EpochCoverage } from './coverage.ts';

/** Epoch to the id of its store; '' where nobody knows. */
type Stores = ReadonlyMap<number, string>;

const MAX_TOLD = 20;

/** A sentence for each epoch behind the first, the newest last. */
export function epochHistory({ epochs }: Coverage, stores: Stores): string[] {
  const told = epochs.flatMap((each, at) => {
    const before = epochs.slice(0, at);
    return before.length === 0
      ? []
      : [`epoch ${each.epoch} begins with ${each.base}: ${why(each, before, stores)}`];
  });
  return told.slice(-MAX_TOLD);
}

function why(each: EpochCoverage, before: readonly EpochCoverage[], stores: Stores): string {
  const store = stores.get(each.epoch);
  const last = before.at(-1);
  if (!store || !last || !stores.get(last.epoch)) return 'nobody has noted by which store';
  const own = before.findLast(({ epoch }) => stores.get(epoch) === store);
  if (!own)
    return `another store (${short(store)}) than in epoch ${last.epoch} (${short(stores.get(last.epoch) ?? '')}): the box was replaced or emptied, or two boxes use this site id`;
  if (own.epoch !== last.epoch)
    return `the store of epoch ${own.epoch} again (${short(store)}), after another one: two boxes have used this site id in turn; each has its numbers in its own epochs`;
  const end = own.ranges.at(-1)?.[1] ?? own.base;
  if (each.base > end) return 'the same store went on, repaired or put back';
  return `the same store was put back from a backup that ended with ${each.base - 1}; ${own.epoch}-${each.base} to ${own.epoch}-${end} came before that, and are other records than those of epoch ${each.epoch}`;
}

/** Enough to tell two apart. */
function short(store: string): string {
  return store.slice(0, 8);
}
