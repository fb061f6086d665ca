/** O2, O20, S15: a backup is whole, on the disk and of something, or it is none; restoring shows what it replaces by what. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { tell } from '../../src/model/said.ts';
import { type BackupManifest, createBackup } from '../../src/ops/backup.ts';
import { checkBackup } from '../../src/ops/backup-check.ts';
import { restoreBackup } from '../../src/ops/restore.ts';
import { digestFile } from '../../src/ops/upgrade/signature.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore } from '../../src/store/store.ts';
import { openUsers } from '../../src/store/tables/users-file.ts';
import { temporaryFolder } from '../support/process.ts';
import { asNobody } from '../support/rights.ts';
import { createTestWorld } from '../support/world.ts';

const DEV_EUI = '70b3d57ed0000002';
const DAY_MS = 86_400_000;

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
let to: string;
beforeEach(() => {
  folder = temporaryFolder();
  dir = join(folder.path, 'data');
  to = join(folder.path, 'backup');
});
afterEach(() => {
  chmodSync(folder.path, 0o700);
  folder.remove();
});

const create = (more: { readonly maxLogBytes?: number; readonly allowEmpty?: boolean } = {}) =>
  createBackup({ dir, settings: [], to, version: '0.0.0', nowMs: 1, ...more });

/** A store with `records` readings a day apart, and one device. */
async function makeStore(at: string, records: number, devices = 1): Promise<void> {
  const world = createTestWorld();
  const store = openStore({ dir: at, world, commitMaxDelayMs: 0 });
  if (devices > 0) store.devices.put({ devEui: DEV_EUI, name: 'Tank', codec: 'raw', origin: 'api' });
  for (let index = 0; index < records; index++) {
    const timeMs = Date.UTC(2026, 0, 1) + index * DAY_MS;
    await store.commit({
      records: [{ timeMs, kind: 'system', device: null, body: { event: 'test' } }],
      urgent: true,
    });
  }
  await store.close();
}

async function cli(...argv: string[]) {
  let text = '';
  const asked: string[] = [];
  const write = (more: string) => (text += more);
  const code = await runCli(argv, {
    runAppliance: () => Promise.reject(new Error('not here')),
    stdout: { write },
    stderr: { write },
    env: {},
    version: '0.0.0',
    ask: async (question) => {
      asked.push(question);
      return 'n';
    },
  });
  return { code, text, asked };
}

describe('a backup', () => {
  test('is made beside the running store, is whole, and tells when it is not', async () => {
    const store = openStore({ dir, world: createTestWorld(), commitMaxDelayMs: 0 });
    store.devices.put({ devEui: DEV_EUI, name: 'Tank', codec: 'raw', origin: 'api' });
    const { users, close } = openUsers(dir);
    users.put({ name: 'ann', role: 'admin', password: 'x', createdMs: 1 });
    await store.commit({ seen: ['a'], urgent: true });
    const made = await create();
    await store.close();
    close();
    expect(made.files.map(({ name }) => name)).toEqual(['access.db', 'edge.db', 'keys.json']);
    expect(await checkBackup(to)).toMatchObject({ problems: [], empty: false, contents: { devices: 1 } });
    const copy = openUsers(to);
    expect(copy.users.list().map(({ name }) => name)).toEqual(['ann']);
    copy.close();
    writeFileSync(join(to, 'keys.json'), 'x');
    rmSync(join(to, 'edge.db'));
    expect((await checkBackup(to)).problems).toEqual(
      expect.arrayContaining([
        tell('restore.missing', { name: 'edge.db' }),
        tell('restore.damaged', { name: 'keys.json' }),
      ]),
    );
  });

  test('leaves the log out where it is too large, and says so', async () => {
    await makeStore(dir, 1);
    expect((await create({ maxLogBytes: 10 })).left).toEqual(['edge.db']);
    expect(existsSync(join(to, 'edge.db'))).toBe(false);
    expect(await checkBackup(to)).toMatchObject({
      problems: [],
      empty: false,
      contents: { hasLog: false, records: 0, devices: 1 },
    });
  });

  test('O20: is readable for its owner alone, and its databases open on a medium that cannot be written', async () => {
    await makeStore(dir, 1);
    await create();
    expect(statSync(to).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(to))
      expect([name, statSync(join(to, name)).mode & 0o777]).toEqual([name, 0o600]);
    // Bytes 18 and 19 of the header: 2 would want a write-ahead log beside it.
    expect([...readFileSync(join(to, 'edge.db')).subarray(18, 20)]).toEqual([1, 1]);
  });
});

describe('O2: there is no backup', () => {
  const configFile = (): string => {
    const config = join(folder.path, 'site.toml');
    writeFileSync(config, `[store]\ndir = "${dir}"\nreserve_bytes = 0\n`);
    return config;
  };

  test.each<[string, () => Promise<void> | void, RegExp]>([
    ['of a store that is missing', () => {}, /there is no store in/],
    ['of a folder without a store', () => void mkdirSync(dir), /there is no store in/],
    ['of an empty store', () => makeStore(dir, 0, 0), /empty: it holds neither a record nor a device/],
    [
      'of a file of no bytes',
      async () => {
        await makeStore(dir, 1);
        truncateSync(join(dir, 'edge.db'), 0);
      },
      /no backup: .*no such table/,
    ],
    [
      'of a file that is no database',
      async () => {
        await makeStore(dir, 1);
        writeFileSync(join(dir, 'edge.db'), 'x'.repeat(10_000));
      },
      /no backup: .*not a database/,
    ],
    [
      'of a database whose pages are damaged',
      async () => {
        await makeStore(dir, 400);
        const file = join(dir, 'edge.db');
        const bytes = readFileSync(file);
        bytes.fill(
          0xaa,
          Math.floor(bytes.length / 4096 / 2) * 4096,
          Math.floor(bytes.length / 4096 / 2) * 4096 + 8192,
        );
        writeFileSync(file, bytes);
      },
      /no backup: .*(damaged|malformed)/,
    ],
  ])('%s: exit code 1, and nothing is left behind', async (_name, arrange, words) => {
    await arrange();
    const { code, text } = await cli('backup', 'create', '--to', to, '--config', configFile());
    expect(text).toMatch(words);
    expect(code).toBe(1);
    expect(existsSync(to)).toBe(false);
  });

  test('of a store that may not be read: exit code 77', async () => {
    await makeStore(dir, 1);
    const config = configFile();
    chmodSync(dir, 0);
    const { code, text } = await asNobody(folder.path, () =>
      cli('backup', 'create', '--to', to, '--config', config),
    );
    chmodSync(dir, 0o700);
    expect(text).toMatch(/no backup: .*permission denied/i);
    expect(code).toBe(77);
    expect(existsSync(to)).toBe(false);
  });

  test('in one that holds nothing: verify fails, restore refuses it and keeps what is there', async () => {
    await makeStore(dir, 0, 0);
    await create({ allowEmpty: true });
    expect(await cli('backup', 'verify', to)).toMatchObject({
      code: 1,
      text: expect.stringContaining('empty'),
    });
    rmSync(dir, { recursive: true });
    await makeStore(dir, 67);
    const before = readFileSync(join(dir, 'edge.db'));
    const config = configFile();
    const refused = await cli('backup', 'restore', to, '--yes', '--config', config);
    expect(refused).toMatchObject({ code: 1, text: expect.stringContaining('--allow-empty') });
    expect(await restoreBackup({ folder: to, dir, world: createTestWorld() })).toMatchObject({
      restored: false,
    });
    expect(readFileSync(join(dir, 'edge.db'))).toEqual(before);
    expect(readdirSync(dir).filter((name) => name.startsWith('before-restore'))).toEqual([]);
    const meant = await cli('backup', 'restore', to, '--yes', '--allow-empty', '--config', config);
    expect(meant).toMatchObject({ code: 0, text: expect.stringContaining('67 records') });
  });

  test('in one with a device and no record, where there are records: restore refuses it', async () => {
    await makeStore(dir, 0);
    await create();
    rmSync(dir, { recursive: true });
    await makeStore(dir, 67);
    const config = configFile();
    const refused = await cli('backup', 'restore', to, '--yes', '--config', config);
    expect(refused.text).toMatch(/in .*: 67 records .*\nthe backup: 0 records, 1 device/);
    expect(refused.text).toMatch(/the backup holds no records, and the store in .* holds 67.*--allow-empty/);
    expect(refused.code).toBe(1);
    const options = { folder: to, dir, world: createTestWorld() };
    expect(await restoreBackup(options)).toMatchObject({ restored: false, running: false });
    expect(existsSync(join(dir, 'edge.db'))).toBe(true);
    expect(await restoreBackup({ ...options, allowEmpty: true })).toMatchObject({ restored: true });
  });

  test('in a manifest without files, as older programs made them of a missing store', async () => {
    mkdirSync(to);
    writeFileSync(
      join(to, 'manifest.json'),
      JSON.stringify({ format: 1, version: '0', madeMs: 1, files: [], left: [] }),
    );
    expect((await cli('backup', 'verify', to)).code).toBe(1);
    await makeStore(dir, 3);
    expect((await cli('backup', 'restore', to, '--yes', '--config', configFile())).code).toBe(1);
    writeFileSync(join(to, 'manifest.json'), '{"format":1}');
    expect((await checkBackup(to)).problems).toMatchObject([{ detail: expect.stringContaining('damaged') }]);
  });

  test.each<[string, unknown]>([
    ['no object', [1]],
    ['entries that are none', { files: [null, 'x', { name: 1 }] }],
    ['a name that leads elsewhere', { files: [{ name: '../x', size: 1, sha256: 'a'.repeat(64) }] }],
    ['the name of a folder', { files: [{ name: '..', size: 1, sha256: 'a'.repeat(64) }] }],
    ['a time that is none', { madeMs: 1e300 }],
    ['settings that are none', { settings: [{ name: 'x' }] }],
  ])('S15: in a manifest with %s, which is told in one line', async (_, bent) => {
    await makeStore(dir, 2);
    await create();
    const file = join(to, 'manifest.json');
    const whole: unknown = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify(Array.isArray(bent) ? bent : Object.assign({}, whole, bent)));
    for (const verb of ['verify', 'restore']) {
      const { code, text } = await cli('backup', verb, to, ...(verb === 'restore' ? ['--yes'] : []));
      expect(code).toBe(1);
      expect(text).toMatch(/^webscada-edge: [^\n]*manifest\.json is [^\n]*damaged[^\n]*\n$/);
    }
  });

  test.each([
    ['edge.db', 'CREATE TRIGGER spy AFTER INSERT ON log BEGIN DELETE FROM devices; END', 'trigger "spy"'],
    ['edge.db', 'CREATE VIEW spy AS SELECT * FROM devices', 'view "spy"'],
    ['access.db', 'CREATE TRIGGER spy AFTER DELETE ON users BEGIN SELECT 1; END', 'trigger "spy"'],
  ])('S15: in one whose %s was made to do more: %s', async (name, sql, told) => {
    await makeStore(dir, 2);
    openUsers(dir).close();
    await create();
    const database = join(to, name);
    const db = openSqlite(database);
    db.exec(sql);
    db.pragma('journal_mode = DELETE');
    db.close();
    const file = join(to, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as BackupManifest;
    const digest = await digestFile(database);
    const files = manifest.files.map((each) => (each.name === name ? { name, ...digest } : each));
    writeFileSync(file, JSON.stringify({ ...manifest, files }));
    expect((await checkBackup(to)).problems).toMatchObject([{ detail: expect.stringContaining(told) }]);
  });

  test('restoring shows what goes and what comes, in records and times, before it asks', async () => {
    await makeStore(dir, 2);
    await create();
    rmSync(dir, { recursive: true });
    await makeStore(dir, 5);
    const { code, text, asked } = await cli('backup', 'restore', to, '--config', configFile());
    expect(asked).toEqual([expect.stringContaining('Put the backup in the place of the store?')]);
    expect(text).toContain(
      `in ${dir}: 5 records from 2026-01-01T00:00:00.000Z to 2026-01-05T00:00:00.000Z, 1 device (epoch 1)`,
    );
    expect(text).toContain(
      'the backup: 2 records from 2026-01-01T00:00:00.000Z to 2026-01-02T00:00:00.000Z, 1 device (epoch 1), made',
    );
    expect(text).toContain('newer than the backup');
    expect(code).toBe(1);
  });
});
