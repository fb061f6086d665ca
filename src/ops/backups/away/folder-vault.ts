/** A folder on another medium as the place of copies: each object is a file, written beside its place, synced, and then named. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../../files/sync-folder.ts';
import { tell } from '../../../model/said.ts';
import { awayProblem, type Vault } from './vault.ts';

/** `folder` must be there: a stick that is not mounted would be replaced by a folder on the card. */
export function openFolderVault(folder: string): Vault {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw awayProblem(tell('copy.noFolder', { folder }));
  const at = (key: string) => join(folder, key);
  return {
    name: folder,
    async put(key, { path }) {
      const draft = `${at(key)}.unfinished`;
      mkdirSync(dirname(draft), { recursive: true, mode: 0o700 });
      try {
        copyFileSync(path, draft);
        sync(draft);
        renameSync(draft, at(key));
        syncFolder(dirname(draft));
      } catch (error) {
        rmSync(draft, { force: true });
        throw error;
      }
    },
    async look(key) {
      const found = statSync(at(key), { throwIfNoEntry: false });
      return found && { size: found.size };
    },
    async read(key, from, to) {
      const bytes = Buffer.alloc(to - from + 1);
      const fd = openSync(at(key), 'r');
      try {
        return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
      } finally {
        closeSync(fd);
      }
    },
    async fetch(key, to) {
      copyFileSync(at(key), to);
    },
    async list(prefix) {
      const parent = at(prefix);
      if (!existsSync(parent)) return [];
      return readdirSync(parent)
        .filter((name) => !name.endsWith('.unfinished'))
        .map((name) => `${prefix}${name}`);
    },
    async remove(key) {
      rmSync(at(key), { force: true });
    },
  };
}

function sync(file: string): void {
  const fd = openSync(file, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
