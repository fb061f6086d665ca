/** The public half of the recovery key, all of it that the box keeps: what copies of backups are encrypted for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveFileToOwner } from '../../../files/folder-owner.ts';
import { replaceFile } from '../../../files/replace-file.ts';

export const RECIPIENT_FILE = 'backup-recipient.txt';

/** undefined while no key was made. */
export function readRecipient(dir: string): string | undefined {
  try {
    return /^age1[02-9ac-hj-np-z]{58}$/m.exec(readFileSync(join(dir, RECIPIENT_FILE), 'utf8'))?.[0];
  } catch {
    return undefined;
  }
}

export function writeRecipient(dir: string, recipient: string): void {
  const file = join(dir, RECIPIENT_FILE);
  replaceFile(file, `${recipient}\n`, { mode: 0o644 });
  giveFileToOwner(file, dir);
}
