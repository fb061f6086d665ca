/** A carried export as a file: what is written reads back the same, and whatever happens to it on the way is told by name. */
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { LogRecord } from '../../../src/model/record.ts';
import {
  type CarriedHeader,
  carriedLine,
  parseCarriedLine,
  parseHeader,
} from '../../../src/sync/carry/carried-file.ts';
import { goesOn } from '../../../src/sync/carry/carried-so-far.ts';
import { exportKeyIn } from '../../../src/sync/carry/export-key.ts';
import { carriedRecords, openCarried } from '../../../src/sync/carry/read-carried.ts';
import { writeCarried } from '../../../src/sync/carry/write-carried.ts';
import { temporaryFolder } from '../../support/process.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const key = exportKeyIn(folder.path);

const record = (seq: number, body = `{"n":${seq}, "x":1.0}`): LogRecord => ({
  ...{ seq, timeMs: 1_000 + seq, kind: 'uplink', device: '70b3d57ed0000000', body },
});
const RECORDS = Array.from({ length: 50 }, (_, i) => record(i + 3)).filter(({ seq }) => seq !== 10);
const HEADER: CarriedHeader = {
  ...{ site: 'north-hill', storeId: 'store-1', epoch: 2, first: 3, last: 52, oldest: 1, madeMs: 5 },
  ancestors: [],
  version: '0.1.0',
};

async function write(name: string, records: Iterable<LogRecord> = RECORDS, header = HEADER) {
  const file = join(folder.path, name);
  await writeCarried(file, header, records, key);
  return file;
}

async function read(file: string) {
  const carried = await openCarried(file, key.publicKey);
  if ('fault' in carried) throw new Error(carried.fault);
  const records: LogRecord[] = [];
  for await (const one of carriedRecords(carried)) records.push(one);
  return records;
}

describe('a file', () => {
  test('reads back the same records, bodies byte for byte, holes as they are', async () => {
    expect(await read(await write('a.wse'))).toEqual(RECORDS);
  });

  test('every byte flipped and every length cut is told, and no record is read', async () => {
    const file = await write('b.wse', [record(3)], { ...HEADER, last: 3 });
    const bytes = readFileSync(file);
    const faults = new Set<string>();
    for (let at = 0; at < bytes.length; at++) {
      for (const changed of [flipped(bytes, at), bytes.subarray(0, at)]) {
        const bad = join(folder.path, 'bad.wse');
        writeFileSync(bad, changed);
        const opened = await openCarried(bad, key.publicKey);
        expect(opened, `byte ${at}`).toHaveProperty('fault');
        if ('fault' in opened) faults.add(opened.fault);
      }
    }
    expect([...faults].sort()).toEqual(['cut_short', 'damaged', 'no_export', 'signed_by_another']);
  });

  test('another key, and what is no key', async () => {
    const file = await write('c.wse');
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });
    expect(await openCarried(file, other.toString('base64'))).toMatchObject({ fault: 'signed_by_another' });
    expect(await openCarried(file, 'nonsense')).toMatchObject({ fault: 'bad_key' });
  });

  test('a write that ends in the middle leaves nothing', async () => {
    function* failing(): Generator<LogRecord> {
      yield* RECORDS;
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    }
    const before = readdirSync(folder.path);
    await expect(write('d.wse', failing())).rejects.toThrow('full');
    expect(readdirSync(folder.path)).toEqual(before);
  });

  test.each([
    ['numbers that go back', [record(3), record(3), record(52)]],
    ['a record behind the last', [record(3), record(53)]],
    ['fewer than it says', [record(3)]],
  ])('%s are an honest site’s never', async (_, records) => {
    const file = await write(`e${records.length}${records.at(-1)?.seq}.wse`, records);
    await expect(read(file)).rejects.toThrow();
  });

  test('the key is made once and stays', () => {
    expect(exportKeyIn(folder.path).publicKey).toBe(key.publicKey);
  });
});

describe('since the last', () => {
  const store = { storeId: 's1', epoch: 1, firstSeq: 5 };
  const before = { storeId: 's1', epoch: 1, seq: 20, file: 'a', madeMs: 1 };

  test.each([
    ['the first of all', undefined, 5, 30, true],
    ['not from the oldest', undefined, 6, 30, false],
    ['behind it', before, 21, 30, true],
    ['over it', before, 10, 30, true],
    ['an old range once more', before, 7, 12, false],
    ['with records left out', before, 25, 30, false],
    ['of another epoch', { ...before, epoch: 9 }, 5, 12, true],
  ])('%s', (_, last, first, to, expected) => {
    expect(goesOn(last, store, { first, last: to })).toBe(expected);
  });
});

describe('lines', () => {
  test('a record of 1 MB, texts of every kind, no device', () => {
    for (const body of [`{"t":"${'x'.repeat(1_000_000)}"}`, '{"t":",\\"body\\":{}"}', '{}']) {
      expect(parseCarriedLine(carriedLine(record(1, body)).trimEnd())).toEqual(record(1, body));
    }
    const system: LogRecord = { seq: 1, timeMs: -5, kind: 'system', device: null, body: '{"event":"x"}' };
    expect(parseCarriedLine(carriedLine(system).trimEnd())).toEqual(system);
  });

  test.each([
    ...['', '{}', '{"seq":1}', '{"seq":0,"time":1,"kind":"a","body":{}}'],
    ...['{"seq":1,"time":1,"kind":"A b","body":{}}', '{"seq":1,"time":1,"kind":"a","device":"x","body":{}}'],
    ...['{"seq":1,"time":1,"kind":"a","body":[]}', '{"seq":1.5,"time":1,"kind":"a","body":{}}'],
    ...['{"seq":1,"time":1,"kind":"a","body":{}', '[1,"body":{}]'],
  ])('no record: %s', (line) => {
    expect(parseCarriedLine(line)).toBeUndefined();
  });

  test.each([{ site: 'a b' }, { epoch: 0 }, { first: 60 }, { oldest: 9 }, { last: 1e17 }, { format: 'x' }])(
    'no header: %o',
    (change) => {
      const line = JSON.stringify({ format: 'webscada-edge carried 1', ...HEADER });
      expect(parseHeader(line)).toEqual(HEADER);
      expect(parseHeader(JSON.stringify({ ...JSON.parse(line), ...change }))).toBeUndefined();
    },
  );
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
