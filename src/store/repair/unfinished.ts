/**
 * The new file of a repair while it is being filled. It says in itself, in the transaction of the rows, how far into which
 * damaged file it is; one that says so of the file at hand is gone on with, any other is made anew.
 */
import { existsSync, rmSync, statSync } from 'node:fs';
import * as z from 'zod/mini';
import type { StoreFiles } from '../files.ts';
import { migrate } from '../schema.ts';
import { openSqlite, type Sqlite } from '../sqlite.ts';
import { decodeMeta, encodeMeta } from '../tables/meta.ts';
import { openPageFile, type PageFile } from './page-file.ts';

const KEY = 'repair';

const progressShape = z.object({
  source: z.string(),
  fromSeq: z.int().check(z.minimum(0)),
  done: z.int().check(z.minimum(0)),
});

type Progress = z.infer<typeof progressShape>;

export interface Unfinished {
  readonly db: Sqlite;
  /** The damaged file. */
  readonly source: PageFile;
  /** Records up to this one stay behind. */
  readonly fromSeq: number;
  /** Page images that are in it already. */
  readonly begin: number;
  readonly save: (done: number) => void;
}

/** Goes on with the unfinished file of a repair, as that one was begun, or begins one above `fromSeq`. */
export function openUnfinished(files: StoreFiles, fromSeq: number): Unfinished {
  const name = identityOf(files);
  const kept = openKept(files, name);
  if (!kept) removeUnfinished(files);
  const db = kept?.db ?? openNew(files);
  const first = kept?.progress ?? { source: name, fromSeq, done: 0 };
  const put = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
  return {
    db,
    source: openPageFile(files),
    fromSeq: first.fromSeq,
    begin: first.done,
    save: (done) => void put.run(KEY, encodeMeta(KEY, { ...first, done })),
  };
}

/** Forgets how far it is: the file is complete. */
export function forgetProgress(db: Sqlite): void {
  db.prepare('DELETE FROM meta WHERE key = ?').run(KEY);
}

export function removeUnfinished({ salvaging }: StoreFiles): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(salvaging + suffix, { force: true });
}

/** By which a damaged file is known again. Nobody writes it any more once it is known to be damaged. */
function identityOf({ database, wal }: StoreFiles): string {
  return [database, wal]
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((found) => (found && found.size > 0 ? `${found.size}:${found.mtimeMs}` : '0'))
    .join(' ');
}

function openKept(files: StoreFiles, name: string): { db: Sqlite; progress: Progress } | undefined {
  if (!existsSync(files.salvaging)) return undefined;
  let db: Sqlite | undefined;
  try {
    db = openSqlite(files.salvaging);
    append(db);
    migrate(db);
    const text = db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(KEY);
    const read = progressShape.safeParse(decodeMeta(KEY, text));
    if (read.success && read.data.source === name) return { db, progress: read.data };
  } catch {
    // Not even begun, or hurt itself: it is made anew.
  }
  db?.close();
  return undefined;
}

function openNew({ salvaging }: StoreFiles): Sqlite {
  const db = openSqlite(salvaging);
  append(db);
  migrate(db);
  return db;
}

/** What is only added to is written once this way, and twice through a log of writes. */
function append(db: Sqlite): void {
  db.pragma('journal_mode = TRUNCATE');
}
