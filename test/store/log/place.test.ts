/** RO: a store whose files are gone from their place, or can no longer be written, counts nothing as stored and says so, also where nothing comes. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewRecord } from '../../../src/model/record.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
let world: TestWorld;
let store: Store;

beforeEach(async () => {
  folder = temporaryFolder();
  dir = join(folder.path, 'data');
  world = createTestWorld();
  store = openStore({ dir, world, commitMaxDelayMs: 0 });
  await store.commit({ records: [reading], urgent: true });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const reading: NewRecord = { timeMs: 1, kind: 'system', device: null, body: { event: 'test' } };

/** Commits, and says whether it counts as stored before the disk is asked once more. */
async function isStored(): Promise<boolean> {
  let stored = false;
  void store.commit({ records: [reading], urgent: true }).then(
    () => {
      stored = true;
    },
    () => {},
  );
  await expect(store.synced()).rejects.toThrow();
  return stored;
}

const ways: Readonly<Record<string, () => void>> = {
  'the folder deleted': () => rmSync(dir, { recursive: true }),
  'the folder moved away, as by an unmount': () => renameSync(dir, `${dir}.old`),
  'the database deleted': () => rmSync(join(dir, 'edge.db')),
  'the log of writes deleted': () => rmSync(join(dir, 'edge.db-wal')),
  'another database in its place': () => {
    rmSync(join(dir, 'edge.db'));
    writeFileSync(join(dir, 'edge.db'), '');
  },
};

describe.each(Object.entries(ways))('%s', (_, spoil) => {
  test('RO: is told before anything comes, and nothing counts as stored', async () => {
    expect(store.status().state).toBe('ok');
    spoil();
    const { state, detail, hint } = store.status();
    expect([state, detail]).toEqual([
      'degraded',
      expect.stringMatching(/readings cannot be stored: .*(gone|another file)/),
    ]);
    expect(hint).toContain('moved, deleted or unmounted');
    expect(detail).not.toContain(hint);
    expect(await isStored()).toBe(false);
  });
});

test('RO: a folder that comes back takes what waited', async () => {
  renameSync(dir, `${dir}.old`);
  const waiting = store.commit({ records: [reading], urgent: true });
  await expect(store.synced()).rejects.toThrow();
  renameSync(`${dir}.old`, dir);
  world.advance(1_000);
  expect((await waiting).firstSeq).toBe(2);
  expect(store.status().state).toBe('ok');
});
