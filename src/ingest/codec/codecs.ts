/**
 * All codecs of a site by name: the built-in ones, and the scripts added while it runs, which a worker thread runs. Decoding
 * never throws. A script that runs into its limits again and again is paused, ever longer; one that had to be ended because
 * it did not come back is stopped until somebody replaces it, also after a restart. The bytes of its devices are kept as
 * always.
 */
import { type Said, type Told, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import type { Clock } from '../../model/world.ts';
import { CODECS, type Decoded, decodePayload } from './codec.ts';
import {
  asksForFrame,
  type DownlinkInput,
  type Encoded,
  type ScriptDecoded,
  type UplinkInput,
} from './javascript.ts';
import { asProblem, type CodecProblem, quotable } from './problem.ts';
import { posted, type ScriptCall, type ScriptResult } from './script-job.ts';
import { createScriptRunner, type RunResult, type Script, type ScriptRunner } from './script-runner.ts';

export const MAX_SCRIPTS = 256;
export const MAX_SOURCE_CHARS = 262_144;
/** Calls in a row over a limit before a script is paused. */
const STRIKES = 3;
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 3_600_000;

export interface ScriptState {
  readonly name: string;
  /** Whole milliseconds until it is tried again; 0 if it is not paused. */
  readonly pausedMs: number;
  /** Calls that ran into a limit since it was put. */
  readonly misbehaved: number;
  /** Why it is stopped until it is replaced. */
  readonly problem?: string;
  readonly said?: readonly Said[];
}

export interface Codecs {
  /** Built-in ones first. */
  names(): readonly string[];
  /** The scripts, for the page that shows them. */
  scripts(): readonly ScriptState[];
  /** Adds or replaces a script; answers with what is wrong with it, and then changes nothing. */
  put(name: string, source: string): Promise<CodecProblem | undefined>;
  /** Adds a script that is known to hold the box up: it is there, and not run. */
  putStopped(name: string, source: string): void;
  /** False if there is no such script. */
  remove(name: string): boolean;
  /** A script's answers come in the order of the calls; those of built-in codecs at once. */
  decode(codec: string, input: UplinkInput): Decoded | Promise<Decoded>;
  encode(codec: string, input: DownlinkInput): Promise<Encoded>;
  /** Tries a script with sample bytes without adding it; takes as long as a first call, and is not paused. */
  test(source: string, input: UplinkInput): Promise<ScriptDecoded>;
  testEncode(source: string, input: DownlinkInput): Promise<Encoded>;
  /** Ends the worker. */
  stop(): Promise<void>;
}

interface Entry {
  readonly name: string;
  readonly script: Script;
  /** What else is known of a frame goes to the worker for those only that ask for it. */
  readonly wantsFrame: boolean;
  strikes: number;
  pauseMs: number;
  pausedUntilMs: number;
  misbehaved: number;
  stopped: boolean;
}

export interface CodecsOptions {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  /** A script had to be ended. */
  readonly onHeld?: (name: string, source: string) => void;
}

interface CodecsContext extends CodecsOptions {
  readonly runner: ScriptRunner;
  readonly entries: Map<string, Entry>;
}

export function createCodecs({ clock, onHeld }: CodecsOptions): Codecs {
  const runner = createScriptRunner({ clock });
  const entries = new Map<string, Entry>();
  const context: CodecsContext = { clock, runner, entries, ...(onHeld ? { onHeld } : {}) };
  return {
    names: () => [...CODECS, ...entries.keys()],
    scripts: () => [...entries.values()].map((entry) => stateOf(entry, clock.monotonicMs())),
    put: (name, source) => put(context, name, source),
    putStopped(name, source) {
      replace(context, name, source).stopped = true;
    },
    remove(name) {
      const entry = entries.get(name);
      if (entry) runner.forget(entry.script);
      return entries.delete(name);
    },
    decode(name, input) {
      const entry = entries.get(name);
      return entry ? decodeWith(context, entry, input) : decodePayload(name, input.fPort, input.data);
    },
    async encode(name, input) {
      const entry = entries.get(name);
      if (!entry) return asProblem(tell('codec.noEncoder', { codec: quotable(cut(name, 64)) }));
      const refused = refusedFor(entry, clock.monotonicMs());
      if (refused) return asProblem(refused);
      const result = await call(context, entry, { kind: 'encode', input });
      return result.kind === 'encode' ? result.result : problemOf(result);
    },
    async test(source, input) {
      const outcome = await attempt(runner, source, { kind: 'decode', input: posted(input) });
      if (outcome.kind === 'decode') return outcome.result;
      return { fields: {}, ...problemOf(outcome), warnings: [] };
    },
    async testEncode(source, input) {
      const outcome = await attempt(runner, source, { kind: 'encode', input });
      return outcome.kind === 'encode' ? outcome.result : problemOf(outcome);
    },
    stop: runner.stop,
  };
}

type Answered = ScriptResult | ({ readonly kind: 'failed' } & CodecProblem);

/** Of an answer that is not the one asked for. */
function problemOf(answered: Answered): CodecProblem {
  if (answered.kind !== 'failed') return asProblem(tell('codec.workerSilent'));
  const { kind: _, ...problem } = answered;
  return problem;
}

async function put(context: CodecsContext, name: string, source: string): Promise<CodecProblem | undefined> {
  const refused = refuse(name, source, context.entries);
  if (refused) return asProblem(refused);
  const outcome = await attempt(context.runner, source, { kind: 'check' });
  if (outcome.kind !== 'check') return problemOf(outcome);
  if (outcome.wrong) return outcome.wrong;
  replace(context, name, source);
  return undefined;
}

function replace({ runner, entries }: CodecsContext, name: string, source: string): Entry {
  const before = entries.get(name);
  if (before) runner.forget(before.script);
  const script = runner.add(source);
  const entry: Entry = {
    ...{ name, script, wantsFrame: asksForFrame(source) },
    ...{ strikes: 0, pauseMs: 0, pausedUntilMs: 0, misbehaved: 0, stopped: false },
  };
  entries.set(name, entry);
  return entry;
}

/** Runs a script that is not kept. */
async function attempt(runner: ScriptRunner, source: string, what: ScriptCall): Promise<Answered> {
  if (source.length > MAX_SOURCE_CHARS) return { kind: 'failed', ...asProblem(tooLong(source)) };
  return answerOf(await runner.run(runner.add(source), what, true));
}

function answerOf(result: RunResult): Answered {
  if (result.kind !== 'held') return result;
  return { kind: 'failed', ...asProblem(tell('codec.ended')) };
}

async function decodeWith(context: CodecsContext, entry: Entry, input: UplinkInput): Promise<Decoded> {
  const refused = refusedFor(entry, context.clock.monotonicMs());
  if (refused) return { fields: {}, ...asProblem(refused) };
  const { frame, ...rest } = input;
  const told = entry.wantsFrame && frame ? { ...rest, frame } : rest;
  const outcome = await call(context, entry, { kind: 'decode', input: posted(told) });
  if (outcome.kind !== 'decode') return { fields: {}, ...problemOf(outcome) };
  const { fields, problem, said } = outcome.result;
  return { fields, ...(problem === undefined ? {} : { problem }), ...(said ? { said } : {}) };
}

/** Runs a script and keeps account of how it behaved. */
async function call(context: CodecsContext, entry: Entry, what: ScriptCall): Promise<Answered> {
  const result = await context.runner.run(entry.script, what);
  // One that was called before it was stopped is not to blame twice.
  if (result.kind === 'held') {
    if (!entry.stopped) context.onHeld?.(entry.name, entry.script.source);
    entry.stopped = true;
    entry.misbehaved++;
    return { kind: 'failed', ...asProblem(held(entry)) };
  }
  const misbehaved = (result.kind === 'decode' || result.kind === 'encode') && 'misbehaved' in result.result;
  if (misbehaved) punish(entry, context.clock.monotonicMs());
  else if (entry.strikes > 0) Object.assign(entry, { strikes: 0, pauseMs: 0 });
  return answerOf(result);
}

/** Why the script is not run now. */
function refusedFor(entry: Entry, nowMs: number): Told | undefined {
  if (entry.stopped) return held(entry);
  if (nowMs >= entry.pausedUntilMs) return undefined;
  const seconds = Math.ceil((entry.pausedUntilMs - nowMs) / 1000);
  return tell('codec.paused', { seconds });
}

function held({ name }: Pick<Entry, 'name'>): Told {
  return tell('codec.held', { name });
}

function stateOf({ name, pausedUntilMs, misbehaved, stopped }: Entry, nowMs: number): ScriptState {
  const pausedMs = Math.max(0, Math.ceil(pausedUntilMs - nowMs));
  return { name, pausedMs, misbehaved, ...(stopped ? asProblem(held({ name })) : {}) };
}

/** Why a script cannot have this name, undefined if it can. */
export function nameProblem(name: string): Told | undefined {
  if (CODECS.includes(name)) return tell('codec.builtIn', { name });
  // No slash: the name is one part of a path of the API, and of a file.
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._+()-]{0,63}$/u.test(name)) {
    return tell('codec.name');
  }
  return undefined;
}

function refuse(name: string, source: string, entries: ReadonlyMap<string, Entry>): Told | undefined {
  const wrongName = nameProblem(name);
  if (wrongName) return wrongName;
  if (source.length > MAX_SOURCE_CHARS) return tooLong(source);
  if (!entries.has(name) && entries.size >= MAX_SCRIPTS) return tell('codec.scripts', { limit: MAX_SCRIPTS });
  return undefined;
}

function tooLong(source: string): Told {
  return tell('codec.long', { number: source.length, limit: MAX_SOURCE_CHARS });
}

function punish(entry: Entry, nowMs: number): void {
  entry.strikes++;
  entry.misbehaved++;
  if (entry.strikes < STRIKES) return;
  entry.pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, entry.pauseMs * 2));
  entry.pausedUntilMs = nowMs + entry.pauseMs;
}
