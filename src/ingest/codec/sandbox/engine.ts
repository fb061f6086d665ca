/**
 * QuickJS as WebAssembly, loaded when the first script needs it. One instance serves all scripts; a second one lies
 * ready (it costs a few hundred kilobytes), because making one is asynchronous and decoding is not: an instance that
 * crashed is replaced at once.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { QuickJSSyncVariant, QuickJSWASMModule } from 'quickjs-emscripten-core';

/** Beside a bundle; scripts/build.ts puts it there. */
export const WASM_FILE = 'quickjs.wasm';

/** Bytes of WebAssembly memory above which the instance is replaced: it grows with its scripts and never shrinks. */
const MAX_INSTANCE_BYTES = 96 * 1024 * 1024;

export interface Engine {
  /** The instance to use now; undefined for the moment in which two crashed in a row. */
  current(): QuickJSWASMModule | undefined;
  /** `instance` crashed: everything made in it is lost and must not be touched again. */
  discard(instance: QuickJSWASMModule): void;
  /** Whether the current instance has grown so large that it should be discarded. */
  isBloated(): boolean;
}

let loading: Promise<Engine> | undefined;

/** Loads once a process. Rejects when the file of the WebAssembly code is missing or damaged. */
export function loadEngine(): Promise<Engine> {
  loading ??= createEngine().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

function asVariant(release: unknown): QuickJSSyncVariant {
  if (isVariant(release)) return release;
  throw new Error('the QuickJS variant is not what its package says');
}

function isVariant(value: unknown): value is QuickJSSyncVariant {
  return typeof value === 'object' && value !== null && 'importFFI' in value && 'importModuleLoader' in value;
}

async function createEngine(): Promise<Engine> {
  const { newQuickJSWASMModuleFromVariant, newVariant } = await import('quickjs-emscripten-core');
  // Its types describe the CommonJS file, where the variant lies one level deeper.
  const { default: release } = await import('@jitl/quickjs-wasmfile-release-sync');
  const wasmModule = await WebAssembly.compile(new Uint8Array(await readFile(wasmFile())));
  const variant = newVariant(asVariant(release), {
    wasmModule,
    // What it says when it aborts is told by the codec's problem.
    emscriptenModule: { printErr: () => undefined } as object,
  });
  const make = (): Promise<QuickJSWASMModule> => newQuickJSWASMModuleFromVariant(variant);
  let current: QuickJSWASMModule | undefined = await make();
  let spare: QuickJSWASMModule | undefined = await make();

  async function refill(): Promise<void> {
    const made = await make();
    if (current) spare = made;
    else current = made;
  }
  return {
    current: () => current,
    discard(instance) {
      if (instance !== current) return;
      current = spare;
      spare = undefined;
      // Instantiation only fails for want of memory; the next discard tries again.
      refill().catch(() => undefined);
    },
    isBloated: () => (current?.getWasmMemory().buffer.byteLength ?? 0) > MAX_INSTANCE_BYTES,
  };
}

function wasmFile(): string {
  const bundled = join(import.meta.dirname, WASM_FILE);
  if (existsSync(bundled)) return bundled;
  return createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
}
