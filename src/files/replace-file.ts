/**
 * The one way a file is written here: whole or not at all, also over a power cut, and never through what somebody else has
 * put in the way. The text goes into a new file of a name of its own (draft.ts) and to the disk; one rename puts it in its
 * place, and the folder goes to the disk as well.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { draftOf, removeAbandonedDrafts, removeIfPossible } from './draft.ts';
import { syncFolder } from './sync-folder.ts';

export interface ReplaceOptions {
  /** For its owner alone unless said. */
  readonly mode?: number;
  /** Of whoever writes it unless said. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Versions before wrote it as '<file>.new': what they left is removed too. Only where nobody else has such names. */
  readonly formerDraft?: boolean;
}

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const PRIVATE = 0o600;
/** Folders that may be written and not read, and file systems that know no such thing. */
const CANNOT_SYNC = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP']);

/** Puts `content` in the place of `file`. Throws as node:fs does; then the file is as it was and no draft is left. */
export function replaceFile(file: string, content: string | Uint8Array, options: ReplaceOptions = {}): void {
  removeAbandonedDrafts(file);
  if (options.formerDraft) removeIfPossible(`${file}.new`);
  const draft = draftOf(file);
  try {
    writeDraft(draft, content, options);
    renameSync(draft, file);
  } catch (error) {
    removeIfPossible(draft);
    throw error;
  }
  try {
    syncFolder(dirname(file));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && CANNOT_SYNC.has(String(error.code)))) throw error;
  }
}

/** Nobody else reads it before it belongs to whom it shall. */
function writeDraft(
  draft: string,
  content: string | Uint8Array,
  { mode = PRIVATE, owner }: ReplaceOptions,
): void {
  const fd = openSync(draft, NEW_FILE, PRIVATE);
  try {
    if (owner) fchownSync(fd, owner.uid, owner.gid);
    if (mode !== PRIVATE) fchmodSync(fd, mode);
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * The same off the event loop, for a file of its owner's alone. What is no longer wanted when it is on disk is thrown away:
 * resolves to whether it took its place.
 */
export async function replaceFileBeside(
  file: string,
  content: string | Uint8Array,
  isWanted: () => boolean,
): Promise<boolean> {
  removeAbandonedDrafts(file);
  const draft = draftOf(file);
  try {
    const handle = await open(draft, NEW_FILE, PRIVATE);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!isWanted()) {
      removeIfPossible(draft);
      return false;
    }
    await rename(draft, file);
  } catch (error) {
    removeIfPossible(draft);
    throw error;
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return true;
}
