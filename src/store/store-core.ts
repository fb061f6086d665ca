/** Puts an opened file and its tables together into the store: the transaction of a commit, the guards, the status. */
import { writeFileSync } from 'node:fs';
import type { StoreStatus } from '../model/status.ts';
import type { Change, Committed, Log, Quarantine, Store } from './contract.ts';
import { StoreError } from './errors.ts';
import type { StoreFiles } from './files.ts';
import { createCursors } from './log/cursors.ts';
import { createGroupCommit } from './log/group-commit.ts';
import { createLog } from './log/log.ts';
import { createRecentKeys } from './log/recent-keys.ts';
import type { StoreOptions } from './options.ts';
import { createBackgroundCheck } from './repair/background-check.ts';
import { createKeySnapshot } from './repair/key-snapshot.ts';
import { createFlash } from './retention/flash.ts';
import { createPruner, loadRemoved, saveRemoved } from './retention/pruner.ts';
import { createReserveFile, sizeOf } from './retention/reserve-file.ts';
import { quarantineBytes, type RetentionLimits } from './retention/retention.ts';
import type { Sqlite } from './sqlite.ts';
import { createClockBookTable } from './tables/clock-book-table.ts';
import { createCodecSources } from './tables/codecs.ts';
import { createDeviceStates } from './tables/device-states.ts';
import { createDevices } from './tables/devices.ts';
import { createMeta } from './tables/meta.ts';
import { createProfiles } from './tables/profiles.ts';
import { createQuarantine } from './tables/quarantine.ts';
import { createQuarantineRelease } from './tables/quarantine-release.ts';
import { openSecrets } from './tables/secrets.ts';
import { createSessionsTable } from './tables/sessions-table.ts';

export interface StoreCoreOptions extends StoreOptions {
  readonly files: StoreFiles;
  readonly unlock: () => void;
}

const DAY_MS = 86_400_000;
const MAX_BALLAST_BYTES = 4 * 1024 * 1024;

/** The store over `db`, which is sound as far as is known. */
export function createStoreCore(db: Sqlite, options: StoreCoreOptions): Store {
  const { files, world, stamp, commitMaxDelayMs = 50 } = options;
  const limits = limitsOf(options);
  const watch = createDamageWatch(options);
  const { guard } = watch;
  const meta = createMeta(db);
  const known = createDeviceStates(db, meta);
  const log = createLog(db, known);
  const boots = createClockBookTable(db);
  const removed = loadRemoved(meta);
  const keys = createRecentKeys(db, log.lastSeq());
  const quarantine = createQuarantine(db, world.logger, quarantineBytes(limits));
  const count = db.prepare('SELECT count(*) FROM log WHERE seq > ? AND seq <= ?').pluck();
  const cursors = createCursors({
    meta,
    log,
    world,
    flush: () => group.flush(),
    holesIn(from, to) {
      const end = Math.min(to, removed.sparseTo);
      return end <= from ? 0 : end - from - guard('read', () => count.get(from, end) as number);
    },
    quarantinedIn: (name, from, to) => guard('read', () => quarantine.countIn(name, from, to)),
    removed: () => removed.count,
    readers: options.readers,
  });
  const mending = createQuarantineRelease(cursors, quarantine);
  const flash = createFlash({ world, meta, enduranceBytes: options.cardEnduranceBytes });
  const secrets = openSecrets(options.keyFile ?? files.secret, holdsSecrets(db));
  const devices = createDevices(db, known, log.lastSeq, secrets);
  const codecs = createCodecSources(db);
  const profiles = createProfiles(db);
  const network = createSessionsTable(db, meta, secrets);
  const { clock } = world;
  const copy = createKeySnapshot({ files, meta, known, devices, network, clock, cursors, log, removed });
  const openedMs = world.clock.nowMs();
  let closed = false;

  function append(...[record, next, key]: Parameters<typeof log.append>): number {
    const seq = log.append(record, next, key);
    boots.note(seq, record);
    return seq;
  }

  function applyOne({
    records = [],
    counters = [],
    seen = [],
    released: mended,
    network: link,
  }: Change): Committed {
    let firstSeq = 0;
    let carried = 0;
    for (const record of records) {
      const counter = counters.find(({ devEui }) => devEui === record.device);
      if (counter) carried++;
      const key = firstSeq === 0 ? (seen[0] ?? null) : null;
      const seq = append(record, counter?.nextFCntUp ?? null, key);
      firstSeq ||= seq;
    }
    if (carried < counters.length) {
      for (const { devEui, nextFCntUp } of counters) known.touch(devEui).nextFCntUp = nextFCntUp;
      known.save(log.appendedSeq(), true);
    }
    for (const key of seen) keys.add(key);
    if (link) network.apply(link);
    return mended ? { firstSeq, released: mending.apply(mended) } : { firstSeq };
  }

  const transaction = db.transaction((changes: readonly Change[], saveCursors: boolean) => {
    const committed = changes.map(applyOne);
    known.save(log.appendedSeq());
    boots.save();
    if (saveCursors) {
      cursors.save();
      flash.save();
    }
    return committed;
  });

  function rolledBack(): void {
    keys.rolledBack();
    boots.rolledBack();
    mending.rolledBack();
    if (watch.damage()) return;
    known.reload();
    log.rolledBack();
  }

  function freeSpaceNow(): void {
    try {
      pruner.freeSpaceNow();
    } catch {
      // The guard has told; the commit's own error is the one to hand on.
    }
  }

  function apply(changes: readonly Change[]): Committed[] {
    const before = log.lastSeq();
    const saveCursors =
      changes.length === 0 || cursors.due() || changes.some(({ released: mended }) => mended);
    let committed: Committed[];
    try {
      watch.refuseIfDamaged();
      if (changes.length > 0 && !guard('commit', pruner.mayAppend)) throw noRoom(files.database);
      committed = guard('commit', () => transaction(changes, saveCursors));
    } catch (error) {
      rolledBack();
      if (error instanceof StoreError && error.retryable) freeSpaceNow();
      throw error;
    }
    keys.committed();
    mending.committed();
    boots.committed();
    if (saveCursors) cursors.saved();
    log.committed();
    const appended = log.lastSeq() - before;
    flash.appended(appended);
    copy.afterCommit();
    if (appended > 0) pruner.afterCommit(appended);
    return committed;
  }

  /** A transaction beside the commits of readings: housekeeping. */
  function write(work: () => void, durable: boolean): boolean {
    if (watch.damage()) return false;
    try {
      if (!durable) db.pragma('synchronous = NORMAL');
      guard('prune', () =>
        db.transaction(() => {
          work();
          boots.save();
        })(),
      );
    } catch {
      rolledBack();
      return false;
    } finally {
      if (!durable) db.pragma('synchronous = FULL');
    }
    boots.committed();
    log.committed();
    return true;
  }

  const ballastBytes = Math.min(MAX_BALLAST_BYTES, limits.reserveBytes / 8);
  const pruner = createPruner({
    ...{ db, meta, states: known, cursors, world, limits, removed, write, guard },
    log: { ...log, append: (record, ...rest) => append(stamp?.(record) ?? record, ...rest) },
    reserveFile: createReserveFile(files.ballast, ballastBytes),
    dir: files.dir,
    quarantineBytes: () => quarantine.use().bytes,
    freeBytes: options.freeBytes,
    timeKnown: options.timeKnown,
  });
  const group = createGroupCommit({ world, apply, maxDelayMs: commitMaxDelayMs });
  const background = createBackgroundCheck({ log, world, guard });
  background.start();

  function stamped(change: Change): Change {
    if (!stamp || !change.records) return change;
    return { ...change, records: change.records.map(stamp) };
  }

  /** The pages must open whatever has become of the file. */
  function oldestTimeMs(): number | undefined {
    try {
      return watch.damage() ? undefined : guard('read', () => log.timeAfter(0));
    } catch {
      return undefined;
    }
  }

  function status(): StoreStatus {
    const trouble = watch.damage() ?? group.trouble();
    const oldestMs = oldestTimeMs();
    const { dailyWriteBudgetBytes: dailyBudgetBytes } = options;
    return {
      state: watch.damage() ? 'down' : trouble ? 'degraded' : 'ok',
      detail: trouble ? `readings cannot be stored: ${trouble.message}` : 'the log takes readings',
      ...(trouble?.hint ? { hint: trouble.hint } : {}),
      sinceMs: openedMs,
      epoch: meta.epoch(),
      firstSeq: log.firstSeq(),
      lastSeq: log.lastSeq(),
      sizeBytes: sizeOf(files.database) + sizeOf(files.wal),
      limitBytes: limits.maxBytes,
      freeBytes: pruner.freeDiskBytes(),
      ...(oldestMs === undefined ? {} : { oldestMs }),
      ...flash.figures(),
      ...(dailyBudgetBytes === undefined ? {} : { dailyBudgetBytes }),
    };
  }

  function lastWrites(): void {
    db.transaction(() => {
      known.save(log.appendedSeq(), true);
      flash.save(true);
      saveRemoved(meta, removed);
    })();
    copy.write();
    copy.stop();
  }

  return {
    epoch: meta.epoch,
    storeId: meta.storeId,
    setEpoch(epoch) {
      guard('set epoch', () => meta.setEpoch(epoch));
      copy.write();
    },
    commit: (change) => group.commit(stamped(change)),
    seen: keys.has,
    log: guardedLog(log, guard),
    cursor: cursors.cursor,
    quarantine: guardedQuarantine(quarantine, guard),
    devices: {
      ...devices,
      put: (device) => guard('store device', () => devices.put(device)),
      putAll: (...all) => guard('store devices', () => devices.putAll(...all)),
      remove: (devEui) => guard('remove device', () => devices.remove(devEui)),
    },
    codecs: {
      list: () => guard('read', codecs.list),
      get: (name) => guard('read', () => codecs.get(name)),
      put: (codec) => guard('store codec', () => codecs.put(codec)),
      remove: (name) => guard('remove codec', () => codecs.remove(name)),
      onChange: codecs.onChange,
    },
    profiles: {
      ...profiles,
      put: (profile) => guard('store profile', () => profiles.put(profile)),
      remove: (name) => guard('remove profile', () => profiles.remove(name)),
    },
    network: {
      sessions: () => guard('read', network.sessions),
      devNonces: (devEui, joinEui) => guard('read', () => network.devNonces(devEui, joinEui)),
      downlinks: () => guard('read', network.downlinks),
    },
    clocks: boots.book,
    status,
    closed: () => closed,
    flush: group.flush,
    async close() {
      if (closed) return;
      closed = true;
      group.close();
      pruner.stop();
      background.stop();
      try {
        if (!watch.damage()) lastWrites();
      } catch (error) {
        // A full or damaged disk: what was not written is made again from the log.
        world.logger.warn('store.close_incomplete', { error: String(error) });
      }
      db.close();
      options.unlock();
    },
  };
}

/** Whether the file holds keys that only the key file can open. */
function holdsSecrets(db: Sqlite): boolean {
  const sealed = 'SELECT 1 FROM devices WHERE nwk_s_key IS NOT NULL OR app_key IS NOT NULL';
  return db.prepare(`SELECT EXISTS (${sealed} UNION ALL SELECT 1 FROM network)`).pluck().get() === 1;
}

function limitsOf({
  maxBytes = 4 * 1024 ** 3,
  maxAgeDays = 36_500,
  reserveBytes = 0,
}: StoreOptions): RetentionLimits {
  return { maxBytes, maxAgeMs: maxAgeDays * DAY_MS, reserveBytes };
}

function noRoom(file: string): StoreError {
  const text = 'somebody else has filled the disk, and nothing delivered is left to remove';
  return new StoreError('append to', file, Object.assign(new Error(text), { code: 'SQLITE_FULL' }));
}

/** Notices that the file is damaged, whoever meets it first, and leaves a note so that the next opening repairs it. */
function createDamageWatch({ files, world, onDamaged }: StoreCoreOptions) {
  let damage: StoreError | undefined;
  function note(error: StoreError): void {
    if (damage) return;
    damage = error;
    try {
      writeFileSync(files.damageNote, `${error.message}\n`, { flush: true });
    } catch {
      // The disk refuses even that: the check at the opening has to find it again.
    }
    world.logger.error('store.damaged', { error: error.message });
    onDamaged?.(error);
  }
  return {
    damage: () => damage,
    refuseIfDamaged(): void {
      if (damage) throw damage;
    },
    guard<T>(operation: string, run: () => T): T {
      try {
        return run();
      } catch (error) {
        const wrapped =
          error instanceof StoreError ? error : new StoreError(operation, files.database, error);
        if (wrapped.damaged) note(wrapped);
        throw wrapped;
      }
    },
  };
}

type Guard = <T>(operation: string, run: () => T) => T;

function guardedLog(log: Log, guard: Guard): Log {
  const { firstSeq, lastSeq, onAppend } = log;
  return {
    firstSeq,
    lastSeq,
    onAppend,
    readAfter: (after, limit, maxBytes) => guard('read', () => log.readAfter(after, limit, maxBytes)),
    readBefore: (before, limit) => guard('read', () => log.readBefore(before, limit)),
    ofDevice: (devEui, before, limit) => guard('read', () => log.ofDevice(devEui, before, limit)),
    timeAfter: (after) => guard('read', () => log.timeAfter(after)),
  };
}

function guardedQuarantine({ add, use, list, count, remove }: Quarantine, guard: Guard): Quarantine {
  return {
    add: (sink, items, nowMs) => guard('quarantine', () => add(sink, items, nowMs)),
    use: () => guard('read', use),
    list: (sink, afterSeq, limit) => guard('read', () => list(sink, afterSeq, limit)),
    count: (sink) => guard('read', () => count(sink)),
    remove: (sink, seqs) => guard('quarantine', () => remove(sink, seqs)),
  };
}
