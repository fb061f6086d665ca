/**
 * Opens the store: one SQLite file with the log, its cursors, the devices and the quarantine, held by one process.
 *
 * Invariants: a committed change is on disk whole; the log and the uplink counters move in the same transaction; memory
 * never runs ahead of the file except for cursors, which may only lag on disk.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreStatus } from '../model/status.ts';
import type { World } from '../model/world.ts';
import type { Change, Committed, Store } from './contract.ts';
import { createCursors } from './cursors.ts';
import { createDevices } from './devices.ts';
import { StoreError } from './errors.ts';
import { createGroupCommit } from './group-commit.ts';
import { createKnownDevices } from './known.ts';
import { createLog } from './log.ts';
import { createQuarantine } from './quarantine.ts';
import { migrate } from './schema.ts';
import { lockFile, openSqlite, type Sqlite } from './sqlite.ts';

export interface StoreOptions {
  /** Folder of the store; made if missing. */
  readonly dir: string;
  readonly world: World;
  /** How long a reading may wait for company before it is written, milliseconds. */
  readonly commitMaxDelayMs?: number;
}

/** How many records back a ChirpStack event is still recognised as already taken. */
const SEEN_RECORDS = 100_000;

/** Opens or makes the store in `dir`. Throws StoreError, with a hint, when the folder or the file cannot be used. */
export function openStore(options: StoreOptions): Store {
  const { dir, world, commitMaxDelayMs = 50 } = options;
  const file = join(dir, 'edge.db');
  const guard = <T>(operation: string, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw error instanceof StoreError ? error : new StoreError(operation, file, error);
    }
  };

  const unlock = guard('lock', () => {
    mkdirSync(dir, { recursive: true, mode: 0o750 });
    return lockFile(join(dir, 'lock'));
  });
  const db = guard('open', () => {
    try {
      const opened = openSqlite(file);
      migrate(opened);
      return opened;
    } catch (error) {
      unlock();
      throw error;
    }
  });
  return guard('read', () => assemble(db, { file, world, commitMaxDelayMs, guard, unlock }));
}

interface Assembly {
  readonly file: string;
  readonly world: World;
  readonly commitMaxDelayMs: number;
  readonly guard: <T>(operation: string, run: () => T) => T;
  readonly unlock: () => void;
}

function assemble(db: Sqlite, { file, world, commitMaxDelayMs, guard, unlock }: Assembly): Store {
  const meta = createMeta(db);
  const known = createKnownDevices(db);
  const log = createLog(db, known);
  const cursors = createCursors(db, log, world, () => group.flush());
  const remember = db.prepare('INSERT OR IGNORE INTO seen (key, seq) VALUES (?, ?)');
  const forget = db.prepare('DELETE FROM seen WHERE seq < ?');
  const isSeen = db.prepare('SELECT 1 FROM seen WHERE key = ?').pluck();
  const openedMs = world.clock.nowMs();
  let closed = false;

  function applyOne(change: Change): Committed {
    let firstSeq = 0;
    for (const record of change.records ?? []) {
      const seq = log.append(record);
      firstSeq ||= seq;
    }
    for (const { devEui, nextFCntUp } of change.counters ?? []) known.touch(devEui).nextFCntUp = nextFCntUp;
    for (const key of change.seen ?? []) {
      remember.run(key, firstSeq);
      if (firstSeq > SEEN_RECORDS) forget.run(firstSeq - SEEN_RECORDS);
    }
    return { firstSeq };
  }

  const transaction = db.transaction((changes: readonly Change[]) => {
    const committed = changes.map(applyOne);
    known.save();
    cursors.save();
    return committed;
  });

  function apply(changes: readonly Change[]): Committed[] {
    let committed: Committed[];
    try {
      committed = guard('commit', () => transaction(changes));
    } catch (error) {
      known.reload();
      log.rolledBack();
      throw error;
    }
    known.forgetTouched();
    cursors.saved();
    log.committed();
    return committed;
  }

  const group = createGroupCommit({ world, apply, maxDelayMs: commitMaxDelayMs });

  function status(): StoreStatus {
    const trouble = group.trouble();
    return {
      state: trouble ? 'degraded' : 'ok',
      detail: trouble ? `readings cannot be stored: ${trouble.message}` : 'the log takes readings',
      ...(trouble?.hint ? { hint: trouble.hint } : {}),
      sinceMs: openedMs,
      epoch: meta.epoch(),
      firstSeq: log.firstSeq(),
      lastSeq: log.lastSeq(),
      sizeBytes: sizeOf(file) + sizeOf(`${file}-wal`),
    };
  }

  return {
    epoch: meta.epoch,
    storeId: meta.storeId,
    setEpoch: (epoch) => guard('set epoch', () => meta.setEpoch(epoch)),
    commit: group.commit,
    seen: (key) => isSeen.get(key) !== undefined,
    log,
    cursor: cursors.cursor,
    quarantine: createQuarantine(db),
    devices: createDevices(db, known),
    status,
    closed: () => closed,
    flush: group.flush,
    async close() {
      if (closed) return;
      closed = true;
      group.close();
      db.close();
      unlock();
    },
  };
}

function createMeta(db: Sqlite) {
  const get = db.prepare('SELECT value FROM meta WHERE key = ?').pluck();
  const set = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
  if (get.get('store_id') === undefined) {
    db.transaction(() => {
      set.run('store_id', randomUUID());
      set.run('epoch', 1);
    })();
  }
  return {
    epoch: () => get.get('epoch') as number,
    storeId: () => get.get('store_id') as string,
    setEpoch: (epoch: number) => void set.run('epoch', epoch),
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
