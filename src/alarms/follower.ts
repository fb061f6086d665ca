/**
 * Drives the engine: reads the log behind its position, lets time pass, hands on what it is told, and stores what it decides together
 * with its state and position, in one change each. A kill -9 at any moment finds all of a change or nothing, and the engine goes on
 * from there. Without alarms, and with nothing due, nothing runs and nothing is written.
 */
import { errorText } from '../model/error-text.ts';
import type { NewRecord } from '../model/record.ts';
import { createWakeup, type Wakeup } from '../model/wakeup.ts';
import type { Part, World } from '../model/world.ts';
import type { Change, Store } from '../store/contract.ts';
import { createEngine, type Engine } from './core/engine.ts';
import { EMPTY_SITE, type SiteView } from './core/site.ts';
import { emptyState, nothingDirty, rowsOf, stateOf } from './core/state.ts';
import type { Told } from './core/told.ts';

export const READER = 'alarms';
/** Looked at before others have their turn. */
const PIECE = 256;
const PIECE_BYTES = 512 * 1024;
/** State is kept at least so often while records come, so that a start does not read long. */
const KEEP_MS = 600_000;
const KEEP_RECORDS = 50_000;
/** A clock that is so far off what has passed was set. */
const JUMP_MS = 60_000;
const LONGEST_MS = 3_600_000;
const RETRY_MS = 1_000;
const STOP_MS = 2_000;
/** How long a start waits for the engine to have caught up. */
const CATCH_UP_MS = 3_000;

export type FollowedStore = Pick<Store, 'commit' | 'kept' | 'closed'> & {
  readonly log: Pick<Store['log'], 'readAfter' | 'eventsAfter' | 'lastSeq' | 'onAppend'>;
};

export interface FollowerOptions {
  readonly store: FollowedStore;
  readonly world: World;
  /** The site as it is now. */
  readonly site: () => SiteView;
  /** The time as far as it is known, epoch milliseconds. */
  readonly nowMs: () => number;
}

export interface Follower extends Part {
  readonly engine: () => Engine;
  isStarted(): boolean;
  /** Resolves, once it is on disk, to how many alarms were changed. `make` may look at the state, and is called in its turn. */
  tell(make: (nowMs: number) => Told | undefined): Promise<number>;
  /** The site is another. */
  siteChanged(): void;
  /** Calls back when something was decided and is on disk. */
  onDecided(listener: () => void): () => void;
}

interface Waiting {
  readonly make: (nowMs: number) => Told | undefined;
  readonly resolve: (count: number) => void;
  readonly reject: (error: unknown) => void;
}

interface FollowerContext extends FollowerOptions {
  engine: Engine;
  readonly waiting: Waiting[];
  readonly wakeup: Wakeup;
  readonly listeners: Set<() => void>;
  isSiteOld: boolean;
  /** Wall and monotonic time when they were compared last. */
  wallMs: number;
  monoMs: number;
  /** seq up to which records are of a life before; undefined once they are looked at. */
  beforeSeq: number | undefined;
  /** Until when the box is known to have run before this life. */
  aliveMs: number;
  keptMs: number;
  keptPosition: number;
}

export function createFollower(options: FollowerOptions): Follower {
  const { store, world } = options;
  const context: FollowerContext = {
    ...options,
    engine: createEngine(emptyState(), EMPTY_SITE),
    ...{ waiting: [], wakeup: createWakeup(world.clock), listeners: new Set(), isSiteOld: false },
    ...{ wallMs: options.nowMs(), monoMs: world.clock.monotonicMs(), beforeSeq: undefined },
    ...{ aliveMs: 0, keptMs: world.clock.monotonicMs(), keptPosition: 0 },
  };
  const { wakeup, waiting, listeners } = context;
  let running: Promise<void> | undefined;
  let unsubscribe = (): void => {};
  return {
    engine: () => context.engine,
    isStarted: () => running !== undefined && !wakeup.stopped(),
    tell(make) {
      if (!running || wakeup.stopped()) return Promise.reject(new Error('the alarm engine is not running'));
      return new Promise((resolve, reject) => {
        waiting.push({ make, resolve, reject });
        wakeup.wake();
      });
    },
    siteChanged() {
      context.isSiteOld = true;
      wakeup.wake();
    },
    onDecided(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async start() {
      load(context);
      unsubscribe = store.log.onAppend(() => wakeup.wake());
      running = run(context);
      await wakeup.until(CATCH_UP_MS, () => context.beforeSeq === undefined);
    },
    async stop() {
      wakeup.stop();
      unsubscribe();
      // A disk that refuses must not hold up the end: what was decided is decided again.
      await Promise.race([running, new Promise<void>((resolve) => void world.clock.after(STOP_MS, resolve))]);
      for (const { reject } of waiting.splice(0)) reject(new Error('the alarm engine was stopped'));
    },
  };
}

/** From what is kept; a new engine begins at the end of the log. */
function load(context: FollowerContext): void {
  const { store, site, nowMs, world } = context;
  const kept = stateOf(store.kept(READER));
  const state = kept?.state ?? { ...emptyState(), position: store.log.lastSeq(), nowMs: nowMs() };
  // After a repair the log may be shorter than it was.
  state.position = Math.min(state.position, store.log.lastSeq());
  context.engine = createEngine(state, site());
  context.keptPosition = kept ? state.position : -1;
  context.keptMs = world.clock.monotonicMs();
  context.beforeSeq = store.log.lastSeq();
  context.aliveMs = Math.max(kept?.aliveMs ?? 0, state.nowMs);
}

async function run(context: FollowerContext): Promise<void> {
  const { wakeup, world } = context;
  while (!wakeup.stopped()) {
    const { beforeSeq, wallMs, monoMs } = context;
    try {
      const isBusy = await turn(context);
      if (isBusy) await wakeup.sleep(0);
      else await wakeup.until(restMs(context), () => hasWork(context));
    } catch (error) {
      if (context.store.closed()) return;
      // What is in memory is not what is on disk: it is read anew, and decided again.
      world.logger.error('alarms.not_stored', { error: errorText(error) });
      await wakeup.sleep(RETRY_MS);
      load(context);
      // The box has run on: only a clock that was set meanwhile moves what is due, and that is noticed once more.
      if (beforeSeq === undefined) Object.assign(context, { beforeSeq, wallMs, monoMs });
    }
  }
  await keep(context).catch(() => {});
}

function hasWork({ waiting, isSiteOld, store, engine }: FollowerContext): boolean {
  return waiting.length > 0 || isSiteOld || store.log.lastSeq() > engine.state.position;
}

function restMs({ engine, nowMs }: FollowerContext): number {
  return Math.min(LONGEST_MS, Math.max(0, engine.nextMs() - nowMs()));
}

/** One piece of the log, or, at its end, everything else; whether there is more of it. */
async function turn(context: FollowerContext): Promise<boolean> {
  const { engine, store, nowMs } = context;
  if (context.isSiteOld) {
    context.isSiteOld = false;
    engine.setSite(context.site(), nowMs());
  }
  if (context.beforeSeq === undefined) noticeJump(context);
  const isBehind = readPiece(context);
  const heard: Heard[] = [];
  if (!isBehind) {
    if (context.beforeSeq !== undefined) begin(context);
    leaveFuture(context);
    engine.advance(nowMs());
    heard.push(...hearAll(context));
  }
  for (const fault of engine.takeFaults()) context.world.logger.error('alarms.set_aside', { ...fault });
  try {
    if (engine.hasOutput()) await write(context);
    else if (isKeepDue(context)) await keep(context);
  } catch (error) {
    for (const { reject } of heard) reject(error);
    throw error;
  }
  for (const { resolve, count } of heard) resolve(count);
  return isBehind || store.log.lastSeq() > engine.state.position;
}

function readPiece({ engine, store }: FollowerContext): boolean {
  const { state } = engine;
  if (state.position >= store.log.lastSeq()) return false;
  if (engine.subjects().byDevice.size === 0) {
    const after = state.position;
    const { events, to } = store.log.eventsAfter(after, 16 * PIECE, PIECE_BYTES);
    for (const record of events) engine.step(record);
    // Not from where the last event stands: the record behind that one may not be there yet.
    state.position = Math.max(to, after + 1);
  } else {
    const records = store.log.readAfter(state.position, PIECE, PIECE_BYTES);
    for (const record of records) engine.step(record);
    // Retention has taken the rest.
    if (records.length === 0) state.position = store.log.lastSeq();
  }
  return state.position < store.log.lastSeq();
}

/** What was before this life is looked at: the time between then and now is none in which something could be due. */
function begin(context: FollowerContext): void {
  const { engine, aliveMs, nowMs, wakeup, world } = context;
  context.beforeSeq = undefined;
  context.wallMs = nowMs();
  context.monoMs = world.clock.monotonicMs();
  const fromMs = Math.max(aliveMs, engine.state.nowMs);
  if (fromMs > 0 && Math.abs(context.wallMs - fromMs) > JUMP_MS && engine.state.rules.size > 0)
    engine.tell({ do: 'jump', fromMs, toMs: context.wallMs }, context.wallMs);
  else engine.state.nowMs = Math.max(engine.state.nowMs, context.wallMs);
  // Devices may have gone, or moved, since the state was kept.
  engine.setSite(context.site(), context.wallMs);
  wakeup.wake();
}

function noticeJump(context: FollowerContext): void {
  const { world, nowMs, engine } = context;
  const [wallMs, monoMs] = [nowMs(), world.clock.monotonicMs()];
  const expectedMs = context.wallMs + (monoMs - context.monoMs);
  context.wallMs = wallMs;
  context.monoMs = monoMs;
  if (Math.abs(wallMs - expectedMs) <= JUMP_MS) return;
  world.logger.info('alarms.time_jumped', { fromMs: Math.round(expectedMs), toMs: wallMs });
  if (engine.state.rules.size > 0)
    engine.tell({ do: 'jump', fromMs: Math.round(expectedMs), toMs: wallMs }, wallMs);
  else engine.state.nowMs = wallMs;
}

/** A reading dated by a clock that was ahead, and read after that was set right, would make all that follow late for as long. */
function leaveFuture({ engine, nowMs }: FollowerContext): void {
  const toMs = nowMs();
  if (engine.state.nowMs - toMs > JUMP_MS && engine.state.rules.size > 0)
    engine.tell({ do: 'jump', fromMs: toMs, toMs }, toMs);
}

type Heard = Pick<Waiting, 'resolve' | 'reject'> & { readonly count: number };

function hearAll({ engine, waiting, nowMs }: FollowerContext): Heard[] {
  const heard: Heard[] = [];
  for (;;) {
    const next = waiting.shift();
    if (!next) return heard;
    const { make, resolve, reject } = next;
    try {
      const told = make(nowMs());
      heard.push({ resolve, reject, count: told ? engine.tell(told, nowMs()) : 0 });
    } catch (error) {
      // Each has its answer; what is in memory is read anew.
      for (const one of [next, ...heard]) one.reject(error);
      throw error;
    }
  }
}

async function write(context: FollowerContext): Promise<void> {
  const { engine, store, listeners } = context;
  const { output, dirty } = engine.take();
  const records: NewRecord[] = output.map((one) => ({ ...one, kind: 'alarm' }));
  await commit(context, { records, urgent: true, kept: keptOf(context, dirty) }, store);
  for (const listener of listeners) listener();
}

async function keep(context: FollowerContext): Promise<void> {
  const { engine, store } = context;
  if (store.closed()) return;
  const { dirty } = engine.hasOutput() ? { dirty: nothingDirty() } : engine.take();
  if (engine.hasOutput()) return;
  // Seldom, and a stop waits for it.
  await commit(context, { urgent: true, kept: keptOf(context, dirty) }, store);
}

function keptOf({ engine, nowMs }: FollowerContext, dirty: ReturnType<Engine['take']>['dirty']) {
  return { reader: READER, ...rowsOf(engine.state, dirty, nowMs()) };
}

async function commit(context: FollowerContext, change: Change, store: Pick<Store, 'commit'>): Promise<void> {
  const { position } = context.engine.state;
  await store.commit(change);
  context.keptPosition = position;
  context.keptMs = context.world.clock.monotonicMs();
}

function isKeepDue({ engine, keptPosition, keptMs, world }: FollowerContext): boolean {
  const { position, rules } = engine.state;
  if (keptPosition < 0) return true;
  if (rules.size === 0) return false;
  return (
    position - keptPosition >= KEEP_RECORDS ||
    (position > keptPosition && world.clock.monotonicMs() - keptMs >= KEEP_MS)
  );
}
