/** O2: a restore that is killed in the middle never leaves a box that goes on with an empty store as if nothing had been there. */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBackup } from '../../src/ops/backup.ts';
import { restoreBackup } from '../../src/ops/restore.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

test('O2: a restore cut short while the old store is away is told at the start, and done by another one', async () => {
  const folder = temporaryFolder();
  try {
    const world = createTestWorld();
    const [dir, to] = [join(folder.path, 'data'), join(folder.path, 'backup')];
    const store = openStore({ dir, world, commitMaxDelayMs: 0 });
    const record = { timeMs: 1, kind: 'system', device: null, body: { event: 'test' } } as const;
    await store.commit({ records: [record], urgent: true });
    await store.close();
    await createBackup({ dir, settings: [], to, version: '0', nowMs: 1, withKey: true });
    // As a kill leaves it: what was there is aside, and what comes still lies beside its place.
    mkdirSync(join(dir, 'restoring'));
    mkdirSync(join(dir, 'before-restore-1'));
    for (const name of ['edge.db', 'keys.json'])
      renameSync(join(dir, name), join(dir, 'before-restore-1', name));
    expect(() => openStore({ dir, world })).toThrow(/restore was cut short.*once more.*before-restore/);
    expect(existsSync(join(dir, 'edge.db'))).toBe(false);
    expect(await restoreBackup({ folder: to, dir, world })).toMatchObject({ restored: true });
    const again = openStore({ dir, world });
    expect(again.log.lastSeq()).toBe(1);
    await again.close();
  } finally {
    folder.remove();
  }
});
