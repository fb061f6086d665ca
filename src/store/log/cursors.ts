/**
 * The cursors: how far each reader of the log has come. In memory they move at once; to disk they go with a commit, at
 * most every `SAVE_MS`, so that delivering costs next to no write of its own.
 *
 * The log may have holes: rows that retention removed. `holes` counts those ahead of the place, `expired` those this reader
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
  /** Within a transaction: writes the places that moved. */
  save(): void;
  /** After the commit of a `save`. */
  saved(): void;
  /** The place before which every reader that counts is done; Infinity when none counts. */
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
  /** Asked for a commit when places have waited on disk for too long. */
  readonly flush: () => void;
  /** How many rows of (from, to] are gone. */
  readonly holesIn: (from: number, to: number) => number;
  /** How many of `name`'s refused records lie in (from, to]. */
  readonly quarantinedIn: (name: string, from: number, to: number) => number;
  /** Rows gone from the whole log. */
  readonly removed: () => number;
  /** Names whose places hold records back; those opened since the start if not given. */
  readonly readers: readonly string[] | undefined;
}

export function createCursors(options: CursorsOptions): Cursors {
  const { meta, log, world, flush, holesIn, quarantinedIn, removed, readers } = options;
  const places = new Map<string, CursorPosition>();
  const opened = new Set<string>();
  const moved = new Set<string>();
  let cancelTimer: (() => void) | undefined;
  let savedMs = Number.NEGATIVE_INFINITY;

  for (const [name, value] of meta.startingWith(PREFIX)) {
    const { seq = 0, quarantined = 0, expired = 0, holes = 0 } = value as Partial<CursorPosition>;
    // Never let a reader stand beyond the log's end.
    places.set(name, { seq: Math.min(seq, log.lastSeq()), quarantined, expired, holes });
  }

  function open(name: string): CursorPosition {
    // A new reader begins at the start; what is gone it never gets.
    const place = places.get(name) ?? { seq: 0, quarantined: 0, expired: removed(), holes: removed() };
    places.set(name, place);
    opened.add(name);
    return place;
  }

  function markMoved(name: string, withinMs = SAVE_MS): void {
    moved.add(name);
    if (withinMs < SAVE_MS) cancelTimer?.();
    else if (cancelTimer) return;
    cancelTimer = world.clock.after(withinMs, () => {
      cancelTimer = undefined;
      flush();
    });
  }

  function advance(
    name: string,
    place: CursorPosition,
    seq: number,
    quarantined: number,
    expired: number,
  ): void {
    if (seq < place.seq || seq > log.lastSeq()) {
      throw new RangeError(`cursor ${name}: advance from ${place.seq} to ${seq} of ${log.lastSeq()}`);
    }
    if (place.holes > 0) place.holes -= Math.min(place.holes, holesIn(place.seq, seq));
    place.seq = seq;
    place.quarantined += quarantined;
    place.expired += expired;
    markMoved(name);
  }

  function rewind(name: string, place: CursorPosition, seq: number): number {
    const target = Math.min(place.seq, Math.max(seq, log.firstSeq() - 1, 0));
    if (target === place.seq) return target;
    const again = quarantinedIn(name, target, place.seq);
    place.holes += holesIn(target, place.seq);
    place.seq = target;
    // What is behind the place was delivered, quarantined or lost: no more can be quarantined than that leaves.
    // Records somebody gave up are met again as well.
    place.expired = Math.min(place.expired, target + place.holes);
    const left = target + place.holes - place.expired;
    place.quarantined = Math.min(Math.max(0, place.quarantined - again), left);
    // Soon: what is met again is set aside again, and after a crash must not lie behind the place uncounted.
    markMoved(name, 0);
    return target;
  }

  return {
    cursor(name) {
      const place = open(name);
      return {
        name,
        state: () => stateOf(place, log.lastSeq()),
        advance: (seq, quarantined = 0, expired = 0) => advance(name, place, seq, quarantined, expired),
        rewind: (seq) => rewind(name, place, seq),
      };
    },
    due: () => moved.size > 0 && world.clock.monotonicMs() - savedMs >= SAVE_MS,
    save() {
      for (const name of moved) {
        const place = places.get(name);
        if (place) meta.set(PREFIX + name, place);
      }
    },
    saved() {
      moved.clear();
      cancelTimer?.();
      cancelTimer = undefined;
      savedMs = world.clock.monotonicMs();
    },
    lowWatermark() {
      const names = readers ?? opened;
      return Math.min(Number.POSITIVE_INFINITY, ...[...names].map((name) => places.get(name)?.seq ?? 0));
    },
    release(name, count, as) {
      const place = open(name);
      const before = { ...place };
      place.quarantined = Math.max(0, place.quarantined - count);
      if (as === 'expired') place.expired += before.quarantined - place.quarantined;
      moved.add(name);
      return { undo: () => void Object.assign(place, before) };
    },
    remove(seqs) {
      const lost: Record<string, number> = {};
      for (const [name, place] of places) {
        const count = countAbove(seqs, place.seq);
        if (count === 0) continue;
        place.expired += count;
        place.holes += count;
        moved.add(name);
        lost[name] = count;
      }
      return {
        lost,
        undo() {
          for (const [name, count] of Object.entries(lost)) {
            const place = places.get(name);
            if (!place) continue;
            place.expired -= count;
            place.holes -= count;
          }
        },
      };
    },
    all: () => places,
  };
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
