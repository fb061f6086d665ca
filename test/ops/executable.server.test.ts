/** The program as it is shipped: built here, then run outside of its folder with hardly any environment. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smoke } from '../../scripts/smoke.ts';
import { temporaryFolder } from '../support/process.ts';

const root = dirname(dirname(import.meta.dirname));
const executable = join(root, 'out/webscada-edge');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

function run(file: string, args: string[], env: Record<string, string> = {}): string {
  return execFileSync(file, args, { cwd: '/', env, encoding: 'utf8' });
}

describe('the built program', () => {
  const folder = temporaryFolder();
  const lonely = join(folder.path, 'webscada-edge');

  beforeAll(() => {
    execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--if-stale', '--quiet'], {
      stdio: 'inherit',
    });
    try {
      linkSync(executable, lonely);
    } catch {
      copyFileSync(executable, lonely);
    }
  }, 180_000);
  afterAll(folder.remove);

  test('knows its version, as one file and as a bundle', () => {
    expect(run(executable, ['version'])).toContain(version);
    expect(run(process.execPath, [join(root, 'dist/main.js'), 'version'])).toContain(version);
  });

  test('is read as two files at a start: the entry and the box', () => {
    for (const file of ['main.js', 'box.js']) {
      const text = readFileSync(join(root, 'dist', file), 'utf8');
      expect(text.match(/\bfrom ?["']\.[^"']*["']/g) ?? []).toEqual([]);
    }
    expect(readdirSync(join(root, 'dist')).length).toBeGreaterThan(50);
  });

  test('refuses a setting it does not know and names it', () => {
    const attempt = (): string => run(executable, ['run', '--set', 'http.prot=1']);
    expect(attempt).toThrow(/http\.prot/);
  });

  test('plays a site, serves it and stops cleanly, as one file with its addon beside it', async () => {
    const report = await smoke([executable], {});
    expect(report.readings).toBeGreaterThan(0);
  }, 90_000);

  test('needs nothing but its one file, HOME and PATH included', async () => {
    const report = await smoke([lonely], {});
    expect(report.readings).toBeGreaterThan(0);
  }, 90_000);

  test('M1: starts for a user without a name and without HOME, as containers run it', () => {
    chmodSync(folder.path, 0o755);
    // Only root can become another; everybody else has a name.
    const nameless = process.getuid?.() === 0 ? { uid: 54_321, gid: 54_321 } : {};
    const options = { cwd: '/', env: {}, encoding: 'utf8', ...nameless } as const;
    expect(execFileSync(lonely, ['version'], options)).toContain(version);
  });

  test('S12: loads no addon that somebody put beside it', () => {
    const planted = join(folder.path, 'better_sqlite3.node');
    copyFileSync(join(dirname(executable), 'better_sqlite3.node'), planted);
    appendFileSync(planted, 'x');
    const traces = join(folder.path, 'traces');
    mkdirSync(traces);
    const data = join(folder.path, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'access.db'), '');
    // The loader of glibc writes down each file it opens.
    const env = { LD_DEBUG: 'files', LD_DEBUG_OUTPUT: join(traces, 'ld'), TMPDIR: folder.path };
    expect(run(lonely, ['reset-admin', '--set', `store.dir=${data}`], env)).toMatch(/\w{4}-\w{4}/);
    const trace = readdirSync(traces).map((file) => readFileSync(join(traces, file), 'utf8'));
    const opened = [...trace.join('').matchAll(/file=(\S+better_sqlite3\.node)/g)].map(([, file]) => file);
    expect(opened.length).toBeGreaterThan(0);
    expect(opened).not.toContain(planted);
  });

  test('does the same as a bundle', async () => {
    const report = await smoke([process.execPath, join(root, 'dist/main.js')]);
    expect(report.readings).toBeGreaterThan(0);
  }, 90_000);
});
