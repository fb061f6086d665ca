/**
 * Group commit: changes queue up and go to disk together, one sync for all of them. The transaction is made at once, the
 * sync off the event loop; what comes meanwhile is the next group.
 *
 * Invariants: changes land in the order they were queued; a promise resolves only after the sync; a batch that the disk
 * refuses stays at the head and is tried again; one that is written and whose sync the disk refuses is synced again, and
 * nothing is written meanwhile; a change that can never be stored is rejected alone.
 *
 * A batch goes as soon as `eager` changes wait, or at once for an urgent one. Else the first change waits for company:
 * `maxDelayMs` at most where others are to be expected by then, as they have come so far, and hardly at all where none are,
 * or no longer are: a broker with a small in-flight window must not be kept waiting.
 */
import { createDurations, type DurationCounts, type Durations } from '../../model/durations.ts';
import type { World } from '../../model/world.ts';
import type { Change, CommitOutcome, Committed } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { type Company, createCompany } from './company.ts';

export interface GroupCommitOptions {
  readonly world: World;
  /** Stores the changes in one transaction; all or nothing. Throws StoreError. */
  readonly apply: (changes: readonly Change[]) => Committed[];
  /** Resolves when all transactions before the call are on disk; rejects with a StoreError. */
  readonly sync: () => Promise<void>;
  /** All that was applied is on disk, and nothing is under way; before the callers hear. */
  readonly onSynced?: () => void;
  /** Nothing is under way, the callers have heard, and the next group does not begin before the result resolves. */
  readonly onPause?: () => Promise<void> | undefined;
  readonly maxDelayMs: number;
  readonly eager?: number;
  readonly maxBatch?: number;
}

export interface GroupCommit {
  commit(change: Change): Promise<Committed>;
  /** Never rejects: each change has its outcome. */
  commitAll(changes: readonly Change[]): Promise<readonly CommitOutcome[]>;
  /** Stores what is queued now, and, with an empty queue, whatever else a commit carries (cursors). */
  flush(): void;
  /** Resolves when transactions made beside the groups are on disk as well; rejects when the disk refuses. */
  synced(): Promise<void>;
  /** A sync is under way, or has to be tried again. */
  syncing(): boolean;
  /** The error that keeps the disk from taking a batch, while it does. */
  trouble(): StoreError | undefined;
  queued(): number;
  /** From the call to the sync that ended it. */
  times(): DurationCounts;
  /** Flushes, then refuses everything. */
  close(): Promise<void>;
}

/** Changes that came together, and are answered together. */
interface Call {
  readonly outcomes: CommitOutcome[];
  /** Without an outcome yet. */
  left: number;
  readonly startMs: number;
  readonly resolve: (outcomes: readonly CommitOutcome[]) => void;
}

interface Waiting {
  readonly change: Change;
  readonly call: Call;
  /** In its call. */
  readonly index: number;
  /** Once it is written, or never will be: to be told after the sync. */
  outcome: CommitOutcome | undefined;
}

interface Beside {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface InFlight {
  readonly answers: Waiting[];
  /** Those who wait for other transactions; told of a failure instead of kept waiting. */
  readonly beside: Beside[];
  /** A transaction was taken and none refused, or a sync failed before: the disk has recovered with this one. */
  readonly taken: boolean;
  failed: boolean;
}

const RETRY_MS = 1_000;

interface GroupCommitContext extends Required<GroupCommitOptions> {
  /** `flush` of this context, as a timer calls it. */
  readonly onTimer: () => void;
  queue: Waiting[];
  beside: Beside[];
  inFlight: InFlight | undefined;
  /** Between two groups. */
  pausing: boolean;
  /** A flush was asked for while a sync was under way. */
  again: boolean;
  cancelTimer: (() => void) | undefined;
  immediate: NodeJS.Immediate | undefined;
  trouble: StoreError | undefined;
  /** Whether what waits waits on. */
  readonly company: Company;
  readonly took: Durations;
  closed: boolean;
  onIdle: (() => void) | undefined;
}

/** See the head of the file. */
export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { eager = 16, maxBatch = 1_024, onSynced = () => {}, onPause = () => undefined } = options;
  const context: GroupCommitContext = {
    ...{ ...options, eager, maxBatch, onSynced, onPause },
    onTimer: () => flush(context),
    ...{ queue: [], beside: [], inFlight: undefined, pausing: false, again: false },
    ...{ cancelTimer: undefined, immediate: undefined, trouble: undefined },
    company: createCompany(options.maxDelayMs),
    took: createDurations(),
    ...{ closed: false, onIdle: undefined },
  };
  return {
    commit: (change) => commitOne(context, change),
    commitAll: (changes) => commitAll(context, changes),
    flush: () => flush(context),
    synced: () => syncBeside(context),
    syncing: () => context.inFlight !== undefined || context.pausing,
    trouble: () => context.trouble,
    queued: () => context.queue.length + (context.inFlight?.answers.length ?? 0),
    times: context.took.counts,
    close: () => close(context),
  };
}

function commitOne(context: GroupCommitContext, change: Change): Promise<Committed> {
  return new Promise((resolve, reject) => {
    enqueueAll(context, [change], ([outcome]) => {
      if (outcome && 'error' in outcome) reject(outcome.error);
      else if (outcome) resolve(outcome);
    });
  });
}

function commitAll(
  context: GroupCommitContext,
  changes: readonly Change[],
): Promise<readonly CommitOutcome[]> {
  if (changes.length === 0) return Promise.resolve([]);
  return new Promise((resolve) => enqueueAll(context, changes, resolve));
}

function enqueueAll(context: GroupCommitContext, changes: readonly Change[], resolve: Call['resolve']): void {
  const startMs = context.world.clock.monotonicMs();
  const call: Call = { outcomes: [], left: changes.length, startMs, resolve };
  let isUrgent = false;
  for (const [index, change] of changes.entries()) {
    enqueue(context, { change, call, index, outcome: undefined });
    isUrgent ||= change.urgent === true;
  }
  const { queue, company } = context;
  if (queue.length === 0) return;
  company.came(startMs, changes.length, queue.length === changes.length);
  schedule(context, isUrgent);
}

function enqueue(context: GroupCommitContext, waiting: Waiting): void {
  const { queue, inFlight, closed } = context;
  if (closed) return answer(waiting, { error: new Error('the store is closed') });
  if (queue.length > 0 || !isBarrier(waiting.change)) return void queue.push(waiting);
  // With nothing before it, there is nothing for a barrier to wait for.
  if (!inFlight) return answer(waiting, { firstSeq: 0 });
  waiting.outcome = { firstSeq: 0 };
  inFlight.answers.push(waiting);
}

function answer({ call, index }: Waiting, outcome: CommitOutcome): void {
  call.outcomes[index] = outcome;
  call.left -= 1;
  if (call.left === 0) call.resolve(call.outcomes);
}

function schedule(context: GroupCommitContext, urgent: boolean): void {
  if (context.trouble) return;
  if (urgent || context.queue.length >= context.eager) {
    context.immediate ??= setImmediate(context.onTimer);
  } else {
    context.cancelTimer ??= waitOn(context);
  }
}

function waitOn(context: GroupCommitContext): () => void {
  const { world, company } = context;
  return world.clock.after(company.leftMs(world.clock.monotonicMs()), () => {
    context.cancelTimer = undefined;
    if (company.leftMs(world.clock.monotonicMs()) < 1) flush(context);
    else context.cancelTimer = waitOn(context);
  });
}

function unschedule(context: GroupCommitContext): void {
  context.cancelTimer?.();
  context.cancelTimer = undefined;
  if (context.immediate) clearImmediate(context.immediate);
  context.immediate = undefined;
}

function flush(context: GroupCommitContext): void {
  unschedule(context);
  const { inFlight } = context;
  if (inFlight?.failed) return startSync(context, inFlight.answers, true);
  if (inFlight || context.pausing) {
    context.again = true;
    return;
  }
  context.company.goes(context.world.clock.monotonicMs());
  const batch = context.queue.slice(0, context.maxBatch);
  const applied = applyBatch(context, batch);
  context.queue = context.queue.slice(applied.answers.length);
  // The rest of a long queue goes after the sync.
  if (context.queue.length > 0 && !applied.refused) context.again = true;
  // Also where the disk has no room: a pause may make some.
  if (applied.taken || applied.refused || applied.answers.length > 0)
    startSync(context, applied.answers, applied.taken && !applied.refused);
}

interface Applied {
  /** The first changes of the batch, with their outcomes. */
  readonly answers: Waiting[];
  /** A transaction was made. */
  readonly taken: boolean;
  /** The disk refuses for now. */
  readonly refused: boolean;
}

function applyBatch(context: GroupCommitContext, batch: Waiting[]): Applied {
  try {
    const committed = context.apply(batch.map(({ change }) => change));
    for (const [index, waiting] of batch.entries()) waiting.outcome = committed[index];
    return { answers: batch, taken: true, refused: false };
  } catch (error) {
    if (error instanceof StoreError && (error.retryable || error.damaged)) {
      noteRefused(context, error);
      return { answers: [], taken: false, refused: true };
    }
    if (batch.length > 1) return applyEach(context, batch);
    for (const waiting of batch) waiting.outcome = { error };
    return { answers: batch, taken: false, refused: false };
  }
}

/** One of the batch is poison: find it by storing each alone. */
function applyEach(context: GroupCommitContext, batch: readonly Waiting[]): Applied {
  const answers: Waiting[] = [];
  let taken = false;
  for (const waiting of batch) {
    const one = applyBatch(context, [waiting]);
    answers.push(...one.answers);
    taken ||= one.taken;
    if (one.refused) return { answers, taken, refused: true };
  }
  return { answers, taken, refused: false };
}

function startSync(context: GroupCommitContext, answers: Waiting[], taken: boolean): void {
  const inFlight: InFlight = { answers, beside: context.beside, taken, failed: false };
  context.beside = [];
  context.inFlight = inFlight;
  context.sync().then(
    () => settle(context, inFlight),
    (error) => noteUnsynced(context, inFlight, error),
  );
}

function settle(context: GroupCommitContext, { answers, beside, taken }: InFlight): void {
  context.inFlight = undefined;
  if (taken) noteRecovered(context);
  // Only poison was left, or others' changes: whether the disk takes one again is not known yet.
  else if (context.trouble && !context.cancelTimer) retryLater(context);
  context.onSynced();
  tellStored(context, answers);
  for (const { resolve } of beside) resolve();
  const pause = context.onPause();
  context.pausing = pause !== undefined;
  if (pause === undefined) return goOn(context);
  const ended = (): void => goOn(context);
  pause.then(ended, ended);
}

function tellStored({ world, took }: GroupCommitContext, answers: readonly Waiting[]): void {
  const nowMs = world.clock.monotonicMs();
  for (const waiting of answers) {
    if (waiting.outcome) answer(waiting, waiting.outcome);
    if (waiting.call.left === 0) took.note((nowMs - waiting.call.startMs) / 1_000);
  }
}

function goOn(context: GroupCommitContext): void {
  context.pausing = false;
  const { again } = context;
  context.again = false;
  if (again || (context.closed && context.queue.length > 0 && !context.trouble)) flush(context);
  else if (context.beside.length > 0) startSync(context, [], false);
  tellIdle(context);
}

/** What was written is not on disk: nobody is told that it is. */
function noteUnsynced(context: GroupCommitContext, inFlight: InFlight, error: unknown): void {
  inFlight.failed = true;
  for (const { reject } of [...inFlight.beside.splice(0), ...context.beside.splice(0)]) reject(error);
  noteRefused(context, error instanceof StoreError ? error : new StoreError('sync', 'the log', error));
  tellIdle(context);
}

function syncBeside(context: GroupCommitContext): Promise<void> {
  if (context.closed) return Promise.reject(new Error('the store is closed'));
  if (context.inFlight?.failed) return Promise.reject(context.trouble);
  return new Promise((resolve, reject) => {
    context.beside.push({ resolve, reject });
    if (!context.inFlight && !context.pausing) startSync(context, [], false);
  });
}

function noteRefused(context: GroupCommitContext, error: StoreError): void {
  const { world } = context;
  if (!context.trouble) {
    const queued = context.queue.length + (context.inFlight?.answers.length ?? 0);
    world.logger.error('store.commit_refused', { error: error.message, queued });
  }
  context.trouble = error;
  retryLater(context);
}

function retryLater(context: GroupCommitContext): void {
  unschedule(context);
  context.cancelTimer = context.world.clock.after(RETRY_MS, context.onTimer);
}

function noteRecovered(context: GroupCommitContext): void {
  if (!context.trouble) return;
  context.trouble = undefined;
  context.world.logger.info('store.commit_recovered', { queued: context.queue.length });
  // What was queued meanwhile has no timer of its own.
  if (context.queue.length > 0) context.again = true;
}

async function close(context: GroupCommitContext): Promise<void> {
  context.closed = true;
  flush(context);
  if (!isIdle(context))
    await new Promise<void>((resolve) => {
      context.onIdle = resolve;
    });
  unschedule(context);
  const closed = new Error('the store was closed before this change was stored');
  for (const waiting of [...(context.inFlight?.answers ?? []), ...context.queue])
    answer(waiting, { error: closed });
  for (const { reject } of context.beside) reject(closed);
  context.inFlight = undefined;
  context.queue = [];
  context.beside = [];
}

/** Nothing is under way, or nothing that would end soon. */
function isIdle({ inFlight, pausing, queue, trouble }: GroupCommitContext): boolean {
  if (pausing) return false;
  return inFlight ? inFlight.failed : queue.length === 0 || trouble !== undefined;
}

function tellIdle(context: GroupCommitContext): void {
  if (isIdle(context)) context.onIdle?.();
}

function isBarrier({ records, counters, seen, released, network, kept }: Change): boolean {
  return (
    !records?.length && !counters?.length && !seen?.length && !released?.seqs.length && !network && !kept
  );
}
