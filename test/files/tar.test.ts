/** Archives: what we write others read, what others write we read, and what strangers send is bounded. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createUntar, NotAnArchive, tarPieces, tarSize } from '../../src/files/tar.ts';
import { temporaryFolder } from '../support/process.ts';

type Files = Readonly<Record<string, Uint8Array>>;

async function archiveOf(files: Files): Promise<Buffer> {
  const pieces = tarPieces(
    Object.entries(files).map(([name, bytes]) => ({
      name,
      size: bytes.length,
      timeMs: 1_700_000_000_000,
      pieces: () => [bytes],
    })),
  );
  return Buffer.concat(await all(pieces));
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const piece of pieces) found.push(piece);
  return found;
}

/** What comes out when it goes in by pieces of so many bytes. */
function untar(archive: Uint8Array, pieceBytes: number): Files {
  const reader = createUntar();
  const files: Record<string, Uint8Array> = {};
  let name = '';
  for (let at = 0; at < archive.length; at += pieceBytes) {
    for (const one of reader.take(archive.subarray(at, at + pieceBytes))) {
      if (one.kind === 'file') {
        name = one.name;
        files[name] = new Uint8Array();
      } else if (one.kind === 'bytes')
        files[name] = Buffer.concat([files[name] ?? [], one.bytes] as Buffer[]);
    }
  }
  expect(reader.isOpen()).toBe(false);
  return Object.fromEntries(Object.entries(files).map(([key, bytes]) => [key, new Uint8Array(bytes)]));
}

describe('archives', () => {
  test('come out as they went in, whatever the pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[a-z][a-z.-]{0,20}$/), fc.uint8Array({ maxLength: 1_500 }), {
          minKeys: 1,
          maxKeys: 5,
          noNullPrototype: true,
        }),
        fc.integer({ min: 1, max: 2_000 }),
        async (files, pieceBytes) => {
          const archive = await archiveOf(files);
          expect(archive.length).toBe(tarSize(Object.values(files).map(({ length }) => length)));
          expect(untar(archive, pieceBytes)).toEqual(files);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('are what tar reads, and what tar makes of a folder is read', async () => {
    const folder = temporaryFolder();
    try {
      const bytes = Uint8Array.from({ length: 1_234 }, (_, i) => i % 251);
      const file = join(folder.path, 'a.tar');
      writeFileSync(file, await archiveOf({ 'edge.db': bytes, 'keys.json': Buffer.from('{}') }));
      execFileSync('tar', ['-xf', file, '-C', folder.path]);
      expect(new Uint8Array(readFileSync(join(folder.path, 'edge.db')))).toEqual(bytes);
      mkdirSync(join(folder.path, 'north-hill'));
      writeFileSync(join(folder.path, 'north-hill/edge.db'), bytes);
      writeFileSync(join(folder.path, 'north-hill/empty'), '');
      for (const format of ['ustar', 'gnu', 'v7', 'posix']) {
        execFileSync('tar', [`--format=${format}`, '-cf', 'b.tar', 'north-hill'], { cwd: folder.path });
        const read = untar(readFileSync(join(folder.path, 'b.tar')), 700);
        expect(read).toEqual({ 'edge.db': bytes, empty: new Uint8Array() });
      }
    } finally {
      folder.remove();
    }
  });

  test('a file that is not as long as it said ends the archive', async () => {
    const file = { name: 'a', size: 10, timeMs: 0 };
    for (const length of [9, 11]) {
      const pieces = tarPieces([{ ...file, pieces: () => [new Uint8Array(length)] }]);
      await expect(all(pieces)).rejects.toThrow('a has changed');
    }
  });

  test('what is none, or holds what no backup does, is refused in words', async () => {
    const refused = (bytes: Uint8Array): string => {
      try {
        createUntar().take(bytes);
        return '';
      } catch (error) {
        expect(error).toBeInstanceOf(NotAnArchive);
        return String(error);
      }
    };
    expect(refused(Buffer.alloc(512, 'gzip'))).toContain('no tar archive');
    for (const [type, words] of [
      ['2', 'no plain file'],
      ['L', 'no plain file'],
    ] as const) {
      const bytes = await archiveOf({ a: new Uint8Array(1) });
      bytes[156] = type.charCodeAt(0);
      const sum = bytes.subarray(0, 512).reduce((s, byte, at) => s + (at >= 148 && at < 156 ? 32 : byte), 0);
      bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      expect(refused(bytes)).toContain(words);
    }
    expect(refused(await archiveOf({ '..': new Uint8Array() }))).toContain('a name no backup has');
    expect(refused(await archiveOf({ 'a b': new Uint8Array() }))).toContain('a name no backup has');
    const twice = Buffer.concat([
      (await archiveOf({ a: new Uint8Array() })).subarray(0, 512),
      await archiveOf({ 'x/a': new Uint8Array() }),
    ]);
    expect(refused(twice)).toContain('twice');
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, new Uint8Array()]));
    expect(refused(await archiveOf(many))).toContain('too many files');
  });

  test('files above 8 GB keep their size', async () => {
    const size = 9 * 1024 ** 3;
    const pieces = tarPieces([{ name: 'large', size, timeMs: 0, pieces: () => [] }]);
    const { value } = await pieces.next();
    expect(createUntar().take(value ?? new Uint8Array())).toEqual([{ kind: 'file', name: 'large', size }]);
    await pieces.return(undefined);
  });
});
