/** S4: the verbs about the users of the embedded broker: what they say is so, and no user is lost by another's. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createBackup } from '../../src/ops/backup.ts';
import { fingerprintOf } from '../../src/ops/backups/fingerprint.ts';
import { restoreBackup } from '../../src/ops/restore.ts';
import { isBrokerUser } from '../../src/store/broker-users.ts';
import { openStore } from '../../src/store/store.ts';
import { isRoot, needs } from '../support/needs.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const ID = '0016c001f153a14c';
const OTHER = '0016c001f153a14d';
const SERVICE = 12_345;

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  dir = join(folder.path, 'data');
  file = join(dir, 'broker-users.json');
  mkdirSync(dir);
});
afterEach(() => folder.remove());

async function run(words: readonly string[], ...settings: string[]) {
  let [out, err] = ['', ''];
  const set = [`store.dir=${dir}`, 'mqtt.embedded_host=0.0.0.0', ...settings].flatMap((each) => [
    '--set',
    each,
  ]);
  const code = await runCli(['broker-user', ...words, ...set], {
    runAppliance: async () => 0,
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    env: {},
    version: '0',
  });
  return { code, out, err };
}

const verb = (...words: string[]) => run(words);

async function add(id: string): Promise<string> {
  const { code, out } = await verb('add', id);
  expect(code).toBe(0);
  return /^password: (\S+)$/m.exec(out)?.[1] ?? '';
}

/** Without the folder's own time: the lock was in it, and must be gone. */
function contentsOf(path: string): string {
  return spawnSync('ls', ['-liA', '--time-style=full-iso', path], { encoding: 'utf8' }).stdout;
}

test('S4: add prints a password that is good, list names it, remove takes it away', async () => {
  expect(await verb('list')).toEqual({ code: 0, out: '', err: '' });
  const password = await add(ID.toUpperCase());
  await add(OTHER);
  expect(isBrokerUser(file, ID, password)).toBe(true);
  expect(readFileSync(file, 'utf8')).not.toContain(password);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await verb('list')).out).toBe(`${ID}\n${OTHER}\n`);
  const again = await add(ID);
  expect([isBrokerUser(file, ID, password), isBrokerUser(file, ID, again)]).toEqual([false, true]);
  expect((await verb('remove', ID)).code).toBe(0);
  expect(isBrokerUser(file, ID, again)).toBe(false);
  expect(await verb('remove', ID)).toMatchObject({ code: 1, err: expect.stringContaining('has no user') });
});

test.each([[[]], [['x']], [['0016c001f153a14']], [['../../../../x']], [[`${ID}0`]]])(
  'S4: add of %j is wrong use',
  async (words) => {
    expect(await verb('add', ...words)).toMatchObject({
      code: 2,
      err: expect.stringContaining('16 hex digits'),
    });
    expect(readdirSync(dir)).toEqual([]);
  },
);

describe('a file of users that cannot be read', () => {
  const damaged: Readonly<Record<string, () => void>> = {
    empty: () => writeFileSync(file, ''),
    cut: () => writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40)),
    'of something else': () => writeFileSync(file, '{"x":1}'),
    'far too large': () => writeFileSync(file, 'x'.repeat(100_000)),
    'a folder': () => {
      spawnSync('rm', [file]);
      mkdirSync(file);
    },
    'a pipe': () => {
      spawnSync('rm', [file]);
      expect(spawnSync('mkfifo', [file]).status).toBe(0);
    },
    'a link': () => {
      spawnSync('mv', [file, join(folder.path, 'elsewhere')]);
      symlinkSync(join(folder.path, 'elsewhere'), file);
    },
  };
  test.each(Object.entries(damaged))('S4: %s: is told by every verb, and left as it is', async (_, spoil) => {
    await add(ID);
    spoil();
    const before = contentsOf(dir);
    for (const words of [['list'], ['add', OTHER], ['remove', ID]]) {
      expect(await verb(...words)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(file) });
    }
    expect(before).toContain('broker-users.json');
    expect(contentsOf(dir)).toBe(before);
  });

  test('S4: a folder that is not there is told too', async () => {
    const none = join(folder.path, 'none');
    for (const words of [['list'], ['add', ID]]) {
      expect(await run(words, `store.dir=${none}`)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining(none),
      });
    }
    expect(existsSync(none)).toBe(false);
  });
});

test.each([
  ['mqtt.embedded_host=127.0.0.1', 'nobody is asked for a user'],
  ['mqtt.mode=external', 'users of its own'],
])('S4: with %s it is said that the user is of no use', async (set, words) => {
  const { code, err } = await run(['add', ID], set, 'mqtt.url=mqtt://127.0.0.1:1');
  expect([code, err]).toEqual([0, expect.stringContaining(words)]);
});

test('S4: a backup has the users of the broker, is made anew when they change, and brings them back', async () => {
  const world = createTestWorld();
  const store = openStore({ dir, world, commitMaxDelayMs: 0 });
  const record = { timeMs: 1, kind: 'system', device: null, body: { event: 'test' } } as const;
  await store.commit({ records: [record], urgent: true });
  await store.close();
  const about = { storeId: 'x', epoch: 1, hasLog: true, newestSeq: 1 };
  const before = fingerprintOf(dir, about, []);
  const password = await add(ID);
  expect(fingerprintOf(dir, about, [])).not.toBe(before);
  const to = join(folder.path, 'backup');
  await createBackup({ dir, settings: [], to, version: '0', nowMs: 1, withKey: true });
  const moved = join(folder.path, 'moved');
  const outcome = await restoreBackup({ folder: to, dir: moved, world });
  expect(outcome.restored).toBe(true);
  expect(isBrokerUser(join(moved, 'broker-users.json'), ID, password)).toBe(true);
});

test('S4: as root in the folder of the service every file stays the service’s', async (context) => {
  needs(context, 'root', isRoot);
  chownSync(dir, SERVICE, SERVICE);
  chmodSync(dir, 0o700);
  await add(ID);
  await verb('add', OTHER);
  await verb('remove', OTHER);
  expect(readdirSync(dir)).toEqual(['broker-users.json']);
  expect([statSync(file).uid, statSync(file).gid, statSync(file).mode & 0o777]).toEqual([
    SERVICE,
    SERVICE,
    0o600,
  ]);
});
