/** Looks into a backup: whether every file is there and as it was written, and what the backup holds. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { storeFiles } from '../store/files.ts';
import { verifyStore } from '../store/repair/inspect.ts';
import { openReadOnly } from '../store/sqlite.ts';
import { usersFile } from '../store/tables/users.ts';
import { type BackupManifest, CERTIFICATE, MANIFEST } from './backup.ts';
import { isEmpty, readStoreContents, type StoreContents } from './store-contents.ts';
import { digestFile } from './upgrade/signature.ts';

export interface CheckedBackup {
  /** What is wrong with it, an empty list when nothing is. */
  readonly problems: readonly string[];
  /** Of its store; undefined when it holds none, or none that can be read. */
  readonly contents: StoreContents | undefined;
  /** Whole, but neither a record nor a device is in it. */
  readonly empty: boolean;
  /** Epoch milliseconds. */
  readonly madeMs: number | undefined;
}

/** Checks every file by its hash, every database by its pages and every record by its checksum. */
export async function checkBackup(folder: string): Promise<CheckedBackup> {
  const manifest = readManifest(folder);
  if (typeof manifest === 'string')
    return { problems: [manifest], contents: undefined, empty: false, madeMs: undefined };
  const problems: string[] = [];
  for (const { name, size, sha256 } of manifest.files) {
    const found = await digestFile(join(folder, basename(name))).catch(() => undefined);
    if (!found) problems.push(`${name} is missing`);
    else if (found.sha256 !== sha256 || found.size !== size) problems.push(`${name} is damaged`);
    else problems.push(...databaseProblems(folder, basename(name)));
  }
  const { madeMs } = manifest;
  if (problems.length > 0) return { problems, contents: undefined, empty: false, madeMs };
  try {
    const contents = readStoreContents(folder);
    return { problems, contents, empty: isEmpty(contents), madeMs };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { problems: [`its store cannot be read: ${words}`], contents: undefined, empty: false, madeMs };
  }
}

/** The manifest, or why there is none. */
function readManifest(folder: string): BackupManifest | string {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Partial<BackupManifest>;
    if (manifest.format !== 1) return `${folder}: the backup was made by a newer version`;
    if (Array.isArray(manifest.files) && typeof manifest.madeMs === 'number')
      return manifest as BackupManifest;
    return `${join(folder, MANIFEST)} is damaged`;
  } catch {
    return `${join(folder, MANIFEST)} is missing or damaged`;
  }
}

function databaseProblems(folder: string, name: string): string[] {
  if (name === basename(storeFiles(folder).database))
    return verifyStore(folder).problems.map((problem) => `${name}: ${problem}`);
  if (!name.endsWith('.db')) return [];
  try {
    const db = openReadOnly(join(folder, name));
    try {
      const found = db.pragma('quick_check(1)', { simple: true });
      return found === 'ok' ? [] : [`${name}: ${String(found)}`];
    } finally {
      db.close();
    }
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** What a checked backup is made of, by what it is for. */
export interface BackupParts {
  /** Files of the store's folder. */
  readonly store: readonly string[];
  /** The key of the device keys, if it was taken along. */
  readonly key: string | undefined;
  readonly settings: NonNullable<BackupManifest['settings']>;
}

/** The parts of the backup in `folder`. Throws when it has no readable manifest. */
export function readBackupParts(folder: string): BackupParts {
  const manifest = readManifest(folder);
  if (typeof manifest === 'string') throw new Error(manifest);
  const { files, settings = [] } = manifest;
  const { database, keys, secret } = storeFiles(folder);
  const there = (file: string): boolean => files.some(({ name }) => name === basename(file));
  const store = [database, keys, usersFile(folder), CERTIFICATE].filter(there).map((file) => basename(file));
  return {
    store,
    key: there(secret) ? basename(secret) : undefined,
    settings: settings.filter(({ name }) => there(name)),
  };
}
