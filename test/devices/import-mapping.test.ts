/** Columns that are told what they mean: over what they mean by themselves, in CSV and JSON, and reported either way. */
import { expect, test } from 'vitest';
import { importDevices } from '../../src/devices/import.ts';
import { inEnglish } from '../../src/model/said.ts';
import { makeApi } from '../support/api.ts';

const EUI = '0004a30b00112233';
const KEY = '000102030405060708090a0b0c0d0e0f';
const CSV = `Serial no;Standort;Schluessel;Remark\n${EUI};Hall 1;${KEY};old\n`;

test('a file none of whose headings is known is read once they are told; before, they are reported', async () => {
  const before = await importDevices(CSV);
  expect(before.entries).toEqual([]);
  expect(before.columns).toEqual({
    ...{ line: 1, separator: ';' },
    headings: ['Serial no', 'Standort', 'Schluessel', 'Remark'].map((heading) => ({ heading })),
  });
  const told = { 'Serial no': 'devEui', Standort: 'area', Schluessel: 'appKey', Remark: '' } as const;
  const after = await importDevices(CSV, told);
  expect(after).toMatchObject({
    entries: [{ devEui: EUI, area: 'Hall 1', appKey: KEY, missing: 'nothing' }],
    problems: [],
    columns: {
      headings: [{ column: 'devEui' }, { column: 'area' }, { column: 'appKey' }, { heading: 'Remark' }],
    },
  });
  expect(after.entries[0]).not.toHaveProperty('description');
});

test('what is known by itself is reported, and may be told to mean something else, or nothing', async () => {
  const text = `A list\n\ndev_eui,name,area,Server EUI\n${EUI},Tank,Hall,${EUI}\n`;
  const plain = await importDevices(text);
  expect(plain.columns).toMatchObject({
    ...{ line: 3, separator: ',' },
    headings: [{ column: 'devEui' }, { column: 'name' }, { column: 'area' }, { heading: 'Server EUI' }],
  });
  expect(plain.problems).toHaveLength(1);
  const told = await importDevices(text, { name: 'description', area: '', 'Server EUI': '' });
  expect(told.entries).toEqual([{ devEui: EUI, name: EUI, description: 'Tank', missing: 'key' }]);
  // Who leaves a column out on purpose is not told that it is not understood.
  expect(told.problems).toEqual([]);
});

test('members of a JSON file too, by their paths', async () => {
  const text = JSON.stringify([{ hw: { id: EUI }, label: 'Tank', secret: KEY }]);
  const before = await importDevices(text);
  expect(before.columns).toMatchObject({
    line: 0,
    headings: [{ heading: 'hw.id' }, { heading: 'label' }, { heading: 'secret' }],
  });
  const { entries } = await importDevices(text, { 'hw.id': 'devEui', label: 'name', secret: 'appKey' });
  expect(entries).toEqual([{ devEui: EUI, name: 'Tank', appKey: KEY, missing: 'nothing' }]);
});

test('a thousand headings are no trouble, and no value of the file is among what is reported', async () => {
  const wide = `${Array.from({ length: 200 }, (_, n) => `c${n}`).join(';')}\n`;
  expect((await importDevices(wide)).columns?.headings).toHaveLength(64);
  expect(JSON.stringify((await importDevices(CSV)).columns)).not.toContain(KEY);
  const deep = JSON.stringify([Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`m${n}`, n]))]);
  expect((await importDevices(deep)).columns?.headings).toHaveLength(64);
});

test('the API carries the mapping, and says what it may be', async () => {
  const given: unknown[] = [];
  const { ask } = makeApi({
    onboarding: {
      maxBytes: 1_000_000,
      importFile: async (_, options) => {
        given.push(options.columns);
        const columns = { line: 1, separator: ';', headings: [{ heading: 'A', column: 'devEui' as const }] };
        return { created: [], changed: [], skipped: [], problems: [], columns };
      },
      undoImport: () => undefined,
      exportFile: () => '',
      readCode: () => inEnglish(''),
    },
  });
  const post = (columns?: string) =>
    ask(
      `/api/v1/devices/import?dryRun=true${columns === undefined ? '' : `&columns=${encodeURIComponent(columns)}`}`,
      {
        method: 'POST',
        body: 'A;B\n',
        headers: { 'content-type': 'text/csv' },
      },
    );
  expect((await post('{"A": "devEui", "B": ""}')).json).toMatchObject({
    columns: { headings: [{ heading: 'A' }] },
  });
  expect((await post()).status).toBe(200);
  expect(given).toEqual([{ A: 'devEui', B: '' }, undefined]);
  for (const wrong of ['{"A": "password"}', '[', '[]', '"x"']) {
    const { status, json } = await post(wrong);
    expect([status, json.errors[0].parameter]).toEqual([400, 'columns']);
  }
});
