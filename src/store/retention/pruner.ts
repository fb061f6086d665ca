/**
 * Carries out what retention decides, a few milliseconds at a time between commits, without an fsync of its own: a later
 * commit's covers it, and losing a removal loses nothing. Driven by appends, and by a timer while something is left to do.
 *
 * Invariant: rows, the cursors' accounts and the record that tells of a loss change in one transaction.
 */
import type { World } from '../../model/world.ts';
import type { Cursors } from '../log/cursors.ts';
import { CLASSES, kindsOf } from '../log/kinds.ts';
import type { LogTable } from '../log/log.ts';
import type { Sqlite } from '../sqlite.ts';
import type { DeviceStates } from '../tables/device-states.ts';
import type { Meta } from '../tables/meta.ts';
import {
  addExpired,
  type ExpiryReport,
  isTellingDue,
  REASON_TEXT,
  type RemovedRow,
} from './expiry-report.ts';
import { freeBytesAt, type ReserveFile } from './reserve-file.ts';
import { nextStep, type RetentionLimits, type RetentionState, type RetentionStep } from './retention.ts';

const STEP_MS = 4;
const PACE_MS = 25;
const CHECK_MS = 1_000;
const MIN_ROWS = 64;
const MAX_ROWS = 1_024;
const MAX_PAGES = 96;
/** Ages are believed only while the wall clock has kept step with time for so long. */
const STEADY_MS = 3_600_000;
/** A record dated earlier was written without a clock. */
const PLAUSIBLE_MS = Date.UTC(2024, 0, 1);
const AGED_ROWS = 256;

export interface PrunerOptions {
  readonly db: Sqlite;
  readonly meta: Meta;
  readonly log: LogTable;
  readonly known: DeviceStates;
  readonly cursors: Cursors;
  readonly world: World;
  readonly limits: RetentionLimits;
  readonly removed: Removed;
  readonly ballast: ReserveFile;
  readonly dir: string;
  readonly quarantineBytes: () => number;
  readonly freeBytes?: (() => number) | undefined;
  readonly timeKnown?: (() => boolean) | undefined;
  /** Runs `work` in a transaction of the store, with an fsync if `durable`; false when the file refused. */
  readonly write: (work: () => void, durable: boolean) => boolean;
  /** Wraps what reads the file, so that damage is noticed. */
  readonly guard: <T>(operation: string, run: () => T) => T;
}

export interface Pruner {
  /** After a commit that appended `rows`: does or plans what is due. */
  afterCommit(rows: number): void;
  /** Whether records may be appended. */
  mayAppend(): boolean;
  /** The disk refused a write: make room at once, as far as that is possible. */
  freeSpaceNow(): void;
  freeDiskBytes(): number;
  stop(): void;
}

/** What retention has taken out of the log, as saved. */
export interface Removed {
  readonly frontier: number[];
  /** Rows gone in all. */
  count: number;
  /** Above this no row is missing. */
  sparseTo: number;
  /** Lost undelivered and not told yet. */
  untold?: ExpiryReport | undefined;
}

const KEY = 'removed';

export function loadRemoved(meta: Meta): Removed {
  const saved = (meta.get(KEY) ?? {}) as Partial<Removed>;
  const { frontier = [], count = 0, sparseTo = 0, untold } = saved;
  return { frontier: CLASSES.map((_, index) => frontier[index] ?? 0), count, sparseTo, untold };
}

export function saveRemoved(meta: Meta, removed: Removed): void {
  meta.set(KEY, removed);
}

export function createPruner(options: PrunerOptions): Pruner {
  const { db, meta, log, known, cursors, world, limits, removed, ballast, dir, write, guard } = options;
  const { clock } = world;
  const freeBytes = options.freeBytes ?? (() => freeBytesAt(dir));
  const pages = db.prepare('PRAGMA page_count').pluck();
  const freePages = db.prepare('PRAGMA freelist_count').pluck();
  const pageBytes = db.pragma('page_size', { simple: true }) as number;
  const selects = [...CLASSES.map((name) => kindsOf(name)), undefined].map((kinds) => ({
    find: db.prepare(
      `SELECT seq, kind FROM log WHERE seq > ? AND seq <= ?${inKinds(kinds)} ORDER BY seq LIMIT ?`,
    ),
    remove: db.prepare(`DELETE FROM log WHERE seq >= ? AND seq <= ?${inKinds(kinds)}`),
  }));
  const oldest = db.prepare(`SELECT seq, time FROM log WHERE seq <= ? ORDER BY seq LIMIT ${AGED_ROWS}`);

  let rowsPerStep = MIN_ROWS;
  let pagesPerStep = 16;
  let appendedSince = 0;
  let checkedMs = Number.NEGATIVE_INFINITY;
  let freeDisk = Number.POSITIVE_INFINITY;
  let agedSeq = 0;
  let refusing = false;
  let toldMs = Number.NEGATIVE_INFINITY;
  let cancelTimer: (() => void) | undefined;
  let immediate: NodeJS.Immediate | undefined;
  let wallOffsetMs = clock.nowMs() - clock.monotonicMs();
  let steadySinceMs = clock.monotonicMs();

  /** Delivered records at the log's start that are too old, by seq: what lies before an aged one is as old. */
  function findAged(): number {
    const nowMs = clock.nowMs();
    const offsetMs = nowMs - clock.monotonicMs();
    if (Math.abs(offsetMs - wallOffsetMs) > STEADY_MS) steadySinceMs = clock.monotonicMs();
    wallOffsetMs = offsetMs;
    const cutoffMs = nowMs - limits.maxAgeMs;
    if (options.timeKnown?.() === false) return 0;
    if (cutoffMs < PLAUSIBLE_MS || clock.monotonicMs() - steadySinceMs < STEADY_MS) return 0;
    const rows = oldest.all(Math.min(cursors.lowWatermark(), log.lastSeq() - 1)) as {
      seq: number;
      time: number;
    }[];
    return rows.findLast(({ time }) => time >= PLAUSIBLE_MS && time < cutoffMs)?.seq ?? 0;
  }

  function look(): void {
    // Cheap, and our own growth must not be mistaken for somebody else's.
    freeDisk = freeBytes();
    const nowMs = clock.monotonicMs();
    if (nowMs - checkedMs < CHECK_MS) return;
    checkedMs = nowMs;
    agedSeq = findAged();
    if (freeDisk > limits.reserveBytes * 1.25) ballast.take();
  }

  function situation(): RetentionState {
    const all = pages.get() as number;
    return {
      lastSeq: log.lastSeq(),
      lowWatermark: cursors.lowWatermark(),
      frontier: removed.frontier,
      agedSeq,
      usedBytes: (all - (freePages.get() as number)) * pageBytes,
      fileBytes: all * pageBytes,
      quarantineBytes: options.quarantineBytes(),
      freeDiskBytes: freeDisk,
    };
  }

  function plan(): RetentionStep {
    look();
    const step = nextStep(situation(), limits);
    const refuse = step.do === 'refuse';
    if (refuse !== refusing) {
      const fields = { free_bytes: freeDisk, reserve_bytes: limits.reserveBytes };
      if (refuse) world.logger.error('store.disk_filled_by_others', fields);
      else world.logger.info('store.disk_has_room_again', fields);
    }
    refusing = refuse;
    return step;
  }

  /**
   * Removes some rows; the account of it is written by the same transaction. A step that may append a record is durable:
   * what sinks have read must not be taken back by a power cut.
   */
  function remove(step: RetentionStep & { do: 'remove' }): 'found none' | 'done' | 'refused' {
    const { find, remove: drop } = selects[step.classIndex ?? CLASSES.length] ?? {};
    if (!find || !drop) return 'done';
    const from = step.classIndex === undefined ? 0 : (removed.frontier[step.classIndex] ?? 0);
    const limit = Math.min(MAX_ROWS, Math.max(rowsPerStep, 2 * appendedSince));
    const rows = find.all(from, step.upTo, limit) as RemovedRow[];
    const end = rows.length < limit ? step.upTo : (rows.at(-1)?.seq ?? step.upTo);
    const next: Removed = {
      frontier: removed.frontier.map((seq, index) =>
        step.classIndex === undefined || step.classIndex === index ? Math.max(seq, end) : seq,
      ),
      count: removed.count + rows.length,
      sparseTo: Math.max(removed.sparseTo, end),
      untold: removed.untold,
    };
    const first = rows[0];
    if (!first) {
      // Nothing of this class is left up to there; known in memory is enough.
      Object.assign(removed, { ...next, sparseTo: removed.sparseTo });
      if (step.classIndex === undefined) agedSeq = 0;
      return 'found none';
    }
    const accounts = cursors.remove(rows.map(({ seq }) => seq));
    const done = write(
      () => {
        drop.run(first.seq, end);
        known.saveBefore(end, log.appendedSeq());
        cursors.save();
        if (!step.delivered) next.untold = addExpired(next.untold, rows, accounts.lost, step.reason);
        tell(next);
        saveRemoved(meta, next);
      },
      isTellingDue(clock.monotonicMs(), toldMs),
    );
    if (done) {
      Object.assign(removed, next);
      if (agedSeq <= end) agedSeq = 0;
      log.trimmed();
    } else {
      accounts.undo();
    }
    return done ? 'done' : 'refused';
  }

  /** Appends the record of what was lost, if there is something to tell and it is time. */
  function tell(next: Removed): void {
    const { untold } = next;
    if (!untold || !isTellingDue(clock.monotonicMs(), toldMs)) return;
    const body = { event: 'expired', ...untold, why: REASON_TEXT[untold.reason] };
    log.append({ kind: 'system', timeMs: clock.nowMs(), device: null, body }, null, null);
    next.untold = undefined;
    toldMs = clock.monotonicMs();
  }

  function tellLate(): void {
    const next: Removed = { ...removed };
    const done = write(() => {
      tell(next);
      saveRemoved(meta, next);
    }, true);
    if (done) removed.untold = next.untold;
  }

  /** False when the file refused. */
  function carryOut(step: RetentionStep): boolean {
    const startedMs = clock.monotonicMs();
    const adapt = (value: number, min: number, max: number): number => {
      const tookMs = clock.monotonicMs() - startedMs;
      return Math.max(min, Math.min(max, tookMs > STEP_MS ? value >> 1 : value * 2));
    };
    if (step.do === 'remove') {
      // A class of which nothing is left must not take the turn of the next one.
      const result = remove(step);
      if (result === 'found none') return carryOut(plan());
      if (result === 'refused') return false;
      rowsPerStep = adapt(rowsPerStep, MIN_ROWS, MAX_ROWS);
      appendedSince = 0;
    } else if (step.do === 'give_back') {
      if (!write(() => void db.pragma(`incremental_vacuum(${pagesPerStep})`), false)) return false;
      pagesPerStep = adapt(pagesPerStep, 4, MAX_PAGES);
    }
    return true;
  }

  /** One step, and the next one planned while there is something to do. */
  function work(): void {
    immediate = undefined;
    cancelTimer?.();
    cancelTimer = undefined;
    try {
      guard('prune', stepOnce);
    } catch (error) {
      // Damage is told by the guard; anything else is met again by the next commit.
      world.logger.warn('store.prune_failed', { error: String(error) });
    }
  }

  function stepOnce(): void {
    const step = plan();
    if (step.do === 'rest' || step.do === 'refuse') {
      appendedSince = 0;
      if (removed.untold && isTellingDue(clock.monotonicMs(), toldMs)) tellLate();
      return;
    }
    cancelTimer = clock.after(carryOut(step) ? PACE_MS : CHECK_MS, work);
  }

  return {
    afterCommit(rows) {
      appendedSince += rows;
      immediate ??= setImmediate(work);
    },
    mayAppend() {
      if (refusing || clock.monotonicMs() - checkedMs >= CHECK_MS) plan();
      return !refusing;
    },
    freeSpaceNow() {
      ballast.drop();
      checkedMs = Number.NEGATIVE_INFINITY;
      guard('prune', () => {
        for (let round = 0; round < 8; round++) {
          const step = plan();
          if (step.do === 'rest' || step.do === 'refuse' || !carryOut(step)) return;
        }
      });
    },
    freeDiskBytes: () => (Number.isFinite(freeDisk) ? freeDisk : freeBytes()),
    stop() {
      cancelTimer?.();
      if (immediate) clearImmediate(immediate);
    },
  };
}

function inKinds(kinds: readonly number[] | undefined): string {
  return kinds === undefined ? '' : ` AND kind IN (${kinds.length > 0 ? kinds.join(', ') : '-1'})`;
}
