/**
 * Lets one process at a time change files, such as the executables. The lock is a file that names its holder. It is there for order, not for
 * safety: a holder that has gone, that hangs, or a disk that takes no file keeps no box from its working version.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** What is done under the lock takes milliseconds; a new executable is not copied under it. */
const WAIT_MS = 20;
const MAX_WAITS = 500;

const sleeper = new Int32Array(new SharedArrayBuffer(4));
const sleep = (ms: number): void => void Atomics.wait(sleeper, 0, 0, ms);

/**
 * Runs `task` while `file` is ours; at once when it is so already. A holder that lives and does not let go is waited for
 * 10 s, by `wait`.
 */
export function withLock<T>(file: string, task: () => T, wait = sleep): T {
  const own = `${bootId()} ${process.pid}`;
  if (holderOf(file) === own) return task();
  take(file, own, wait);
  try {
    return task();
  } finally {
    if (holderOf(file) === own) rmSync(file, { force: true });
  }
}

function take(file: string, own: string, wait: (ms: number) => void): void {
  for (let waits = 0; waits < MAX_WAITS; waits++) {
    if (isTaken(file, own)) return;
    const holder = holderOf(file);
    // A lock without a name is being written, or was when the power went.
    if (holder !== undefined && holder !== '' && !isRunning(holder)) rmSync(file, { force: true });
    else wait(WAIT_MS);
  }
  rmSync(file, { force: true });
  isTaken(file, own);
}

/** False when another one has it. */
function isTaken(file: string, own: string): boolean {
  try {
    writeFileSync(file, own, { flag: 'wx' });
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EEXIST');
  }
}

function holderOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** In this boot: after a power cut its number may be another's. */
function isRunning(holder: string): boolean {
  const [boot, pid] = holder.split(' ');
  return boot === bootId() && existsSync(`/proc/${pid}`);
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
