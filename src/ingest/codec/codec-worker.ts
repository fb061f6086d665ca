/**
 * The worker thread in which scripts run: it holds their sandboxes and does one job after the other. The main thread ends
 * it when a script does not come back, so nothing is kept here that cannot be made again.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createScriptCodec, type ScriptCodec } from './javascript.ts';
import { type Engine, loadEngine } from './sandbox/engine.ts';
import type { FromWorker, ScriptCall, ScriptJob, ScriptResult, ToWorker, WorkerSetup } from './script-job.ts';

/** Sandboxes kept warm, at about half a megabyte each and 8 MB at most; the one unused for longest goes first. */
const MAX_WARM = 24;

/** In the order of their last use. */
const scripts = new Map<number, ScriptCodec>();
const progress = new Int32Array((workerData as WorkerSetup).progress);

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function codecOf(engine: Engine, { script, source }: ScriptJob): ScriptCodec {
  const codec = scripts.get(script) ?? createScriptCodec(engine, source ?? '');
  scripts.delete(script);
  scripts.set(script, codec);
  if (!codec.isWarm()) coolOldest();
  return codec;
}

function coolOldest(): void {
  const warm = [...scripts.values()].filter((codec) => codec.isWarm());
  if (warm.length >= MAX_WARM) warm[0]?.cool();
}

function forget(script: number): void {
  scripts.get(script)?.cool();
  scripts.delete(script);
}

function run(codec: ScriptCodec, call: ScriptCall): ScriptResult {
  switch (call.kind) {
    case 'check': {
      const wrong = codec.check();
      codec.cool();
      return { kind: 'check', wrong };
    }
    case 'decode':
      return {
        kind: 'decode',
        result: codec.decode({ ...call.input, data: Buffer.from(call.input.data, 'latin1') }),
      };
    case 'encode':
      return { kind: 'encode', result: codec.encode(call.input) };
  }
}

async function work(message: ToWorker): Promise<void> {
  if ('forget' in message) return forget(message.forget);
  try {
    const engine = await loadEngine();
    const replies = message.jobs.map((job) => {
      Atomics.store(progress, 0, job.id);
      const result = run(codecOf(engine, job), job.call);
      if (job.once) forget(job.script);
      return { id: job.id, result };
    });
    say({ replies });
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error), jobs: message.jobs.length });
  }
}

let queue = Promise.resolve();
parentPort?.on('message', (message: ToWorker) => {
  queue = queue.then(() => work(message));
});
