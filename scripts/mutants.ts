/**
 * Breaks the code on purpose, one mutation at a time in a copy of the tree, and says which test notices: a promise nobody
 * holds us to is none. `npm run mutants` runs all, `npm run mutants -- log` those whose name has the word. Exit code 1 when
 * one is not noticed, or no longer fits the code.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MUTATIONS, type Mutation } from './house/mutations.ts';

const LIMIT_MS = 180_000;
const root = dirname(import.meta.dirname);

/** A copy of what git knows of the tree; the dependencies are shared. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'wse-mutants-'));
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root });
  for (const path of listed.toString().split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** The tests of `files` that fail in `copy`; undefined when they all pass. */
function failing(copy: string, files: readonly string[]): readonly string[] | undefined {
  const out = join(copy, 'report.json');
  rmSync(out, { force: true });
  const args = ['node_modules/vitest/vitest.mjs', 'run', ...files, '--reporter=json', `--outputFile=${out}`];
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: copy,
    timeout: LIMIT_MS,
    stdio: 'ignore',
  });
  if (error) return [`not done within ${LIMIT_MS / 1_000} s`];
  if (status === 0) return undefined;
  const { testResults } = JSON.parse(readFileSync(out, 'utf8')) as Report;
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter((result) => result.status === 'failed');
    const file = name.slice(copy.length + 1);
    if (failed.length === 0 && message !== '')
      throw new Error(`${file} does not run: ${message.split('\n')[0]}`);
    return failed.map(({ fullName }) => `${file}: ${fullName}`);
  });
}

/** What becomes of the mutation: the tests that notice, or why it counts for nothing. */
function tryOut(
  copy: string,
  { file, from, to, tests }: Mutation,
): { noticed: readonly string[]; fault?: string } {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2)
    return { noticed: [], fault: `${file} no longer has this once: ${from}` };
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  try {
    const noticed = failing(copy, tests);
    return noticed?.length ? { noticed } : { noticed: [], fault: `not noticed by ${tests.join(', ')}` };
  } finally {
    writeFileSync(path, text);
  }
}

const word = process.argv[2] ?? '';
const chosen = MUTATIONS.filter(({ name }) => name.includes(word));
const copy = copyTree();
try {
  const sound = failing(copy, [...new Set(chosen.flatMap(({ tests }) => tests))]);
  if (sound) throw new Error(`the tests fail without a mutation: ${sound.join('; ')}`);
  for (const mutation of chosen) {
    const { noticed, fault } = tryOut(copy, mutation);
    if (fault) process.exitCode = 1;
    console.log(`${fault ? 'NOT NOTICED' : 'noticed'}: ${mutation.name}`);
    for (const line of fault ? [fault] : noticed.slice(0, 3)) console.log(`    ${line}`);
    if (noticed.length > 3) console.log(`    and ${noticed.length - 3} more`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
