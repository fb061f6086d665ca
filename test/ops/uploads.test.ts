/** Files brought in pieces: no piece twice or missing, no more than fits, and nothing half is left. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tell } from '../../src/model/said.ts';
import { createUploads, type Uploads } from '../../src/ops/uploads.ts';
import { eventually, temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const MINUTE_MS = 60_000;

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
const world = createTestWorld();

beforeEach(() => {
  folder = temporaryFolder();
  dir = join(folder.path, 'uploads');
});
afterEach(() => folder.remove());

async function open(freeBytes?: number): Promise<Uploads> {
  const uploads = createUploads({
    ...{ dir, reserveBytes: 1_000, world },
    ...(freeBytes === undefined ? {} : { freeBytes: () => freeBytes }),
  });
  await uploads.start();
  return uploads;
}

async function begin(uploads: Uploads, size: number): Promise<string> {
  const upload = await uploads.begin('update', 'webscada-edge', size);
  if ('said' in upload) throw new Error(upload.detail);
  return upload.id;
}

describe('an upload', () => {
  test('is whole when every piece has come, in order', async () => {
    const uploads = await open();
    const id = await begin(uploads, 10);
    expect(await uploads.take(id, 0, Buffer.from('01234'))).toMatchObject({ upload: { received: 5 } });
    // As after a broken line: the piece was taken, its answer lost.
    expect(await uploads.take(id, 0, Buffer.from('01234'))).toMatchObject({
      kind: 'elsewhere',
      upload: { received: 5 },
    });
    expect(await uploads.take(id, 7, Buffer.from('789'))).toMatchObject({ kind: 'elsewhere' });
    expect(uploads.whole(id)).toBeUndefined();
    expect(await uploads.take(id, 5, Buffer.from('56789'))).toMatchObject({ kind: 'taken' });
    expect(readFileSync(uploads.whole(id)?.path ?? '', 'utf8')).toBe('0123456789');
  });

  test('two at once of one place: one is taken', async () => {
    const uploads = await open();
    const id = await begin(uploads, 4);
    const both = await Promise.all([
      uploads.take(id, 0, Buffer.from('ab')),
      uploads.take(id, 0, Buffer.from('ab')),
    ]);
    expect(both.map(({ kind }) => kind)).toEqual(['taken', 'elsewhere']);
  });

  test('for which there is no room, or that is too large, is not begun', async () => {
    const uploads = await open(5_000);
    expect(await uploads.begin('update', 'a', 4_001)).toEqual(tell('upload.noRoom', { size: 1, free: 1 }));
    expect(await uploads.begin('update', 'a', 1e12)).toEqual(tell('upload.tooLarge', { size: 1e6 }));
    expect(await uploads.begin('update', 'a', 4_000)).toMatchObject({ received: 0 });
  });

  test('that brings more than it said goes', async () => {
    const uploads = await open();
    const id = await begin(uploads, 2);
    expect(await uploads.take(id, 0, Buffer.from('abc'))).toEqual({
      kind: 'refused',
      problem: tell('upload.more'),
    });
    await eventually('it is removed', () => readdirSync(dir).length === 0);
    expect(await uploads.take(id, 0, Buffer.from('ab'))).toEqual({ kind: 'unknown' });
  });

  test('that is not gone on with, or left by a crash, is removed', async () => {
    const uploads = await open();
    const id = await begin(uploads, 10);
    await uploads.take(id, 0, Buffer.from('0'));
    world.advance(14 * MINUTE_MS);
    await uploads.take(id, 1, Buffer.from('1'));
    world.advance(14 * MINUTE_MS);
    expect(uploads.find(id)?.received).toBe(2);
    world.advance(2 * MINUTE_MS);
    await eventually('it is removed', () => readdirSync(dir).length === 0);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'update'), 'half');
    await open();
    expect(existsSync(join(dir, 'update'))).toBe(false);
  });

  test('another of its kind takes its place', async () => {
    const uploads = await open();
    const first = await begin(uploads, 10);
    const second = await begin(uploads, 10);
    expect(uploads.find(first)).toBeUndefined();
    expect(await uploads.drop(second)).toBe(true);
    expect(await uploads.drop(second)).toBe(false);
  });

  test('an archive that ends too early, or is none, is refused', async () => {
    const uploads = await open();
    const upload = await uploads.begin('backup', 'a.tar', 600);
    if ('said' in upload) throw new Error(upload.detail);
    const taken = await uploads.take(upload.id, 0, Buffer.alloc(600, 'x'));
    expect(taken).toEqual({ kind: 'refused', problem: tell('archive.none') });
  });
});
