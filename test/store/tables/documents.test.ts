/** What people note down is there after a restart and after a repair; a row that is not as it was written is not. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
const open = () => openStore({ dir: folder.path, world: createTestWorld() });

beforeEach(() => {
  folder = temporaryFolder();
  store = open();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const GATEWAY = '0016c001f153a14c';
const file = () => join(folder.path, 'edge.db');

test('a note is kept, replaced, removed, and known by its kind', async () => {
  store.documents.put('gateway', GATEWAY, { name: 'Tower' });
  store.documents.put('gateway', GATEWAY, { name: 'Water tower \ud800' });
  store.documents.put('gateway', 'gone', { name: 'x' });
  expect(store.documents.remove('gateway', 'gone')).toBe(true);
  expect(store.documents.remove('gateway', 'gone')).toBe(false);
  await store.close();
  store = open();
  expect([...store.documents.all('gateway')]).toEqual([[GATEWAY, { name: 'Water tower \ufffd' }]]);
  expect(store.documents.all('survey-spot').size).toBe(0);
});

test('a damaged row is left out, the others stay', async () => {
  store.documents.put('gateway', GATEWAY, { name: 'Tower' });
  store.documents.put('gateway', '0016c001f153a14d', { name: 'Barn' });
  await store.close();
  const db = new Database(file());
  db.exec(`UPDATE documents SET body = '{"name":"Rower"}' WHERE name = '${GATEWAY}'`);
  db.close();
  store = open();
  expect([...store.documents.all('gateway').values()]).toEqual([{ name: 'Barn' }]);
});

test('a repair takes them along', async () => {
  store.documents.put('gateway', GATEWAY, { name: 'Tower' });
  const body = { event: 'mark me', text: 'x'.repeat(3_000) };
  const commits = Array.from({ length: 20 }, () =>
    store.commit({ records: [{ kind: 'system', timeMs: 1, device: null, body }] }),
  );
  store.flush();
  await Promise.all(commits);
  await store.close();
  const at = readFileSync(file()).indexOf('mark me');
  const handle = openSync(file(), 'r+');
  writeSync(handle, Buffer.alloc(4_096), 0, 4_096, at - (at % 4_096));
  closeSync(handle);
  store = open();
  expect(store.epoch()).toBeGreaterThan(1);
  expect(store.documents.all('gateway').get(GATEWAY)).toEqual({ name: 'Tower' });
});
