/**
 * A device maker's script as a codec: ChirpStack v4 and The Things Stack (`decodeUplink`, `encodeDownlink`), ChirpStack
 * v3 (`Decode`, `Encode`) and the older `Decoder`, `Encoder`. Its sandbox is kept warm from call to call and made anew
 * when a call ran over its limits or left something behind that the next would find.
 */
import { type Told, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import type { Decoded } from './codec.ts';
import { type Flattened, flattenFields } from './fields.ts';
import { insideOfFunction, missingFunction } from './missing-function.ts';
import { asProblem, type CodecProblem, leftOut } from './problem.ts';
import type { Engine } from './sandbox/engine.ts';
import {
  CALL_LIMIT_MS,
  type Outcome,
  openSandbox,
  type Sandbox,
  type ScriptError,
} from './sandbox/sandbox.ts';

/** The largest application payload of any LoRaWAN region. */
export const MAX_PAYLOAD_BYTES = 242;
const MAX_ERRORS_SHOWN = 4;
const MAX_ERROR_CHARS = 200;

/** Constants a script is handed as `variables`; from the device's profile. */
export type Variables = Readonly<Record<string, string>>;

/** What the network knows of a frame beside its payload. */
export interface FrameInfo {
  readonly devEui: string;
  readonly name: string;
  readonly fCnt: number;
  /** Hertz. */
  readonly frequency: number;
  /** Best first. */
  readonly gateways: readonly { readonly gatewayId: string; readonly rssi: number; readonly snr: number }[];
}

export interface UplinkInput {
  readonly fPort: number | null;
  readonly data: Uint8Array;
  /** Epoch milliseconds. */
  readonly timeMs: number;
  readonly variables?: Variables | undefined;
  readonly frame?: FrameInfo | undefined;
}

export interface DownlinkInput {
  /** What the script calls `data` or `obj`. */
  readonly object: unknown;
  readonly fPort?: number | undefined;
  readonly variables?: Variables | undefined;
}

/** What became of a call. `misbehaved` when it used up its time or memory: it may not be called at once again. */
export interface ScriptDecoded extends Decoded {
  readonly warnings: readonly string[];
  readonly misbehaved?: true;
}

export type Encoded =
  | {
      readonly bytes: Uint8Array;
      /** Absent when the script leaves it to the caller. */
      readonly fPort?: number;
      readonly warnings: readonly string[];
      readonly problem?: undefined;
      readonly said?: undefined;
    }
  | (CodecProblem & { readonly bytes?: undefined; readonly misbehaved?: true });

export interface ScriptCodec {
  /** Why the script cannot be used at all, with the line; undefined if it compiles and defines something. */
  check(): CodecProblem | undefined;
  decode(input: UplinkInput): ScriptDecoded;
  encode(input: DownlinkInput): Encoded;
  /** Gives its memory back; the next call makes a new sandbox. */
  cool(): void;
  isWarm(): boolean;
}

/** Nothing is compiled before the first call. */
export function createScriptCodec(engine: Engine, source: string): ScriptCodec {
  let warm: Sandbox | undefined;

  function cool(): void {
    if (warm && warm.instance === engine.current() && !warm.close()) engine.discard(warm.instance);
    warm = undefined;
  }
  /** Runs `use` in the warm sandbox, or in a new one; afterwards the sandbox is kept only if it is as good as new. */
  function within(use: (sandbox: Sandbox) => Outcome): Outcome {
    const instance = engine.current();
    if (!instance) return ours(tell('codec.engineStarts'));
    if (warm?.instance !== instance) {
      const opened = openSandbox(instance, source);
      if (!opened.sandbox) {
        if (opened.fault.kind === 'crashed') engine.discard(instance);
        return explained(opened.fault, source);
      }
      warm = opened.sandbox;
    }
    const sandbox = warm;
    const outcome = use(sandbox);
    if (outcome.kind === 'crashed') {
      warm = undefined;
      engine.discard(instance);
    } else if (sandbox.isSpent()) {
      cool();
      if (engine.isBloated()) engine.discard(instance);
    }
    return outcome;
  }

  return {
    check() {
      const outcome = within((sandbox) =>
        sandbox.defines.size > 0
          ? { kind: 'result', json: 'null' }
          : noSuchFunction(source, 'decodeUplink, encodeDownlink, Decode or Encode'),
      );
      return outcome.kind === 'result' ? undefined : problemOf(outcome);
    },
    decode(input) {
      const { fPort, data, timeMs, variables } = input;
      const outcome = within((sandbox) => {
        const { defines } = sandbox;
        const able = defines.has('decodeUplink') || defines.has('Decode') || defines.has('Decoder');
        if (!able) return noSuchFunction(source, 'decodeUplink or Decode');
        const constants = variables ? JSON.stringify(variables) : '{}';
        const told = asksForFrame(source) ? JSON.stringify(loraObject(input)) : 'null';
        return sandbox.call('decode', `[${fPort},[${data.join()}],${timeMs},${constants},${told}]`);
      });
      return outcome.kind === 'result' ? readUplink(outcome.json) : { ...failed(outcome), fields: {} };
    },
    encode({ object, fPort, variables }) {
      const outcome = within((sandbox) => {
        const { defines } = sandbox;
        const able = defines.has('encodeDownlink') || defines.has('Encode') || defines.has('Encoder');
        if (!able) return noSuchFunction(source, 'encodeDownlink or Encode');
        const args = JSON.stringify([object ?? null, fPort ?? null, variables ?? {}]);
        return sandbox.call('encode', args);
      });
      return outcome.kind === 'result' ? readDownlink(outcome.json) : failed(outcome);
    },
    cool,
    isWarm: () => warm !== undefined,
  };
}

function noSuchFunction(source: string, names: string): Outcome {
  return ours(missingFunction(source, names));
}

/** The engine's words for the way of Node.js to another file. */
const NO_REQUIRE = "'require' is not defined";

/** The inside of a function asks for what the function would be given, and one of several files for the others. */
function explained(fault: Exclude<Outcome, { kind: 'result' }>, source: string): Outcome {
  if (fault.kind !== 'error' || fault.error.name === 'SyntaxError') return fault;
  const { name, message, line = 1 } = fault.error;
  if (message === NO_REQUIRE) return ours(tell('codec.otherFile', { name, line: String(line) }));
  const inside = insideOfFunction(source);
  return inside ? ours(inside) : fault;
}

/** What is wrong in our words. */
function ours({ detail, said }: Told): Outcome {
  return { kind: 'error', error: { name: '', message: detail, said } };
}

/** Whether the script reads the global object that gateways of one maker give their scripts. */
export function asksForFrame(source: string): boolean {
  return source.includes('LoRaObject');
}

/** That object: as the maker's gateways publish a frame, as far as we have it. */
function loraObject({ fPort, data, timeMs, frame }: UplinkInput): object {
  const { devEui = '0'.repeat(16), name = devEui, fCnt = 0, frequency = 0, gateways = [] } = frame ?? {};
  const time = new Date(timeMs).toISOString();
  const unknown = { gatewayId: '0'.repeat(16), rssi: 0, snr: 0 };
  return {
    applicationID: '1',
    applicationName: '',
    deviceName: name,
    devEUI: devEui,
    fCnt,
    fPort,
    data: Buffer.from(data).toString('base64'),
    time,
    // A script reads the first of them without asking whether there is one.
    rxInfo: (gateways.length > 0 ? gateways : [unknown]).map(({ gatewayId, rssi, snr }) => ({
      mac: gatewayId,
      rssi,
      loRaSNR: snr,
      time,
    })),
    txInfo: { frequency },
  };
}

function failed(
  outcome: Exclude<Outcome, { kind: 'result' }>,
): CodecProblem & { warnings: readonly string[]; misbehaved?: true } {
  const problem = problemOf(outcome);
  return outcome.kind === 'error'
    ? { ...problem, warnings: [] }
    : { ...problem, warnings: [], misbehaved: true };
}

function problemOf(outcome: Exclude<Outcome, { kind: 'result' }>): CodecProblem {
  switch (outcome.kind) {
    case 'error':
      return describeError(outcome.error);
    case 'exhausted':
      return asProblem(
        outcome.of === 'time' ? tell('codec.time', { limit: CALL_LIMIT_MS }) : tell('codec.memory'),
      );
    case 'crashed':
      return asProblem(tell('codec.crashed'));
  }
}

function describeError({ name, message, line, said }: ScriptError): CodecProblem {
  const words = [name, message].filter((part) => part !== '').join(': ');
  const nothing = tell('codec.threwNothing');
  const text = words || nothing.detail;
  const problem = cut(line === undefined ? text : `${text} (line ${line})`, 2 * MAX_ERROR_CHARS);
  const pieces = words === '' && line === undefined ? nothing.said : said;
  return pieces === undefined ? { problem } : { problem, said: pieces };
}

/** `{data, errors, warnings}` as the script's result; anything may be of any type. */
function readUplink(json: string): ScriptDecoded {
  const result = readResult(json);
  if (!isObject(result)) return { fields: {}, ...asProblem(tell('codec.noObject')), warnings: [] };
  const errors = texts(result.errors);
  const warnings = texts(result.warnings);
  if (errors.length > 0) return { fields: {}, problem: errors.join('; '), warnings };
  const { data } = result;
  if (!isObject(data)) {
    return { fields: {}, ...asProblem(tell('codec.noData')), warnings };
  }
  const { fields, dropped }: Flattened = flattenFields(data);
  return dropped.length === 0 ? { fields, warnings } : { fields, ...leftOut(dropped), warnings };
}

/** Numbers that JSON has none for come as text behind a mark (sandbox/guest/driver.js). */
function readResult(json: string): unknown {
  if (!json.includes('\\u0000')) return JSON.parse(json);
  return JSON.parse(json, (_, value: unknown) =>
    typeof value === 'string' && /^\0(?:NaN|-?Infinity)$/.test(value) ? Number(value.slice(1)) : value,
  );
}

/** `{bytes, fPort, errors, warnings}`. */
function readDownlink(json: string): Encoded {
  const result: unknown = JSON.parse(json);
  if (!isObject(result)) return asProblem(tell('codec.noObject'));
  const errors = texts(result.errors);
  if (errors.length > 0) return { problem: errors.join('; ') };
  const { bytes, fPort } = result;
  if (!Array.isArray(bytes)) return asProblem(tell('codec.noBytes'));
  if (bytes.length > MAX_PAYLOAD_BYTES) {
    return asProblem(tell('codec.manyBytes', { bytes: bytes.length, limit: MAX_PAYLOAD_BYTES }));
  }
  const wrong = bytes.findIndex((byte) => !(Number.isInteger(byte) && byte >= -128 && byte <= 255));
  if (wrong >= 0) return asProblem(tell('codec.noByte', { at: wrong }));
  if (fPort !== undefined && fPort !== null && !isPort(fPort)) {
    return asProblem(tell('codec.port'));
  }
  const port = isPort(fPort) ? { fPort } : {};
  return { bytes: Uint8Array.from(bytes as number[]), ...port, warnings: texts(result.warnings) };
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 223;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What a script says in place of a message when there is none: also "0 errors", and a list or object with nothing in it. */
function isNothing(value: unknown): boolean {
  if (typeof value === 'string') return !value.trim();
  if (isObject(value)) return Object.values(value).every(isNothing);
  return value === undefined || value === null || value === false || value === 0;
}

/** A list of messages out of what a script gave as one: a list, a text, or an object. */
function texts(value: unknown): readonly string[] {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  const list = given.filter((item) => !isNothing(item));
  const shown = list
    .slice(0, MAX_ERRORS_SHOWN)
    .map((item) => cut(typeof item === 'string' ? item : JSON.stringify(item), MAX_ERROR_CHARS));
  return list.length > shown.length ? [...shown, `${list.length - shown.length} more`] : shown;
}
