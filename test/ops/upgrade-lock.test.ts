/** The lock under which executables are changed, held by a process that lives and does not let go; time is injected. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../../src/files/lock.ts';
import { temporaryFolder } from '../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
let lock: string;
let waitedMs: number;

beforeEach(() => {
  folder = temporaryFolder();
  lock = join(folder.path, 'lock');
  waitedMs = 0;
});
afterEach(() => folder.remove());

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
/** Process 1 lives as long as the machine. */
const LIVING = `${bootId} 1`;
const own = `${bootId} ${process.pid}`;
const wait = (ms: number): void => {
  waitedMs += ms;
};

it.each([
  ['that hangs', LIVING],
  ['that has not written its name', ''],
])(
  'O1: a holder %s is waited for 10 s, and no longer: no box is kept from its working version',
  (_, holder) => {
    writeFileSync(lock, holder);
    expect(withLock(lock, () => readFileSync(lock, 'utf8'), wait)).toBe(own);
    expect(waitedMs).toBe(10_000);
    expect(existsSync(lock)).toBe(false);
  },
);

it('O1: one that lets go in time is followed at once', () => {
  writeFileSync(lock, LIVING);
  const letGo = (ms: number): void => {
    wait(ms);
    if (waitedMs === 1_000) rmSync(lock);
  };
  expect(withLock(lock, () => readFileSync(lock, 'utf8'), letGo)).toBe(own);
  expect(waitedMs).toBe(1_000);
});

it('O1: whoever took the lock over meanwhile keeps it', () => {
  withLock(lock, () => writeFileSync(lock, LIVING), wait);
  expect(readFileSync(lock, 'utf8')).toBe(LIVING);
});
