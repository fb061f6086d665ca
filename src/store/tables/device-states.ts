/**
 * Every DevEUI the store has seen, with what its uplinks changed (next counter, newest record). Held in memory; the truth
 * is the log, whose rows carry the counter they moved, so the table is written only every `SAVE_EVERY` records, and what
 * it lacks is read from the log's end at start and after a rollback.
 */
import type { DeviceState } from '../../model/device.ts';
import { wellFormed } from '../../model/text.ts';
import { KINDS, NO_SIGN_OF_LIFE } from '../log/kinds.ts';
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
  /** The greatest id given out, 0 if none. */
  lastId(): number;
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

const SILENT_KINDS = new Set([...NO_SIGN_OF_LIFE].map((kind) => KINDS.indexOf(kind)));
const SAVE_EVERY = 4_096;
const SAVED_SEQ = 'known_seq';

interface DeviceStatesContext extends DeviceStatesStatements {
  readonly meta: Meta;
  readonly byEui: Map<string, StoredDeviceState>;
  readonly byId: Map<number, StoredDeviceState>;
  /** Changed since the table was written. */
  readonly touched: Set<StoredDeviceState>;
  savedSeq: number;
  lastId: number;
}

/** Reads the table and the end of the log; cost is one row a device ever seen and `SAVE_EVERY` records. */
export function createDeviceStates(db: Sqlite, meta: Meta): DeviceStates {
  const byEui = new Map<string, StoredDeviceState>();
  const byId = new Map<number, StoredDeviceState>();
  const touched = new Set<StoredDeviceState>();
  const context: DeviceStatesContext = {
    ...prepareStatements(db),
    ...{ meta, byEui, byId, touched, savedSeq: 0, lastId: 0 },
  };
  reload(context);
  return {
    get: (devEui) => byEui.get(wellFormed(devEui)),
    byId: (id) => byId.get(id),
    all: () => byEui.values(),
    size: () => byEui.size,
    lastId: () => context.lastId,
    touch(given) {
      const devEui = wellFormed(given);
      const device = byEui.get(devEui) ?? addFirstSeen(context, devEui);
      touched.add(device);
      return device;
    },
    save: (lastSeq, now) => save(context, lastSeq, now),
    saveBefore(removedSeq, lastSeq) {
      if (removedSeq > context.savedSeq) save(context, lastSeq, true);
    },
    reload: () => reload(context),
  };
}

type DeviceStatesStatements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: Sqlite) {
  return {
    insert: prepareChecked(db, 'known', 'INSERT'),
    nextId: db.prepare('SELECT coalesce(max(id), 0) + 1 FROM known').pluck(),
    update: db.prepare(
      'UPDATE known SET next_fcnt_up = ?, last_seq = ?, last_seen = ?, crc = ? WHERE id = ?',
    ),
    select: db.prepare(
      'SELECT id, dev_eui AS devEui, next_fcnt_up AS nextFCntUp, last_seq AS lastSeq, last_seen AS lastSeenMs FROM known',
    ),
    newer: db.prepare('SELECT seq, time, kind, device, next FROM log WHERE seq > ? AND device IS NOT NULL'),
  };
}

function add(context: DeviceStatesContext, device: StoredDeviceState): StoredDeviceState {
  const { byEui, byId } = context;
  context.lastId = Math.max(context.lastId, device.id);
  byEui.set(device.devEui, device);
  byId.set(device.id, device);
  return device;
}

function reload(context: DeviceStatesContext): void {
  const { meta, byEui, byId, touched, select, newer } = context;
  byEui.clear();
  byId.clear();
  touched.clear();
  context.savedSeq = Number(meta.get(SAVED_SEQ) ?? 0);
  for (const row of select.all() as StoredDeviceState[]) add(context, row);
  for (const row of newer.iterate(context.savedSeq) as IterableIterator<LogTail>) {
    const device = byId.get(row.device);
    if (!device) continue;
    device.lastSeq = row.seq;
    if (!SILENT_KINDS.has(row.kind)) device.lastSeenMs = row.time;
    if (row.next !== null) device.nextFCntUp = row.next;
    touched.add(device);
  }
}

function save(context: DeviceStatesContext, lastSeq: number, now = false): void {
  const { meta, touched, update } = context;
  if (!now && lastSeq - context.savedSeq < SAVE_EVERY) return;
  for (const { id, devEui, nextFCntUp, lastSeq, lastSeenMs } of touched) {
    const crc = rowCheck([id, devEui, nextFCntUp, lastSeq, lastSeenMs]);
    update.run(nextFCntUp, lastSeq, lastSeenMs, crc, id);
  }
  touched.clear();
  context.savedSeq = lastSeq;
  meta.set(SAVED_SEQ, lastSeq);
}

/** Written with what it has so far, nothing: the log repeats the rest. */
function addFirstSeen(context: DeviceStatesContext, devEui: string): StoredDeviceState {
  const id = context.nextId.get() as number;
  context.insert([id, devEui, 0, 0, 0]);
  return add(context, { id, devEui, ...NO_STATE });
}

interface LogTail {
  readonly seq: number;
  readonly time: number;
  readonly kind: number;
  readonly device: number;
  readonly next: number | null;
}
