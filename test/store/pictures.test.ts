/** Pictures beside the store: put, replaced, listed, removed; bounded, and only under names that are theirs. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPictures, type Pictures, pictureFiles } from '../../src/store/pictures.ts';
import { jpeg, png } from '../support/pictures.ts';
import { temporaryFolder } from '../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
let pictures: Pictures;
beforeEach(() => {
  folder = temporaryFolder();
  pictures = openPictures(folder.path);
});
afterEach(() => folder.remove());

test('one is kept until another takes its place or it is removed', async () => {
  expect(await pictures.get('device', '0011223344556677')).toBeUndefined();
  expect(await pictures.put('device', '0011223344556677', png(10, 10))).toBeUndefined();
  expect(await pictures.put('device', '0011223344556677', jpeg(10, 10))).toBeUndefined();
  expect(await pictures.get('device', '0011223344556677')).toEqual({
    type: 'image/jpeg',
    body: jpeg(10, 10),
  });
  expect(await pictures.list()).toMatchObject([
    { kind: 'device', of: '0011223344556677', bytes: jpeg(10, 10).length },
  ]);
  expect(pictureFiles(folder.path)).toHaveLength(1);
  expect(await pictures.remove('device', '0011223344556677')).toBe(true);
  expect(await pictures.remove('device', '0011223344556677')).toBe(false);
  expect(readdirSync(folder.path)).toEqual([]);
});

test('what is no picture is not kept, and the one before stays', async () => {
  await pictures.put('plan', 'hall', png(10, 10));
  expect(await pictures.put('plan', 'hall', Buffer.from('MZ'))).toBe('not_a_picture');
  expect((await pictures.get('plan', 'hall'))?.type).toBe('image/png');
});

test('all together have a bound; replacing a large one is no growth', async () => {
  for (let n = 0; n < 32; n++) await pictures.put('plan', `p${n}`, png(10, 10, 2 * 1024 * 1024 - 33));
  expect(await pictures.put('plan', 'more', png(10, 10))).toBe('full');
  expect(await pictures.put('plan', 'p0', png(10, 10, 2 * 1024 * 1024 - 33))).toBeUndefined();
});

test('no name leads out of the folder, and other files are no pictures', async () => {
  for (const name of ['', '..', '../edge.db', 'a/b', 'a.b', 'A', 'a'.repeat(65)])
    await expect(pictures.put('plan', name, png(1, 1)), name).rejects.toThrow(RangeError);
  for (const name of ['edge.db', 'picture.other.a', 'picture.plan.a.1-00000000.new', 'picture.plan.'])
    writeFileSync(join(folder.path, name), png(1, 1));
  expect(await pictures.list()).toEqual([]);
});
