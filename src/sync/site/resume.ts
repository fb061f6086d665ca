/**
 * Where to go on after a (re)connect: the stream's last ID decides, forwards and backwards. Entries of another store are
 * never counted as our deliveries; where that cannot be told apart, our epoch grows and delivery starts over in it.
 * docs/sync.md holds the table of cases.
 */

import { tell } from '../../model/said.ts';
import type { Ancestor, Cursor, Store } from '../../store/contract.ts';
import type { EntryId } from '../entry.ts';
import type { Centre, Register } from './centre.ts';
import { type Entry, holds } from './entry.ts';
import { CentreFault } from './fault.ts';

/** What the decision rests on. */
export interface Situation {
  /** The stream's last ID; 0-0 for none. */
  readonly last: EntryId;
  /** Whether the entry at `last` is our record of that seq; undefined when one of the two is no longer there. */
  readonly lastIsOurs: boolean | undefined;
  /** Who is registered for our epoch; undefined for nobody. */
  readonly owner: string | undefined;
  /** The greatest epoch in the register, 0 for none. */
  readonly maxEpoch: number;
  readonly epoch: number;
  readonly storeId: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** seq of our cursor. */
  readonly cursor: number;
}

export type GrowReason = 'epoch_behind' | 'epoch_of_another' | 'stream_ahead' | 'stream_differs' | 'unproven';

export type Decision =
  /** The stream's last entry is ours: everything up to `after` is delivered. */
  | { readonly action: 'continue'; readonly after: number }
  /** The stream has no entry of our epoch: find out how much of the log an older epoch of ours delivered. */
  | { readonly action: 'begin' }
  /** Our epoch must become `epoch` first. */
  | { readonly action: 'grow'; readonly epoch: number; readonly reason: GrowReason };

/** The table of cases. Pure. */
export function decide(s: Situation): Decision {
  const grow = (reason: GrowReason): Decision => ({
    action: 'grow',
    epoch: Math.max(s.epoch, s.last.epoch, s.maxEpoch) + 1,
    reason,
  });
  if (s.owner !== undefined && s.owner !== s.storeId) return grow('epoch_of_another');
  if (s.last.epoch > s.epoch) return grow('epoch_behind');
  if (s.last.epoch < s.epoch) return { action: 'begin' };
  if (s.last.seq > s.lastSeq) return grow('stream_ahead');
  if (s.lastIsOurs === false) return grow('stream_differs');
  // The register lost our name, and the entry that could prove the stream ours is gone.
  if (s.lastIsOurs === undefined && s.owner === undefined && s.cursor < s.last.seq) return grow('unproven');
  return { action: 'continue', after: s.last.seq };
}

/** What the sync needs of the store. */
export type SyncStore = Pick<
  Store,
  'log' | 'epoch' | 'setEpoch' | 'noteClaim' | 'ancestors' | 'storeId' | 'synced'
>;

/** Where delivery goes on: after record `after`, onto a stream whose last ID is `last`. */
export interface Resumed {
  readonly last: EntryId;
  readonly after: number;
}

export interface Grown {
  readonly from: number;
  readonly to: number;
  readonly reason: GrowReason;
}

/** Growing once or twice is normal (another store may claim the same number at the same time); more is a fight. */
const MAX_ROUNDS = 5;
/** Epochs of our own looked into for what they delivered; older ones are taken as unknown. */
const MAX_EPOCHS_SEARCHED = 8;

/** The furthest our epoch follows at once. It grows by one with each rebuilt or restored box; a hostile centre names any. */
export const MAX_EPOCH_STEP = 1_000;

/** Finds the place, moves `cursor` there, and registers our epoch. `onGrown` hears of each change of epoch. */
export async function resume(
  store: SyncStore,
  cursor: Cursor,
  centre: Centre,
  onGrown: (grown: Grown) => void,
): Promise<Resumed> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const register = await centre.register();
    const last = await centre.last();
    const situation = assess(store, cursor, register.owners, last);
    const decision = decide(situation);
    if (decision.action === 'grow') {
      if (decision.epoch - situation.epoch > MAX_EPOCH_STEP)
        throw epochTooFar(situation.epoch, decision.epoch);
      onGrown({ from: situation.epoch, to: decision.epoch, reason: decision.reason });
      store.setEpoch(decision.epoch, situation.cursor);
      // Told to the centre and then forgotten in a power cut, it would be taken twice.
      await store.synced();
      continue;
    }
    // From here on our epoch is ours alone; claimed by another a moment ago, it is dealt with in the next round.
    const ended = decision.action === 'begin' && last.id.epoch > 0 ? last.id : undefined;
    if ((await centre.claim(situation.epoch, situation.storeId, ended)) !== situation.storeId) continue;
    store.noteClaim();
    const after =
      decision.action === 'continue'
        ? decision.after
        : await deliveredBefore(store, register, last.id, centre);
    return { last: last.id, after: moveTo(cursor, after) };
  }
  throw otherBoxes();
}

export function otherBoxes(): CentreFault {
  return new CentreFault('CONFLICT', tell('centre.takenOver'), 'slow');
}

/** Not followed: an epoch once stored is never given back, and IDs end at 2^53. */
function epochTooFar(ours: number, theirs: number): CentreFault {
  return new CentreFault('EPOCH', tell('centre.epoch', { ours, theirs }), 'slow');
}

function assess(
  store: SyncStore,
  cursor: Cursor,
  owners: ReadonlyMap<number, string>,
  last: { readonly id: EntryId; readonly entry?: Entry },
): Situation {
  const epoch = store.epoch();
  return {
    last: last.id,
    lastIsOurs: isOurs(store, last.entry),
    owner: owners.get(epoch),
    maxEpoch: Math.max(0, ...owners.keys()),
    epoch,
    storeId: store.storeId(),
    firstSeq: store.log.firstSeq(),
    lastSeq: store.log.lastSeq(),
    cursor: cursor.state().seq,
  };
}

/** Whether `entry` is our record of its seq; undefined when one of the two is no longer there. */
export function isOurs(store: SyncStore, entry: Entry | undefined): boolean | undefined {
  if (!entry) return undefined;
  const record = store.log.readAfter(entry.id.seq - 1, 1)[0];
  return record?.seq === entry.id.seq ? holds(entry, record) : undefined;
}

/**
 * seq of the last record that older epochs of this store delivered: what is known to be shared with such an epoch, as far as that
 * got here; else by comparing contents, while they are in the stream. A store put back from a backup shares the beginning of its
 * history with the centre, and that part need not go twice. 0 when nothing is shared.
 */
async function deliveredBefore(
  store: SyncStore,
  register: Register,
  last: EntryId,
  centre: Centre,
): Promise<number> {
  const lineage = { storeId: store.storeId(), epoch: store.epoch(), ancestors: store.ancestors() };
  const inherited = inheritedSeq(register, last, lineage);
  for (const epoch of epochsBefore(register, lineage).slice(0, MAX_EPOCHS_SEARCHED)) {
    const shared = await lastShared(store, epoch, centre);
    if (shared > 0) return Math.max(inherited, shared);
  }
  return inherited;
}

/** Where a store comes from. */
export type Lineage = Readonly<{ storeId: string; epoch: number; ancestors: readonly Ancestor[] }>;

/** Earlier epochs of the store, the newest first. */
function epochsBefore({ owners }: Register, { storeId, epoch: own }: Lineage): number[] {
  const ours = [...owners].filter(([epoch, owner]) => owner === storeId && epoch < own);
  return ours.map(([epoch]) => epoch).sort((a, b) => b - a);
}

/** seq of the last record that came here in an earlier epoch of the store, as far as register and last ID of the stream tell. */
export function inheritedSeq(register: Register, last: EntryId, lineage: Lineage): number {
  const ours = epochsBefore(register, lineage);
  const reached = (epoch: number) => (epoch === last.epoch ? last.seq : (register.ends.get(epoch) ?? 0));
  const shared = lineage.ancestors.filter(({ epoch }) => ours.includes(epoch));
  return Math.max(0, ...shared.map(({ epoch, seq }) => Math.min(seq, reached(epoch))));
}

/** seq of the last entry of `epoch` that equals our record, 0 for none. Once histories part, they stay apart: bisect. */
async function lastShared(store: SyncStore, epoch: number, centre: Centre): Promise<number> {
  const edges = await centre.edges(epoch);
  if (!edges) return 0;
  let low = Math.max(edges.first.id.seq, store.log.firstSeq()) - 1;
  let high = Math.min(edges.last.id.seq, store.log.lastSeq());
  const bottom = low;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isOurs(store, await centre.entry({ epoch, seq: middle }))) low = middle;
    else high = middle - 1;
  }
  return low > bottom ? low : 0;
}

function moveTo(cursor: Cursor, seq: number): number {
  if (seq < cursor.state().seq) return cursor.rewind(seq);
  cursor.advance(seq);
  return seq;
}

export function siteIdConflict(): CentreFault {
  return new CentreFault('SITE_ID_CONFLICT', tell('centre.twoBoxes'), 'slow');
}
