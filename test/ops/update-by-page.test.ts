/** An update brought by a page: refused unless signed, shown before anything is done, and started only where the program may be written. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UpdatePlace } from '../../src/model/care.ts';
import { tell, tellAll } from '../../src/model/said.ts';
import { createUpdateService } from '../../src/ops/upgrade/by-page.ts';
import { placeOfProgram } from '../../src/ops/upgrade/place.ts';
import { signStatement } from '../../src/ops/upgrade/signature.ts';
import { createUploads } from '../../src/ops/uploads.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KEYS = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const PROGRAM = Buffer.from('#!/bin/sh\n# a program\n');

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function signed(version: string, arch: string = process.arch): string {
  const sha256 = createHash('sha256').update(PROGRAM).digest('hex');
  return signStatement(
    { name: 'webscada-edge', version, commit: 'abc', arch, size: PROGRAM.length, sha256 },
    privateKey,
  );
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
}

async function makeBox(place: UpdatePlace) {
  const world = createTestWorld();
  const dir = folder.path;
  const uploads = createUploads({ dir: join(dir, 'uploads'), reserveBytes: 0, world });
  const launched: string[][] = [];
  let ended = (): void => {};
  const updates = createUpdateService({
    ...{ place, uploads, dir, keys: KEYS, settings: ['/etc/x.toml'], world, spool: join(dir, 'update') },
    ...{ url: () => 'https://127.0.0.1:8443', backUp: async () => undefined },
    release: { version: '0.2.0', commit: 'def' },
    launch(words, logFile, over) {
      launched.push([...words]);
      writeFileSync(logFile, 'trying it\nthe settings do not fit: x\n');
      ended = over;
    },
  });
  await updates.start();
  const bring = async (bytes: Uint8Array): Promise<string> => {
    const upload = await uploads.begin('update', 'webscada-edge', bytes.length);
    if ('said' in upload) throw new Error(upload.detail);
    await uploads.take(upload.id, 0, bytes);
    return upload.id;
  };
  return { updates, bring, launched, world, end: () => ended() };
}

describe('an update by a page', () => {
  test('is shown by its signature, and started with the file that was checked', async () => {
    const { updates, bring, launched } = await makeBox({ kind: 'plain', prefix: '/srv/box' });
    const found = await updates.check(await bring(PROGRAM), signed('0.3.0'));
    if ('said' in found) throw new Error(found.detail);
    expect(found).toMatchObject({ version: '0.3.0', order: 1 });
    expect(readFileSync(found.file)).toEqual(PROGRAM);
    expect(launched).toEqual([]);
    expect(updates.begin('0'.repeat(64), false)).toEqual(tell('update.gone'));
    expect(updates.begin(found.sha256, false)).toBeUndefined();
    const pidFile = join(folder.path, 'update/pid');
    expect(launched[0]?.slice(0, 8)).toEqual([
      ...['upgrade', '--prefix', '/srv/box', '--pid-file', pidFile, '--file', found.file, '--yes'],
    ]);
    expect(readFileSync(pidFile, 'utf8')).toBe(String(process.pid));
    expect(existsSync(`${found.file}.sig`)).toBe(true);
    expect(updates.begin(found.sha256, false)).toEqual(tell('update.underWay'));
  });

  test('that ends while this version still runs is over, says why, and can be tried again', async () => {
    const { updates, bring, end } = await makeBox({ kind: 'plain', prefix: '/srv/box' });
    const found = await updates.check(await bring(PROGRAM), signed('0.3.0'));
    if ('said' in found) throw new Error(found.detail);
    expect(updates.begin(found.sha256, false)).toBeUndefined();
    expect(updates.state()).toMatchObject({ begun: true });
    end();
    const { begun, refused } = updates.state();
    expect(begun).toBeUndefined();
    expect(refused).toEqual(tell('update.ended', { problem: 'the settings do not fit: x' }));
    expect(updates.turn.hold('centre', 1)).toBe(true);
    updates.turn.release('centre');
    await updates.check(await bring(PROGRAM), signed('0.3.0'));
    expect(updates.begin(found.sha256, false)).toBeUndefined();
    expect(updates.state().refused).toBeUndefined();
  });

  test('is refused and removed when it is damaged, signed by somebody else, or for another machine', async () => {
    const { updates, bring } = await makeBox({ kind: 'plain', prefix: '/srv/box' });
    const other = generateKeyPairSync('ed25519').privateKey;
    const sha256 = createHash('sha256').update(PROGRAM).digest('hex');
    const foreign = signStatement(
      {
        name: 'webscada-edge',
        version: '9.0.0',
        commit: 'abc',
        arch: process.arch,
        size: PROGRAM.length,
        sha256,
      },
      other,
    );
    const file = tell('release.file', { name: 'webscada-edge' });
    const otherKey = tellAll([file, tell('release.otherKey')]);
    expect(await updates.check(await bring(Buffer.from('other')), signed('0.3.0'))).toEqual(
      tellAll([file, tell('release.otherFile')]),
    );
    expect(otherKey.detail).toBe('webscada-edge: the signature was not made with the key of our releases');
    expect(await updates.check(await bring(PROGRAM), foreign)).toEqual(otherKey);
    expect(await updates.check(await bring(PROGRAM), 'nonsense')).toEqual(otherKey);
    expect(await updates.check(await bring(PROGRAM), signed('0.3.0', 'mips'))).toMatchObject({
      detail: expect.stringContaining('linux-mips'),
      said: [{ key: 'release.arch' }],
    });
    expect(await updates.check('nobody', signed('0.3.0'))).toEqual(tell('update.notWhole'));
    expect(updates.state().candidate).toBeUndefined();
    expect(existsSync(join(folder.path, 'update/webscada-edge'))).toBe(false);
  });

  test('an older one wants to be meant', async () => {
    const { updates, bring, launched } = await makeBox({ kind: 'plain', prefix: '/srv/box' });
    const found = await updates.check(await bring(PROGRAM), signed('0.1.0'));
    if ('said' in found) throw new Error(found.detail);
    expect(updates.begin(found.sha256, false)).toEqual(
      tell('release.older', { version: '0.1.0', running: '0.2.0' }),
    );
    expect(updates.begin(found.sha256, true)).toBeUndefined();
    expect(launched[0]).toContain('--allow-older');
  });

  test('where the program may not be written it is checked, kept, and not started', async () => {
    for (const kind of ['system', 'container', 'elsewhere'] as const) {
      const { updates, bring, launched } = await makeBox({ kind });
      const found = await updates.check(await bring(PROGRAM), signed('0.3.0'));
      if ('said' in found) throw new Error(found.detail);
      expect(updates.begin(found.sha256, false)).toEqual(tell('update.notHere'));
      expect(launched).toEqual([]);
      expect(existsSync(found.file)).toBe(true);
    }
  });

  const BY_REQUEST = { kind: 'system', byRequest: true } as const;

  test('one file, one request: while the centre fetches or asks no page does, and the other way round', async () => {
    const { updates, bring, world } = await makeBox(BY_REQUEST);
    const found = await updates.check(await bring(PROGRAM), signed('0.3.0'));
    if ('said' in found) throw new Error(found.detail);
    expect(updates.turn.hold('centre', 30_000)).toBe(true);
    expect(updates.turn.hold('another', 30_000)).toBe(false);
    expect(updates.begin(found.sha256, false)).toEqual(tell('update.underWay'));
    expect(await updates.check(await bring(PROGRAM), signed('0.3.0'))).toEqual(tell('update.underWay'));
    expect(updates.state()).toMatchObject({ begun: true });
    updates.turn.release('centre');
    // The centre may have put another file there than the one that was shown.
    expect(updates.begin(found.sha256, false)).toEqual(tell('update.gone'));
    await updates.check(await bring(PROGRAM), signed('0.3.0'));
    expect(updates.begin(found.sha256, false)).toBeUndefined();
    expect(updates.turn.hold('centre', 30_000)).toBe(false);
    await settle();
    const { id } = JSON.parse(readFileSync(join(folder.path, 'update/request.json'), 'utf8')) as {
      id: string;
    };
    expect(id).not.toBe('centre');
    // Nobody began with it, and nobody looks at the page any more; the clock on the wall means nothing.
    world.setNow(0);
    world.advance(130_000);
    expect(updates.turn.hold('centre', 30_000)).toBe(true);
    expect(existsSync(join(folder.path, 'update/request.json'))).toBe(false);
  });

  test('the centre keeps pages away while a file is looked at, and for no longer than it follows its own', async () => {
    const { updates, bring, world } = await makeBox(BY_REQUEST);
    const checking = updates.check(await bring(PROGRAM), signed('0.3.0'));
    expect(updates.turn.hold('centre', 30_000)).toBe(false);
    await checking;
    expect(updates.turn.hold('centre', 30_000)).toBe(true);
    world.advance(20_000);
    expect(updates.turn.hold('centre', 30_000)).toBe(true);
    world.advance(20_000);
    expect(updates.turn.hold('another', 1)).toBe(false);
    world.advance(20_000);
    expect(updates.turn.hold('another', 1)).toBe(true);
  });

  test('a clock that is set forward does not make a request of this moment an old one', async () => {
    const { updates, world } = await makeBox(BY_REQUEST);
    expect(await updates.orders.order('a', '0.3.0')).toBeUndefined();
    world.setNow(world.clock.nowMs() + 86_400_000);
    expect(updates.orders.report('a')).toBeUndefined();
    world.advance(130_000);
    expect(updates.orders.report('a')).toBe('not_taken');
  });

  test('where the program lies is told by its path', () => {
    const kind = (path: string, env = {}, may = true) => placeOfProgram(path, env, () => may, false);
    expect(kind('/usr/local/bin/webscada-edge')).toEqual({ kind: 'system' });
    expect(kind('/srv/box/usr/local/bin/webscada-edge')).toEqual({ kind: 'plain', prefix: '/srv/box' });
    expect(kind('/srv/box/usr/local/bin/webscada-edge', {}, false)).toEqual({ kind: 'elsewhere' });
    expect(kind('/usr/bin/node')).toEqual({ kind: 'elsewhere' });
    expect(kind('/usr/local/bin/webscada-edge', { KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toEqual({
      kind: 'container',
    });
  });
});
