/** Runs one task about backups in a thread of its own: they block for as long as a disk or a share does. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BackupAnswer, BackupTask } from './worker.ts';

export interface BackupThread {
  /** Rejects when the thread fails. */
  readonly answer: Promise<BackupAnswer>;
  readonly cut: () => void;
}

export function runInThread(task: BackupTask): BackupThread {
  const worker = new Worker(workerFile(), {
    workerData: task,
    name: 'backup',
    resourceLimits: { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4 },
  });
  worker.unref();
  const answer = new Promise<BackupAnswer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the backup ended without a word (${code})`)));
  });
  return { answer, cut: () => void worker.terminate() };
}

/** In the bundle and the executable a file beside the program; from source the file itself. */
function workerFile(): string {
  const bundled = join(import.meta.dirname, 'backup-worker.js');
  return existsSync(bundled) ? bundled : join(import.meta.dirname, 'worker.ts');
}
