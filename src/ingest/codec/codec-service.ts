/**
 * The site's scripts on disk and at work: put here, they decode from the next frame on and again after a restart. A script
 * that does not compile changes nothing.
 */
import { type Said, tell } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import type { Store } from '../../store/contract.ts';
import { CODECS } from './codec.ts';
import { type Codecs, nameProblem } from './codecs.ts';
import { readCodecFolder } from './folder.ts';
import type { Encoded, ScriptDecoded, Variables } from './javascript.ts';
import { asProblem, type CodecProblem } from './problem.ts';
import { openStoppedScripts, type StoppedScripts } from './stopped-file.ts';

export interface CodecServiceOptions {
  readonly codecs: Codecs;
  readonly store: Pick<Store, 'codecs' | 'devices'>;
  /** Folder with scripts as files, read at the start; they win over those of the store. */
  readonly folder?: string | undefined;
  /** Scripts that had to be ended; without it none is remembered. */
  readonly stopped?: StoppedScripts;
  readonly world: World;
}

export interface CodecState {
  readonly name: string;
  /** 'file': changed by whoever changes the file, and a restart. */
  readonly kind: 'built-in' | 'script' | 'file';
  /** Until it is tried again; 0 if it is not paused. */
  readonly pausedMs: number;
  /** Calls that ran into a limit since it was put. */
  readonly misbehaved: number;
  /** Why a stored script is not at work. */
  readonly problem?: string;
  readonly said?: readonly Said[];
}

/** A script to try: the source itself, or the name of any codec. */
export type Trial = { readonly source: string } | { readonly name: string };

export interface CodecService {
  /** Puts the stored scripts to work. Loads the script engine only if there are any. */
  start(): Promise<void>;
  stop(): Promise<void>;
  list(): CodecState[];
  /** Undefined for a built-in one and for a name nobody has. */
  source(name: string): string | undefined;
  /** Takes effect with the next frame. Answers with what is wrong, and then nothing has changed. */
  put(name: string, source: string): Promise<({ readonly of: 'name' | 'source' } & CodecProblem) | undefined>;
  /** False if there is no such script. */
  remove(name: string): boolean;
  /** Tries sample bytes; undefined where there is no codec of that name. */
  decode(trial: Trial, sample: DecodeSample): Promise<ScriptDecoded | undefined>;
  encode(trial: Trial, sample: EncodeSample): Promise<Encoded | undefined>;
}

export interface DecodeSample {
  readonly fPort: number;
  readonly data: Uint8Array;
  readonly variables?: Variables | undefined;
}

export interface EncodeSample {
  readonly object: unknown;
  readonly fPort?: number | undefined;
  readonly variables?: Variables | undefined;
}

interface CodecServiceContext extends CodecServiceOptions {
  readonly stopped: StoppedScripts;
  /** Why a stored script is not at work, by its name. */
  readonly broken: Map<string, CodecProblem>;
  /** The scripts of the folder. */
  readonly fixed: Map<string, string>;
}

export function createCodecService(options: CodecServiceOptions): CodecService {
  const { codecs, stopped = openStoppedScripts(undefined) } = options;
  const context: CodecServiceContext = { ...options, stopped, broken: new Map(), fixed: new Map() };
  return {
    start: () => start(context),
    stop: codecs.stop,
    list: () => list(context),
    source: (name) => sourceOf(context, name),
    put: (name, source) => put(context, name, source),
    remove: (name) => remove(context, name),
    decode: (trial, sample) => decode(context, trial, sample),
    encode: (trial, sample) => encode(context, trial, sample),
  };
}

async function start(context: CodecServiceContext): Promise<void> {
  const { store, fixed } = context;
  await readFolder(context);
  for (const [name, source] of fixed) await load(context, { name, source });
  for (const stored of store.codecs.list()) if (!fixed.has(stored.name)) await load(context, stored);
  tellMissing(context);
}

async function readFolder({ folder, fixed, world }: CodecServiceContext): Promise<void> {
  if (folder === undefined) return;
  const { scripts, problems } = await readCodecFolder(folder);
  for (const { name, source } of scripts) fixed.set(name, source);
  for (const problem of problems) world.logger.warn('codec.folder', { problem });
}

async function load(
  { codecs, stopped, broken, world }: CodecServiceContext,
  { name, source }: { name: string; source: string },
): Promise<void> {
  if (stopped.has(name, source)) {
    codecs.putStopped(name, source);
    world.logger.warn('codec.stopped', { codec: name, hint: 'it held the codec worker up; replace it' });
    return;
  }
  const wrong = await codecs.put(name, source);
  if (!wrong) return;
  broken.set(name, wrong);
  world.logger.warn('codec.unusable', { codec: name, problem: wrong.problem });
}

/** Devices may name what is not there: their bytes are kept, and somebody should know. */
function tellMissing({ codecs, store, world }: CodecServiceContext): void {
  const missing = new Map<string, number>();
  const names = codecs.names();
  for (const { codec } of store.devices.list()) {
    if (!names.includes(codec)) missing.set(codec, (missing.get(codec) ?? 0) + 1);
  }
  for (const [codec, devices] of missing) world.logger.warn('codec.missing', { codec, devices });
}

function list({ codecs, broken, fixed }: CodecServiceContext): CodecState[] {
  const kindOf = (name: string) => (fixed.has(name) ? 'file' : 'script');
  const atWork = codecs.scripts().map((state): CodecState => ({ ...state, kind: kindOf(state.name) }));
  const idle = [...broken].map(
    ([name, wrong]): CodecState => ({ name, ...wrong, pausedMs: 0, misbehaved: 0, kind: kindOf(name) }),
  );
  return [
    ...CODECS.map((name): CodecState => ({ name, kind: 'built-in', pausedMs: 0, misbehaved: 0 })),
    ...[...atWork, ...idle].sort((a, b) => (a.name < b.name ? -1 : 1)),
  ];
}

function sourceOf({ fixed, store }: CodecServiceContext, name: string): string | undefined {
  return fixed.get(name) ?? store.codecs.get(name);
}

async function put(
  context: CodecServiceContext,
  name: string,
  source: string,
): ReturnType<CodecService['put']> {
  const { codecs, store, stopped, broken, fixed } = context;
  const wrongName = fixed.has(name) ? tell('codec.fileOfBox', { name }) : nameProblem(name);
  if (wrongName) return { of: 'name', ...asProblem(wrongName) };
  const wrong = await codecs.put(name, source);
  if (wrong) return { of: 'source', ...wrong };
  const before = store.codecs.get(name);
  try {
    store.codecs.put({ name, source });
  } catch (error) {
    // What would be gone after a restart is not to be at work before it.
    if (before === undefined) codecs.remove(name);
    else await codecs.put(name, before);
    throw error;
  }
  stopped.drop(name);
  broken.delete(name);
  return undefined;
}

function remove({ codecs, store, stopped, broken, fixed }: CodecServiceContext, name: string): boolean {
  if (fixed.has(name) || !store.codecs.remove(name)) return false;
  codecs.remove(name);
  stopped.drop(name);
  broken.delete(name);
  return true;
}

async function decode(
  context: CodecServiceContext,
  trial: Trial,
  { fPort, data, variables }: DecodeSample,
): Promise<ScriptDecoded | undefined> {
  const { codecs, world } = context;
  const script = scriptOf(context, trial);
  if (script === undefined) return undefined;
  const input = { fPort, data, variables, timeMs: world.clock.nowMs() };
  if (script !== 'built-in') return codecs.test(script, input);
  return { ...(await codecs.decode('name' in trial ? trial.name : '', input)), warnings: [] };
}

async function encode(
  context: CodecServiceContext,
  trial: Trial,
  sample: EncodeSample,
): Promise<Encoded | undefined> {
  const { codecs } = context;
  const script = scriptOf(context, trial);
  if (script === undefined) return undefined;
  if (script !== 'built-in') return codecs.testEncode(script, sample);
  return codecs.encode('name' in trial ? trial.name : '', sample);
}

/** The script to try; 'built-in' where there is no script. */
function scriptOf(context: CodecServiceContext, trial: Trial): string | 'built-in' | undefined {
  if ('source' in trial) return trial.source;
  return CODECS.includes(trial.name) ? 'built-in' : sourceOf(context, trial.name);
}
