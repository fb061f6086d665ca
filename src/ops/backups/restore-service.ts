/** What a page asks for on the way to a restore: a look at a backup, and then that it be carried out. */
import { randomUUID } from 'node:crypto';
import type { RestoreReport, RestoreState } from '../../model/care.ts';
import { type Told, ToldError, tell, tellAll, toldOf } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import type { Uploads } from '../uploads.ts';
import type { Catalogue } from './catalogue.ts';
import { lastRestore, requestRestore } from './restore-request.ts';
import { type BackupThread, runInThread } from './thread.ts';
import type { BackupTask } from './worker.ts';

/** A backup of the box's own folder by its name, or one that was brought. */
export type RestoreSource = { readonly backup: string } | { readonly upload: string };

export interface RestoreService {
  state(): RestoreState;
  last(): RestoreReport | undefined;
  /** Begins to check a backup; 'unknown' when there is none of that name. */
  preview(source: RestoreSource): Promise<'begun' | 'busy' | 'unknown'>;
  /** Has the backup of that preview put in place, or says why not. */
  restore(id: string, allowEmpty: boolean): Told | undefined;
}

export interface RestoreServiceOptions {
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly uploads: Pick<Uploads, 'whole'>;
  /** Of the store. */
  readonly dir: string;
  readonly world: World;
  /** Ends this life of the box and begins the next. */
  readonly restart: (why: string) => void;
  readonly run?: (task: BackupTask) => BackupThread;
}

/** So that the answer still gets out. */
const RESTART_MS = 300;
/** A share that hangs, or a check of gigabytes on a slow card. */
const LONGEST_MS = 2 * 3_600_000;

interface Chosen {
  readonly name: string;
  readonly folder: string;
}

export function createRestoreService(options: RestoreServiceOptions): RestoreService {
  const { catalogue, uploads, dir, world, restart, run = runInThread } = options;
  let state: RestoreState = { kind: 'idle' };
  let chosen: Chosen | undefined;

  async function folderOf(source: RestoreSource): Promise<Chosen | undefined> {
    if ('upload' in source) {
      const found = uploads.whole(source.upload);
      return found && { name: found.name, folder: found.path };
    }
    const folder = await catalogue.find(source.backup).catch(() => undefined);
    return folder === undefined ? undefined : { name: source.backup, folder };
  }

  async function check({ name, folder }: Chosen): Promise<void> {
    const { answer, cut } = run({ kind: 'preview', folder, dir });
    const cancel = world.clock.after(LONGEST_MS, cut);
    try {
      const answered = await answer;
      if (answered.kind !== 'previewed') throw new ToldError(tell('restore.noCheck'));
      state = { kind: 'ready', id: randomUUID(), name, preview: answered.preview };
    } catch (error) {
      state = { kind: 'failed', name, problem: toldOf(error) };
    } finally {
      cancel();
    }
  }

  return {
    state: () => state,
    last: () => lastRestore(dir),
    async preview(source) {
      if (state.kind === 'checking' || state.kind === 'restarting') return 'busy';
      const found = await folderOf(source);
      if (!found) return 'unknown';
      chosen = found;
      state = { kind: 'checking', name: found.name };
      void check(found);
      return 'begun';
    },
    restore(id, allowEmpty) {
      if (state.kind !== 'ready' || state.id !== id || !chosen) return tell('restore.gone');
      const { problems, objection } = state.preview;
      const [problem] = problems;
      if (problem) return tellAll([tell('restore.cannot'), problem]);
      if (objection !== undefined && !allowEmpty) return objection;
      requestRestore(dir, { ...chosen, allowEmpty });
      state = { kind: 'restarting', name: chosen.name };
      world.clock.after(RESTART_MS, () => restart('a backup is to be put in place'));
      return undefined;
    },
  };
}
