/**
 * One script in one QuickJS context: nothing of the host in reach, 8 MB of memory, a limit of processor time for every
 * call. A sandbox that answered anything but a clean result or error is spent: the caller closes it and makes another.
 */
import type {
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
  QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { type Said, tell } from '../../../model/said.ts';
import { cut } from '../../../model/text.ts';
import { GUEST_SOURCE } from './guest-source.ts';
import { withoutModuleSyntax } from './module-syntax.ts';
import { ENTRY_POINTS, mayChangeBuiltIns, wrapScript } from './wrap-script.ts';

export const MAX_MEMORY_BYTES = 8 * 1024 * 1024;
/** Processor time of one call. */
export const CALL_LIMIT_MS = 100;
/** Processor time for compiling a script and running its top level the first time. */
const LOAD_LIMIT_MS = 1000;
/** Between two looks at the time. */
const JOBS_AT_ONCE = 100;
/** WebAssembly frames lie on the host's stack as well, so this is far below what the instance has. */
const MAX_STACK_BYTES = 64 * 1024;

export interface ScriptError {
  /** 'TypeError'; '' when something that is no error was thrown. */
  readonly name: string;
  readonly message: string;
  /** In the script, counted from 1. */
  readonly line?: number;
  /** All of it piece by piece, where the words are ours. */
  readonly said?: readonly Said[];
}

export type Outcome =
  /** The result's JSON. */
  | { readonly kind: 'result'; readonly json: string }
  | { readonly kind: 'error'; readonly error: ScriptError }
  /** It ran into the limit of time, or of memory or stack. */
  | { readonly kind: 'exhausted'; readonly of: 'time' | 'memory' }
  /** The instance itself broke. */
  | { readonly kind: 'crashed' };

export type EntryPoint = (typeof ENTRY_POINTS)[number];

export interface Sandbox {
  readonly instance: QuickJSWASMModule;
  readonly defines: ReadonlySet<EntryPoint>;
  call(entry: 'decode' | 'encode', argumentsJson: string): Outcome;
  /** Whether the next call would find something of this one: it must be closed. */
  isSpent(): boolean;
  /** Gives its memory back; false if the instance broke over it, which then has to be discarded. */
  close(): boolean;
}

export type SandboxOrFault =
  | { readonly sandbox: Sandbox }
  | { readonly sandbox?: undefined; readonly fault: Exclude<Outcome, { kind: 'result' }> };

/** Compiles `source` and runs its top level. `cpuMs` gives the processor time used so far, in milliseconds. */
export function openSandbox(
  instance: QuickJSWASMModule,
  source: string,
  cpuMs: () => number = threadCpuMs,
): SandboxOrFault {
  const meter = createMeter(cpuMs);
  let runtime: QuickJSRuntime | undefined;
  try {
    runtime = instance.newRuntime({
      memoryLimitBytes: MAX_MEMORY_BYTES,
      maxStackSizeBytes: MAX_STACK_BYTES,
      interruptHandler: meter.isOver,
    });
    const context = runtime.newContext();
    const opened = load(instance, runtime, context, source, meter);
    if (opened.sandbox || opened.fault.kind === 'crashed' || close(context, runtime)) return opened;
    return { fault: { kind: 'crashed' } };
  } catch {
    return { fault: { kind: 'crashed' } };
  }
}

interface Meter {
  begin(limitMs: number): void;
  /** Asked by the interpreter every ten thousand steps or so. */
  readonly isOver: () => boolean;
  wasOver(): boolean;
}

/** Counts from the first time it is asked, so that a short call never reads a clock. */
function createMeter(cpuMs: () => number): Meter {
  let limitMs = 0;
  let startedMs: number | undefined;
  let over = false;
  return {
    begin(limit) {
      limitMs = limit;
      startedMs = undefined;
      over = false;
    },
    isOver() {
      const nowMs = cpuMs();
      startedMs ??= nowMs;
      over ||= nowMs - startedMs >= limitMs;
      return over;
    },
    wasOver: () => over,
  };
}

/** Processor time of this thread: on a busy machine a call is not charged for the time of others. */
function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function load(
  instance: QuickJSWASMModule,
  runtime: QuickJSRuntime,
  context: QuickJSContext,
  source: string,
  meter: Meter,
): SandboxOrFault {
  meter.begin(LOAD_LIMIT_MS);
  const driver = context.unwrapResult(context.evalCode(GUEST_SOURCE, 'driver'));
  const loader = context.getProp(driver, mayChangeBuiltIns(source) ? 'loadWatched' : 'load');
  const loaded = runScript(context, loader, source, meter);
  loader.dispose();
  if (loaded.kind !== 'result') {
    driver.dispose();
    return { fault: loaded };
  }
  const entries = {
    decode: context.getProp(driver, 'decode'),
    encode: context.getProp(driver, 'encode'),
    settle: context.getProp(driver, 'settle'),
  };
  driver.dispose();
  const { has, steady } = JSON.parse(JSON.parse(loaded.json)) as { has: boolean[]; steady: boolean };
  let spent = runtime.hasPendingJob();
  return {
    sandbox: {
      instance,
      defines: new Set(ENTRY_POINTS.filter((_name, i) => has[i])),
      call(entry, argumentsJson) {
        meter.begin(CALL_LIMIT_MS);
        try {
          const argument = context.newString(argumentsJson);
          const { outcome, clean } = call(context, entries[entry], argument, meter, entries.settle);
          argument.dispose();
          spent ||= !clean || !steady || runtime.hasPendingJob();
          return outcome;
        } catch {
          spent = true;
          return { kind: 'crashed' };
        }
      },
      isSpent: () => spent,
      close() {
        entries.decode.dispose();
        entries.encode.dispose();
        entries.settle.dispose();
        return close(context, runtime);
      },
    },
  };
}

/** Compiles the script and has the driver run its top level. */
function runScript(context: QuickJSContext, loader: QuickJSHandle, source: string, meter: Meter): Outcome {
  const compiled = compile(context, source, meter);
  if ('fault' in compiled) return withinSource(compiled.fault, source);
  const { script } = compiled;
  const { outcome } =
    context.typeof(script) === 'function'
      ? call(context, loader, script, meter)
      : { outcome: scriptError('SyntaxError', 'unbalanced brackets') };
  script.dispose();
  return outcome;
}

type Compiled = { readonly script: QuickJSHandle } | { readonly fault: Exclude<Outcome, { kind: 'result' }> };

/** As it is; one that is a module, without what makes it one. */
function compile(context: QuickJSContext, source: string, meter: Meter): Compiled {
  const compiled = context.evalCode(wrapScript(source), 'codec');
  if (!compiled.error) return { script: compiled.value };
  const fault = thrown(context, compiled.error, meter);
  if (fault.kind !== 'error' || fault.error.name !== 'SyntaxError') return { fault };
  const plain = withoutModuleSyntax(source);
  if (!plain) return { fault };
  if (plain.problem !== undefined) {
    const { problem: message, line } = plain;
    const { said } = tell('codec.otherFile', { name: 'SyntaxError', line: String(line) });
    return { fault: { kind: 'error', error: { name: 'SyntaxError', message, line, said } } };
  }
  const again = context.evalCode(wrapScript(plain.source), 'codec');
  return again.error ? { fault: thrown(context, again.error, meter) } : { script: again.value };
}

/** Calls a function of the driver; see there for what it answers. Throws only if the instance broke. */
function call(
  context: QuickJSContext,
  entry: QuickJSHandle,
  argument: QuickJSHandle,
  meter: Meter,
  settle?: QuickJSHandle,
): { outcome: Outcome; clean: boolean } {
  const result = context.callFunction(entry, context.undefined, argument);
  if (result.error) return { outcome: thrown(context, result.error, meter), clean: false };
  const answer = context.getString(result.value);
  result.value.dispose();
  const clean = answer.charCodeAt(0) === 49;
  const json = answer.slice(2);
  switch (answer[1]) {
    case 'r':
      return { outcome: { kind: 'result', json }, clean };
    case 'p': {
      const fault = runJobs(context, meter);
      if (fault || !settle) return { outcome: fault ?? { kind: 'crashed' }, clean: false };
      return call(context, settle, context.undefined, meter);
    }
    case 'x':
      return { outcome: { kind: 'exhausted', of: 'memory' }, clean: false };
    case 'e': {
      const [name = '', message = '', stack = ''] = JSON.parse(json) as string[];
      return { outcome: scriptError(name, message, stack), clean };
    }
    default:
      return { outcome: { kind: 'crashed' }, clean: false };
  }
}

/** Runs what waits for promises, within the time of the call. */
function runJobs(context: QuickJSContext, meter: Meter): Exclude<Outcome, { kind: 'result' }> | undefined {
  const { runtime } = context;
  while (runtime.hasPendingJob()) {
    const ran = runtime.executePendingJobs(JOBS_AT_ONCE);
    if (ran.error) return thrown(context, ran.error, meter);
    if (meter.isOver()) return { kind: 'exhausted', of: 'time' };
  }
  return undefined;
}

/** What passed the driver by: the interruption, a syntax error, or no memory left even for the driver. */
function thrown(
  context: QuickJSContext,
  error: QuickJSHandle,
  meter: Meter,
): Exclude<Outcome, { kind: 'result' }> {
  if (meter.wasOver()) {
    error.dispose();
    return { kind: 'exhausted', of: 'time' };
  }
  const [name, message, stack] = ['name', 'message', 'stack'].map((key) => {
    const value = context.getProp(error, key);
    const text = context.typeof(value) === 'string' ? context.getString(value) : '';
    value.dispose();
    return cut(text, 2000);
  });
  error.dispose();
  if (!name || name === 'InternalError') return { kind: 'exhausted', of: 'memory' };
  return scriptError(name, message ?? '', stack);
}

/** What is missing at the end is noticed in the line that the wrapper adds: the last line of the script is meant. */
function withinSource<T extends Outcome>(fault: T, source: string): T {
  if (fault.kind !== 'error' || fault.error.line === undefined) return fault;
  const line = Math.min(fault.error.line, source.split('\n').length);
  return { ...fault, error: { ...fault.error, line } };
}

function scriptError(name: string, message: string, stack = ''): { kind: 'error'; error: ScriptError } {
  const line = Number(/\bcodec:(\d+)/.exec(stack)?.[1] ?? 0);
  return { kind: 'error', error: { name, message, ...(line > 0 ? { line } : {}) } };
}

/** False if the instance broke over it. */
function close(context: QuickJSContext, runtime: QuickJSRuntime): boolean {
  try {
    context.dispose();
    runtime.dispose();
    return true;
  } catch {
    return false;
  }
}
