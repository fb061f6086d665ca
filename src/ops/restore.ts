/**
 * Puts a backup in the place of a box's store: on the box it came from or on the one that replaces it. Everything is made
 * ready beside the store first, and what was there is kept aside; until then nothing has changed.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { giveFileToOwner } from '../files/folder-owner.ts';
import { replaceFile } from '../files/replace-file.ts';
import { syncFolder } from '../files/sync-folder.ts';
import { type Told, tell, toldOf } from '../model/said.ts';
import type { World } from '../model/world.ts';
import { storeFiles } from '../store/files.ts';
import { isRunning } from '../store/repair/inspect.ts';
import { reincarnate } from '../store/repair/restore.ts';
import { lockFile } from '../store/sqlite.ts';
import { usersFile } from '../store/tables/users-file.ts';
import { type CheckedBackup, checkBackup, readBackupParts } from './backup-check.ts';
import { assembleLog } from './backups/pieces.ts';
import { readStoreContents } from './store-contents.ts';

export interface RestoreOptions {
  /** The backup. */
  readonly folder: string;
  /** Of the store; made if missing. */
  readonly dir: string;
  /** Where the key of the device keys is to be, if not in `dir`. */
  readonly keyFile?: string | undefined;
  readonly world: World;
  /** Also a backup that holds nothing, or no records where there are some now. */
  readonly allowEmpty?: boolean;
}

/** Why this backup should not take the place of the store in `dir` unless somebody means it. */
export function objectionTo({ empty, contents }: CheckedBackup, dir: string): Told | undefined {
  if (empty) return tell('restore.empty');
  const here = recordsIn(dir);
  if (here === 0 || (contents?.records ?? 0) > 0) return undefined;
  return tell('restore.noRecords', { dir, here });
}

/** A store that cannot be read is what a backup is for: it stands in the way of none. */
function recordsIn(dir: string): number {
  try {
    return readStoreContents(dir)?.records ?? 0;
  } catch {
    return 0;
  }
}

export type RestoreOutcome =
  | {
      readonly restored: true;
      readonly epoch: number;
      readonly files: readonly string[];
      /** Folder with what was there before, if anything was. */
      readonly aside?: string;
    }
  | { readonly restored: false; readonly running: boolean; readonly problems: readonly Told[] };

/** Restores; nothing is changed when it answers with problems. Rejects when the disk refuses. */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreOutcome> {
  const { folder, dir } = options;
  const checked = await checkBackup(folder);
  const { problems } = checked;
  if (problems.length > 0) return { restored: false, running: false, problems };
  mkdirSync(dir, { recursive: true, mode: 0o750 });
  if (isRunning(dir)) {
    const problem = tell('restore.running', { dir });
    return { restored: false, running: true, problems: [problem] };
  }
  const objection = options.allowEmpty ? undefined : objectionTo(checked, dir);
  if (objection !== undefined) return { restored: false, running: false, problems: [objection] };
  const unlock = lockFile(join(dir, 'lock'));
  try {
    goThrough(dir);
    return exchange(options);
  } finally {
    unlock();
    giveFileToOwner(join(dir, 'lock'), dir);
  }
}

function exchange(options: RestoreOptions): RestoreOutcome {
  const { dir, world } = options;
  const staged = stage(options);
  if ('problem' in staged) return { restored: false, running: false, problems: [staged.problem] };
  const stamp = new Date(world.clock.nowMs()).toISOString().replace(/[-:]|\.\d+/g, '');
  const aside = asideFolder(join(dir, `before-restore-${stamp}`));
  const { epoch } = staged;
  const plan = { aside, moves: staged.moves, epoch };
  // From here on the next start goes through with it, whatever happens.
  replaceFile(join(staged.folder, PLAN), JSON.stringify(plan), { mode: 0o600 });
  carryOut(plan, dir);
  const files = staged.moves.map(({ to }) => to);
  return existsSync(aside) ? { restored: true, epoch, files, aside } : { restored: true, epoch, files };
}

/** What moves where, so that an exchange cut short is gone through with and never begun anew from half of it. */
interface Plan {
  readonly aside: string;
  readonly moves: readonly Move[];
  readonly epoch: number;
}

interface Move {
  readonly from: string;
  readonly to: string;
}

const PLAN = 'plan.json';

/**
 * Goes through with an exchange that was cut short, by a power cut for one; undefined when there is none, or another process
 * is at it. Throws what the disk says.
 */
export function finishRestore(dir: string): { readonly epoch: number; readonly aside: string } | undefined {
  if (!planIn(dir) || isRunning(dir)) return undefined;
  const unlock = lockFile(join(dir, 'lock'));
  try {
    return goThrough(dir);
  } finally {
    unlock();
  }
}

function goThrough(dir: string): Plan | undefined {
  const plan = planIn(dir);
  if (plan) carryOut(plan, dir);
  return plan;
}

function planIn(dir: string): Plan | undefined {
  const file = join(storeFiles(dir).restoring, PLAN);
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as Plan;
}

/** Each step is a rename and may be done already. What comes moves only when all that goes is aside. */
function carryOut({ aside, moves }: Plan, dir: string): void {
  mkdirSync(aside, { mode: 0o700, recursive: true });
  if (moves.every(({ from }) => existsSync(from))) {
    for (const file of replacedBy(moves, dir)) {
      const kept = join(aside, basename(file));
      if (existsSync(file) && !existsSync(kept)) moveFile(file, kept);
    }
    syncFolder(aside);
    syncFolder(dir);
  }
  for (const { from, to } of moves) {
    if (!existsSync(from)) continue;
    mkdirSync(dirname(to), { recursive: true, mode: 0o750 });
    moveFile(from, to);
    // Root restores for the service, whose folder it is, and who could put a link there meanwhile.
    giveFileToOwner(to, dir);
    syncFolder(dirname(to));
  }
  if (readdirSync(aside).length === 0) rmdirSync(aside);
  rmSync(storeFiles(dir).restoring, { recursive: true, force: true });
  syncFolder(dir);
}

/** Makes everything ready in a folder of its own inside `dir`; the database is the last to move, as without it there is no store. */
function stage({
  folder,
  dir,
  keyFile,
  world,
}: RestoreOptions):
  | { readonly folder: string; readonly epoch: number; readonly moves: readonly Move[] }
  | { readonly problem: Told } {
  const { database, keys, secret, restoring: staging } = storeFiles(dir);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { mode: 0o700 });
  const { store, key } = readBackupParts(folder);
  const names = key === undefined ? store : [key, ...store];
  try {
    for (const name of names) copyDurably(join(folder, name), join(staging, name));
    assembleLog(folder, join(staging, basename(database)));
    const place = keyFile ?? secret;
    const epoch = reincarnate({
      copy: staging,
      dir,
      keyFile: key === undefined ? place : join(staging, key),
      world,
    });
    const made = [basename(database), basename(keys)];
    const others = names.filter((name) => !made.includes(name));
    const moves = [...others, basename(database)].map((name) => ({
      from: join(staging, name),
      to: name === key ? place : join(dir, name),
    }));
    return { folder: staging, epoch, moves };
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    return { problem: toldOf(error) };
  }
}

/** Files that make room: the store with all that belongs to it, and whatever the backup brings. */
function replacedBy(moves: readonly Move[], dir: string): string[] {
  const { wal, shm, damageNote, damaged, damagedWal, salvaging, salvaged, keys, ballast } = storeFiles(dir);
  // What SQLite keeps beside a database belongs to it and to no other.
  const brought = moves.flatMap(({ to }) => (to === usersFile(dir) ? [to, `${to}-wal`, `${to}-shm`] : [to]));
  return [wal, shm, damageNote, damaged, damagedWal, salvaging, salvaged, keys, ballast, ...brought];
}

/** Two restores within a second are no reason to lose what the first kept. */
function asideFolder(path: string): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? path : `${path}-${count}`;
    if (!existsSync(name)) return name;
  }
}

/** Also to another disk. */
function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    copyDurably(from, to);
    rmSync(from);
  }
}

/** On the disk when it returns; readable for its owner alone. */
function copyDurably(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o600);
  const fd = openSync(to, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Puts the settings of the backup where `main` is missing, further files as they lay beside it. Returns what was written; an
 * empty list when `main` is there, which is left alone.
 */
export function restoreSettings(folder: string, main: string): string[] {
  const [first, ...others] = readBackupParts(folder).settings;
  if (existsSync(main) || !first) return [];
  const written: string[] = [];
  const put = (name: string, path: string): void => {
    if (existsSync(path)) return;
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(join(folder, name), path);
    // They may hold tokens; the group is the service's where the folder is.
    chmodSync(path, 0o640);
    if (process.getuid?.() === 0) chownSync(path, 0, statSync(dirname(path)).gid);
    written.push(path);
  };
  put(first.name, main);
  for (const { name, path } of others) {
    const place = relative(dirname(first.path), path);
    if (!place.startsWith('..') && !isAbsolute(place)) put(name, join(dirname(main), place));
  }
  return written;
}
