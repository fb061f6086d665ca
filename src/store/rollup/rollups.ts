/**
 * Roll-ups of the log for charts: count, bounds, mean, first and last of each numeric field of a device by the hour, kept
 * beside the log without an index. Readings are merged in memory when they are on disk; rows are written every so many
 * readings, a few at a time and without a sync of their own, and at the stop.
 *
 * Invariants: what is merged is decided by the log alone, in one order (`Position`); a row says how far it holds its device;
 * all before the saved position is in the rows. So readings after it are merged again at the next start, those that a row
 * has are passed over, and each counts once whenever the process ends. A reading whose time is not known waits for the
 * 'clock_set' that dates it.
 */
import { type LogRecord, type NewRecord, uplinkBody } from '../../model/record.ts';
import { type ClockBook, type ClockSet, offsetOf, openStampOf, timeOf } from '../../model/time.ts';
import type { World } from '../../model/world.ts';
import type { LogTable } from '../log/log.ts';
import type { DeviceStates } from '../tables/device-states.ts';
import { mergeIntoDay, readDay } from './day-format.ts';
import { createOpenDays, type OpenDay, type OpenDays } from './open-days.ts';
import { type Expiry, expireRollups } from './rollup-expiry.ts';
import type { Position, RollupRows, RollupState } from './rollup-rows.ts';

/** How much is done when. */
export interface RollupPace {
  /** A row of up to 4 kB is written for so many readings of its device, on average. */
  readonly readingsARow: number;
  /** Rows are not written before so many records have come since. */
  readonly leastRecords: number;
  readonly rowsAStep: number;
  readonly recordsAStep: number;
}

export interface RollupsOptions {
  readonly rows: RollupRows;
  readonly log: LogTable;
  readonly states: DeviceStates;
  readonly world: World;
  /** Rows of older days go. */
  readonly maxAgeDays: number;
  /** Of all rows; beyond it the oldest days go. */
  readonly maxBytes: number;
  /** Whether the wall clock is right; while it is not, nothing is old. */
  readonly timeKnown?: (() => boolean) | undefined;
  /** A commit is on its way to disk: what is written beside it may be lost with it. */
  readonly busy: () => boolean;
  /** Runs `work` in a transaction of the store; false when the file refused. */
  readonly write: (work: () => void) => boolean;
  /** Wraps what reads the file, so that damage is noticed. */
  readonly guard: <T>(operation: string, run: () => T) => T;
  readonly pace?: RollupPace;
}

export interface Rollups {
  /** Within a transaction: a record that got `seq`. */
  note(seq: number, record: NewRecord): void;
  /** After a rollback. */
  rolledBack(): void;
  /** Records up to `seq` are on disk, and no commit is under way. */
  published(seq: number): void;
  /** No commit is on its way: does what had to wait for that. */
  pause(): void;
  start(): void;
  stop(): void;
  /** Within the last transaction: writes all there is. */
  saveAll(): void;
  /** What is not in the rows yet. */
  readonly open: OpenDays;
  /** Of the newest record merged. */
  mergedSeq(): number;
  /** From here on there may be readings that are not merged yet. */
  firstMissingSeq(): number;
}

const PACE: RollupPace = { readingsARow: 128, leastRecords: 16_384, rowsAStep: 48, recordsAStep: 250 };
/** Written before that: about 10 MB of memory. */
const MAX_CELLS = 100_000;
const PACE_MS = 10;
/** After the file refused. */
const RETRY_MS = 1_000;
/** Boots with readings that wait for their time; those of the oldest wait no longer, and are in the log only. */
const MAX_HELD = 64;

interface Pending {
  readonly seq: number;
  readonly record: NewRecord;
}

interface RollupsContext extends RollupsOptions {
  readonly pace: RollupPace;
  readonly open: OpenDays;
  readonly onTimer: () => void;
  /** Appended, and not on disk yet. */
  pending: Pending[];
  /** Records come as they are appended; else they are read from the log. */
  live: boolean;
  /** Everything up to here is merged. */
  at: Position;
  readonly held: Map<string, number>;
  /** The set whose readings are being merged. */
  dating: ClockSet | undefined;
  saved: RollupState;
  /** Of the table, as the newest transaction left it. */
  bytes: number;
  oldestDay: number;
  /** Being written, the next one last; and what is saved once all are. */
  cycle: { readonly days: OpenDay[]; readonly saved: SavedPosition } | undefined;
  expiry: Expiry | undefined;
  newestMs: number;
  cancelTimer: (() => void) | undefined;
  postponed: boolean;
  /** The file took no row the last time. */
  refused: boolean;
  stopped: boolean;
}

type SavedPosition = Pick<RollupState, 'major' | 'minor' | 'held'>;

export function createRollups(options: RollupsOptions): Rollups {
  const { rows } = options;
  const saved = rows.loadState();
  const context: RollupsContext = {
    ...{ ...options, pace: options.pace ?? PACE },
    open: createOpenDays((device, day) => {
      const row = rows.get(device, day);
      return row && { major: row.major, minor: row.minor, names: readDay(row.body).names };
    }),
    onTimer: () => runStep(context),
    ...{ pending: [], live: false, at: { major: saved.major, minor: saved.minor } },
    ...{ held: new Map(Object.entries(saved.held)), dating: undefined, saved },
    ...{ bytes: saved.bytes, oldestDay: saved.oldestDay, cycle: undefined, expiry: undefined, newestMs: 0 },
    ...{ cancelTimer: undefined, postponed: false, refused: false, stopped: true },
  };
  goLive(context);
  return {
    note(seq, record) {
      if (context.live && (record.kind === 'uplink' || record.kind === 'system'))
        context.pending.push({ seq, record });
    },
    rolledBack() {
      const appended = context.log.appendedSeq();
      context.pending = context.pending.filter(({ seq }) => seq <= appended);
    },
    published: (seq) => published(context, seq),
    pause() {
      if (context.postponed) runStep(context);
    },
    start() {
      context.stopped = false;
      if (!context.live) schedule(context);
    },
    stop() {
      context.stopped = true;
      context.cancelTimer?.();
      context.cancelTimer = undefined;
      context.postponed = false;
    },
    saveAll: () => saveAll(context),
    open: context.open,
    mergedSeq: () => context.at.major,
    firstMissingSeq: () => Math.min(context.at.major + 1, ...context.held.values()),
  };
}

/** With nothing left to read, and nothing on its way to disk. */
function goLive(context: RollupsContext): void {
  const { log, at } = context;
  context.live = at.major >= log.lastSeq() && log.appendedSeq() === log.lastSeq() && at.minor === 0;
}

function published(context: RollupsContext, seq: number): void {
  if (context.live) takePending(context, seq);
  if (!context.live || context.cycle || isDue(context)) schedule(context);
}

function takePending(context: RollupsContext, seq: number): void {
  const { pending } = context;
  context.pending = [];
  for (const [index, { seq: own, record }] of pending.entries()) {
    if (own > seq) {
      context.pending = pending.slice(index);
      break;
    }
    if (datesHeld(context, record)) {
      // What it dates has to be read from the log: so is all that comes after it.
      context.live = false;
      context.pending = [];
      context.at = { major: own - 1, minor: 0 };
      return;
    }
    take(context, own, record);
  }
  context.at = { major: Math.max(context.at.major, seq), minor: 0 };
}

/** Merges a reading, or holds it back. */
function take(context: RollupsContext, seq: number, record: NewRecord): void {
  if (record.kind !== 'uplink' || record.device === null) return;
  const stamp = record.body.clock && openStampOf(record);
  if (stamp) return hold(context, stamp.boot, seq);
  add(context, { major: seq, minor: 0 }, record.device, record.timeMs, seq, record.body.fields);
}

function add(
  context: RollupsContext,
  at: Position,
  devEui: string,
  timeMs: number,
  seq: number,
  fields: Parameters<OpenDays['add']>[2]['fields'],
): void {
  const device = context.states.get(devEui)?.id;
  if (device === undefined) return;
  if (timeMs > context.newestMs) context.newestMs = timeMs;
  context.open.add(at, device, { seq, timeMs, fields });
}

function hold({ held }: RollupsContext, boot: string, seq: number): void {
  if (held.has(boot)) return;
  held.set(boot, seq);
  const [oldest] = held.keys();
  if (held.size > MAX_HELD && oldest !== undefined) held.delete(oldest);
}

function datesHeld({ held }: RollupsContext, record: NewRecord): boolean {
  return record.kind === 'system' && held.size > 0 && held.has(offsetOf(record)?.boot ?? '');
}

function isDue({ at, saved, open, pace }: RollupsContext): boolean {
  const records = at.major - saved.major;
  const due = Math.max(pace.leastRecords, pace.readingsARow * open.devices());
  return records >= due || open.cells() >= MAX_CELLS;
}

function schedule(context: RollupsContext): void {
  if (context.stopped) return;
  const delayMs = context.refused ? RETRY_MS : PACE_MS;
  context.cancelTimer ??= context.world.clock.after(delayMs, context.onTimer);
}

/** One step of what is to be done, and the next one planned. */
function runStep(context: RollupsContext): void {
  const { guard, world } = context;
  context.cancelTimer?.();
  context.cancelTimer = undefined;
  if (context.stopped) return;
  try {
    const done = guard('roll up', () => step(context));
    if (done !== 'idle') schedule(context);
  } catch (error) {
    // Damage is told by the guard; anything else is met again by the next commit.
    world.logger.warn('store.rollup_failed', { error: String(error) });
  }
}

function step(context: RollupsContext): 'idle' | 'more' {
  const { open, busy, live } = context;
  if (!context.cycle && !context.expiry && isDue(context)) beginCycle(context);
  const writes = context.cycle || context.expiry;
  context.postponed = Boolean(writes) && busy();
  if (writes && !context.postponed) {
    if (context.cycle) writeSome(context, context.cycle);
    else if (context.expiry) expireSome(context, context.expiry);
  }
  if (!live && open.cells() < 2 * MAX_CELLS) readSome(context);
  if (context.cycle || context.expiry || !context.live)
    return context.postponed && context.live ? 'idle' : 'more';
  return isDue(context) ? 'more' : 'idle';
}

/** Reads on in the log. */
function readSome(context: RollupsContext): void {
  const { log, at } = context;
  if (context.dating) return dateSome(context, context.dating);
  const records = log.readAfter(at.major, context.pace.recordsAStep);
  for (const record of records) {
    const written = asWritten(record);
    if (written && datesHeld(context, written)) {
      const offset = offsetOf(written);
      if (!offset) continue;
      context.at = { major: record.seq - 1, minor: at.major === record.seq - 1 ? at.minor : 0 };
      context.dating = { ...offset, seq: record.seq };
      return;
    }
    if (written) take(context, record.seq, written);
    context.at = { major: record.seq, minor: 0 };
  }
  if (records.length > 0) return;
  context.at = { major: Math.max(at.major, log.lastSeq()), minor: 0 };
  goLive(context);
}

/** Merges readings of the boot that `set` dates. */
function dateSome(context: RollupsContext, set: ClockSet): void {
  const { log, at, held } = context;
  const from = Math.max(at.minor, (held.get(set.boot) ?? set.seq) - 1);
  const records = log.readAfter(from, context.pace.recordsAStep).filter(({ seq }) => seq < set.seq);
  for (const record of records) {
    const position = { major: at.major, minor: record.seq };
    const written = asWritten(record);
    if (written?.kind === 'uplink' && written.device !== null && openStampOf(written)?.boot === set.boot) {
      const { timeMs } = timeOf(record, bookOf(set));
      add(context, position, written.device, timeMs, record.seq, written.body.fields);
    }
    context.at = position;
  }
  if (records.length > 0 && (records.at(-1)?.seq ?? 0) < set.seq - 1) return;
  context.dating = undefined;
  held.delete(set.boot);
  context.at = { major: set.seq, minor: 0 };
}

function bookOf(set: ClockSet): ClockBook {
  return {
    ...{ open: () => [], setFor: () => set, lastSet: () => set },
    firstOpenSeq: () => Number.POSITIVE_INFINITY,
  };
}

/** A reading or a 'clock_set' as it was appended; others are of no concern. */
function asWritten(record: LogRecord): NewRecord | undefined {
  const { kind, timeMs, device, body } = record;
  if (kind === 'uplink') return { kind, timeMs, device, body: uplinkBody(record) };
  if (kind !== 'system' || !body.includes('"clock_set"')) return undefined;
  return { kind, timeMs, device, body: JSON.parse(body) as { event: string } };
}

function beginCycle(context: RollupsContext): void {
  const { open, at, held } = context;
  context.cycle = { days: [...open.all()].reverse(), saved: { ...at, held: Object.fromEntries(held) } };
}

/** Writes some rows of the cycle; with the last of them the position is saved. */
function writeSome(context: RollupsContext, { days, saved }: NonNullable<RollupsContext['cycle']>): void {
  const some = days.slice(-context.pace.rowsAStep);
  const isLast = some.length === days.length;
  let next = stateOf(context);
  const done = context.write(() => {
    for (const day of some) next = writeDay(context, day, next);
    if (isLast) next = { ...next, ...saved };
    context.rows.saveState(next);
  });
  context.refused = !done;
  if (!done) return;
  days.length -= some.length;
  noteSaved(context, next, some);
  if (!isLast) return;
  context.cycle = undefined;
  context.expiry = expiryOf(context);
}

function stateOf({ saved, bytes, oldestDay }: RollupsContext): RollupState {
  return { ...saved, bytes, oldestDay };
}

function writeDay({ rows, at }: RollupsContext, day: OpenDay, state: RollupState): RollupState {
  const { device, day: number, hours } = day;
  if (hours.size === 0) return state;
  const row = rows.get(device, number);
  const body = mergeIntoDay(row && readDay(row.body), hours.values(), number);
  const grown = rows.put(device, number, { ...at, body });
  return { ...state, bytes: state.bytes + grown, oldestDay: Math.min(state.oldestDay, number) };
}

function noteSaved(context: RollupsContext, state: RollupState, written: readonly OpenDay[]): void {
  context.saved = state;
  context.bytes = state.bytes;
  context.oldestDay = state.oldestDay;
  for (const day of written) context.open.drop(day);
}

function saveAll(context: RollupsContext): void {
  const { open, at, held } = context;
  let next: RollupState = { ...stateOf(context), ...at, held: Object.fromEntries(held) };
  for (const day of open.all()) next = writeDay(context, day, next);
  if (next.major !== context.saved.major || next.minor !== context.saved.minor) context.rows.saveState(next);
}

/** The oldest day, if it has to go. */
function expiryOf(context: RollupsContext): Expiry | undefined {
  const { maxAgeDays, maxBytes, bytes, oldestDay, newestMs, timeKnown, world, states } = context;
  if (newestMs === 0 || timeKnown?.() === false) return undefined;
  const nowMs = Math.min(newestMs, world.clock.nowMs());
  return expireRollups({ maxAgeDays, maxBytes, bytes, oldestDay, nowMs, lastDevice: states.lastId() });
}

function expireSome(context: RollupsContext, expiry: Expiry): void {
  const { rows } = context;
  let next = stateOf(context);
  const devices = expiry.next();
  const done = context.write(() => {
    for (const device of devices) next = { ...next, bytes: next.bytes - rows.remove(device, expiry.day) };
    if (expiry.isLast()) next = { ...next, oldestDay: expiry.day + 1 };
    rows.saveState(next);
  });
  context.refused = !done;
  if (!done) return expiry.again();
  noteSaved(context, next, []);
  if (expiry.isLast()) context.expiry = expiryOf(context);
}
