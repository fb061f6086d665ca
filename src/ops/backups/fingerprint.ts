/**
 * What a backup would hold, as one hash, without copying it: the number of the newest record stands for the log, which is only
 * appended to; all else is read. How far readers are is left out: they only repeat after a restore.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pagesSettingsFiles } from '../../model/pages-settings.ts';
import { brokerUsersFile } from '../../store/broker-users.ts';
import { storeFiles } from '../../store/files.ts';
import { pictureFiles } from '../../store/pictures.ts';
import { sheetFiles } from '../../store/sheets.ts';
import { openReadOnly } from '../../store/sqlite.ts';
import { usersFile } from '../../store/tables/users-file.ts';
import { CERTIFICATE } from '../backup.ts';
import type { StoreContents } from '../store-contents.ts';

/** Tables that change without anything to lose. */
const PASSED_OVER = new Set(['log', 'meta']);

export function fingerprintOf(
  dir: string,
  {
    storeId,
    epoch,
    hasLog,
    newestSeq,
  }: Pick<StoreContents, 'storeId' | 'epoch' | 'hasLog'> & { newestSeq: number },
  settings: readonly string[],
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([storeId, epoch, hasLog, newestSeq]));
  for (const file of [storeFiles(dir).database, usersFile(dir)]) {
    hash.update(`\n${file}\n`);
    if (existsSync(file)) for (const line of linesOf(file)) hash.update(line);
  }
  const own = [brokerUsersFile(dir), join(dir, CERTIFICATE), pagesSettingsFiles(dir).kept];
  for (const file of [...own, ...settings]) {
    hash.update(`\n${file}\n`);
    if (existsSync(file)) hash.update(readFileSync(file));
  }
  for (const file of [...pictureFiles(dir), ...sheetFiles(dir)]) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`\n${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function* linesOf(file: string): Generator<string> {
  const db = openReadOnly(file);
  try {
    const tables = db
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
      )
      .pluck()
      .all() as string[];
    for (const table of tables) {
      yield `\n${table}\n`;
      if (PASSED_OVER.has(table)) continue;
      const rows = db
        .prepare(`SELECT * FROM "${table.replaceAll('"', '""')}"`)
        .raw()
        .iterate();
      for (const row of rows as IterableIterator<unknown[]>) yield JSON.stringify(row);
    }
  } finally {
    db.close();
  }
}

/** Number of the newest record in the store in `dir`, 0 when there is none. */
export function newestSeqIn(dir: string): number {
  const db = openReadOnly(storeFiles(dir).database);
  try {
    return (db.prepare('SELECT max(seq) FROM log').pluck().get() as number | null) ?? 0;
  } finally {
    db.close();
  }
}
