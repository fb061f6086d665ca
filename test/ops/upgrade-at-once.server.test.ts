/** `upgrade` and `upgrade --recover` change the same files of an installation at the same time. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../src/files/lock.ts';
import { type Layout, layoutOf } from '../../src/ops/install/layout.ts';
import { createVersions, type PendingUpgrade } from '../../src/ops/upgrade/versions.ts';
import { temporaryFolder } from '../support/process.ts';

const PENDING: PendingUpgrade = { from: '1.0.0', to: '1.1.0', startedMs: 1, failures: 0 };
const ROUNDS = 100;
const VERSIONS = join(dirname(dirname(import.meta.dirname)), 'src/ops/upgrade/versions.ts');
const FINE = { code: 0, errors: '' };

let folder: ReturnType<typeof temporaryFolder>;
let layout: Layout;

beforeEach(() => {
  folder = temporaryFolder();
  layout = layoutOf(folder.path);
  mkdirSync(layout.versions, { recursive: true });
  mkdirSync(dirname(layout.executable), { recursive: true });
  writeFileSync(layout.executable, 'one');
});
afterEach(() => folder.remove());

test('processes that write the same file at the same time do not take each other’s drafts away', async () => {
  const released = join(folder.path, 'released');
  writeFileSync(released, 'two');
  const script = `import { createVersions } from ${JSON.stringify(VERSIONS)};
    const versions = createVersions(${JSON.stringify(layout)});
    for (let n = 0; n < ${ROUNDS}; n++) versions.stage(${JSON.stringify(released)});`;
  expect(await Promise.all([1, 2].map(() => runScript(script)))).toEqual([FINE, FINE]);
  expect(readFileSync(createVersions(layout).next, 'utf8')).toBe('two');
  expect(readdirSync(layout.versions)).toEqual(['next']);
}, 60_000);

test('a version that both want to take back is taken back once', async () => {
  const layouts = Array.from({ length: ROUNDS }, (_, round) =>
    prepareTakeBack(join(folder.path, `${round}`)),
  );
  const go = join(folder.path, 'go');
  const script = `import { existsSync } from 'node:fs';
    import { createVersions } from ${JSON.stringify(VERSIONS)};
    while (!existsSync(${JSON.stringify(go)}));
    for (const layout of ${JSON.stringify(layouts)}) createVersions(layout).takeBack('sick', 1);`;
  const both = [1, 2].map(() => runScript(script));
  writeFileSync(go, '');
  expect(await Promise.all(both)).toEqual([FINE, FINE]);
  const results = layouts.map((one) => {
    const { previous, lastChange, pending } = createVersions(one);
    const texts = [one.executable, previous].map((file) => readFileSync(file, 'utf8'));
    return [...texts, lastChange()?.kind, pending()];
  });
  expect(results).toEqual(layouts.map(() => ['before', 'older', 'taken_back', undefined]));
}, 60_000);

test('staging removes the drafts of processes that have gone, and no others', () => {
  const released = join(folder.path, 'released');
  writeFileSync(released, 'two');
  // No process has this number: the kernel's greatest is 2^22.
  const abandoned = ['next', 'previous', 'upgrade.json', 'last-change.json'].map((name) =>
    join(layout.versions, `${name}.9999999-0123abcd.new`),
  );
  abandoned.push(`${layout.executable}.9999999-0123abcd.new`);
  const others = [
    // Of one that is there: who started us.
    join(layout.versions, `last-change.json.${process.ppid}-0123abcd.new`),
    `${layout.executable}-of-another.9999999-0123abcd.new`,
  ];
  for (const file of [...abandoned, ...others]) writeFileSync(file, 'half');
  const versions = createVersions(layout);
  versions.stage(released);
  expect(abandoned.filter((file) => existsSync(file))).toEqual([]);
  expect(others.map((file) => readFileSync(file, 'utf8'))).toEqual(['half', 'half']);
  expect(readFileSync(versions.next, 'utf8')).toBe('two');
});

test.each([
  ['whose holder has gone', `${bootId()} 9999999`],
  ['of before a power cut', `0-0 ${process.pid}`],
])('a lock %s holds nobody up', (_, holder) => {
  const lock = join(layout.versions, 'lock');
  writeFileSync(lock, holder);
  expect(withLock(lock, () => withLock(lock, () => readFileSync(lock, 'utf8')))).toBe(
    `${bootId()} ${process.pid}`,
  );
  expect(existsSync(lock)).toBe(false);
});

test('what fails under the lock gives it back', () => {
  const lock = join(layout.versions, 'lock');
  const fail = () => {
    throw new Error('no space');
  };
  expect(() => withLock(lock, fail)).toThrow('no space');
  expect(existsSync(lock)).toBe(false);
});

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** An installation below `prefix` with 'new' in place, unproven. */
function prepareTakeBack(prefix: string): Layout {
  const one = layoutOf(prefix);
  mkdirSync(one.versions, { recursive: true });
  mkdirSync(dirname(one.executable), { recursive: true });
  const versions = createVersions(one);
  writeFileSync(one.executable, 'before');
  writeFileSync(versions.previous, 'older');
  writeFileSync(versions.next, 'new');
  versions.swapIn(PENDING);
  return one;
}

function runScript(script: string): Promise<{ code: number | null; errors: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, errors }));
  });
}
