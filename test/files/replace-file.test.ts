/** Files are replaced whole or not at all, whatever others or a process before have left beside them. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { draftOf } from '../../src/files/draft.ts';
import { readInTime } from '../../src/files/read-file.ts';
import { replaceFile } from '../../src/files/replace-file.ts';
import { openStoppedScripts } from '../../src/ingest/codec/stopped-file.ts';
import { openSecrets } from '../../src/store/tables/secrets.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, 'file');
});
afterEach(() => folder.remove());

test('the content is there, for its owner alone, and nothing beside it', () => {
  writeFileSync(file, 'before', { mode: 0o644 });
  replaceFile(file, 'after');
  expect(readFileSync(file, 'utf8')).toBe('after');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  replaceFile(file, 'public', { mode: 0o644 });
  expect(statSync(file).mode & 0o777).toBe(0o644);
  expect(readdirSync(folder.path)).toEqual(['file']);
});

test('what cannot be put in place leaves no draft', () => {
  mkdirSync(join(file, 'full'), { recursive: true });
  expect(() => replaceFile(file, 'text')).toThrow(/EISDIR|ENOTEMPTY/);
  expect(readdirSync(folder.path)).toEqual(['file']);
});

test('drafts of processes that are gone go, those of others stay', () => {
  const abandoned = [`${file}.4194305-00000000.new`, `${file}.${process.pid}-00000000.new`];
  const others = [`${file}.1-00000000.new`, `${file}.new`, draftOf(join(folder.path, 'other'))];
  for (const name of [...abandoned, ...others]) writeFileSync(name, 'half');
  replaceFile(file, 'text');
  expect(abandoned.filter(existsSync)).toEqual([]);
  expect(others.filter(existsSync)).toEqual(others);
});

test.each([
  ['the key of the device keys', 'device.key', (path: string) => void openSecrets(path, false)],
  ['the list of stopped codecs', 'stopped.json', (path: string) => openStoppedScripts(path).add('a', 'b')],
])('%s is not written through a link at its former draft, and the link goes', (_, name, write) => {
  const target = join(folder.path, 'target');
  writeFileSync(target, 'not ours');
  const place = join(folder.path, name);
  symlinkSync(target, `${place}.new`);
  write(place);
  expect(readFileSync(target, 'utf8')).toBe('not ours');
  expect(readdirSync(folder.path).sort()).toEqual([name, 'target'].sort());
  expect(statSync(place).mode & 0o777).toBe(0o600);
});

test('a folder at the name of a former draft is in nobody’s way', () => {
  mkdirSync(`${file}.new`);
  chmodSync(`${file}.new`, 0);
  replaceFile(file, 'text', { formerDraft: true });
  expect(readFileSync(file, 'utf8')).toBe('text');
});

test('a file that does not come is not waited for, nor asked for a second time', async () => {
  const world = createTestWorld();
  let asked = 0;
  let answer = (_: Buffer): void => {};
  const hang = (): Promise<Buffer> => {
    asked++;
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  const first = readInTime(file, world.clock, hang);
  const second = readInTime(file, world.clock, hang);
  world.advance(2_001);
  await expect(first).rejects.toThrow(/does not answer/);
  await expect(second).rejects.toThrow(/does not answer/);
  const third = readInTime(file, world.clock, hang);
  expect(asked).toBe(1);
  answer(Buffer.from('there'));
  expect((await third).toString()).toBe('there');
  writeFileSync(file, 'now');
  expect((await readInTime(file, world.clock)).toString()).toBe('now');
});
