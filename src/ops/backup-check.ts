/** Looks into a backup: whether every file is there and as it was written, and what the backup holds. */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod/mini';
import { errorText } from '../model/error-text.ts';
import { pagesSettingsFiles } from '../model/pages-settings.ts';
import { type Told, ToldError, tell } from '../model/said.ts';
import { brokerUsersFile } from '../store/broker-users.ts';
import { storeFiles } from '../store/files.ts';
import { isPictureFile } from '../store/pictures.ts';
import { checkStore } from '../store/repair/inspect.ts';
import { isSheetFile } from '../store/sheets.ts';
import { openReadOnly, type Sqlite } from '../store/sqlite.ts';
import { usersFile } from '../store/tables/users-file.ts';
import { CERTIFICATE, MANIFEST } from './backup.ts';
import { RECIPIENT_FILE } from './backups/away/recipient.ts';
import { type CheckedPieces, checkPieces, within } from './backups/pieces-check.ts';
import { isEmpty, readStoreContents, type StoreContents } from './store-contents.ts';
import { digestFile } from './upgrade/signature.ts';

const MAX_MANIFEST_BYTES = 1024 * 1024;
/** What a Date can hold. */
const LAST_MS = 8.64e15;

const fileName = z.string().check(z.refine((name) => name === basename(name) && !/^\.*$/.test(name)));
/** As much of a manifest as is relied on; what else it says is passed over. */
const manifestShape = z.object({
  format: z.union([z.literal(1), z.literal(2)]),
  madeMs: z.number().check(z.minimum(0), z.maximum(LAST_MS)),
  files: z.array(
    z.object({ name: fileName, size: z.int().check(z.minimum(0)), sha256: z.string().check(z.length(64)) }),
  ),
  settings: z._default(z.array(z.object({ name: fileName, path: z.string() })), []),
});

type Manifest = z.infer<typeof manifestShape>;

/** What a backup says of itself; nothing of it is checked. */
const noteShape = z.object({
  version: z.optional(z.string()),
  site: z.optional(z.string()),
  left: z._default(z.array(z.string()), []),
  contents: z.optional(
    z.object({
      storeId: z.optional(z.string()),
      epoch: z.number(),
      records: z.number(),
      oldestMs: z.nullable(z.number()),
      newestMs: z.nullable(z.number()),
      devices: z.number(),
      hasLog: z.boolean(),
    }),
  ),
});

export interface BackupNote {
  readonly bytes: number;
  /** Of the program that made it. */
  readonly version: string | undefined;
  readonly site: string | undefined;
  /** The names of its files. */
  readonly files: readonly string[];
  /** Files left out as too large. */
  readonly left: readonly string[];
  readonly contents: StoreContents | undefined;
}

/** What the backup in `folder` says of itself, undefined when its manifest cannot be read. */
export function readBackupNote(folder: string): BackupNote | undefined {
  try {
    return noteIn(readFileSync(join(folder, MANIFEST), 'utf8'));
  } catch {
    return undefined;
  }
}

/** The same from the text of the manifest. */
export function noteIn(text: string): BackupNote | undefined {
  if (text.length > MAX_MANIFEST_BYTES) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  const manifest = z.safeParse(manifestShape, said);
  const note = z.safeParse(noteShape, said);
  if (!manifest.success || !note.success) return undefined;
  const { left, contents, version, site } = note.data;
  const { files } = manifest.data;
  return {
    version,
    site,
    files: files.map(({ name }) => name),
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    left,
    contents: contents && {
      ...contents,
      storeId: contents.storeId,
      // It stands there without its log where that was left out.
      hasLog: contents.hasLog && left.length === 0,
    },
  };
}

export interface CheckedBackup {
  /** What is wrong with it, an empty list when nothing is. */
  readonly problems: readonly Told[];
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
  if ('said' in manifest)
    return { problems: [manifest], contents: undefined, empty: false, madeMs: undefined };
  const problems: Told[] = [];
  for (const { name, size, sha256 } of manifest.files) {
    const found = await digestFile(join(folder, name)).catch(errorText);
    if (typeof found === 'string')
      problems.push(
        /ENOENT/.test(found)
          ? tell('restore.missing', { name })
          : tell('restore.unreadable', { name, error: found }),
      );
    else if (found.sha256 !== sha256 || found.size !== size) problems.push(tell('restore.damaged', { name }));
    else problems.push(...databaseProblems(folder, name, manifest.format === 2));
  }
  const names = manifest.files.map(({ name }) => name);
  const pieces = problems.length === 0 ? piecesOf(folder, names) : undefined;
  problems.push(...(pieces?.problems ?? []));
  const { madeMs } = manifest;
  if (problems.length > 0) return { problems, contents: undefined, empty: false, madeMs };
  try {
    const contents = withPieces(readStoreContents(folder), pieces);
    return { problems, contents, empty: isEmpty(contents), madeMs };
  } catch (error) {
    const problem = tell('restore.noStore', { error: errorText(error) });
    return { problems: [problem], contents: undefined, empty: false, madeMs };
  }
}

/** The manifest, or why there is none. */
function readManifest(folder: string): Manifest | Told {
  const file = join(folder, MANIFEST);
  try {
    if (statSync(file).size > MAX_MANIFEST_BYTES) return tell('restore.hugeManifest', { name: file });
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const format = z.safeParse(z.object({ format: z.number() }), json);
    if (format.success && format.data.format > 2) return tell('restore.newer', { folder });
    const manifest = z.safeParse(manifestShape, json);
    if (manifest.success) return manifest.data;
    const place = manifest.error.issues[0]?.path.join('.') ?? '';
    return place === ''
      ? tell('restore.damaged', { name: file })
      : tell('restore.bentManifest', { name: file, place });
  } catch {
    return tell('restore.noManifest', { name: file });
  }
}

/** What none of our programs made, and what would go on doing somebody's work in the restored box. */
function foreignProblems(db: Sqlite, name: string): Told[] {
  const found = db
    .prepare("SELECT type, name FROM sqlite_schema WHERE type NOT IN ('table', 'index') LIMIT 5")
    .all() as { type: string; name: string }[];
  return found.map((each) =>
    tell('restore.foreign', { name, type: each.type, what: JSON.stringify(each.name) }),
  );
}

function piecesOf(folder: string, names: readonly string[]): CheckedPieces | undefined {
  try {
    return checkPieces(folder, names);
  } catch (error) {
    return {
      problems: [tell('restore.noLog', { error: errorText(error) })],
      records: 0,
      oldestMs: null,
      newestMs: null,
    };
  }
}

function withPieces(
  contents: StoreContents | undefined,
  pieces: CheckedPieces | undefined,
): StoreContents | undefined {
  if (!contents || !pieces) return contents;
  const { records, oldestMs, newestMs } = pieces;
  return { ...contents, records, oldestMs, newestMs };
}

function databaseProblems(folder: string, name: string, isInPieces: boolean): Told[] {
  if (!name.endsWith('.db')) return [];
  try {
    const db = openReadOnly(join(folder, name));
    try {
      const found = db.pragma('quick_check(1)', { simple: true });
      if (found !== 'ok') return [within(name, tell('step.error', { error: String(found) }))];
      const foreign = foreignProblems(db, name);
      if (foreign.length > 0) return foreign;
    } finally {
      db.close();
    }
  } catch (error) {
    return [within(name, tell('step.error', { error: errorText(error) }))];
  }
  if (name !== basename(storeFiles(folder).database)) return [];
  return checkStore(folder, isInPieces).problems.map((problem) => within(name, problem));
}

/** What a checked backup is made of, by what it is for. */
export interface BackupParts {
  /** Files of the store's folder. */
  readonly store: readonly string[];
  /** The key of the device keys, if it was taken along. */
  readonly key: string | undefined;
  readonly settings: Manifest['settings'];
}

/** The parts of the backup in `folder`. Throws when it has no readable manifest. */
export function readBackupParts(folder: string): BackupParts {
  const manifest = readManifest(folder);
  if ('said' in manifest) throw new ToldError(manifest);
  const { files, settings } = manifest;
  const { database, keys, secret } = storeFiles(folder);
  const { kept } = pagesSettingsFiles(folder);
  const there = (file: string): boolean => files.some(({ name }) => name === basename(file));
  const store = [
    database,
    keys,
    usersFile(folder),
    brokerUsersFile(folder),
    CERTIFICATE,
    RECIPIENT_FILE,
    kept,
  ]
    .filter(there)
    .map((file) => basename(file));
  const drawn = files.map(({ name }) => name).filter((name) => isPictureFile(name) || isSheetFile(name));
  return {
    store: [...store, ...drawn],
    key: there(secret) ? basename(secret) : undefined,
    settings: settings.filter(({ name }) => there(name)),
  };
}
