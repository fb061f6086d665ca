/**
 * Runs scripts in a worker thread, so that none of them holds up the box: one that has used up the worker's processor time
 * and has not come back is ended together with its worker, and the others go on in a new one.
 *
 * Invariants: answers come in the order of the calls; every call is answered once; only the call that was in hand when the
 * deadline passed is given up, those behind it are run again. There is no worker before the first call. A script is judged
 * by the processor time it took and never by the clock: on a machine that has none to give, seconds say nothing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Told, tell } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import { asProblem, type CodecProblem } from './problem.ts';
import type { FromWorker, ScriptCall, ScriptJob, ScriptResult, ToWorker, WorkerSetup } from './script-job.ts';

/**
 * Processor time of the worker in one call. The interpreter itself stops a script after 100 ms, one second when it is
 * compiled; only a built-in function that does not come back gets as far as this.
 */
export const DEADLINE_MS = 2_000;
const LOOK_MS = 250;
/** A worker that gets on neither with its start nor with a call for so long is made anew; no script is to blame. */
const STUCK_MS = 60_000;
/** Jobs in one message: posting costs more than a short call. */
const MAX_JOBS = 256;
/** One in work, one that lies ready. */
const MAX_BATCHES = 2;
/** Calls that wait; behind a backlog of frames the messages stay with the broker long before. */
const MAX_WAITING = 50_000;
/** Of the worker's own heap; the scripts' memory is QuickJS's and limited there. */
const LIMITS = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4 };

/** A script as the runner knows it. */
export interface Script {
  readonly id: number;
  readonly source: string;
}

export type RunResult =
  | ScriptResult
  | { readonly kind: 'held' }
  | ({ readonly kind: 'failed' } & CodecProblem);

export interface ScriptRunner {
  add(source: string): Script;
  /** 'held': it did not come back, and was ended. `once`: the script is forgotten afterwards. */
  run(script: Script, call: ScriptCall, once?: boolean): Promise<RunResult>;
  forget(script: Script): void;
  /** Ends the worker; calls under way are answered as failed. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly script: Script;
  readonly call: ScriptCall;
  readonly once: boolean;
  readonly resolve: (result: RunResult) => void;
  /** In the message that the worker has; 0 while it has none. */
  id: number;
  /** Its answer, while those in front of it have none. */
  settled?: RunResult;
}

/** What the worker has been seen with since it was first seen with it. */
interface InHand {
  /** 0: nothing yet, it starts. */
  readonly id: number;
  lookedMs: number;
  /** By the clock; a pause of ours between two looks, in which the worker may have had none either, does not count. */
  waitedMs: number;
  /** Processor time the worker had used by then. */
  cpuMs?: number;
}

interface RunnerState {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  worker: Worker | undefined;
  progress: Int32Array;
  /** Scripts whose source the worker has. */
  known: Set<number>;
  /** In the order of the calls; those in front are with the worker. */
  waiting: Waiting[];
  posted: number;
  /** Messages the worker has not answered. */
  batches: number;
  lastId: number;
  lastScript: number;
  /** What the worker had in hand at the last look; see `InHand`. */
  seen: InHand;
  cancelLook: (() => void) | undefined;
}

/** See the head of the file. */
export function createScriptRunner({ clock }: Pick<RunnerState, 'clock'>): ScriptRunner {
  const state: RunnerState = {
    clock,
    worker: undefined,
    progress: new Int32Array(new SharedArrayBuffer(4)),
    known: new Set(),
    waiting: [],
    posted: 0,
    batches: 0,
    lastId: 0,
    lastScript: 0,
    seen: handOf(0, 0),
    cancelLook: undefined,
  };
  return {
    add: (source) => ({ id: ++state.lastScript, source }),
    run(script, call, once = false) {
      if (state.waiting.length >= MAX_WAITING) return Promise.resolve(failed(tell('codec.waiting')));
      return new Promise((resolve) => {
        state.waiting.push({ script, call, once, resolve, id: 0 });
        // Whatever else comes in this turn travels along.
        if (state.batches < MAX_BATCHES) queueMicrotask(() => post(state));
      });
    },
    forget({ id }) {
      if (state.known.delete(id)) send(state, { forget: id });
    },
    async stop() {
      const { worker } = state;
      letGo(state);
      answerAll(state, tell('codec.stopping'));
      await worker?.terminate();
    },
  };
}

/** Hands the next calls to the worker; while it works on one message the next lies ready. */
function post(state: RunnerState): void {
  if (state.batches >= MAX_BATCHES) return;
  if (state.posted === 0) answerSettled(state);
  const next = state.waiting.slice(state.posted, state.posted + MAX_JOBS);
  const settledAt = next.findIndex(({ settled }) => settled !== undefined);
  const batch = settledAt < 0 ? next : next.slice(0, settledAt);
  if (batch.length === 0) return;
  state.worker ??= start(state);
  const jobs = batch.map((waiting): ScriptJob => {
    const { script, call, once } = waiting;
    waiting.id = state.lastId = (state.lastId % 0x7fff_ffff) + 1;
    const isNew = !state.known.has(script.id);
    if (!once) state.known.add(script.id);
    return { id: waiting.id, script: script.id, call, once, ...(isNew ? { source: script.source } : {}) };
  });
  if (state.posted === 0) state.seen = handOf(0, state.clock.monotonicMs());
  state.posted += batch.length;
  state.batches++;
  state.cancelLook ??= state.clock.after(LOOK_MS, () => look(state));
  send(state, { jobs });
}

function send({ worker }: RunnerState, message: ToWorker): void {
  worker?.postMessage(message);
}

function start(state: RunnerState): Worker {
  const progress = new SharedArrayBuffer(4);
  state.progress = new Int32Array(progress);
  state.known = new Set();
  const worker = new Worker(workerFile(), {
    workerData: { progress } satisfies WorkerSetup,
    resourceLimits: LIMITS,
    name: 'codecs',
  });
  worker.unref();
  worker.on('message', (message: FromWorker) => {
    if (worker === state.worker) take(state, message);
  });
  // It ran out of its own heap, or could not be started: whatever it had in hand is the reason.
  worker.on('error', (error) => {
    if (worker === state.worker) giveUp(state, failed(tell('codec.workerFailed', { error: error.message })));
  });
  return worker;
}

function take(state: RunnerState, message: FromWorker): void {
  state.batches--;
  if ('failed' in message) {
    const answer = failed(tell('codec.engineFailed', { error: message.failed }));
    for (const { resolve } of state.waiting.splice(0, message.jobs)) resolve(answer);
    state.posted -= message.jobs;
  } else {
    const results = new Map(message.replies.map(({ id, result }) => [id, result]));
    for (const { id, resolve } of state.waiting.splice(0, message.replies.length)) {
      resolve(results.get(id) ?? failed(tell('codec.workerSilent')));
    }
    state.posted -= message.replies.length;
  }
  post(state);
  if (state.posted === 0) stopLooking(state);
}

function handOf(id: number, nowMs: number): InHand {
  return { id, lookedMs: nowMs, waitedMs: 0 };
}

/** Whether the job in hand is still the one of long ago. */
function look(state: RunnerState): void {
  state.cancelLook = undefined;
  if (state.posted === 0) return;
  const nowMs = state.clock.monotonicMs();
  const id = Atomics.load(state.progress, 0);
  if (id !== state.seen.id) state.seen = handOf(id, nowMs);
  const { seen } = state;
  seen.waitedMs += Math.min(nowMs - seen.lookedMs, 2 * LOOK_MS);
  seen.lookedMs = nowMs;
  if (seen.waitedMs >= STUCK_MS)
    return giveUp(state, failed(tell('codec.workerStuck', { seconds: STUCK_MS / 1000 })));
  if (id > 0) void judge(state, seen);
  state.cancelLook = state.clock.after(LOOK_MS, () => look(state));
}

/** Gives the job up once the worker has used its time for it. */
async function judge(state: RunnerState, seen: InHand): Promise<void> {
  const { worker } = state;
  const usage = await worker?.cpuUsage().catch(() => undefined);
  if (!usage || worker !== state.worker || seen !== state.seen) return;
  if (Atomics.load(state.progress, 0) !== seen.id) return;
  const cpuMs = (usage.user + usage.system) / 1000;
  seen.cpuMs ??= cpuMs;
  if (cpuMs - seen.cpuMs >= DEADLINE_MS) giveUp(state, { kind: 'held' });
}

/** Ends the worker, answers the job it had in hand, and begins again with the others. */
function giveUp(state: RunnerState, result: RunResult): void {
  const inHand = Atomics.load(state.progress, 0);
  const { worker } = state;
  letGo(state);
  void worker?.terminate();
  const held = state.waiting.find(({ id }) => id === inHand) ?? state.waiting[0];
  for (const waiting of state.waiting) waiting.id = 0;
  // Those in front of it are run again first: their answers were lost with the worker.
  if (held) held.settled = result;
  post(state);
}

function answerSettled({ waiting }: RunnerState): void {
  for (let first = waiting[0]; first?.settled; first = waiting[0]) {
    waiting.shift();
    first.resolve(first.settled);
  }
}

function letGo(state: RunnerState): void {
  state.worker = undefined;
  state.posted = 0;
  state.batches = 0;
  stopLooking(state);
}

function stopLooking(state: RunnerState): void {
  state.cancelLook?.();
  state.cancelLook = undefined;
}

function answerAll(state: RunnerState, why: Told): void {
  for (const { resolve } of state.waiting.splice(0)) resolve(failed(why));
}

function failed(why: Told): RunResult {
  return { kind: 'failed', ...asProblem(why) };
}

/** Beside the bundle, where scripts/build.ts puts it; else the source. */
function workerFile(): string {
  const bundled = join(import.meta.dirname, 'codec-worker.js');
  return existsSync(bundled) ? bundled : join(import.meta.dirname, 'codec-worker.ts');
}
