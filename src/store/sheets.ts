/** Drawings of the site with values on them, each a small JSON file of the store's folder; what one may hold, the API checks. */
import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFileBeside } from '../files/replace-file.ts';

const FILE = /^sheet\.([a-z0-9-]{1,64})\.json$/;

export interface Sheets {
  /** Their ids, sorted. */
  list(): Promise<string[]>;
  /** The text of one; undefined where there is none. */
  read(id: string): Promise<string | undefined>;
  /** On disk once resolved. Rejects as node:fs does. */
  write(id: string, text: string): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Whether `id` can name a sheet. */
export function isSheetId(id: string): boolean {
  return FILE.test(`sheet.${id}.json`);
}

/** Whether a file of the store's folder, or of a backup, is a sheet. */
export function isSheetFile(name: string): boolean {
  return FILE.test(name);
}

/** The paths of all sheets in the folder of a store, in one order always. */
export function sheetFiles(dir: string): string[] {
  const names = existsSync(dir) ? readdirSync(dir).filter(isSheetFile) : [];
  return names.sort().map((name) => join(dir, name));
}

/** The sheets in the folder of a store. */
export function openSheets(dir: string): Sheets {
  const pathOf = (id: string): string => {
    if (!isSheetId(id)) throw new RangeError(`'${id}' names no sheet`);
    return join(dir, `sheet.${id}.json`);
  };
  return {
    async list() {
      const names = await readdir(dir);
      return names.flatMap((name) => FILE.exec(name)?.[1] ?? []).sort();
    },
    async read(id) {
      const file = pathOf(id);
      return existsSync(file) ? readFile(file, 'utf8') : undefined;
    },
    async write(id, text) {
      await replaceFileBeside(pathOf(id), text, () => true);
    },
    async remove(id) {
      await rm(pathOf(id), { force: true });
    },
  };
}
