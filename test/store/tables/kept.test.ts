/** What a reader keeps is on disk with the records it came with, or neither is; a damaged row is left out; a repair takes it along. */
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

const file = () => join(folder.path, 'edge.db');
const system = (body: { event: string; text?: string }) =>
  ({ kind: 'system', timeMs: 1, device: null, body }) as const;

async function commit(change: Parameters<Store['commit']>[0]): Promise<void> {
  const stored = store.commit(change);
  store.flush();
  await stored;
}

test('what is kept comes with its change, by reader and key, and is replaced and removed', async () => {
  await commit({
    records: [system({ event: 'one' })],
    kept: {
      reader: 'alarms',
      put: new Map<string, unknown>([
        ['a', { x: 'half \ud800' }],
        ['b', 1],
      ]),
    },
  });
  await commit({ kept: { reader: 'alarms', put: new Map([['b', 2]]), remove: ['a'] } });
  await commit({ kept: { reader: 'other', put: new Map([['b', 3]]) } });
  expect([...store.kept('alarms')]).toEqual([['b', 2]]);
  await store.close();
  store = open();
  expect([...store.kept('alarms')]).toEqual([['b', 2]]);
  expect([...store.kept('other')]).toEqual([['b', 3]]);
});

test('a change that cannot be stored leaves nothing of it', async () => {
  const circle: { of?: unknown } = {};
  circle.of = circle;
  const before = store.log.lastSeq();
  const stored = store.commit({
    records: [system({ event: 'one' })],
    kept: {
      reader: 'alarms',
      put: new Map<string, unknown>([
        ['a', 1],
        ['b', circle],
      ]),
    },
  });
  store.flush();
  await expect(stored).rejects.toThrow();
  expect(store.kept('alarms').size).toBe(0);
  expect(store.log.lastSeq()).toBe(before);
});

test('a damaged row is left out, the others stay', async () => {
  await commit({
    kept: {
      reader: 'alarms',
      put: new Map([
        ['a', 1],
        ['b', 2],
      ]),
    },
  });
  await store.close();
  const db = new Database(file());
  db.exec(`UPDATE kept SET body = '7' WHERE key = 'a'`);
  db.close();
  store = open();
  expect([...store.kept('alarms')]).toEqual([['b', 2]]);
});

test('a repair takes it along', async () => {
  await commit({ kept: { reader: 'alarms', put: new Map([['a', 1]]) } });
  const text = 'x'.repeat(3_000);
  const commits = Array.from({ length: 20 }, () =>
    store.commit({ records: [system({ event: 'mark me', text })] }),
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
  expect([...store.kept('alarms')]).toEqual([['a', 1]]);
});
