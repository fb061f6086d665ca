/** A restore that ends in the middle, at any step of the exchange: the next start goes through with it, or nothing has changed. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createBackup } from '../../src/ops/backup.ts';
import { finishRestore, restoreBackup } from '../../src/ops/restore.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const power = vi.hoisted(() => ({ renames: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    renameSync(from: string, to: string) {
      power.renames -= 1;
      if (power.renames < 0) throw new Error('the power has gone');
      fs.renameSync(from, to);
    },
  };
});

afterEach(() => {
  power.renames = Number.POSITIVE_INFINITY;
});

async function writeStore(dir: string, records: number): Promise<void> {
  const store = openStore({ dir, world: createTestWorld(), commitMaxDelayMs: 0 });
  for (let i = 0; i < records; i += 1) {
    const record = { timeMs: 1, kind: 'system', device: null, body: { event: 'test' } } as const;
    await store.commit({ records: [record], urgent: true });
  }
  await store.close();
}

/** Restores a backup of 2 records over a store of 5, the power going after so many renames; how it was then, and after a start. */
async function cutAfter(renames: number) {
  const folder = temporaryFolder();
  try {
    const world = createTestWorld();
    const [dir, to] = [join(folder.path, 'data'), join(folder.path, 'backup')];
    await writeStore(dir, 2);
    await createBackup({ dir, settings: [], to, version: '0', nowMs: 1, withKey: true });
    await writeStore(dir, 3);
    writeFileSync(join(dir, 'tls.pem'), 'of the box');
    power.renames = renames;
    const ended = await restoreBackup({ folder: to, dir, world }).then(
      (outcome) => (outcome.restored ? 'restored' : outcome.problems.map(({ detail }) => detail).join('; ')),
      (error: Error) => error.message,
    );
    power.renames = Number.POSITIVE_INFINITY;
    const finished = finishRestore(dir) !== undefined;
    const store = openStore({ dir, world });
    const [records, epoch] = [store.log.lastSeq(), store.epoch()];
    await store.close();
    const asides = readdirSync(dir).filter((name) => name.startsWith('before-restore'));
    return { ended, finished, records, epoch, asides, leftovers: existsSync(join(dir, 'restoring')) };
  } finally {
    folder.remove();
  }
}

describe('the power goes in the middle of a restore', () => {
  test('at every step: afterwards there is the old store or the new one, whole, and the old one is kept', async () => {
    const whole = await cutAfter(Number.POSITIVE_INFINITY);
    expect(whole).toMatchObject({ ended: 'restored', finished: false, records: 2, leftovers: false });
    const before = await cutAfter(0);
    expect(before).toMatchObject({ ended: 'the power has gone', finished: false, records: 5, asides: [] });
    expect(whole.epoch).toBeGreaterThan(before.epoch);
    let cuts = 0;
    for (let renames = 1; renames < 30; renames += 1) {
      const cut = await cutAfter(renames);
      if (cut.ended === 'restored') break;
      cuts += 1;
      // One later than its plan is on the disk, it is gone through with.
      expect({ renames, ...cut }).toEqual({ renames, ...whole, ended: 'the power has gone', finished: true });
    }
    expect(cuts).toBeGreaterThan(3);
  });
});
