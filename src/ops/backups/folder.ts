/**
 * The folder a box keeps its backups in, `<site>-<time>` each, which others may share: only names of this site are looked
 * at. `<site>.json` beside them says when the store was last found safe, also when there was nothing new to copy.
 */

import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { replaceFile } from '../../files/replace-file.ts';
import { type ToldTrouble, tell } from '../../model/said.ts';

export interface BackupPlace {
  readonly site: string;
  readonly folder: string;
  /** Made when it is missing; a folder that somebody chose may be a stick that is not mounted. */
  readonly isOurs: boolean;
  /** Must not be on the disk of this folder. */
  readonly apartFrom?: string;
}

/** A reason why there is no backup, with what to do. */
export class BackupProblem extends Error {
  override readonly name = 'BackupProblem';
  readonly told: ToldTrouble;
  constructor(told: ToldTrouble) {
    super(told.detail);
    this.told = told;
  }
}

export interface KeptBackup {
  readonly name: string;
  readonly path: string;
  readonly timeMs: number;
}

const lastShape = z.object({
  name: z.string(),
  /** Of what it was made from. */
  fingerprint: z.string(),
  /** When it was found to be whole and up to date, epoch milliseconds. */
  checkedMs: z.number(),
  hasLog: z.boolean(),
  bytes: z.number(),
});

/** The last success. */
export type LastBackup = z.infer<typeof lastShape>;

/** Throws a BackupProblem when nothing should be written there. */
export function openPlace({ folder, isOurs, apartFrom }: BackupPlace): void {
  if (isOurs) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory()) {
    throw new BackupProblem(tell('backup.noFolder', { folder }));
  }
  if (apartFrom !== undefined && found.dev === statSync(apartFrom).dev) {
    throw new BackupProblem(tell('backup.sameDisk', { folder }));
  }
}

export function isSameDisk(one: string, other: string): boolean {
  return statSync(one).dev === statSync(other).dev;
}

export function nameOf(site: string, timeMs: number): string {
  return `${site}-${new Date(timeMs).toISOString().replace(/\.\d+|[-:]/g, '')}`;
}

/** Where a backup lies while it is being made. */
export function unfinishedPath({ folder, site }: BackupPlace): string {
  return join(folder, `.${site}.unfinished`);
}

/** The backups of the site, newest first. What is no folder, or has another name, is somebody else's. */
export function listBackups({ folder, site }: BackupPlace): KeptBackup[] {
  return readdirSync(folder)
    .flatMap((name): KeptBackup[] => {
      const timeMs = timeIn(site, name);
      const path = join(folder, name);
      return timeMs !== undefined && lstatSync(path).isDirectory() ? [{ name, path, timeMs }] : [];
    })
    .sort((a, b) => b.timeMs - a.timeMs);
}

/** When the backup of that name was made; undefined for what is none of the site. */
export function timeIn(site: string, name: string): number | undefined {
  if (!name.startsWith(`${site}-`)) return undefined;
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(name.slice(site.length + 1));
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

export function removeBackup({ path }: KeptBackup): void {
  rmSync(path, { recursive: true, force: true });
}

export function readLast({ folder, site }: BackupPlace): LastBackup | undefined {
  try {
    const read = lastShape.safeParse(JSON.parse(readFileSync(join(folder, `${site}.json`), 'utf8')));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

export function writeLast({ folder, site }: BackupPlace, last: LastBackup): void {
  replaceFile(join(folder, `${site}.json`), `${JSON.stringify(last)}\n`);
}
