/**
 * What a test needs of the machine besides servers: root, loop devices, a tool. What is missing is skipped by name on a
 * laptop and fails in CI, unless the run excuses it by name (WSE_TEST_EXCUSED, as .ci/run does out loud).
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

/** What of the machine may be missing, with what to do about it. */
const ADVICE = {
  root: 'run as root',
  'loop-devices': 'root, mkfs.ext4 (apt-get install e2fsprogs) and loop devices',
  'small-disk': 'root and the right to mount a file system of its own',
  strace: 'strace (apt-get install strace) and the right to trace',
  'systemd-analyze': 'systemd-analyze (apt-get install systemd)',
  go: 'Go (apt-get install golang-go)',
} as const;

export type MachineNeed = keyof typeof ADVICE;

export const isRoot = process.getuid?.() === 0;

/** Whether this run was told to go without `name`. */
export function isExcused(name: string): boolean {
  return (process.env.WSE_TEST_EXCUSED ?? '').split(',').includes(name);
}

/** Whether `command` can be started at all. */
export function canRun(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).error === undefined;
}

/** First statement of a test: goes on when `available`; else skips it, or fails it in CI. */
export function needs(context: { skip: (why: string) => void }, need: MachineNeed, available: boolean): void {
  if (available) return;
  const why = `needs ${ADVICE[need]}`;
  if (process.env.CI && !isExcused(need)) expect.fail(why);
  console.warn(`SKIPPED: ${why}`);
  context.skip(why);
}

/** Like `describe`, for a suite that asks for `need`. */
export function describeNeeding(
  need: MachineNeed,
  available: boolean,
  title: string,
  suite: () => void,
): void {
  if (available) describe(title, suite);
  else if (process.env.CI && !isExcused(need)) test(`${title}: needs ${ADVICE[need]}`, () => expect.fail());
  else {
    console.warn(`SKIPPED: ${title}: needs ${ADVICE[need]}`);
    describe.skip(`${title} [SKIPPED: needs ${ADVICE[need]}]`, suite);
  }
}
