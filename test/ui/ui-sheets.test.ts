/** Drawings over the API: only the revision that was seen is replaced, and what is no drawing is refused. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPictures } from '../../src/store/pictures.ts';
import { openSheets } from '../../src/store/sheets.ts';
import { makeApi } from '../support/api.ts';
import { png } from '../support/pictures.ts';
import { temporaryFolder } from '../support/process.ts';

const HALL = { name: 'Hall', items: [{ id: 'i1', kind: 'text', x: 0.5, y: 1, text: 'Door' }] };

let folder: ReturnType<typeof temporaryFolder>;
let ask: ReturnType<typeof makeApi>['ask'];
beforeEach(() => {
  folder = temporaryFolder();
  ({ ask } = makeApi({ sheets: openSheets(folder.path), pictures: openPictures(folder.path) }));
});
afterEach(() => folder.remove());

const put = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(`/api/v1/sheets/${id}`, { method: 'PUT', body, headers });

test('is what was put, and replaced only by who has seen it as it is', async () => {
  const made = await put('hall', HALL, { 'if-match': '""' });
  expect(made).toMatchObject({ status: 200, json: { id: 'hall', ...HALL } });
  const { revision } = made.json;
  expect((await ask('/api/v1/sheets')).json).toEqual({ items: [{ id: 'hall', ...HALL, revision }] });
  const later = await put('hall', { ...HALL, items: [] }, { 'if-match': `"${revision}"` });
  expect(later.status).toBe(200);
  expect((await put('hall', HALL, { 'if-match': `"${revision}"` })).status).toBe(412);
  expect((await put('hall', HALL, { 'if-match': '""' })).status).toBe(412);
  expect((await ask('/api/v1/sheets')).json.items[0].items).toEqual([]);
});

test('of two who save at once one is told', async () => {
  const { revision } = (await put('hall', HALL)).json;
  const match = { 'if-match': `"${revision}"` };
  const both = await Promise.all([
    put('hall', { ...HALL, name: 'A' }, match),
    put('hall', { ...HALL, name: 'B' }, match),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
});

test('goes with its picture', async () => {
  await put('hall', HALL);
  await openPictures(folder.path).put('sheet', 'hall', png(3, 3));
  expect((await ask('/api/v1/sheets/hall', { method: 'DELETE' })).status).toBe(204);
  expect((await ask('/api/v1/sheets/hall', { method: 'DELETE' })).status).toBe(404);
  expect(await openPictures(folder.path).list()).toEqual([]);
});

test('what lies outside, twice, or is no item is refused; a file somebody spoilt is left out', async () => {
  const [item] = HALL.items;
  const bad = [
    [{ ...item, x: 1.1 }],
    [item, item],
    [{ ...item, kind: 'bomb' }],
    [{ ...item, data: 'xyz' }],
    Array.from({ length: 201 }, (_, n) => ({ ...item, id: `i${n}` })),
  ];
  for (const items of bad) expect((await put('hall', { ...HALL, items })).status).toBe(422);
  expect((await put('..%2Fedge', HALL)).status).toBe(404);
  await put('hall', HALL);
  writeFileSync(join(folder.path, 'sheet.bad.json'), '{');
  expect((await ask('/api/v1/sheets')).json.items).toHaveLength(1);
});

test('there are only so many', async () => {
  for (let n = 0; n < 50; n++) await put(`s${n}`, HALL);
  expect((await put('more', HALL)).status).toBe(409);
  expect((await put('s0', HALL)).status).toBe(200);
});
