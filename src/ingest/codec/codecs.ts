/**
 * All codecs of a site by name: the built-in ones and the scripts added while it runs. Decoding is synchronous and never
 * throws. A script that runs into its limits again and again is paused, ever longer, so that it cannot eat the machine;
 * the bytes of its devices are kept as always.
 */
import type { Clock } from '../../model/world.ts';
import { CODECS, type Decoded, decodePayload } from './codec.ts';
import {
  createScriptCodec,
  type DownlinkInput,
  type Encoded,
  type ScriptCodec,
  type ScriptDecoded,
  type UplinkInput,
} from './javascript.ts';
import { type Engine, loadEngine } from './sandbox/engine.ts';

export const MAX_SCRIPTS = 256;
export const MAX_SOURCE_CHARS = 262_144;
/** Sandboxes kept warm, at about half a megabyte each and 8 MB at most; the one unused for longest goes first. */
const MAX_WARM = 24;
/** A call that took this long was in a built-in function that cannot be interrupted: one such call is enough. */
const HELD_UP_MS = 1000;
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
}

export interface Codecs {
  /** Built-in ones first. */
  names(): readonly string[];
  /** The scripts, for the page that shows them. */
  scripts(): readonly ScriptState[];
  /** Adds or replaces a script; answers with what is wrong with it, and then changes nothing. */
  put(name: string, source: string): Promise<string | undefined>;
  /** False if there is no such script. */
  remove(name: string): boolean;
  decode(codec: string, input: UplinkInput): Decoded;
  encode(codec: string, input: DownlinkInput): Encoded;
  /** Tries a script with sample bytes without adding it; takes as long as a first call, and is not paused. */
  test(source: string, input: UplinkInput): Promise<ScriptDecoded>;
  testEncode(source: string, input: DownlinkInput): Promise<Encoded>;
}

interface Entry {
  codec: ScriptCodec;
  lastUsedMs: number;
  strikes: number;
  pauseMs: number;
  pausedUntilMs: number;
  misbehaved: number;
}

export function createCodecs({ clock }: { readonly clock: Pick<Clock, 'monotonicMs'> }): Codecs {
  const entries = new Map<string, Entry>();

  /** Runs `call` unless the script is paused, and keeps account of how it behaved. */
  function run<T extends { readonly misbehaved?: true }>(
    entry: Entry,
    call: () => T,
  ): T | { problem: string } {
    const nowMs = clock.monotonicMs();
    if (nowMs < entry.pausedUntilMs) {
      const seconds = Math.ceil((entry.pausedUntilMs - nowMs) / 1000);
      return {
        problem: `the codec is paused for ${seconds} s because it ran into its limits again and again`,
      };
    }
    entry.lastUsedMs = nowMs;
    if (!entry.codec.isWarm()) makeRoom(entries);
    const result = call();
    const heldUp = clock.monotonicMs() - nowMs >= HELD_UP_MS;
    if (result.misbehaved || heldUp) punish(entry, clock.monotonicMs(), heldUp);
    else if (entry.strikes > 0) Object.assign(entry, { strikes: 0, pauseMs: 0 });
    return result;
  }

  return {
    names: () => [...CODECS, ...entries.keys()],
    scripts() {
      const nowMs = clock.monotonicMs();
      return [...entries].map(([name, { pausedUntilMs, misbehaved }]) => ({
        name,
        pausedMs: Math.max(0, Math.ceil(pausedUntilMs - nowMs)),
        misbehaved,
      }));
    },
    async put(name, source) {
      const refused = refuse(name, source, entries);
      if (refused !== undefined) return refused;
      const engine = await engineOrProblem();
      if (typeof engine === 'string') return engine;
      const codec = createScriptCodec(engine, source);
      const problem = codec.check();
      codec.cool();
      if (problem !== undefined) return problem;
      entries.get(name)?.codec.cool();
      entries.set(name, { codec, lastUsedMs: 0, strikes: 0, pauseMs: 0, pausedUntilMs: 0, misbehaved: 0 });
      return undefined;
    },
    remove(name) {
      entries.get(name)?.codec.cool();
      return entries.delete(name);
    },
    decode(name, input) {
      const entry = entries.get(name);
      if (!entry) return decodePayload(name, input.fPort, input.data);
      const result = run<ScriptDecoded>(entry, () => entry.codec.decode(input));
      const { problem } = result;
      const fields = 'fields' in result ? result.fields : {};
      return problem === undefined ? { fields } : { fields, problem };
    },
    encode(name, input) {
      const entry = entries.get(name);
      if (!entry) return { problem: `${JSON.stringify(name.slice(0, 64))} is no codec that can encode` };
      return run<Encoded & { misbehaved?: true }>(entry, () => entry.codec.encode(input));
    },
    async test(source, input) {
      const codec = await trial(source);
      if (typeof codec === 'string') return { fields: {}, problem: codec, warnings: [] };
      const result = codec.decode(input);
      codec.cool();
      return result;
    },
    async testEncode(source, input) {
      const codec = await trial(source);
      if (typeof codec === 'string') return { problem: codec };
      const result = codec.encode(input);
      codec.cool();
      return result;
    },
  };
}

async function trial(source: string): Promise<ScriptCodec | string> {
  if (source.length > MAX_SOURCE_CHARS) return tooLong(source);
  const engine = await engineOrProblem();
  return typeof engine === 'string' ? engine : createScriptCodec(engine, source);
}

async function engineOrProblem(): Promise<Engine | string> {
  try {
    return await loadEngine();
  } catch (error) {
    return `the script engine cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Why a script cannot have this name, undefined if it can. */
export function nameProblem(name: string): string | undefined {
  if (CODECS.includes(name)) return `${name} is a built-in codec`;
  // No slash: the name is one part of a path of the API, and of a file.
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._+()-]{0,63}$/u.test(name)) {
    return 'the name of a codec is 1 to 64 letters, digits, spaces and . _ - + ( ), a letter or digit first';
  }
  return undefined;
}

function refuse(name: string, source: string, entries: ReadonlyMap<string, Entry>): string | undefined {
  const wrongName = nameProblem(name);
  if (wrongName !== undefined) return wrongName;
  if (source.length > MAX_SOURCE_CHARS) return tooLong(source);
  if (!entries.has(name) && entries.size >= MAX_SCRIPTS)
    return `${MAX_SCRIPTS} scripts are the most; remove one first`;
  return undefined;
}

function tooLong(source: string): string {
  return `the script has ${source.length} characters; ${MAX_SOURCE_CHARS} is the most`;
}

/** Cools the script unused for longest when as many as may be are warm. */
function makeRoom(entries: ReadonlyMap<string, Entry>): void {
  const warm = [...entries.values()].filter(({ codec }) => codec.isWarm());
  if (warm.length < MAX_WARM) return;
  warm.reduce((oldest, entry) => (entry.lastUsedMs < oldest.lastUsedMs ? entry : oldest)).codec.cool();
}

function punish(entry: Entry, nowMs: number, heldUp: boolean): void {
  entry.strikes = heldUp ? STRIKES : entry.strikes + 1;
  entry.misbehaved++;
  if (entry.strikes < STRIKES) return;
  entry.pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, entry.pauseMs * 2));
  entry.pausedUntilMs = nowMs + entry.pauseMs;
}
