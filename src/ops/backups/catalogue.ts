/**
 * The backups of a box as the pages list and send them. Their folder may be a share that does not answer: nothing here blocks,
 * one look is under way at a time, and it is not waited for longer than a page waits.
 */
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TarFile, tarPieces, tarSize } from '../../files/tar.ts';
import type { BackupList, ListedBackup, SentFile } from '../../model/care.ts';
import { ToldError, tell, toldOf } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import { MANIFEST } from '../backup.ts';
import { noteIn } from '../backup-check.ts';
import { type BackupPlace, timeIn, unfinishedPath } from './folder.ts';

const ANSWER_MS = 5_000;
const MAX_MANIFEST_BYTES = 1024 * 1024;
/** More are kept by nobody; a folder may be shared with others. */
const MAX_LISTED = 500;

export interface Catalogue {
  list(): Promise<BackupList>;
  /** The folder of a backup; undefined when none of this site has that name. */
  find(name: string): Promise<string | undefined>;
  /** All files of a backup as one archive. */
  send(name: string): Promise<SentFile | undefined>;
  /** Bytes of the one that is being made; undefined when they cannot be told. */
  soFar(): Promise<number | undefined>;
}

export function createCatalogue(place: BackupPlace, clock: Clock): Catalogue {
  let looking: Promise<BackupList> | undefined;
  let counting: Promise<number> | undefined;
  const look = (): Promise<BackupList> => {
    looking ??= lookInto(place).finally(() => {
      looking = undefined;
    });
    return inTime(looking, clock);
  };
  const find = async (name: string): Promise<string | undefined> =>
    (await look()).backups.some((backup) => backup.name === name) ? join(place.folder, name) : undefined;
  return {
    list: () =>
      look().catch((error: unknown) => {
        const { detail, said } = toldOf(error);
        return { folder: place.folder, backups: [], problem: detail, said };
      }),
    find,
    async send(name) {
      const folder = await find(name);
      if (folder === undefined) return undefined;
      const files = await inTime(filesOf(folder), clock);
      return { name: `${name}.tar`, size: tarSize(files.map(({ size }) => size)), pieces: tarPieces(files) };
    },
    soFar() {
      counting ??= bytesIn(unfinishedPath(place)).finally(() => {
        counting = undefined;
      });
      return inTime(counting, clock).catch(() => undefined);
    },
  };
}

function inTime<T>(asked: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ANSWER_MS, () => reject(new ToldError(tell('backup.noAnswer'))));
    asked.then(resolve, reject).finally(cancel);
  });
}

async function lookInto({ folder, site }: BackupPlace): Promise<BackupList> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const found: ListedBackup[] = [];
  const named = names
    .flatMap((name) => {
      const madeMs = timeIn(site, name);
      return madeMs === undefined ? [] : [{ name, madeMs }];
    })
    .sort((a, b) => b.madeMs - a.madeMs);
  for (const { name, madeMs } of named.slice(0, MAX_LISTED)) {
    const path = join(folder, name);
    if (!(await lstat(path)).isDirectory()) continue;
    const note = noteIn(await manifestOf(path));
    found.push(note ? { name, madeMs, note } : { name, madeMs });
  }
  return { folder, backups: found };
}

async function manifestOf(folder: string): Promise<string> {
  try {
    const file = join(folder, MANIFEST);
    if ((await stat(file)).size > MAX_MANIFEST_BYTES) return '';
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}

async function bytesIn(folder: string): Promise<number> {
  const files = await filesOf(folder);
  return files.reduce((sum, { size }) => sum + size, 0);
}

async function filesOf(folder: string): Promise<TarFile[]> {
  const files: TarFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const file = join(folder, name);
    const found = await stat(file);
    if (!found.isFile()) continue;
    const pieces = (): AsyncIterable<Uint8Array> => createReadStream(file, { highWaterMark: 256 * 1024 });
    files.push({ name, size: found.size, timeMs: found.mtimeMs, pieces });
  }
  return files;
}
