/**
 * A request of the service, carried out by root, with whatever a service that was taken over might lay there: links, pipes, what changes
 * meanwhile, what is not signed, older, too large, half.
 */
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inEnglish, tell } from '../../src/model/said.ts';
import { layoutOf } from '../../src/ops/install/layout.ts';
import type { Machine } from '../../src/ops/install/machine.ts';
import { parseRequest, readReport, reportFile, spoolOf } from '../../src/ops/upgrade/request.ts';
import { carryOutRequest } from '../../src/ops/upgrade/requested.ts';
import { signStatement } from '../../src/ops/upgrade/signature.ts';
import { openSpool } from '../../src/ops/upgrade/spool.ts';
import { createVersions } from '../../src/ops/upgrade/versions.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KEYS = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const NEW = Buffer.from('#!/bin/sh\necho new\n');
const OLD = Buffer.from('#!/bin/sh\necho old\n');
const REQUEST = { id: 'r1', version: '0.3.0', at: { scheme: 'http', host: '127.0.0.1', port: 8080 } };

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

interface Signed {
  readonly version?: string;
  readonly arch?: string;
  readonly size?: number;
  readonly key?: typeof privateKey;
}

function signed(
  bytes: Uint8Array,
  { version = '0.3.0', arch = process.arch, size, key }: Signed = {},
): string {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const statement = {
    name: 'webscada-edge',
    version,
    commit: 'abc',
    arch,
    size: size ?? bytes.length,
    sha256,
  };
  return signStatement({ ...statement, name: 'webscada-edge' }, key ?? privateKey);
}

/** A box of 0.2.0 whose service has laid a good request; `runs`: what the new version says when it is tried. */
function makeBox() {
  const layout = layoutOf(folder.path);
  const spool = spoolOf(layout);
  for (const dir of [dirname(layout.executable), layout.versions, spool]) mkdirSync(dir, { recursive: true });
  writeFileSync(layout.executable, OLD, { mode: 0o755 });
  const lay = (bytes: Uint8Array, signature: string, request: unknown = REQUEST) => {
    writeFileSync(join(spool, 'webscada-edge'), bytes);
    writeFileSync(join(spool, 'webscada-edge.sig'), signature);
    writeFileSync(join(spool, 'request.json'), JSON.stringify(request));
  };
  lay(NEW, signed(NEW));
  const world = createTestWorld();
  const versions = createVersions(layout);
  const state = { restarts: 0, isHealthy: true, free: 1e12, tried: [] as string[] };
  const is = (): string => (readFileSync(layout.executable).equals(NEW) ? '0.3.0' : '0.2.0');
  const run: Machine['run'] = async (command, args) => {
    state.tried.push(args.join(' '));
    if (args[0] !== 'version') return { code: 0, stdout: '', stderr: '' };
    const version = readFileSync(command).equals(OLD) ? '0.2.0' : '0.3.0';
    return { code: 0, stdout: JSON.stringify({ version }), stderr: '' };
  };
  const machine: Machine = {
    ...{ run, uid: () => 0, read: () => undefined, exists: existsSync, glibc: () => '2.36' },
    ...{ portFree: async () => true, freeBytes: () => state.free, fleeting: () => undefined },
  };
  const carryOut = () =>
    carryOutRequest({
      ...{ spool, report: reportFile(layout), keys: KEYS, version: '0.2.0' },
      depsFor: () => ({
        versions: { ...versions, runs: () => true },
        supervisor: { pid: async () => 7, restart: async () => void state.restarts++ },
        health: async () =>
          is() === '0.2.0' || state.isHealthy
            ? { healthy: true, version: is() }
            : { healthy: false, problem: tell('watch.nobody', { url: 'http://127.0.0.1' }) },
        pause: async (ms) => world.advance(ms),
        backup: async () => 'made before',
        ...{ machine, clock: world.clock, settingsFile: '/x', tell() {}, place: [] },
        ...{ limitMs: 5_000, holdMs: 1_000 },
      }),
    });
  const isAsBefore = () => {
    expect(readFileSync(layout.executable)).toEqual(OLD);
    expect([state.restarts, state.tried]).toEqual([0, []]);
    expect(existsSync(versions.next)).toBe(false);
    expect(existsSync(join(spool, 'request.json'))).toBe(false);
  };
  return { ...{ layout, spool, lay, state, carryOut, isAsBefore, versions, world } };
}

describe('a request of the service', () => {
  test('a signed, newer version takes its place, is watched, and is reported where only root writes', async () => {
    const { layout, spool, carryOut, state } = makeBox();
    expect(await carryOut()).toMatchObject({ id: 'r1', state: 'done', version: '0.3.0' });
    expect(readFileSync(layout.executable)).toEqual(NEW);
    expect(state.restarts).toBe(1);
    expect(readReport(reportFile(layout))).toMatchObject({ id: 'r1', state: 'done' });
    expect(existsSync(join(spool, 'request.json'))).toBe(false);
  });

  test('one that is not well is taken back, and that is the report', async () => {
    const { layout, carryOut, state } = makeBox();
    state.isHealthy = false;
    expect(await carryOut()).toMatchObject({ state: 'taken_back', said: [{ key: 'watch.nobody' }] });
    expect(readFileSync(layout.executable)).toEqual(OLD);
  });

  test('the same one again is not carried out again', async () => {
    const { lay, carryOut, state } = makeBox();
    await carryOut();
    lay(NEW, signed(NEW));
    expect(await carryOut()).toMatchObject({ state: 'done' });
    expect(state.restarts).toBe(1);
  });

  const other = generateKeyPairSync('ed25519').privateKey;
  test.each<[string, string, Uint8Array, string]>([
    ['signed by somebody else', 'bad_signature', NEW, signed(NEW, { key: other })],
    ['not signed', 'bad_signature', NEW, ''],
    ['changed after it was signed', 'bad_signature', Buffer.from('#!/bin/sh\necho bad\n'), signed(NEW)],
    ['half', 'bad_file', NEW.subarray(0, 9), signed(NEW)],
    ['longer than signed', 'bad_file', Buffer.concat([NEW, NEW]), signed(NEW)],
    ['older', 'bad_file', NEW, signed(NEW, { version: '0.1.0' })],
    ['for another machine', 'bad_file', NEW, signed(NEW, { arch: 'mips' })],
    ['huge', 'bad_file', NEW, signed(NEW, { size: 1e12 })],
    ['with a signature that is huge', 'bad_signature', NEW, signed(NEW) + ' '.repeat(70_000)],
  ])('%s: refused, and nothing is touched', async (_, code, bytes, signature) => {
    const { lay, carryOut, isAsBefore } = makeBox();
    lay(bytes, signature);
    expect(await carryOut()).toMatchObject({ state: 'refused', code });
    isAsBefore();
  });

  test('an older version is refused, also when it is the one that is asked for', async () => {
    const { lay, carryOut, isAsBefore } = makeBox();
    lay(NEW, signed(NEW, { version: '0.1.9' }), { ...REQUEST, version: '0.1.9' });
    expect(await carryOut()).toMatchObject({ state: 'refused', code: 'older' });
    isAsBefore();
  });

  test('a disk without room is refused before anything is copied', async () => {
    const { carryOut, isAsBefore, state } = makeBox();
    state.free = 1_000;
    expect(await carryOut()).toMatchObject({ code: 'no_room' });
    isAsBefore();
  });

  test.each(['webscada-edge', 'webscada-edge.sig', 'request.json'])(
    'a link in the place of %s is not followed',
    async (name) => {
      const { spool, carryOut, isAsBefore } = makeBox();
      const secret = join(folder.path, 'secret');
      renameSync(join(spool, name), secret);
      symlinkSync(secret, join(spool, name));
      const report = await carryOut();
      if (name === 'request.json') expect(report).toBe('nothing');
      else expect(report).toMatchObject({ state: 'refused', reason: `${name} is a link` });
      isAsBefore();
      // The link goes, and not what it leads to.
      expect(existsSync(secret)).toBe(true);
    },
  );

  test('a folder that is a link is not entered', async () => {
    const { spool, carryOut } = makeBox();
    renameSync(spool, `${spool}-elsewhere`);
    symlinkSync(`${spool}-elsewhere`, spool);
    await expect(carryOut()).rejects.toThrow(/ENOTDIR|ELOOP/);
    expect(existsSync(join(`${spool}-elsewhere`, 'request.json'))).toBe(true);
  });

  test('a folder that becomes a link after it was opened leads nowhere else', () => {
    const { spool } = makeBox();
    const elsewhere = join(folder.path, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'request.json'), 'of another');
    const opened = openSpool(spool);
    renameSync(spool, `${spool}-moved`);
    symlinkSync(elsewhere, spool);
    expect(opened.read('request.json', 1_000)).toContain('r1');
    opened.remove('request.json');
    opened.close();
    expect(existsSync(join(elsewhere, 'request.json'))).toBe(true);
    expect(existsSync(join(`${spool}-moved`, 'request.json'))).toBe(false);
  });

  test.each(['webscada-edge', 'webscada-edge.sig', 'request.json'])(
    'a pipe in the place of %s holds nobody up',
    async (name) => {
      const { spool, carryOut, isAsBefore } = makeBox();
      renameSync(join(spool, name), join(spool, 'aside'));
      execFileSync('mkfifo', [join(spool, name)]);
      const report = await carryOut();
      if (name !== 'request.json') expect(report).toMatchObject({ state: 'refused' });
      isAsBefore();
    },
  );

  test('what is reported of a file of root’s under another name repeats nothing of it', async () => {
    const { spool, layout, carryOut } = makeBox();
    const secret = join(folder.path, 'shadow');
    writeFileSync(secret, 'root:$6$hash');
    renameSync(join(spool, 'webscada-edge.sig'), join(spool, 'aside'));
    linkSync(secret, join(spool, 'webscada-edge.sig'));
    expect(await carryOut()).toMatchObject({ code: 'bad_signature' });
    expect(readFileSync(reportFile(layout), 'utf8')).not.toContain('hash');
  });

  test('the file that is swapped after its copy was made is not the one that runs', async () => {
    const { spool, layout, carryOut, state } = makeBox();
    const file = join(spool, 'webscada-edge');
    state.tried = new Proxy(state.tried, {
      set(target, key, value) {
        // The new version is tried: too late for another.
        writeFileSync(file, '#!/bin/sh\necho bad\n');
        return Reflect.set(target, key, value);
      },
    });
    expect(await carryOut()).toMatchObject({ state: 'done' });
    expect(readFileSync(layout.executable)).toEqual(NEW);
  });

  test('a file of holes is refused by its size, without being copied', async () => {
    const { spool, carryOut, isAsBefore } = makeBox();
    truncateSync(join(spool, 'webscada-edge'), 1e12);
    expect(await carryOut()).toMatchObject({ code: 'bad_file' });
    isAsBefore();
  });

  test.each<[string, unknown]>([
    ['no object', []],
    ['a version with a path in it', { ...REQUEST, version: '../x' }],
    ['an id with a line end', { ...REQUEST, id: 'a\nb' }],
    ['a port that is none', { ...REQUEST, at: { ...REQUEST.at, port: 1e9 } }],
    ['another scheme', { ...REQUEST, at: { ...REQUEST.at, scheme: 'file' } }],
  ])('%s is no request', async (_, request) => {
    expect(parseRequest(JSON.stringify(request))).toBeUndefined();
    const { lay, carryOut, isAsBefore } = makeBox();
    lay(NEW, signed(NEW), request);
    expect(await carryOut()).toBe('nothing');
    isAsBefore();
  });
});

describe('a power cut in the middle', () => {
  const taken = { id: 'r1', version: '0.3.0', state: 'taken', atMs: 0 };

  test('after the exchange: the new version is watched on, and not put in place twice', async () => {
    const { layout, lay, carryOut, versions, state, world } = makeBox();
    writeFileSync(reportFile(layout), JSON.stringify(taken));
    versions.stage(join(spoolOf(layout), 'webscada-edge'));
    versions.swapIn({ from: '0.2.0', to: '0.3.0', startedMs: world.clock.nowMs(), failures: 0 });
    lay(NEW, signed(NEW));
    expect(await carryOut()).toMatchObject({ state: 'done' });
    expect(state.restarts).toBe(0);
    expect(versions.pending()).toBeUndefined();
  });

  test('after the unit of the service has put the one before back: that is the report', async () => {
    const { layout, carryOut, versions, state, world } = makeBox();
    writeFileSync(reportFile(layout), JSON.stringify(taken));
    versions.stage(join(spoolOf(layout), 'webscada-edge'));
    versions.swapIn({ from: '0.2.0', to: '0.3.0', startedMs: world.clock.nowMs(), failures: 0 });
    versions.takeBack(inEnglish('it failed 3 times'), world.clock.nowMs());
    expect(await carryOut()).toMatchObject({ state: 'taken_back', reason: 'it failed 3 times' });
    expect(state.restarts).toBe(0);
  });

  test('before the exchange: it begins anew', async () => {
    const { layout, carryOut, state } = makeBox();
    writeFileSync(reportFile(layout), JSON.stringify(taken));
    expect(await carryOut()).toMatchObject({ state: 'done' });
    expect(state.restarts).toBe(1);
  });
});
