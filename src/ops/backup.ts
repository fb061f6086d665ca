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
import { pagesSettingsFiles } from '../model/pages-settings.ts';
import { brokerUsersFile } from '../store/broker-users.ts';
import { storeFiles } from '../store/files.ts';
import { pictureFiles } from '../store/pictures.ts';
import { sheetFiles } from '../store/sheets.ts';
import { openReadOnly, openSqlite } from '../store/sqlite.ts';
import { usersFile } from '../store/tables/users-file.ts';
import { RECIPIENT_FILE } from './backups/away/recipient.ts';
import { copyInPieces, piecesAmong } from './backups/pieces.ts';
import { syncFile } from './install/execute.ts';
import { isEmpty, readStoreContents, type StoreContents } from './store-contents.ts';
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
  /** Of the settings; where it is known. */
  readonly site?: string;
  readonly nowMs: number;
  /** Bytes above which the log of readings is left out: it can be large, and the card small. */
  readonly maxLogBytes?: number;
  /** The log in pieces, those of this earlier backup taken over ('' for none): pieces.ts. */
  readonly base?: string;
  /** Also of a store that is not there or holds nothing yet. */
  readonly allowEmpty?: boolean;
}

export interface ManifestFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface BackupManifest {
  /** 2: the log is in pieces. */
  readonly format: 1 | 2;
  readonly version: string;
  /** Whose it is. */
  readonly site?: string;
  /** When it was made, epoch milliseconds. */
  readonly madeMs: number;
  readonly files: readonly ManifestFile[];
  /** What was left out, as it was too large. */
  readonly left: readonly string[];
  /** Of the store when it was copied. */
  readonly contents?: StoreContents;
  /** The settings among the files, and where they lay; the main file first. */
  readonly settings?: readonly { readonly name: string; readonly path: string }[];
}

export const MANIFEST = 'manifest.json';
export const CERTIFICATE = 'tls.pem';

/** There is nothing to copy: no store, or one that holds neither a record nor a device. */
export class NothingToBackUp extends Error {
  override readonly name = 'NothingToBackUp';
}

/**
 * Makes the backup; resolves to what is in it once all of it is on the disk. Rejects, leaving nothing behind, when it
 * cannot be completed, when the store cannot be read, and when there is nothing in it.
 */
export async function createBackup(options: BackupOptions): Promise<BackupManifest> {
  const { dir, to, settings } = options;
  const contents = readStoreContents(dir);
  if (!options.allowEmpty) refuseNothing(dir, contents);
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  mkdirSync(to, { mode: 0o700 });
  try {
    const left = await copyFiles(options);
    const files = [];
    const taken = piecesOf(options.base);
    for (const name of readdirSync(to).sort()) {
      const file = join(to, name);
      // What an earlier backup has as well is on the disk.
      if (statSync(file).nlink === 1) {
        chmodSync(file, 0o600);
        syncFile(file);
      }
      // As it was written then: what has happened to it since is seen by the check.
      files.push(taken.get(name) ?? { name, ...(await digestFile(file)) });
    }
    const manifest: BackupManifest = {
      format: options.base === undefined || left.length > 0 ? 1 : 2,
      version: options.version,
      ...(options.site === undefined ? {} : { site: options.site }),
      madeMs: options.nowMs,
      files,
      left,
      ...(contents === undefined ? {} : { contents }),
      settings: settings.filter(existsSync).map((path) => ({ name: basename(path), path: resolve(path) })),
    };
    writeFileSync(join(to, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    for (const path of [join(to, MANIFEST), to, dirname(to)]) syncFile(path);
    return manifest;
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    throw error;
  }
}

function piecesOf(base: string | undefined): ReadonlyMap<string, ManifestFile> {
  if (!base) return new Map();
  const { files } = JSON.parse(readFileSync(join(base, MANIFEST), 'utf8')) as Pick<BackupManifest, 'files'>;
  const pieces = new Set(piecesAmong(files.map(({ name }) => name)).map(({ name }) => name));
  return new Map(files.filter(({ name }) => pieces.has(name)).map((file) => [file.name, file]));
}

function refuseNothing(dir: string, contents: StoreContents | undefined): void {
  if (!contents?.hasLog) throw new NothingToBackUp(`there is no store in ${dir}`);
  if (!isEmpty(contents)) return;
  throw new NothingToBackUp(`the store in ${dir} is empty: it holds neither a record nor a device`);
}

/** Puts everything into the folder of the backup; resolves to the names of what was left out. */
async function copyFiles(options: BackupOptions): Promise<string[]> {
  const { dir, to, settings, maxLogBytes = Number.POSITIVE_INFINITY } = options;
  const { database, keys, secret } = storeFiles(dir);
  const left: string[] = [];
  for (const file of [database, usersFile(dir)]) {
    if (!existsSync(file)) continue;
    if (file === database && statSync(file).size > maxLogBytes) left.push(basename(file));
    else if (file === database && options.base !== undefined)
      copyInPieces({ database, to, name: basename(file), base: options.base || undefined });
    else await copyDatabase(file, join(to, basename(file)));
  }
  const key = options.keyFile ?? secret;
  if (options.withKey && existsSync(key)) copyFileSync(key, join(to, basename(secret)));
  const recipient = join(dir, RECIPIENT_FILE);
  const own = [keys, brokerUsersFile(dir), join(dir, CERTIFICATE), pagesSettingsFiles(dir).kept, recipient];
  for (const file of [...own, ...pictureFiles(dir), ...sheetFiles(dir), ...settings]) {
    if (existsSync(file)) copyFileSync(file, join(to, basename(file)));
  }
  return left;
}

/** In one step: a copy made in many begins again whenever the service writes in between. */
async function copyDatabase(file: string, to: string): Promise<void> {
  const db = openReadOnly(file);
  try {
    await db.backup(to, { progress: () => 0x7fffffff });
  } finally {
    db.close();
  }
  const copy = openSqlite(to);
  try {
    // In the other mode a file can also be opened on a medium that cannot be written.
    copy.pragma('journal_mode = DELETE');
    const found = copy.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok')
      throw new Error(`${file} is damaged (${String(found)}): a restart of the box repairs it`);
  } finally {
    copy.close();
  }
}

/** Removes the oldest folders in `parent` whose names begin with `start`, down to `keep`; they sort by their names. */
export function pruneBackups(parent: string, start: string, keep: number): void {
  const names = existsSync(parent) ? readdirSync(parent).filter((name) => name.startsWith(start)) : [];
  for (const name of names.sort().slice(0, -keep))
    rmSync(join(parent, name), { recursive: true, force: true });
}
