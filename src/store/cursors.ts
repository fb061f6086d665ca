/**
 * The cursors: how far each reader of the log has come. In memory they move at once; to disk they go with the next commit
 * of readings, or after `IDLE_MS` when there is none, so that delivering costs no write of its own on a busy site.
 */
import type { World } from '../model/world.ts';
import type { Cursor, CursorState, Log } from './contract.ts';
import type { Sqlite } from './sqlite.ts';

const IDLE_MS = 10_000;

interface Place {
  seq: number;
  quarantined: number;
  expired: number;
}

export interface Cursors {
  cursor(name: string): Cursor;
  /** Within a transaction: writes the places that moved. */
  save(): void;
  /** After the commit of a `save`. */
  saved(): void;
}

/** Cursors over `db`; `flush` is asked for a commit when places have waited on disk for too long. */
export function createCursors(db: Sqlite, log: Log, world: World, flush: () => void): Cursors {
  const select = db.prepare('SELECT name, seq, quarantined, expired FROM cursors');
  const upsert = db.prepare(
    'INSERT OR REPLACE INTO cursors (name, seq, quarantined, expired) VALUES (?, ?, ?, ?)',
  );
  const places = new Map<string, Place>();
  const moved = new Set<string>();
  let cancelTimer: (() => void) | undefined;

  for (const row of select.all() as (Place & { name: string })[]) {
    // A crash may have kept a place and lost nothing else, but never let a reader stand beyond the log's end.
    places.set(row.name, { ...row, seq: Math.min(row.seq, log.lastSeq()) });
  }

  function markMoved(name: string): void {
    moved.add(name);
    cancelTimer ??= world.clock.after(IDLE_MS, () => {
      cancelTimer = undefined;
      flush();
    });
  }

  function state(place: Place): CursorState {
    const accepted = log.lastSeq();
    const { seq, quarantined, expired } = place;
    return {
      seq,
      accepted,
      delivered: seq - quarantined - expired,
      pending: accepted - seq,
      quarantined,
      expired,
    };
  }

  return {
    cursor(name) {
      const place = places.get(name) ?? { seq: 0, quarantined: 0, expired: 0 };
      places.set(name, place);
      return {
        name,
        state: () => state(place),
        advance(seq, quarantined = 0) {
          if (seq < place.seq || seq > log.lastSeq()) {
            throw new RangeError(`cursor ${name}: advance from ${place.seq} to ${seq} of ${log.lastSeq()}`);
          }
          place.seq = seq;
          place.quarantined += quarantined;
          markMoved(name);
        },
        rewind(seq) {
          place.seq = Math.min(place.seq, Math.max(seq, log.firstSeq() - 1));
          markMoved(name);
          return place.seq;
        },
      };
    },
    save() {
      for (const name of moved) {
        const place = places.get(name);
        if (place) upsert.run(name, place.seq, place.quarantined, place.expired);
      }
    },
    saved() {
      moved.clear();
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
}
