/** A repair that is ended in the middle, however often, goes on where it was; the end is as if it had been one. */
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StoreFiles, storeFiles } from '../../src/store/files.ts';
import { runToEnd } from '../../src/store/repair/progress.ts';
import type { RepairReport } from '../../src/store/repair/repair-report.ts';
import { salvageInSteps } from '../../src/store/repair/salvage.ts';
import { openUnfinished } from '../../src/store/repair/unfinished.ts';
import { openStore, openStoreInTurns } from '../../src/store/store.ts';
import { fillLog } from '../support/large-store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const RECORDS = 40_000;

let folder: ReturnType<typeof temporaryFolder>;
let files: StoreFiles;
let world: TestWorld;

beforeEach(async () => {
  folder = temporaryFolder();
  files = storeFiles(folder.path);
  world = createTestWorld();
  await fillLog(folder.path, RECORDS);
});
afterEach(() => folder.remove());

/** Runs the repair up to `percent`, and ends it there as a kill does: what is not committed is gone. */
function repairUpTo(percent: number): number {
  const steps = salvageInSteps(files, world, 'test');
  for (;;) {
    const step = steps.next();
    if (step.done) throw new Error('it was done before');
    if (step.value.percent < percent) continue;
    steps.return({} as RepairReport);
    return step.value.percent;
  }
}

const resumedAt = () =>
  world.logged.filter(({ event }) => event === 'store.salvage_resumed').map(({ fields }) => fields.percent);

describe('O9: a repair', () => {
  it('goes on where it was, three times over, and loses nothing by it', () => {
    for (const percent of [30, 50, 85]) repairUpTo(percent);
    const report = runToEnd(salvageInSteps(files, world, 'test'));
    expect(report).toMatchObject({ kept: RECORDS, lost: 0, ranges: [], epoch: 2, reason: 'test' });
    const [first = 0, second = 0, third = 0] = resumedAt().map(Number);
    expect(first).toBeGreaterThan(20);
    expect(second).toBeGreaterThan(40);
    expect(third).toBe(80);
    const store = openStore({ dir: folder.path, world });
    expect(store.log.lastSeq()).toBe(RECORDS + 1);
    expect(store.log.readAfter(RECORDS - 1, 2).map(({ body }) => JSON.parse(body).event)).toEqual([
      'test',
      'salvaged',
    ]);
    return store.close();
  });

  it('begins anew for another damaged file, and with an unfinished one that is hurt itself', () => {
    repairUpTo(50);
    utimesSync(files.database, 1, 1);
    repairUpTo(50);
    expect(resumedAt()).toEqual([]);
    writeFileSync(files.salvaging, 'no database');
    expect(runToEnd(salvageInSteps(files, world, 'test'))).toMatchObject({ kept: RECORDS, lost: 0 });
    expect(resumedAt()).toEqual([]);
  });

  it('notes the damage, so that the next start writes nothing into the damaged file and goes on at once', () => {
    repairUpTo(50);
    expect(readFileSync(files.damageNote, 'utf8').trim()).toBe('test');
    runToEnd(salvageInSteps(files, world, 'test'));
    expect([files.salvaging, files.damageNote].filter((file) => existsSync(file))).toEqual([]);
  });

  it('keeps to what it left behind for want of room when it was begun', () => {
    const { db, save } = openUnfinished(files, 10_000);
    db.transaction(() => save(0))();
    db.close();
    const report = runToEnd(salvageInSteps(files, world, 'test'));
    expect(report).toMatchObject({ kept: RECORDS - 10_000 });
    expect(report.reason).toContain('no room to keep what was delivered');
  });

  it('lets go of the folder when the process is told to stop, and the next opening finishes it', async () => {
    writeFileSync(files.damageNote, 'found damaged in use');
    let turns = 0;
    const stopped = openStoreInTurns({ dir: folder.path, world }, async ({ percent }) => {
      turns++;
      if (percent >= 40) throw new Error('stop');
    });
    await expect(stopped).rejects.toThrow('stop');
    // So often at least could the port answer.
    expect(turns).toBeGreaterThan(15);
    const store = openStore({ dir: folder.path, world });
    expect(store.epoch()).toBe(2);
    expect(store.log.lastSeq()).toBe(RECORDS + 1);
    expect(Number(resumedAt()[0])).toBeGreaterThan(20);
    await store.close();
  });
});
