/**
 * Remembers which scripts had to be ended, so that no start runs into them again: a file of their names with a hash of the
 * source each, written only when that happens. A script with another source is another script.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { replaceFile } from '../../files/replace-file.ts';

export interface StoppedScripts {
  has(name: string, source: string): boolean;
  /** Throws what the disk says. */
  add(name: string, source: string): void;
  /** The script was replaced or removed. */
  drop(name: string): void;
}

/** `file`: undefined where nothing is remembered. What cannot be read counts as empty. */
export function openStoppedScripts(file: string | undefined): StoppedScripts {
  const hashes = new Map(Object.entries(file === undefined ? {} : read(file)));
  const save = (): void => {
    if (file !== undefined)
      replaceFile(file, JSON.stringify(Object.fromEntries(hashes)), { formerDraft: true });
  };
  return {
    has: (name, source) => hashes.get(name) === hashOf(source),
    add(name, source) {
      hashes.set(name, hashOf(source));
      save();
    },
    drop(name) {
      if (hashes.delete(name)) save();
    },
  };
}

function hashOf(source: string): string {
  return createHash('sha256').update(source).digest('hex');
}

function read(file: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}
