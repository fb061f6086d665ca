/** Entries of the site's streams: what is written is read again byte for byte, and rubbish is named, bounded and harmless. */
import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blockFields,
  CODECS,
  compareIds,
  ENTRY_LIMITS,
  readEntry,
  recordFields,
  type SentRecord,
  toBlock,
} from '../../src/sync/entry.ts';

const MB = 1024 * 1024;
const RECORD: SentRecord = {
  seq: 7,
  timeMs: 1_767_225_600_000,
  kind: 'uplink',
  device: '00000000000000a1',
  body: '{"fields":{"t":21.50},"text":"ü\\u0000"}',
};

function records(count: number, first = 1): SentRecord[] {
  return Array.from({ length: count }, (_, i) => ({ ...RECORD, seq: first + i, timeMs: RECORD.timeMs + i }));
}

const codeOf = (id: unknown, fields: unknown) => {
  const read = readEntry(id, fields);
  return read.ok ? 'ok' : read.code;
};

/** The fields of a sound record's entry with some of them changed; undefined takes one away. */
function changed(changes: Readonly<Record<string, string | undefined>>): string[] {
  const fields = recordFields(RECORD);
  const all = new Map<string, string | undefined>();
  for (let i = 0; i < fields.length; i += 2) all.set(fields[i] ?? '', fields[i + 1]);
  for (const [name, value] of Object.entries(changes)) all.set(name, value);
  return [...all].flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

describe('one record', () => {
  test('is read as it was written', () => {
    expect(recordFields(RECORD)).toEqual([
      'v',
      '1',
      'time',
      '1767225600000',
      'kind',
      'uplink',
      'device',
      '00000000000000a1',
      'body',
      RECORD.body,
    ]);
    expect(readEntry('3-7', recordFields(RECORD))).toEqual({
      ok: true,
      id: { epoch: 3, seq: 7 },
      form: 'record',
      firstSeq: 7,
      records: [RECORD],
      isLive: false,
    });
    expect(readEntry('3-7', [...recordFields(RECORD), 'live', '1'])).toMatchObject({
      ok: true,
      isLive: true,
    });
  });

  test('without a device, and as sites wrote it before, is read too', () => {
    const system = { ...RECORD, kind: 'system', device: null };
    expect(recordFields(system)).not.toContain('device');
    expect(readEntry('1-7', recordFields(system))).toMatchObject({ ok: true, records: [system] });
    const old = ['t', '1767225600000', 'k', 'uplink', 'd', '00000000000000a1', 'b', RECORD.body];
    expect(readEntry('1-7', old)).toMatchObject({ ok: true, form: 'old', records: [RECORD] });
  });

  test.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    ['an unknown version', { v: '2' }, 'version'],
    ['no version', { v: undefined }, 'version'],
    ['a version of a megabyte', { v: '1'.repeat(MB) }, 'version'],
    ['no time', { time: undefined }, 'time'],
    ['a time in words', { time: 'noon' }, 'time'],
    ['a time before all', { time: '-1' }, 'time'],
    ['a time after all', { time: '8640000000000001' }, 'time'],
    ['no kind', { kind: undefined }, 'kind'],
    ['a kind of two lines', { kind: 'a\nb' }, 'kind'],
    ['half a device', { device: '00a1' }, 'device'],
    ['a device in upper case', { device: '00000000000000A1' }, 'device'],
    ['no body', { body: undefined }, 'body'],
    ['bad JSON', { body: '{"a":' }, 'body'],
    ['a list for a body', { body: '[1]' }, 'body'],
    ['a body of 1 MB', { body: `{"a":"${'x'.repeat(MB)}"}` }, 'too_large'],
  ])('%s is refused', (_name, changes, code) => {
    expect(codeOf('1-7', changed(changes))).toBe(code);
  });

  test.each<[string, unknown, unknown, string]>([
    ['an ID in words', 'x', recordFields(RECORD), 'id'],
    ['an ID above 2^53', '1-9007199254740993', recordFields(RECORD), 'id'],
    ['an ID of a megabyte', '1'.repeat(MB), recordFields(RECORD), 'id'],
    ['seq 0', '1-0', recordFields(RECORD), 'id'],
    ['half a pair', '1-7', ['v'], 'fields'],
    ['no list', '1-7', null, 'fields'],
    ['a hundred fields', '1-7', Array.from({ length: 200 }, () => 'x'), 'fields'],
    ['a number for a value', '1-7', ['v', 1], 'fields'],
    [
      'what is not UTF-8',
      '1-7',
      changed({}).map((f) => (f === RECORD.body ? Buffer.from([0x7b, 0xff, 0x7d]) : f)),
      'body',
    ],
  ])('%s is refused', (_name, id, fields, code) => {
    expect(codeOf(id, fields)).toBe(code);
  });

  test('an ID that is no text, and cannot become one, is none', () => {
    for (const id of [{ toString: {} }, null, undefined, 12, Symbol('1-1'), ['1-1']])
      expect(readEntry(id, []), String(typeof id)).toMatchObject({ ok: false, code: 'id' });
  });

  test('whatever comes, reading gives an answer and a short one', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('1', 'block', 'zstd', '{}'),
      fc.uint8Array().map((b) => Buffer.from(b)),
    );
    const name = fc.constantFrom(
      'v',
      'time',
      'kind',
      'device',
      'body',
      'first',
      'count',
      'codec',
      't',
      'k',
      'b',
      'x',
    );
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.tuple(name, value)), (id, pairs) => {
        for (const at of [id, '1-1']) {
          const read = readEntry(at, pairs.flat());
          if (!read.ok) expect(read.detail.length).toBeLessThan(120);
        }
      }),
    );
  });
});

describe('a block', () => {
  test.each(CODECS)('of %s is read as it was written', (codec) => {
    const written = records(500, 41);
    const block = toBlock(2, written, codec);
    expect(block).toMatchObject({ id: { epoch: 2, seq: 540 }, first: 41, count: 500 });
    expect(readEntry('2-540', blockFields(block))).toMatchObject({
      ok: true,
      form: 'block',
      firstSeq: 41,
      records: written,
    });
  });

  const lines = (found: readonly object[]) =>
    Buffer.from(found.map((line) => JSON.stringify(line)).join('\n'));
  const line = (seq: number) => ({ seq, time: 1, kind: 'system', body: '{}' });
  const block = (changes: Readonly<Record<string, string | Buffer>>, body = lines([line(1), line(2)])) =>
    Object.entries({
      v: '1',
      kind: 'block',
      first: '1',
      count: '2',
      codec: 'gzip',
      body: gzipSync(body),
      ...changes,
    }).flat();

  test('the one the cases below change is sound', () => {
    expect(codeOf('1-2', block({}))).toBe('ok');
  });

  test.each<[string, (string | Buffer)[], string]>([
    ['counts that lie about the ID', block({ count: '3' }), 'block'],
    ['a count of nothing', block({ count: '0', first: '3' }), 'block'],
    ['a first before all', block({ first: '-1' }), 'block'],
    ['fewer lines than it counts', block({}, lines([line(1)])), 'block'],
    ['more lines than it counts', block({}, lines([line(1), line(2), line(3)])), 'block'],
    ['a line that is not the next', block({}, lines([line(1), line(3)])), 'block'],
    ['a line that is no JSON', block({}, Buffer.from('{\n}')), 'block'],
    ['a line of a device that is none', block({}, lines([line(1), { ...line(2), device: 'x' }])), 'device'],
    ['a line with a body that is none', block({}, lines([line(1), { ...line(2), body: '7' }])), 'body'],
    ['an unknown codec', block({ codec: 'lzma' }), 'codec'],
    ['another codec than it says', block({ codec: 'zstd' }), 'block'],
    ['a body cut short', block({ body: gzipSync(lines([line(1), line(2)])).subarray(0, 20) }), 'block'],
    ['a body read as text', block({ body: 'text' }), 'body'],
    ['a body of 3 MB', block({ body: Buffer.alloc(3 * MB) }), 'too_large'],
    ['a bomb of gzip', block({ body: gzipSync(Buffer.alloc(200 * MB)) }), 'too_large'],
    ['a bomb of zstd', block({ codec: 'zstd', body: zstdCompressSync(Buffer.alloc(200 * MB)) }), 'too_large'],
    ['line breaks and nothing else', block({}, Buffer.alloc(8 * MB, '\n')), 'block'],
  ])('%s is refused', (_name, fields, code) => {
    expect(codeOf('1-2', fields)).toBe(code);
  });

  test('of more records than there may be is not unpacked', () => {
    const count = ENTRY_LIMITS.maxRecords + 1;
    expect(codeOf(`1-${count}`, block({ count: String(count) }))).toBe('too_large');
  });

  test('a bomb takes no more memory than the bound', () => {
    const bomb = block({ body: gzipSync(Buffer.alloc(256 * MB)) });
    const before = process.memoryUsage().rss;
    expect(codeOf('1-2', bomb)).toBe('too_large');
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MB);
  });
});

test('IDs are in the order of Redis', () => {
  expect(compareIds({ epoch: 1, seq: 9 }, { epoch: 2, seq: 1 })).toBeLessThan(0);
  expect(compareIds({ epoch: 2, seq: 9 }, { epoch: 2, seq: 1 })).toBeGreaterThan(0);
  expect(compareIds({ epoch: 2, seq: 1 }, { epoch: 2, seq: 1 })).toBe(0);
});

test('the JSON Schema in the pages names the fields that are written', () => {
  const schema: { oneOf: { required: string[] }[] } = JSON.parse(
    readFileSync('docs/schemas/entry.schema.json', 'utf8'),
  );
  const namesOf = (fields: readonly unknown[]) => fields.filter((_, i) => i % 2 === 0);
  const [record, block] = schema.oneOf.map(({ required }) => required);
  expect(namesOf(recordFields({ ...RECORD, device: null }))).toEqual(record);
  expect(namesOf(blockFields(toBlock(1, [RECORD], 'zstd')))).toEqual(block);
});
