/** The command line's output when its reader goes away, or when the disk under it is full. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { openStore } from '../../src/store/store.ts';
import { BUNDLED } from '../support/appliance-process.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const [command, ...args] = BUNDLED;

async function outcome(child: ChildProcess): Promise<{ code: number | null; err: string }> {
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, err };
}

describe('EPIPE: a reader that goes away', () => {
  test('I10: ends the output and nothing else: the verb keeps its exit code, without a word', async () => {
    const child = spawn(command, [...args, 'help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    // Closed long before the program has started.
    child.stdout.destroy();
    expect(await outcome(child)).toEqual({ code: 0, err: '' });
  });

  test('does not keep a verb from what it does', async () => {
    const file = join(folder.path, 'site.toml');
    const init = [...args, 'config', 'init', '--output', file];
    const child = spawn(command, init, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    child.stderr.destroy();
    expect((await outcome(child)).code).toBe(0);
    rmSync(file);
  });

  test('ends a long export early', async () => {
    const dir = join(folder.path, 'data');
    const store = openStore({ dir, world: createTestWorld(), commitMaxDelayMs: 0 });
    const record = { timeMs: 1, kind: 'system', device: null, body: { event: 'test' } } as const;
    await store.commit({ records: Array.from({ length: 3_000 }, () => record), urgent: true });
    await store.close();
    let lines = 0;
    const code = await runCli(['store', 'export', '--dir', dir], {
      runAppliance: async () => 0,
      stdout: {
        write: () => lines++,
        get closed() {
          return lines >= 10;
        },
      },
      stderr: { write: () => {} },
      env: {},
      version: '1.2.3',
    });
    expect({ code, lines }).toEqual({ code: 0, lines: 10 });
  });
});

test('a full disk under the output is a failure, told in one line', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(command, [...args, 'config', 'init'], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  expect(await outcome(child)).toEqual({
    code: 1,
    err: expect.stringMatching(/^webscada-edge: standard output cannot be written: .*ENOSPC.*\n$/),
  });
});
