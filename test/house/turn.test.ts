/** Programs that write into one folder do it one after the other, and a lock left behind holds nobody up. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inTurn } from '../../scripts/turn.ts';
import { temporaryFolder } from '../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

test('one after the other, also after a failure, and the lock goes', async () => {
  const lock = join(folder.path, 'out/.building');
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn(lock, async () => {
    seen.push('first begins');
    await gate.promise;
    seen.push('first ends');
    throw new Error('broken');
  });
  const second = inTurn(lock, async () => void seen.push('second'));
  gate.resolve();
  await expect(first).rejects.toThrow('broken');
  await second;
  expect(seen).toEqual(['first begins', 'first ends', 'second']);
  expect(existsSync(lock)).toBe(false);
});

test('the lock of a process that is gone counts for nothing', async () => {
  const lock = join(folder.path, 'lock');
  writeFileSync(lock, String(spawnSync(process.execPath, ['-e', '']).pid));
  let ran = false;
  await inTurn(lock, async () => {
    ran = true;
  });
  expect(ran).toBe(true);
});
