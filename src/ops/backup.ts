/**
 * Copies what a box cannot get again into a folder: databases as they are at one moment, also while the service writes
 * them, the certificate, the settings. `manifest.json` lists every file with its size and SHA-256. Readable by its owner
 * alone, as it holds keys.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { storeFiles } from '../store/files.ts';
import { openReadOnly } from '../store/sqlite.ts';
import { usersFile } from '../store/users.ts';
import { digestFile } from './upgrade/signature.ts';

export interface BackupOptions {
  /** Of the store. */
  readonly dir: string;
  /** Settings files, copied under their own names. */
  readonly settings: readonly string[];
  /** The key the device keys are sealed with; a backup without it gives none of them away, and needs it to be of use. */
  readonly withKey?: boolean;
  /** Where that key is, if not in the store's folder. */
  readonly keyFile?: string | undefined;
  /** The folder to make; must not exist. */
  readonly to: string;
  readonly version: string;
  readonly nowMs: number;
  /** Bytes above which the log of readings is left out: it can be large, and the card small. */
  readonly maxLogBytes?: number;
}

export interface BackupManifest {
  readonly format: 1;
  readonly version: string;
  /** When it was made, epoch milliseconds. */
  readonly madeMs: number;
  readonly files: readonly { readonly name: string; readonly size: number; readonly sha256: string }[];
  /** What was left out, as it was too large. */
  readonly left: readonly string[];
  /** The settings among the files, and where they lay; the main file first. */
  readonly settings?: readonly { readonly name: string; readonly path: string }[];
}

const MANIFEST = 'manifest.json';
const CERTIFICATE = 'tls.pem';

/** Makes the backup; resolves to what is in it. Rejects, leaving nothing behind, when it cannot be completed. */
export async function createBackup(options: BackupOptions): Promise<BackupManifest> {
  const { dir, to, settings, maxLogBytes = Number.POSITIVE_INFINITY } = options;
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  mkdirSync(to, { mode: 0o700 });
  try {
    const { database, keys, secret } = storeFiles(dir);
    const left: string[] = [];
    for (const file of [database, usersFile(dir)]) {
      if (!existsSync(file)) continue;
      if (file === database && statSync(file).size > maxLogBytes) left.push(basename(file));
      else await copyDatabase(file, join(to, basename(file)));
    }
    const key = options.keyFile ?? secret;
    if (options.withKey && existsSync(key)) copyFileSync(key, join(to, basename(secret)));
    for (const file of [keys, join(dir, CERTIFICATE), ...settings]) {
      if (existsSync(file)) copyFileSync(file, join(to, basename(file)));
    }
    const files = [];
    for (const name of readdirSync(to).sort()) {
      chmodSync(join(to, name), 0o600);
      files.push({ name, ...(await digestFile(join(to, name))) });
    }
    const manifest: BackupManifest = {
      format: 1,
      version: options.version,
      madeMs: options.nowMs,
      files,
      left,
      settings: settings.filter(existsSync).map((path) => ({ name: basename(path), path: resolve(path) })),
    };
    writeFileSync(join(to, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    return manifest;
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    throw error;
  }
}

/** In one step: a copy made in many begins again whenever the service writes in between. */
async function copyDatabase(file: string, to: string): Promise<void> {
  const db = openReadOnly(file);
  try {
    await db.backup(to, { progress: () => 0x7fffffff });
  } finally {
    db.close();
  }
}

/** What is wrong with the backup in `folder`, an empty list when nothing is. */
export async function verifyBackup(folder: string): Promise<string[]> {
  let manifest: BackupManifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as BackupManifest;
  } catch {
    return [`${join(folder, MANIFEST)} is missing or damaged`];
  }
  if (manifest.format !== 1) return ['made by a newer version'];
  const problems: string[] = [];
  for (const { name, size, sha256 } of manifest.files) {
    const file = join(folder, basename(name));
    const found = await digestFile(file).catch(() => undefined);
    if (!found) problems.push(`${name} is missing`);
    else if (found.sha256 !== sha256 || found.size !== size) problems.push(`${name} is damaged`);
    else if (name.endsWith('.db')) problems.push(...databaseProblems(file));
  }
  return problems;
}

/** What a verified backup holds, by what it is for. */
export interface BackupContents {
  /** Files of the store's folder. */
  readonly store: readonly string[];
  /** The key of the device keys, if it was taken along. */
  readonly key: string | undefined;
  readonly settings: NonNullable<BackupManifest['settings']>;
}

/** The contents of the backup in `folder`. Throws when it has no readable manifest. */
export function readContents(folder: string): BackupContents {
  const { files, settings = [] } = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as BackupManifest;
  const { database, keys, secret } = storeFiles(folder);
  const there = (file: string): boolean => files.some(({ name }) => name === basename(file));
  const store = [database, keys, usersFile(folder), CERTIFICATE].filter(there).map((file) => basename(file));
  return {
    store,
    key: there(secret) ? basename(secret) : undefined,
    settings: settings.filter(({ name }) => there(name)),
  };
}

function databaseProblems(file: string): string[] {
  try {
    const db = openReadOnly(file);
    try {
      const found = db.pragma('quick_check(1)', { simple: true });
      return found === 'ok' ? [] : [`${basename(file)}: ${String(found)}`];
    } finally {
      db.close();
    }
  } catch (error) {
    return [`${basename(file)}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Removes the oldest folders in `parent` whose names begin with `start`, down to `keep`; they sort by their names. */
export function pruneBackups(parent: string, start: string, keep: number): void {
  const names = existsSync(parent) ? readdirSync(parent).filter((name) => name.startsWith(start)) : [];
  for (const name of names.sort().slice(0, -keep))
    rmSync(join(parent, name), { recursive: true, force: true });
}
