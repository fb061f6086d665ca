/**
 * Every DevEUI the store has seen, with what its uplinks changed (next counter, newest record). Held in memory; the truth
 * is the log, whose rows carry the counter they moved, so the table is written only every `SAVE_EVERY` records, and what
 * it lacks is read from the log's end at start and after a rollback.
 */
import type { DeviceState } from '../../model/device.ts';
import { wellFormed } from '../../model/text.ts';
import { KINDS } from '../log/kinds.ts';
import type { Sqlite } from '../sqlite.ts';
import type { Meta } from './meta.ts';
import { prepareChecked, rowCheck } from './row-check.ts';

export interface StoredDeviceState {
  readonly id: number;
  readonly devEui: string;
  nextFCntUp: number;
  lastSeq: number;
  lastSeenMs: number;
}

export interface DeviceStates {
  get(devEui: string): StoredDeviceState | undefined;
  byId(id: number): StoredDeviceState | undefined;
  all(): IterableIterator<StoredDeviceState>;
  size(): number;
  /** Within a transaction: the row to change. What no log row repeats needs `save` in the same transaction. */
  touch(devEui: string): StoredDeviceState;
  /** Within a transaction that appended up to `lastSeq`: writes the changed rows if that is due, or `now`. */
  save(lastSeq: number, now?: boolean): void;
  /** Within a transaction: before rows of the log go, nothing may depend on them any more. */
  saveBefore(removedSeq: number, lastSeq: number): void;
  /** After a rollback. */
  reload(): void;
}

export const NO_STATE: DeviceState = { nextFCntUp: 0, lastSeq: 0, lastSeenMs: 0 };

const DOWNLINK = KINDS.indexOf('downlink');
const SAVE_EVERY = 4_096;
const SAVED_SEQ = 'known_seq';

/** Reads the table and the end of the log; cost is one row a device ever seen and `SAVE_EVERY` records. */
export function createDeviceStates(db: Sqlite, meta: Meta): DeviceStates {
  const insert = prepareChecked(db, 'known', 'INSERT');
  const nextId = db.prepare('SELECT coalesce(max(id), 0) + 1 FROM known').pluck();
  const update = db.prepare(
    'UPDATE known SET next_fcnt_up = ?, last_seq = ?, last_seen = ?, crc = ? WHERE id = ?',
  );
  const select = db.prepare(
    'SELECT id, dev_eui AS devEui, next_fcnt_up AS nextFCntUp, last_seq AS lastSeq, last_seen AS lastSeenMs FROM known',
  );
  const newer = db.prepare(
    'SELECT seq, time, kind, device, next FROM log WHERE seq > ? AND device IS NOT NULL',
  );
  const byEui = new Map<string, StoredDeviceState>();
  const byId = new Map<number, StoredDeviceState>();
  const touched = new Set<StoredDeviceState>();
  let savedSeq = 0;

  function add(device: StoredDeviceState): StoredDeviceState {
    byEui.set(device.devEui, device);
    byId.set(device.id, device);
    return device;
  }

  function reload(): void {
    byEui.clear();
    byId.clear();
    touched.clear();
    savedSeq = Number(meta.get(SAVED_SEQ) ?? 0);
    for (const row of select.all() as StoredDeviceState[]) add(row);
    for (const row of newer.iterate(savedSeq) as IterableIterator<LogTail>) {
      const device = byId.get(row.device);
      if (!device) continue;
      device.lastSeq = row.seq;
      if (row.kind !== DOWNLINK) device.lastSeenMs = row.time;
      if (row.next !== null) device.nextFCntUp = row.next;
      touched.add(device);
    }
  }

  function save(lastSeq: number, now = false): void {
    if (!now && lastSeq - savedSeq < SAVE_EVERY) return;
    for (const { id, devEui, nextFCntUp, lastSeq, lastSeenMs } of touched) {
      const crc = rowCheck([id, devEui, nextFCntUp, lastSeq, lastSeenMs]);
      update.run(nextFCntUp, lastSeq, lastSeenMs, crc, id);
    }
    touched.clear();
    savedSeq = lastSeq;
    meta.set(SAVED_SEQ, lastSeq);
  }

  /** Written with what it has so far, nothing: the log repeats the rest. */
  function addFirstSeen(devEui: string): StoredDeviceState {
    const id = nextId.get() as number;
    insert([id, devEui, 0, 0, 0]);
    return add({ id, devEui, ...NO_STATE });
  }

  reload();
  return {
    get: (devEui) => byEui.get(wellFormed(devEui)),
    byId: (id) => byId.get(id),
    all: () => byEui.values(),
    size: () => byEui.size,
    touch(given) {
      const devEui = wellFormed(given);
      const device = byEui.get(devEui) ?? addFirstSeen(devEui);
      touched.add(device);
      return device;
    },
    save,
    saveBefore(removedSeq, lastSeq) {
      if (removedSeq > savedSeq) save(lastSeq, true);
    },
    reload,
  };
}

interface LogTail {
  readonly seq: number;
  readonly time: number;
  readonly kind: number;
  readonly device: number;
  readonly next: number | null;
}
