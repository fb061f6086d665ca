/**
 * Makes one backup into the folder of backups, checks it, and only then removes those that are not to be kept. Where nothing
 * has changed since the last one, that one is checked instead. Never fills the disk: without room there is no backup, and that
 * is told. All of it blocks, and a share may hang: it runs in a thread of its own (worker.ts).
 */

import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../files/sync-folder.ts';
import { errorText } from '../../model/error-text.ts';
import { type Said, type ToldTrouble, tell, tellAll } from '../../model/said.ts';
import { storeFiles } from '../../store/files.ts';
import { pictureFiles } from '../../store/pictures.ts';
import { freeBytesAt } from '../../store/retention/reserve-file.ts';
import { usersFile } from '../../store/tables/users-file.ts';
import { createBackup, NothingToBackUp } from '../backup.ts';
import { checkBackup, readBackupNote } from '../backup-check.ts';
import { readStoreContents } from '../store-contents.ts';
import type { AwayPlaces, CopyOutcome } from './away/copies.ts';
import { fingerprintOf, newestSeqIn } from './fingerprint.ts';
import {
  type BackupPlace,
  BackupProblem,
  isSameDisk,
  type LastBackup,
  listBackups,
  nameOf,
  openPlace,
  readLast,
  removeBackup,
  unfinishedPath,
  writeLast,
} from './folder.ts';
import { canLink, pieceBytes, piecesAmong } from './pieces.ts';
import { type RestoreRehearsal, readRehearsalNote } from './restore-rehearsal.ts';
import { type Keep, timesToKeep } from './schedule.ts';

/** On the disk of the store a copy of the log wears the card and helps least: a quarter of what should be written a day. */
const SAME_DISK_LOG_BYTES = 256 * 1024 ** 2;
/** What a backup needs beside the files it copies. */
const MORE_BYTES = 4 * 1024 ** 2;

export interface BackupJob {
  readonly place: BackupPlace;
  /** Of the store. */
  readonly dir: string;
  readonly keyFile?: string;
  /** Files. */
  readonly settings: readonly string[];
  readonly keep: Keep;
  /** Where copies go that leave the box. */
  readonly away?: AwayPlaces;
  readonly maxLogBytes?: number;
  /** Left free on the disk of the backups for everybody. */
  readonly reserveBytes: number;
  readonly version: string;
  readonly nowMs: number;
  /** The last one is sent, and none made where it is there. */
  readonly onlyCopies?: boolean;
}

/** How the backups are. */
export interface BackupsFound {
  /** The newest that is whole, and up to date when it was last looked at. */
  readonly last: LastBackup | undefined;
  readonly kept: number;
  /** The last time restoring one was tried out. */
  readonly rehearsal?: RestoreRehearsal;
}

export type BackupResult =
  | (BackupsFound & {
      readonly outcome: 'made' | 'unchanged';
      /** Removed before their time, so that there is room for the next one. */
      readonly thinned: number;
      /** Of the copies outside the box. */
      readonly copies: readonly CopyOutcome[];
    })
  | { readonly outcome: 'nothing' }
  | {
      readonly outcome: 'failed';
      readonly problem: string;
      readonly hint: string;
      readonly said: readonly Said[];
    };

/** What a test decides. */
export interface BackupDeps {
  readonly freeBytes: (folder: string) => number;
  readonly check: typeof checkBackup;
}

const USUAL: BackupDeps = { freeBytes: freeBytesAt, check: checkBackup };

/** How the backups were left, less what somebody has removed since; throws a BackupProblem when their folder cannot be looked into. */
export function lookAtBackups(place: BackupPlace): BackupsFound {
  openPlace(place);
  const kept = listBackups(place);
  const last = readLast(place);
  const rehearsal = readRehearsalNote(place);
  return {
    last: kept.some(({ name }) => name === last?.name) ? last : undefined,
    kept: kept.length,
    ...(rehearsal ? { rehearsal } : {}),
  };
}

export async function runBackup(job: BackupJob, deps: BackupDeps = USUAL): Promise<BackupResult> {
  try {
    openPlace(job.place);
    const result = lastOne(job) ?? (await backUp(job, deps));
    return { ...result, copies: await copiesOf(job, result.last?.name) };
  } catch (error) {
    if (error instanceof NothingToBackUp) return { outcome: 'nothing' };
    return failedBackup(
      error instanceof BackupProblem ? error.told : tell('backup.error', { error: errorText(error) }),
    );
  } finally {
    rmSync(unfinishedPath(job.place), { recursive: true, force: true });
  }
}

/** That it is only to be sent: a line that is away for months is no reason for a backup each hour. */
function lastOne({ place, onlyCopies }: BackupJob): Made | undefined {
  if (!onlyCopies) return undefined;
  const { last, kept } = lookAtBackups(place);
  return last && { outcome: 'unchanged', last, kept, thinned: 0 };
}

async function copiesOf(job: BackupJob, name: string | undefined): Promise<readonly CopyOutcome[]> {
  const { away, place, dir, keep, reserveBytes, nowMs } = job;
  if (!away || name === undefined) return [];
  const { sendCopies } = await import('./away/copies.ts');
  return sendCopies({ site: place.site, folder: place.folder, name, dir, away, keep, reserveBytes, nowMs });
}

export function failedBackup({
  detail,
  hint,
  said,
}: ToldTrouble): BackupResult & { readonly outcome: 'failed' } {
  return { outcome: 'failed', problem: detail, hint, said };
}

type Made = BackupsFound & { readonly outcome: 'made' | 'unchanged'; readonly thinned: number };

async function backUp(job: BackupJob, deps: BackupDeps): Promise<Made> {
  const { place, dir, settings, nowMs } = job;
  const logBytes = sizeOf(storeFiles(dir).database);
  const hasLog = logBytes <= maxLogBytesOf(job);
  const fingerprint = fingerprintNow(dir, settings, hasLog);
  const last = readLast(place);
  if (last && fingerprint !== undefined && last.fingerprint === fingerprint) {
    if (await isWhole(join(place.folder, last.name), deps)) {
      const checked = { ...last, checkedMs: nowMs };
      writeLast(place, checked);
      return { outcome: 'unchanged', last: checked, kept: listBackups(place).length, thinned: 0 };
    }
  }
  const base = baseFor(job);
  const saved = base === '' ? 0 : Math.min(logBytes, pieceBytes(base));
  const wantedBytes =
    MORE_BYTES +
    (hasLog ? logBytes - saved + sizeOf(storeFiles(dir).wal) : 0) +
    sizeOf(usersFile(dir)) +
    pictureFiles(dir).reduce((sum, file) => sum + sizeOf(file), 0);
  refuseFull(job, wantedBytes, deps);
  const made = await makeOrBeginAnew(job, hasLog, base, deps);
  const current = {
    name: made.name,
    fingerprint: fingerprint ?? '',
    checkedMs: nowMs,
    hasLog,
    bytes: made.bytes,
  };
  writeLast(place, current);
  const thinned = prune(job, made.name, wantedBytes, deps);
  return { outcome: 'made', last: current, kept: listBackups(place).length, thinned };
}

function maxLogBytesOf({ maxLogBytes, place, dir }: BackupJob): number {
  if (maxLogBytes !== undefined) return maxLogBytes;
  return isSameDisk(place.folder, dir) ? SAME_DISK_LOG_BYTES : Number.POSITIVE_INFINITY;
}

/** undefined when the store cannot be read; then the backup itself says why. */
function fingerprintNow(dir: string, settings: readonly string[], hasLog: boolean): string | undefined {
  try {
    const contents = readStoreContents(dir);
    if (!contents?.hasLog) return undefined;
    return fingerprintOf(dir, { ...contents, hasLog, newestSeq: newestSeqIn(dir) }, settings);
  } catch {
    return undefined;
  }
}

async function isWhole(folder: string, { check }: BackupDeps): Promise<boolean> {
  return existsSync(folder) && (await check(folder)).problems.length === 0;
}

function refuseFull(
  { place, reserveBytes }: BackupJob,
  wantedBytes: number,
  { freeBytes }: BackupDeps,
): void {
  const free = freeBytes(place.folder);
  if (free - wantedBytes >= reserveBytes) return;
  throw new BackupProblem(
    tell('backup.noRoom', {
      folder: place.folder,
      free: megabytes(free),
      wanted: megabytes(wantedBytes),
      reserve: megabytes(reserveBytes),
    }),
  );
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

/** The newest backup of this very store whose pieces can be taken over; '' where there is none. */
function baseFor({ place, dir }: BackupJob): string {
  const [newest] = listBackups(place);
  const note = newest && readBackupNote(newest.path);
  if (!newest || !note?.contents || piecesAmong(note.files).length === 0) return '';
  const here = readStoreContents(dir);
  const { storeId, epoch } = note.contents;
  const isSame = here?.storeId === storeId && here?.epoch === epoch;
  return isSame && canLink(newest.path, place.folder) ? newest.path : '';
}

/** Pieces that were taken over and are damaged by now are written anew. */
async function makeOrBeginAnew(
  job: BackupJob,
  hasLog: boolean,
  base: string,
  deps: BackupDeps,
): Promise<{ name: string; bytes: number }> {
  try {
    return await makeChecked(job, hasLog, base, deps);
  } catch (error) {
    if (base === '' || !(error instanceof BackupProblem)) throw error;
    return makeChecked(job, hasLog, '', deps);
  }
}

/** Makes it under another name, looks whether it is whole, and gives it its own. */
async function makeChecked(
  { place, dir, keyFile, settings, version, nowMs }: BackupJob,
  hasLog: boolean,
  base: string,
  { check }: BackupDeps,
): Promise<{ name: string; bytes: number }> {
  const draft = unfinishedPath(place);
  rmSync(draft, { recursive: true, force: true });
  const { files } = await createBackup({
    dir,
    settings,
    to: draft,
    version,
    site: place.site,
    nowMs,
    keyFile,
    withKey: keyFile === undefined,
    base,
    ...(hasLog ? {} : { maxLogBytes: 0 }),
  });
  const { problems } = await check(draft);
  if (problems.length > 0) {
    const whole = tell('backup.notWhole');
    throw new BackupProblem({ ...tellAll([whole, ...problems.slice(0, 3)]), hint: whole.hint });
  }
  let name = nameOf(place.site, nowMs);
  // Twice in a second, or under a clock that went back.
  for (let later = 1; existsSync(join(place.folder, name)); later++)
    name = nameOf(place.site, nowMs + later * 1_000);
  renameSync(draft, join(place.folder, name));
  syncFolder(place.folder);
  return { name, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

/** Removes what is not to be kept, then the oldest until there is room for another; returns how many of the latter. */
function prune(
  { place, keep, nowMs, reserveBytes }: BackupJob,
  current: string,
  wantedBytes: number,
  { freeBytes }: BackupDeps,
): number {
  const all = listBackups(place);
  const kept = timesToKeep(
    all.map(({ timeMs }) => timeMs),
    keep,
    nowMs,
  );
  const others = all.filter(({ name }) => name !== current);
  for (const each of others) if (!kept.has(each.timeMs)) removeBackup(each);
  const left = others.filter(({ timeMs }) => kept.has(timeMs));
  let thinned = 0;
  // Two are never too many: the one before may hold what somebody deleted by mistake.
  while (left.length > 1 && freeBytes(place.folder) - wantedBytes < reserveBytes) {
    const oldest = left.pop();
    if (!oldest) break;
    removeBackup(oldest);
    thinned++;
  }
  syncFolder(place.folder);
  return thinned;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
