/** The bundle as it is shipped: each of its files finds what it imports from the others, the rarely loaded ones too. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { BUNDLED } from '../support/appliance-process.ts';
import { temporaryFolder } from '../support/process.ts';

const [node, main = ''] = BUNDLED;
const dist = dirname(main);

/** Linking is what is tried: a part that wants a package nobody ships fails otherwise, and only when it is run. */
const LINK = `
const faults = [];
for (const file of process.argv.slice(1)) await import(file).catch((error) => {
  if (error instanceof SyntaxError) faults.push(file + ': ' + error.message);
});
console.log(JSON.stringify(faults));
process.exit(0);
`;

test('every file finds what it imports', () => {
  const files = readdirSync(dist).filter((name) => /^(chunk|box)-.*\.js$/.test(name));
  expect(files.length).toBeGreaterThan(100);
  const urls = files.map((name) => pathToFileURL(`${dist}/${name}`).href);
  const args = ['--input-type=module', '--no-warnings', '--eval', LINK, '--', ...urls];
  const { stdout } = spawnSync(node, args, { encoding: 'utf8', cwd: '/' });
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual([]);
}, 60_000);

test('the verbs of backups and of their copies run', () => {
  const { path, remove } = temporaryFolder();
  mkdirSync(join(path, 'backups'));
  const ask = (...words: readonly string[]) =>
    spawnSync(node, [main, ...words, '--set', `store.dir=${path}`], { encoding: 'utf8', cwd: path });
  const [list, copies] = [ask('backup', 'list'), ask('backup', 'copies', '--set', `backup.copy_dir=${path}`)];
  remove();
  expect(list).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no backup') });
  expect(copies).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no copy') });
}, 60_000);
