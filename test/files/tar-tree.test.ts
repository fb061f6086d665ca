/** Archives of many files, read as they come: bounded, and nothing in them leads out. */
import { expect, test } from 'vitest';
import { readTarTree } from '../../src/files/tar-tree.ts';
import { type ArchiveEntry, tarBytes } from '../support/catalogue-files.ts';

const LIMITS = { maxEntries: 10, maxBytes: 100_000 };

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(entries: readonly ArchiveEntry[] | Buffer, size = 700, limits = LIMITS) {
  const bytes = Buffer.isBuffer(entries) ? entries : tarBytes(entries);
  const tree = readTarTree(inPieces(bytes, size), (path) => path.endsWith('.txt'), limits);
  const found: string[] = [];
  for await (const { path, bytes: content } of tree.files) found.push(`${path}:${content ?? '-'}`);
  return { found, passedOver: tree.passedOver() };
}

test.each([1, 511, 512, 10_000])('in pieces of %d bytes', async (size) => {
  const entries = [
    { path: './a/b.txt', text: 'one' },
    { path: 'a/large.bin', text: Buffer.alloc(5_000, 1) },
    { path: 'a/', type: '5' },
    { path: 'empty.txt' },
  ];
  expect(await read(entries, size)).toEqual({
    found: ['a/b.txt:one', 'a/large.bin:-', 'empty.txt:'],
    passedOver: 0,
  });
});

test('long names come in an entry of their own, as pax and GNU write them, and are no way out either', async () => {
  const long = `${'d'.repeat(120)}/file.txt`;
  const record = ` path=${long}\n`;
  const pax = `${record.length + 3}${record}`;
  const { found, passedOver } = await read([
    { path: 'x', type: 'x', text: pax },
    { path: 'short', text: 'pax' },
    { path: '././@LongLink', type: 'L', text: `${long}\0` },
    { path: 'short', text: 'gnu' },
    { path: 'x', type: 'x', text: '19 path=../x.txt\n  ' },
    { path: 'harmless.txt', text: 'out' },
    { path: 'after.txt', text: 'own' },
  ]);
  expect(found).toEqual([`${long}:pax`, `${long}:gnu`, 'after.txt:own']);
  expect(passedOver).toBe(1);
});

test('links, devices and ways out are counted', async () => {
  const bad = ['../up.txt', '/abs.txt', 'a/../../b.txt', 'a\\..\\b.txt'].map((path) => ({ path, text: 'x' }));
  const links = ['1', '2', '3', '6'].map((type) => ({ path: `${type}.txt`, type }));
  expect(await read([...bad, ...links])).toEqual({ found: [], passedOver: 8 });
});

test('what is too much, cut off or no archive is said', async () => {
  const eleven = Array.from({ length: 11 }, (_, n) => ({ path: `${n}.txt` }));
  await expect(read(eleven)).rejects.toThrow('more than 10 entries');
  const large = [{ path: 'a.bin', text: Buffer.alloc(200_000) }];
  await expect(read(large)).rejects.toThrow('unpacks to more than 0 MB');
  await expect(read(Buffer.alloc(600, 1))).rejects.toThrow('no tar archive');
  await expect(read(tarBytes([{ path: 'a.txt', text: 'abc' }]).subarray(0, 514))).rejects.toThrow(
    'cut off within a.txt',
  );
  await expect(read(Buffer.alloc(0))).rejects.toThrow('no tar archive');
  await expect(read([{ path: 'a.txt', size: -1 }])).rejects.toThrow('cannot be read');
});
