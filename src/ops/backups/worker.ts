/** The thread in which backups are made, looked at and put back: gigabytes, and shares that hang, hold up nobody else. */

import { parentPort, workerData } from 'node:worker_threads';
import type { RestorePreview } from '../../model/care.ts';
import { errorText } from '../../model/error-text.ts';
import { tell, toldOf } from '../../model/said.ts';
import { createLogger } from '../logger.ts';
import { type RestoreOptions, type RestoreOutcome, restoreBackup } from '../restore.ts';
import { createWorld } from '../world.ts';
import { BackupProblem } from './folder.ts';
import { previewBackup } from './preview.ts';
import { isRehearsalDue, readRehearsalNote, rehearseRestore } from './restore-rehearsal.ts';
import {
  type BackupJob,
  type BackupResult,
  type BackupsFound,
  failedBackup,
  lookAtBackups,
  runBackup,
} from './run.ts';

/** What the thread is started for. */
export type BackupTask =
  | { readonly kind: 'look' | 'run'; readonly job: BackupJob }
  /** Says what is in the backup in `folder`, and what it would replace in `dir`. */
  | { readonly kind: 'preview'; readonly folder: string; readonly dir: string }
  | ({ readonly kind: 'restore' } & Omit<RestoreOptions, 'world'>);

/** What it says before it ends. */
export type BackupAnswer =
  | { readonly kind: 'found'; readonly found: BackupsFound }
  | { readonly kind: 'ran'; readonly result: BackupResult }
  | { readonly kind: 'previewed'; readonly preview: RestorePreview }
  | { readonly kind: 'restored'; readonly outcome: RestoreOutcome };

async function answer(task: BackupTask): Promise<BackupAnswer> {
  switch (task.kind) {
    case 'run':
      return { kind: 'ran', result: await rehearsed(task.job, await runBackup(task.job)) };
    case 'look':
      return look(task.job);
    case 'preview':
      return { kind: 'previewed', preview: await previewBackup(task.folder, task.dir) };
    case 'restore':
      return { kind: 'restored', outcome: await restore(task) };
  }
}

/** Once a week, after a backup: whether a store comes of it. */
async function rehearsed(job: BackupJob, result: BackupResult): Promise<BackupResult> {
  if (!('last' in result)) return result;
  const before = readRehearsalNote(job.place);
  const world = quietWorld();
  const rehearsal = isRehearsalDue(before, job.nowMs) ? await rehearseRestore(job, world) : before;
  return rehearsal ? { ...result, rehearsal } : result;
}

function quietWorld() {
  return createWorld(createLogger({ level: 'error', format: 'auto' }));
}

function look({ place }: BackupJob): BackupAnswer {
  try {
    return { kind: 'found', found: lookAtBackups(place) };
  } catch (error) {
    const told =
      error instanceof BackupProblem
        ? error.told
        : tell('backup.error', { error: errorText(error) }, 'backup.log.todo');
    return { kind: 'ran', result: failedBackup(told) };
  }
}

async function restore(options: Omit<RestoreOptions, 'world'>): Promise<RestoreOutcome> {
  try {
    return await restoreBackup({ ...options, world: quietWorld() });
  } catch (error) {
    return { restored: false, running: false, problems: [toldOf(error)] };
  }
}

// No await up here: the executable loads this file with require.
const port = parentPort;
if (port) void answer(workerData as BackupTask).then((answered) => port.postMessage(answered));
