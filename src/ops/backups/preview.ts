/** What a backup holds and what it would take the place of: all of it is read and checked, so it runs in a thread. */
import { basename } from 'node:path';
import type { RestorePreview } from '../../model/care.ts';
import { toldOf } from '../../model/said.ts';
import { storeFiles } from '../../store/files.ts';
import { usersFile } from '../../store/tables/users-file.ts';
import { checkBackup, readBackupNote } from '../backup-check.ts';
import { objectionTo } from '../restore.ts';
import { readStoreContents } from '../store-contents.ts';

export async function previewBackup(folder: string, dir: string): Promise<RestorePreview> {
  const checked = await checkBackup(folder);
  const note = checked.madeMs === undefined ? undefined : readBackupNote(folder);
  const names = note?.files ?? [];
  return {
    problems: checked.problems,
    madeMs: checked.madeMs,
    version: note?.version,
    site: note?.site,
    bytes: note?.bytes ?? 0,
    contents: checked.contents,
    hasUsers: names.includes(basename(usersFile(folder))),
    hasKey: names.includes(basename(storeFiles(folder).secret)),
    here: contentsOf(dir),
    objection: checked.problems.length > 0 ? undefined : objectionTo(checked, dir),
  };
}

function contentsOf(dir: string): RestorePreview['here'] {
  try {
    return readStoreContents(dir);
  } catch (error) {
    return toldOf(error);
  }
}
