/** S12: a file beside the executable is loaded only if it is the addon that the executable carries. */
import { appendFileSync, chmodSync, copyFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { StoreError } from '../../src/store/errors.ts';
import { loadSame, NativeAddonError } from '../../src/store/native.ts';
import { temporaryFolder } from '../support/process.ts';

const packageFile = createRequire(import.meta.url).resolve('better-sqlite3/package.json');
const addon = join(dirname(packageFile), 'prebuilds', `linux-${process.arch}.node`);

const folders: (() => void)[] = [];
afterEach(() => {
  for (const remove of folders.splice(0)) remove();
});

/** A copy of the addon, as it lies beside an executable. */
function copyOfAddon(): string {
  const folder = temporaryFolder();
  folders.push(folder.remove);
  const file = join(folder.path, 'better_sqlite3.node');
  copyFileSync(addon, file);
  chmodSync(file, 0o644);
  return file;
}

test('S12: the same file is loaded', () => {
  const failures: string[] = [];
  expect(loadSame(copyOfAddon(), addon, failures)).toHaveProperty('Database');
  expect(failures).toEqual([]);
});

test.each<[string, (file: string) => void, RegExp]>([
  ['one byte more', (file) => appendFileSync(file, 'x'), /not the one of this program/],
  ['another file', (file) => writeFileSync(file, 'x'), /not the one of this program/],
  ['the same, but everybody may write it', (file) => chmodSync(file, 0o666), /others may write it/],
  [
    'the same by a link',
    (file) => {
      renameSync(file, `${file}.real`);
      symlinkSync(`${file}.real`, file);
    },
    /ELOOP/,
  ],
])('S12: %s is not', (_, change, reason) => {
  const file = copyOfAddon();
  change(file);
  const failures: string[] = [];
  expect(loadSame(file, addon, failures)).toBeUndefined();
  expect(failures).toEqual([expect.stringMatching(reason)]);
});

test('M2: a store that cannot be opened for want of the addon says what to do about that', () => {
  const error = new StoreError('open', '/data/edge.db', new NativeAddonError('failed to map segment'));
  expect(error.hint).toContain('PKG_NATIVE_CACHE_PATH');
  expect(error.message).toContain('mounted noexec');
});
