/** The drafts of an installation's files: `upgrade` and `upgrade --recover` write the same ones at the same time. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { draftOf } from '../src/ops/install/draft.ts';
import { type Layout, layoutOf } from '../src/ops/install/layout.ts';
import { createVersions, type PendingUpgrade } from '../src/ops/upgrade/versions.ts';
import { temporaryFolder } from './support/process.ts';

const PENDING: PendingUpgrade = { from: '1.0.0', to: '1.1.0', startedMs: 1, failures: 0 };
const NOTES = 200;

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

test('processes that write the same note at the same time do not take each other’s drafts away', async () => {
  const module = join(dirname(import.meta.dirname), 'src/ops/upgrade/versions.ts');
  const script = `import { createVersions } from ${JSON.stringify(module)};
    const versions = createVersions(${JSON.stringify(layout)});
    for (let n = 0; n < ${NOTES}; n++) versions.note(${JSON.stringify(PENDING)});`;
  const ends = await Promise.all([1, 2].map(() => runScript(script)));
  expect(ends).toEqual([
    { code: 0, errors: '' },
    { code: 0, errors: '' },
  ]);
  expect(createVersions(layout).pending()).toEqual(PENDING);
  expect(readdirSync(layout.versions)).toEqual(['upgrade.json']);
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
    draftOf(join(layout.versions, 'last-change.json')),
    `${layout.executable}-of-another.9999999-0123abcd.new`,
  ];
  for (const file of [...abandoned, ...others]) writeFileSync(file, 'half');
  const versions = createVersions(layout);
  versions.stage(released);
  expect(abandoned.filter((file) => existsSync(file))).toEqual([]);
  expect(others.map((file) => readFileSync(file, 'utf8'))).toEqual(['half', 'half']);
  expect(readFileSync(versions.next, 'utf8')).toBe('two');
});

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
