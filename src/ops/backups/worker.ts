/** The thread a backup is made in: it copies and checks gigabytes, and a share that hangs holds up nobody else. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '../../model/error-text.ts';
import { BackupProblem } from './folder.ts';
import { type BackupJob, type BackupResult, type BackupsFound, lookAtBackups, runBackup } from './run.ts';

/** What the thread is started for. */
export interface BackupTask {
  readonly kind: 'look' | 'run';
  readonly job: BackupJob;
}

/** What it says before it ends. */
export type BackupAnswer =
  | { readonly kind: 'found'; readonly found: BackupsFound }
  | { readonly kind: 'ran'; readonly result: BackupResult };

async function answer({ kind, job }: BackupTask): Promise<BackupAnswer> {
  if (kind === 'run') return { kind: 'ran', result: await runBackup(job) };
  try {
    return { kind: 'found', found: lookAtBackups(job.place) };
  } catch (error) {
    const hint = error instanceof BackupProblem ? error.hint : 'webscada-edge service logs tells more';
    return { kind: 'ran', result: { outcome: 'failed', problem: errorText(error), hint } };
  }
}

// No await up here: the executable loads this file with require.
const port = parentPort;
if (port) void answer(workerData as BackupTask).then((answered) => port.postMessage(answered));
