/** Takes an installation's steps one after the other, each only as far as things are not so already. */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { draftOf, removeIfPossible } from '../../files/draft.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { NAME } from './layout.ts';
import type { Machine } from './machine.ts';
import type { InstallStep, Owner } from './plan.ts';

/** 'kept': there is one already, which is the operator's. */
export type InstallOutcome = 'unchanged' | 'kept' | 'done';

/** A step could not be taken; what was done before it stays, and a second run goes on from there. */
export class StepError extends Error {
  override readonly name = 'StepError';
  readonly step: InstallStep;
  constructor(step: InstallStep, reason: string) {
    super(reason);
    this.step = step;
  }
}

export interface ExecuteOptions {
  readonly machine: Machine;
  readonly system: boolean;
  /** Only looks: `tell` says what would be done. */
  readonly dry: boolean;
  readonly tell: (step: InstallStep, outcome: InstallOutcome) => void;
}

/** Takes all steps. Resolves to whether anything was, or would be, changed. Rejects with StepError. */
export async function execute(steps: readonly InstallStep[], options: ExecuteOptions): Promise<boolean> {
  let changed = false;
  for (const step of steps) {
    try {
      const outcome = await take(step, options, changed);
      options.tell(step, outcome);
      changed ||= outcome === 'done';
    } catch (error) {
      throw error instanceof StepError
        ? error
        : new StepError(step, error instanceof Error ? error.message : String(error));
    }
  }
  return changed;
}

async function take(step: InstallStep, options: ExecuteOptions, changed: boolean): Promise<InstallOutcome> {
  const { machine, dry } = options;
  switch (step.kind) {
    case 'user':
      return user(step, options);
    case 'folder': {
      const owner = await ids(step.group, options);
      if (isOwned(step.path, step.mode, owner)) return 'unchanged';
      if (!dry) {
        mkdirSync(step.path, { recursive: true, mode: step.mode });
        own(step.path, step.mode, owner);
      }
      return 'done';
    }
    case 'file':
      return file(step, options);
    case 'executable':
      if (sameContent(step.from, step.path)) return 'unchanged';
      if (!dry) putExecutable(step.from, step.path);
      return 'done';
    case 'removed':
      if (!existsSync(step.path)) return 'unchanged';
      if (!dry) rmSync(step.path);
      return 'done';
    case 'enabled':
      if ((await machine.run('systemctl', ['is-enabled', '--quiet', step.unit])).code === 0)
        return 'unchanged';
      if (!dry) await must(step, machine, 'systemctl', ['enable', '--quiet', step.unit]);
      return 'done';
    case 'disabled':
      if (!existsSync(step.path)) return 'unchanged';
      if (!dry) await must(step, machine, 'systemctl', ['disable', '--now', '--quiet', step.unit]);
      return 'done';
    case 'running': {
      const active = (await machine.run('systemctl', ['is-active', '--quiet', step.unit])).code === 0;
      if (active && !changed) return 'unchanged';
      if (!dry) {
        await must(step, machine, 'systemctl', ['daemon-reload']);
        await must(step, machine, 'systemctl', ['restart', step.unit]);
      }
      return 'done';
    }
  }
}

async function user(
  step: InstallStep & { kind: 'user' },
  { machine, dry }: ExecuteOptions,
): Promise<InstallOutcome> {
  if ((await machine.run('getent', ['passwd', step.name])).code === 0) return 'unchanged';
  const shell = ['--shell', '/usr/sbin/nologin', '--home-dir', step.home, '--no-create-home'];
  if (!dry) await must(step, machine, 'useradd', ['--system', '--user-group', ...shell, step.name]);
  return 'done';
}

async function file(step: InstallStep & { kind: 'file' }, options: ExecuteOptions): Promise<InstallOutcome> {
  const existing = options.machine.read(step.path);
  if (!step.owned && existsSync(step.path)) return 'kept';
  const owner = await ids(step.group, options);
  if (existing === step.text && isOwned(step.path, step.mode, owner)) return 'unchanged';
  if (options.dry) return 'done';
  mkdirSync(dirname(step.path), { recursive: true, mode: 0o755 });
  replaceFile(step.path, step.text, { mode: step.mode, owner, formerDraft: step.owned });
  return 'done';
}

/** Copies beside its place, makes it last, then puts it there in one step: a running program keeps its own file. */
export function putExecutable(from: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const draft = draftOf(path);
  try {
    copyFileSync(from, draft, constants.COPYFILE_EXCL);
    chmodSync(draft, 0o755);
    syncFile(draft);
    renameSync(draft, path);
  } catch (error) {
    // A copy cut short by a full disk would keep it full.
    removeIfPossible(draft);
    throw error;
  }
  syncFile(dirname(path));
}

export function syncFile(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export function sameContent(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (!one || !other) return false;
  if (one.ino === other.ino && one.dev === other.dev) return true;
  return one.size === other.size && readFileSync(a).equals(readFileSync(b));
}

/** Numbers of the owner and the group; undefined where they do not matter, as below a folder of one's own. */
type Ids = { readonly uid: number; readonly gid: number } | undefined;

async function ids(group: Owner, { machine, system, dry }: ExecuteOptions): Promise<Ids> {
  if (!system) return undefined;
  if (group === 'root') return { uid: 0, gid: 0 };
  const gid = Number((await machine.run('getent', ['group', NAME])).stdout.split(':')[2]);
  if (Number.isInteger(gid)) return { uid: 0, gid };
  if (dry) return { uid: 0, gid: -1 };
  throw new Error(`there is no group ${NAME}`);
}

function isOwned(path: string, mode: number, owner: Ids): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat || (stat.mode & 0o7777) !== mode) return false;
  return !owner || (stat.uid === owner.uid && stat.gid === owner.gid);
}

function own(path: string, mode: number, owner: Ids): void {
  if (owner) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, mode);
}

async function must(
  step: InstallStep,
  machine: Machine,
  command: string,
  args: readonly string[],
): Promise<void> {
  const { code, stderr, stdout } = await machine.run(command, args);
  if (code !== 0) {
    const words = `${stderr}${stdout}`.trim().slice(-2_000);
    throw new StepError(
      step,
      `${command} ${args.join(' ')} failed with ${code}${words ? `:\n${words}` : ''}`,
    );
  }
}
