/**
 * Carries out what retention decides, a few milliseconds at a time between commits, without a sync of its own: a later
 * commit's covers it, and losing a removal loses nothing. Driven by appends, and by a timer while something is left to do.
 *
 * Invariant: rows, the cursors' counts and the record that tells of a loss change in one transaction.
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
const MIN_PAGES = 4;
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
  readonly states: DeviceStates;
  readonly cursors: Cursors;
  readonly world: World;
  readonly limits: RetentionLimits;
  readonly removed: Removed;
  readonly reserveFile: ReserveFile;
  readonly dir: string;
  readonly quarantineBytes: () => number;
  readonly freeBytes?: (() => number) | undefined;
  readonly timeKnown?: (() => boolean) | undefined;
  /** A commit is on its way to disk: whatever is written beside it may be lost with it, and should not be much. */
  readonly busy: () => boolean;
  /** Runs `work` in a transaction of the store, which goes to disk at once if `durable`; false when the file refused. */
  readonly write: (work: () => void, durable: boolean) => boolean;
  /** Wraps what reads the file, so that damage is noticed. */
  readonly guard: <T>(operation: string, run: () => T) => T;
}

export interface Pruner {
  /** After a commit that appended `rows`: does or plans what is due. */
  afterCommit(rows: number): void;
  /** Whether records may be appended. */
  mayAppend(): boolean;
  /** No commit is on its way: does what had to wait for that. */
  pause(): void;
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

interface PrunerContext extends PrunerOptions {
  readonly freeBytes: () => number;
  readonly statements: PrunerStatements;
  readonly pageBytes: number;
  /** `runStep` of this context, as a timer calls it. */
  readonly onTimer: () => void;
  rowsPerStep: number;
  pagesPerStep: number;
  /** Records since the last removal. */
  appendedSince: number;
  checkedMs: number;
  freeDiskBytes: number;
  agedSeq: number;
  refusing: boolean;
  /** A step is due that found a commit on its way. */
  postponed: boolean;
  toldMs: number;
  cancelTimer: (() => void) | undefined;
  immediate: NodeJS.Immediate | undefined;
  wallOffsetMs: number;
  steadySinceMs: number;
}

export function createPruner(options: PrunerOptions): Pruner {
  const { db, world, dir, freeBytes = () => freeBytesAt(dir) } = options;
  const { clock } = world;
  const context: PrunerContext = {
    ...{ ...options, freeBytes, statements: prepareStatements(db) },
    pageBytes: db.pragma('page_size', { simple: true }) as number,
    onTimer: () => runStep(context),
    ...{ rowsPerStep: MIN_ROWS, pagesPerStep: MIN_PAGES * 4, appendedSince: 0 },
    ...{ checkedMs: Number.NEGATIVE_INFINITY, toldMs: Number.NEGATIVE_INFINITY },
    ...{ freeDiskBytes: Number.POSITIVE_INFINITY, agedSeq: 0, refusing: false, postponed: false },
    ...{ cancelTimer: undefined, immediate: undefined },
    wallOffsetMs: clock.nowMs() - clock.monotonicMs(),
    steadySinceMs: clock.monotonicMs(),
  };
  return {
    afterCommit(rows) {
      context.appendedSince += rows;
      context.immediate ??= setImmediate(context.onTimer);
    },
    mayAppend() {
      if (context.refusing || clock.monotonicMs() - context.checkedMs >= CHECK_MS) plan(context);
      return !context.refusing;
    },
    pause() {
      if (context.postponed) runStep(context);
    },
    freeSpaceNow: () => freeSpaceNow(context),
    // As it is now: where nothing is stored nobody else looks.
    freeDiskBytes: freeBytes,
    stop() {
      context.postponed = false;
      context.cancelTimer?.();
      if (context.immediate) clearImmediate(context.immediate);
    },
  };
}

type PrunerStatements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: Sqlite) {
  return {
    pages: db.prepare('PRAGMA page_count').pluck(),
    freePages: db.prepare('PRAGMA freelist_count').pluck(),
    /** For each of CLASSES, and for all of them alike. */
    removals: [...CLASSES.map((name) => kindsOf(name)), undefined].map((kinds) => ({
      find: db.prepare(
        `SELECT seq, kind FROM log WHERE seq > ? AND seq <= ?${inKinds(kinds)} ORDER BY seq LIMIT ?`,
      ),
      drop: db.prepare(`DELETE FROM log WHERE seq >= ? AND seq <= ?${inKinds(kinds)}`),
    })),
    oldest: db.prepare(`SELECT seq, time FROM log WHERE seq <= ? ORDER BY seq LIMIT ${AGED_ROWS}`),
  };
}

function inKinds(kinds: readonly number[] | undefined): string {
  return kinds === undefined ? '' : ` AND kind IN (${kinds.length > 0 ? kinds.join(', ') : '-1'})`;
}

/** One step, and the next one planned while there is something to do. */
function runStep(context: PrunerContext): void {
  const { guard, world } = context;
  context.immediate = undefined;
  context.cancelTimer?.();
  context.cancelTimer = undefined;
  context.postponed = context.busy();
  if (context.postponed) return;
  try {
    guard('prune', () => planAndRun(context));
  } catch (error) {
    // Damage is told by the guard; anything else is met again by the next commit.
    world.logger.warn('store.prune_failed', { error: String(error) });
  }
}

function planAndRun(context: PrunerContext): void {
  const { clock } = context.world;
  const step = plan(context);
  if (step.do === 'rest' || step.do === 'refuse') {
    context.appendedSince = 0;
    if (context.removed.untold && isTellingDue(clock.monotonicMs(), context.toldMs)) tellLate(context);
    return;
  }
  const afterMs = carryOut(context, step) ? PACE_MS : CHECK_MS;
  context.cancelTimer = clock.after(afterMs, context.onTimer);
}

function freeSpaceNow(context: PrunerContext): void {
  context.reserveFile.drop();
  context.checkedMs = Number.NEGATIVE_INFINITY;
  context.guard('prune', () => {
    for (let round = 0; round < 8; round++) {
      const step = plan(context);
      if (step.do === 'rest' || step.do === 'refuse' || !carryOut(context, step)) return;
    }
  });
}

function plan(context: PrunerContext): RetentionStep {
  const { limits, world } = context;
  measure(context);
  const step = nextStep(retentionState(context), limits);
  const refuse = step.do === 'refuse';
  if (refuse !== context.refusing) {
    const fields = { free_bytes: context.freeDiskBytes, reserve_bytes: limits.reserveBytes };
    if (refuse) world.logger.error('store.disk_filled_by_others', fields);
    else world.logger.info('store.disk_has_room_again', fields);
  }
  context.refusing = refuse;
  return step;
}

function measure(context: PrunerContext): void {
  // Cheap, and our own growth must not be mistaken for somebody else's.
  context.freeDiskBytes = context.freeBytes();
  const nowMs = context.world.clock.monotonicMs();
  if (nowMs - context.checkedMs < CHECK_MS) return;
  context.checkedMs = nowMs;
  context.agedSeq = findAged(context);
  if (context.freeDiskBytes > context.limits.reserveBytes * 1.25) context.reserveFile.take();
}

/** Delivered records at the log's start that are too old, by seq: what lies before an aged one is as old. */
function findAged(context: PrunerContext): number {
  const { limits, cursors, log, statements, timeKnown } = context;
  const { clock } = context.world;
  const nowMs = clock.nowMs();
  const offsetMs = nowMs - clock.monotonicMs();
  if (Math.abs(offsetMs - context.wallOffsetMs) > STEADY_MS) context.steadySinceMs = clock.monotonicMs();
  context.wallOffsetMs = offsetMs;
  const cutoffMs = nowMs - limits.maxAgeMs;
  if (timeKnown?.() === false) return 0;
  if (cutoffMs < PLAUSIBLE_MS || clock.monotonicMs() - context.steadySinceMs < STEADY_MS) return 0;
  const rows = statements.oldest.all(Math.min(cursors.lowWatermark(), log.lastSeq() - 1)) as {
    seq: number;
    time: number;
  }[];
  return rows.findLast(({ time }) => time >= PLAUSIBLE_MS && time < cutoffMs)?.seq ?? 0;
}

function retentionState(context: PrunerContext): RetentionState {
  const { log, cursors, removed, statements, pageBytes } = context;
  const pages = statements.pages.get() as number;
  return {
    lastSeq: log.lastSeq(),
    lowWatermark: cursors.lowWatermark(),
    frontier: removed.frontier,
    agedSeq: context.agedSeq,
    usedBytes: (pages - (statements.freePages.get() as number)) * pageBytes,
    fileBytes: pages * pageBytes,
    quarantineBytes: context.quarantineBytes(),
    freeDiskBytes: context.freeDiskBytes,
  };
}

/** False when the file refused. */
function carryOut(context: PrunerContext, step: RetentionStep): boolean {
  const { db, write } = context;
  const { clock } = context.world;
  const startedMs = clock.monotonicMs();
  const adapt = (value: number, min: number, max: number): number => {
    const tookMs = clock.monotonicMs() - startedMs;
    return Math.max(min, Math.min(max, tookMs > STEP_MS ? value >> 1 : value * 2));
  };
  if (step.do === 'remove') {
    // A class of which nothing is left must not take the turn of the next one.
    const result = remove(context, step);
    if (result === 'found none') return carryOut(context, plan(context));
    if (result === 'refused') return false;
    context.rowsPerStep = adapt(context.rowsPerStep, MIN_ROWS, MAX_ROWS);
    context.appendedSince = 0;
  } else if (step.do === 'give_back') {
    if (!write(() => void db.pragma(`incremental_vacuum(${context.pagesPerStep})`), false)) return false;
    context.pagesPerStep = adapt(context.pagesPerStep, MIN_PAGES, MAX_PAGES);
  }
  return true;
}

type Removal = RetentionStep & { do: 'remove' };

/** Rows that go, at least one; nothing else of their classes lies up to `end`. */
interface FoundRows {
  readonly rows: readonly RemovedRow[];
  readonly end: number;
  readonly drop: () => void;
}

function remove(context: PrunerContext, step: Removal): 'found none' | 'done' | 'refused' {
  const { removed, statements } = context;
  const { find, drop } = statements.removals[step.classIndex ?? CLASSES.length] ?? {};
  if (!find || !drop) return 'done';
  const from = step.classIndex === undefined ? 0 : (removed.frontier[step.classIndex] ?? 0);
  const limit = Math.min(MAX_ROWS, Math.max(context.rowsPerStep, 2 * context.appendedSince));
  const rows = find.all(from, step.upTo, limit) as RemovedRow[];
  const end = rows.length < limit ? step.upTo : (rows.at(-1)?.seq ?? step.upTo);
  const next = afterRemoval(removed, step, rows.length, end);
  const first = rows[0];
  if (!first) {
    // Nothing of this class is left up to there; known in memory is enough.
    Object.assign(removed, { ...next, sparseTo: removed.sparseTo });
    if (step.classIndex === undefined) context.agedSeq = 0;
    return 'found none';
  }
  const found = { rows, end, drop: () => drop.run(first.seq, end) };
  return removeRows(context, step, found, next) ? 'done' : 'refused';
}

/** What is removed once `count` more rows, the last of them up to `end`, are gone. */
function afterRemoval(removed: Removed, { classIndex }: Removal, count: number, end: number): Removed {
  return {
    frontier: removed.frontier.map((seq, index) =>
      classIndex === undefined || classIndex === index ? Math.max(seq, end) : seq,
    ),
    count: removed.count + count,
    sparseTo: Math.max(removed.sparseTo, end),
    untold: removed.untold,
  };
}

/**
 * Removes the rows; the account of it is written by the same transaction. A step that may append a record is
 * durable: what sinks have read must not be taken back by a power cut.
 */
function removeRows(
  context: PrunerContext,
  step: Removal,
  { rows, end, drop }: FoundRows,
  next: Removed,
): boolean {
  const { meta, log, states, cursors, removed, write } = context;
  const counts = cursors.remove(rows.map(({ seq }) => seq));
  const done = write(
    () => {
      drop();
      states.saveBefore(end, log.appendedSeq());
      cursors.save();
      if (!step.delivered) next.untold = addExpired(next.untold, rows, counts.lost, step.reason);
      tell(context, next);
      saveRemoved(meta, next);
    },
    isTellingDue(context.world.clock.monotonicMs(), context.toldMs),
  );
  if (!done) {
    counts.undo();
    return false;
  }
  Object.assign(removed, next);
  if (context.agedSeq <= end) context.agedSeq = 0;
  log.trimmed();
  return true;
}

/** Appends the record of what was lost, if there is something to tell and it is time. */
function tell(context: PrunerContext, next: Removed): void {
  const { untold } = next;
  const { clock } = context.world;
  if (!untold || !isTellingDue(clock.monotonicMs(), context.toldMs)) return;
  const body = { event: 'expired', ...untold, why: REASON_TEXT[untold.reason] };
  context.log.append({ kind: 'system', timeMs: clock.nowMs(), device: null, body }, null, null);
  next.untold = undefined;
  context.toldMs = clock.monotonicMs();
}

function tellLate(context: PrunerContext): void {
  const { meta, removed, write } = context;
  const next: Removed = { ...removed };
  const done = write(() => {
    tell(context, next);
    saveRemoved(meta, next);
  }, true);
  if (done) removed.untold = next.untold;
}
