/** Runs one import of the device catalogue in a thread of its own, with a limit on its memory and its time. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CatalogueOutcome, CatalogueProgress } from '../../model/device-catalogue.ts';
import { type Told, tell, toldOf } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import type { ImportTask } from './import-catalogue.ts';
import type { ImportWord } from './import-worker.ts';

/** A whole collection takes a small box some minutes. */
const LIMIT_MS = 20 * 60_000;
const LIMIT_MB = 80;

export interface ImportThread {
  /** Never rejects. */
  readonly outcome: Promise<CatalogueOutcome>;
  /** Ends it; nothing of it stays. */
  cut(): Promise<void>;
}

export function importInThread(
  task: ImportTask,
  clock: Clock,
  report: (progress: CatalogueProgress) => void,
): ImportThread {
  const worker = new Worker(workerFile(), {
    workerData: task,
    name: 'catalogue',
    resourceLimits: { maxOldGenerationSizeMb: LIMIT_MB, maxYoungGenerationSizeMb: 4, stackSizeMb: 4 },
  });
  worker.unref();
  let limit = (): void => {};
  const outcome = new Promise<CatalogueOutcome>((resolve) => {
    const refuse = ({ detail, said }: Told): void => resolve({ kind: 'refused', problem: detail, said });
    limit = clock.after(LIMIT_MS, () => {
      refuse(tell('catalogue.slow', { minutes: LIMIT_MS / 60_000 }));
      void worker.terminate();
    });
    worker.on('message', (word: ImportWord) => {
      if ('progress' in word) report(word.progress);
      else resolve(word.outcome);
    });
    worker.once('error', (error) =>
      refuse(isTooMuch(error) ? tell('catalogue.memory', { limit: LIMIT_MB }) : toldOf(error)),
    );
    worker.once('exit', () => refuse(tell('catalogue.ended')));
  }).finally(() => limit());
  return { outcome, cut: async () => void (await worker.terminate()) };
}

function isTooMuch(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** In the bundle and the executable a file beside the program; from source the file itself. */
function workerFile(): string {
  const bundled = join(import.meta.dirname, 'catalogue-worker.js');
  return existsSync(bundled) ? bundled : join(import.meta.dirname, 'import-worker.ts');
}
