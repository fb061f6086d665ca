/** A write-ahead log whose head is damaged, or newer than its frames: which frames count, and what is damage. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readWal, WAL_HEADER_BYTES } from '../../../src/store/repair/wal-file.ts';
import { temporaryFolder } from '../../support/process.ts';

const PAGE = 1_024;
const FRAME = PAGE + 24;
let folder: ReturnType<typeof temporaryFolder>;
let earlier: Buffer;
let later: Buffer;

/** `earlier` is the file with twelve commits, `later` the same file begun anew with three. */
beforeEach(() => {
  folder = temporaryFolder();
  const db = new Database(join(folder.path, 'a.db'));
  db.pragma(`page_size = ${PAGE}`);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)');
  const put = db.prepare('INSERT INTO t (text) VALUES (?)');
  const wal = () => readFileSync(join(folder.path, 'a.db-wal'));
  for (let n = 0; n < 12; n++) put.run(`earlier ${n}`);
  earlier = wal();
  db.pragma('wal_checkpoint(RESTART)');
  for (let n = 0; n < 3; n++) put.run(`later ${n}`);
  later = wal();
  db.close();
});

afterEach(() => folder.remove());

const read = (wal: Buffer) => {
  const { frames, damaged, cutFrames } = readWal(wal, PAGE);
  return { frames: frames.length, damaged, cutFrames };
};

test('intact, the frames of the generation of its head count', () => {
  expect(read(earlier)).toMatchObject({ damaged: false, cutFrames: 0 });
  expect(read(earlier).frames).toBeGreaterThan(12);
  expect(read(later)).toEqual({ frames: 3, damaged: false, cutFrames: 0 });
});

test('a head newer than every frame is a file that was just begun anew, and no damage', () => {
  const begun = Buffer.concat([later.subarray(0, WAL_HEADER_BYTES), earlier.subarray(WAL_HEADER_BYTES)]);
  expect(read(begun)).toEqual({ frames: 0, damaged: false, cutFrames: 0 });
});

test.each([
  ['zeros', 0],
  ['noise', 0xa5],
])('head and first frame turned to %s: the others are still found, as damage', (_, value) => {
  const { frames } = read(earlier);
  earlier.fill(value, 0, WAL_HEADER_BYTES + FRAME);
  expect(read(earlier)).toMatchObject({ frames, damaged: true });
});

test('with the head gone the newest generation counts, and not the longest', () => {
  later.fill(0, 0, WAL_HEADER_BYTES);
  expect(read(later)).toMatchObject({ frames: 3, damaged: true });
});
