/**
 * The cursors: how far each reader of the log has come. In memory they move at once; to disk they go with a commit, at
 * most every `SAVE_MS`, so that delivering costs next to no write of its own.
 *
 * The log may have holes: rows that retention removed. `holes` counts those ahead of the position, `expired` those this reader
 * never got, so `pending = accepted - seq - holes`, and `delivered` is what remains of `accepted`. Both are saved in the
 * transaction that removes the rows, so the sum holds whatever happens.
 */
import type { World } from '../../model/world.ts';
import type { Cursor, CursorState, Log } from '../contract.ts';
import type { Meta } from '../tables/meta.ts';

const SAVE_MS = 10_000;
const PREFIX = 'cursor.';

export interface CursorPosition {
  seq: number;
  quarantined: number;
  expired: number;
  /** Rows gone between `seq` and the end of the log. */
  holes: number;
}

export interface Cursors {
  cursor(name: string): Cursor;
  /** Whether `save` would write something that has waited long enough. */
  due(): boolean;
  /** Within a transaction: writes the positions that moved. */
  save(): void;
  /** After the commit of a `save`. */
  saved(): void;
  /** The position before which every reader that counts is done; Infinity when none counts. */
  lowWatermark(): number;
  /** `count` records that `name` had set aside are delivered or given up. `undo` is for a rollback. */
  release(name: string, count: number, as: 'delivered' | 'expired'): { undo(): void };
  /** Rows `seqs` (ascending) are being removed: who loses how many. `undo` is for a rollback. */
  remove(seqs: readonly number[]): { readonly lost: Readonly<Record<string, number>>; undo(): void };
  all(): ReadonlyMap<string, Readonly<CursorPosition>>;
}

export interface CursorsOptions {
  readonly meta: Meta;
  readonly log: Log;
  readonly world: World;
  /** Asked for a commit when positions have waited on disk for too long. */
  readonly flush: () => void;
  /** How many rows of (from, to] are gone. */
  readonly holesIn: (from: number, to: number) => number;
  /** How many of `name`'s refused records lie in (from, to]. */
  readonly quarantinedIn: (name: string, from: number, to: number) => number;
  /** Rows gone from the whole log. */
  readonly removed: () => number;
  /** Names whose positions hold records back; those opened since the start if not given. */
  readonly readers: readonly string[] | undefined;
}

interface CursorsContext extends CursorsOptions {
  readonly positions: Map<string, CursorPosition>;
  /** Names asked for since the start. */
  readonly opened: Set<string>;
  /** Names whose positions are ahead of the disk. */
  readonly moved: Set<string>;
  cancelTimer: (() => void) | undefined;
  savedMs: number;
}

export function createCursors(options: CursorsOptions): Cursors {
  const context: CursorsContext = {
    ...options,
    positions: loadPositions(options),
    opened: new Set(),
    moved: new Set(),
    cancelTimer: undefined,
    savedMs: Number.NEGATIVE_INFINITY,
  };
  const { world, positions, moved } = context;
  return {
    cursor: (name) => createCursor(context, name),
    due: () => moved.size > 0 && world.clock.monotonicMs() - context.savedMs >= SAVE_MS,
    save: () => save(context),
    saved: () => noteSaved(context),
    lowWatermark: () => lowWatermark(context),
    release: (name, count, as) => release(context, name, count, as),
    remove: (seqs) => remove(context, seqs),
    all: () => positions,
  };
}

function loadPositions({ meta, log }: CursorsOptions): Map<string, CursorPosition> {
  const positions = new Map<string, CursorPosition>();
  for (const [name, value] of meta.startingWith(PREFIX)) {
    const { seq = 0, quarantined = 0, expired = 0, holes = 0 } = value as Partial<CursorPosition>;
    // Never let a reader stand beyond the log's end.
    positions.set(name, { seq: Math.min(seq, log.lastSeq()), quarantined, expired, holes });
  }
  return positions;
}

function createCursor(context: CursorsContext, name: string): Cursor {
  const position = open(context, name);
  return {
    name,
    state: () => stateOf(position, context.log.lastSeq()),
    advance: (seq, quarantined = 0, expired = 0) =>
      advance(context, name, position, { seq, quarantined, expired }),
    rewind: (seq) => rewind(context, name, position, seq),
  };
}

function open({ positions, opened, removed }: CursorsContext, name: string): CursorPosition {
  // A new reader begins at the start; what is gone it never gets.
  const position = positions.get(name) ?? {
    ...{ seq: 0, quarantined: 0 },
    ...{ expired: removed(), holes: removed() },
  };
  positions.set(name, position);
  opened.add(name);
  return position;
}

function markMoved(context: CursorsContext, name: string, withinMs = SAVE_MS): void {
  context.moved.add(name);
  if (withinMs < SAVE_MS) context.cancelTimer?.();
  else if (context.cancelTimer) return;
  context.cancelTimer = context.world.clock.after(withinMs, () => {
    context.cancelTimer = undefined;
    context.flush();
  });
}

function advance(
  context: CursorsContext,
  name: string,
  position: CursorPosition,
  { seq, quarantined, expired }: Omit<CursorPosition, 'holes'>,
): void {
  const { log, holesIn } = context;
  if (seq < position.seq || seq > log.lastSeq()) {
    throw new RangeError(`cursor ${name}: advance from ${position.seq} to ${seq} of ${log.lastSeq()}`);
  }
  const missing = position.holes > 0 ? Math.min(position.holes, holesIn(position.seq, seq)) : 0;
  // Of a batch on its way retention may have taken records, and counted them as expired: they count once.
  const twice = Math.max(0, quarantined + expired - (seq - position.seq - missing));
  position.holes -= missing;
  position.seq = seq;
  position.quarantined += quarantined;
  position.expired += expired - twice;
  markMoved(context, name);
}

function rewind(context: CursorsContext, name: string, position: CursorPosition, seq: number): number {
  const { log, holesIn, quarantinedIn } = context;
  const target = Math.min(position.seq, Math.max(seq, log.firstSeq() - 1, 0));
  if (target === position.seq) return target;
  const again = quarantinedIn(name, target, position.seq);
  position.holes += holesIn(target, position.seq);
  position.seq = target;
  // What is behind the position was delivered, quarantined or given up. Rows in quarantine can be counted, so they come
  // first: of what was given up no more can lie behind than they leave.
  const behind = target + position.holes;
  position.quarantined = Math.min(Math.max(0, position.quarantined - again), behind);
  position.expired = Math.min(position.expired, behind - position.quarantined);
  // Soon: what is met again is set aside again, and after a crash must not lie behind the position uncounted.
  markMoved(context, name, 0);
  return target;
}

function save({ moved, positions, meta }: CursorsContext): void {
  for (const name of moved) {
    const position = positions.get(name);
    if (position) meta.set(PREFIX + name, position);
  }
}

function noteSaved(context: CursorsContext): void {
  context.moved.clear();
  context.cancelTimer?.();
  context.cancelTimer = undefined;
  context.savedMs = context.world.clock.monotonicMs();
}

function lowWatermark({ readers, opened, positions }: CursorsContext): number {
  const names = readers ?? opened;
  return Math.min(Number.POSITIVE_INFINITY, ...[...names].map((name) => positions.get(name)?.seq ?? 0));
}

function release(
  context: CursorsContext,
  name: string,
  count: number,
  as: 'delivered' | 'expired',
): { undo(): void } {
  const position = open(context, name);
  const before = { ...position };
  position.quarantined = Math.max(0, position.quarantined - count);
  if (as === 'expired') position.expired += before.quarantined - position.quarantined;
  context.moved.add(name);
  return { undo: () => void Object.assign(position, before) };
}

function remove(
  { positions, moved }: CursorsContext,
  seqs: readonly number[],
): ReturnType<Cursors['remove']> {
  const lost: Record<string, number> = {};
  for (const [name, position] of positions) {
    const count = countAbove(seqs, position.seq);
    if (count === 0) continue;
    position.expired += count;
    position.holes += count;
    moved.add(name);
    lost[name] = count;
  }
  function undo(): void {
    for (const [name, count] of Object.entries(lost)) {
      const position = positions.get(name);
      if (!position) continue;
      position.expired -= count;
      position.holes -= count;
    }
  }
  return { lost, undo };
}

/** `accepted = delivered + pending + quarantined + expired`, by construction. */
export function stateOf(
  { seq, quarantined, expired, holes }: Readonly<CursorPosition>,
  accepted: number,
): CursorState {
  const pending = accepted - seq - holes;
  return {
    seq,
    accepted,
    delivered: accepted - pending - quarantined - expired,
    pending,
    quarantined,
    expired,
  };
}

function countAbove(seqs: readonly number[], seq: number): number {
  if ((seqs[0] ?? 0) > seq) return seqs.length;
  let count = 0;
  for (let index = seqs.length - 1; index >= 0 && (seqs[index] ?? 0) > seq; index--) count++;
  return count;
}
