/** A restore asked for by a page: looked at, written down, carried out before the store is opened, and told afterwards. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tarPieces } from '../../../src/files/tar.ts';
import { inEnglish, tell, tellAll } from '../../../src/model/said.ts';
import { createBackup } from '../../../src/ops/backup.ts';
import { createCatalogue } from '../../../src/ops/backups/catalogue.ts';
import { carryOutRestore, lastRestore, requestRestore } from '../../../src/ops/backups/restore-request.ts';
import { createRestoreService } from '../../../src/ops/backups/restore-service.ts';
import { createUploads } from '../../../src/ops/uploads.ts';
import { openStore } from '../../../src/store/store.ts';
import { eventually, temporaryFolder } from '../../support/process.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const NAME = 'north-hill-20260101T021700Z';

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
let world: TestWorld;

beforeEach(() => {
  folder = temporaryFolder();
  dir = join(folder.path, 'data');
  world = createTestWorld();
});
afterEach(() => folder.remove());

async function write(records: number): Promise<{ lastSeq: number; epoch: number }> {
  const store = openStore({ dir, world, commitMaxDelayMs: 0 });
  for (let i = 0; i < records; i += 1) {
    const record = { timeMs: 1, kind: 'system', device: null, body: { event: 'test' } } as const;
    await store.commit({ records: [record], urgent: true });
  }
  const now = { lastSeq: store.log.lastSeq(), epoch: store.epoch() };
  await store.close();
  return now;
}

/** A box whose backup holds 2 records and whose store holds 5. */
async function makeBox() {
  await write(2);
  const to = join(dir, 'backups', NAME);
  await createBackup({
    dir,
    settings: [],
    to,
    version: '0.1.0',
    site: 'north-hill',
    nowMs: 1,
    withKey: true,
  });
  await write(3);
  const place = { site: 'north-hill', folder: join(dir, 'backups'), isOurs: true };
  const catalogue = createCatalogue(place, world.clock);
  const uploads = createUploads({ dir: join(dir, 'uploads'), reserveBytes: 0, world });
  await uploads.start();
  const restarts: string[] = [];
  const restart = (why: string) => void restarts.push(why);
  const restoring = createRestoreService({ catalogue, uploads, dir, world, restart });
  const settled = () =>
    eventually('the check has ended', () => {
      const state = restoring.state();
      return state.kind === 'ready' || state.kind === 'failed' ? state : undefined;
    });
  return { catalogue, uploads, restoring, restarts, settled };
}

const carryOut = () => carryOutRestore({ store: { dir }, world, goesOn: async () => {} });

describe('a restore by a page', () => {
  test('shows what is in the backup and what it replaces, and is carried out at the next start', async () => {
    const { catalogue, restoring, restarts, settled } = await makeBox();
    expect(await catalogue.list()).toMatchObject({
      backups: [{ name: NAME, note: { version: '0.1.0', contents: { records: 2 } } }],
    });
    expect(await restoring.preview({ backup: 'north-hill-20250101T021700Z' })).toBe('unknown');
    expect(await restoring.preview({ backup: '../../etc' })).toBe('unknown');
    expect(await restoring.preview({ backup: NAME })).toBe('begun');
    expect(await restoring.preview({ backup: NAME })).toBe('busy');
    const ready = await settled();
    expect(ready).toMatchObject({
      preview: {
        problems: [],
        site: 'north-hill',
        contents: { records: 2 },
        here: { records: 5 },
        hasKey: true,
      },
    });
    expect(restoring.restore('another', false)).toEqual(tell('restore.gone'));
    const id = ready.kind === 'ready' ? ready.id : '';
    expect(restoring.restore(id, false)).toBeUndefined();
    world.advance(1_000);
    expect(restarts).toEqual(['a backup is to be put in place']);
    expect(restoring.state().kind).toBe('restarting');
    // Nothing has changed so far.
    expect(await write(0)).toEqual({ lastSeq: 5, epoch: 1 });
    await carryOut();
    expect(await write(0)).toEqual({ lastSeq: 2, epoch: 2 });
    expect(lastRestore(dir)).toMatchObject({ name: NAME, problems: [], epoch: 2 });
    expect(existsSync(join(lastRestore(dir)?.aside ?? '', 'edge.db'))).toBe(true);
    // Done once.
    await carryOut();
    expect(await write(0)).toEqual({ lastSeq: 2, epoch: 2 });
  });

  test('one that cannot be done changes nothing, says why, and is not tried again', async () => {
    await makeBox();
    requestRestore(dir, { folder: join(folder.path, 'gone'), name: 'gone', allowEmpty: false });
    await carryOut();
    expect(lastRestore(dir)?.problems).toEqual([
      tell('restore.noManifest', { name: join(folder.path, 'gone/manifest.json') }),
    ]);
    expect(await write(0)).toEqual({ lastSeq: 5, epoch: 1 });
    expect(existsSync(join(dir, 'restore-request.json'))).toBe(false);
    writeFileSync(join(dir, 'restore-request.json'), 'half a req');
    await carryOut();
    expect(await write(0)).toEqual({ lastSeq: 5, epoch: 1 });
  });

  test('how one ended is read as an earlier version wrote it, and not where it is bent', () => {
    const write = (problems: unknown[]) =>
      writeFileSync(join(dir, 'restore-report.json'), JSON.stringify({ name: NAME, endedMs: 1, problems }));
    mkdirSync(dir, { recursive: true });
    write(['keys.json is damaged', tell('restore.damaged', { name: 'edge.db' })]);
    expect(lastRestore(dir)?.problems).toEqual([
      inEnglish('keys.json is damaged'),
      tell('restore.damaged', { name: 'edge.db' }),
    ]);
    for (const said of [
      [{ key: 1, values: {} }],
      [{ key: 'a', values: { x: {} } }],
      [null],
      'no',
      undefined,
    ]) {
      write([{ detail: 'x', said }]);
      expect(lastRestore(dir)).toBeUndefined();
    }
  });

  test('a damaged backup is told in the preview, and refused', async () => {
    const { restoring, settled } = await makeBox();
    writeFileSync(join(dir, 'backups', NAME, 'keys.json'), 'x');
    await restoring.preview({ backup: NAME });
    const ready = await settled();
    expect(ready).toMatchObject({ preview: { problems: [tell('restore.damaged', { name: 'keys.json' })] } });
    expect(restoring.restore(ready.kind === 'ready' ? ready.id : '', true)).toEqual(
      tellAll([tell('restore.cannot'), tell('restore.damaged', { name: 'keys.json' })]),
    );
  });

  test('a backup that was fetched from the box comes back as an upload, whatever the pieces', async () => {
    const { catalogue, uploads, restoring, settled } = await makeBox();
    const file = await catalogue.send(NAME);
    const parts: Uint8Array[] = [];
    for await (const piece of file?.pieces ?? []) parts.push(piece);
    const archive = Buffer.concat(parts);
    expect(archive.length).toBe(file?.size);
    const upload = await uploads.begin('backup', `${NAME}.tar`, archive.length);
    if ('said' in upload) throw new Error(upload.detail);
    for (let at = 0; at < archive.length; at += 10_000) {
      const taken = await uploads.take(upload.id, at, archive.subarray(at, at + 10_000));
      expect(taken.kind).toBe('taken');
    }
    expect(await restoring.preview({ upload: upload.id })).toBe('begun');
    const ready = await settled();
    expect(ready).toMatchObject({ name: `${NAME}.tar`, preview: { problems: [], contents: { records: 2 } } });
    expect(restoring.restore(ready.kind === 'ready' ? ready.id : '', false)).toBeUndefined();
    await carryOut();
    expect(await write(0)).toEqual({ lastSeq: 2, epoch: 2 });
  });

  test('of nobody knows what: an upload that is no backup is refused before anything is done with it', async () => {
    const { uploads, restoring, settled } = await makeBox();
    const pieces: Uint8Array[] = [];
    const notes = Buffer.from('my notes');
    for await (const piece of tarPieces([
      { name: 'notes.txt', size: notes.length, timeMs: 0, pieces: () => [notes] },
    ]))
      pieces.push(piece);
    const archive = Buffer.concat(pieces);
    const upload = await uploads.begin('backup', 'notes.tar', archive.length);
    if ('said' in upload) throw new Error(upload.detail);
    expect(await restoring.preview({ upload: upload.id })).toBe('unknown');
    await uploads.take(upload.id, 0, archive);
    await restoring.preview({ upload: upload.id });
    expect(await settled()).toMatchObject({
      preview: { problems: [{ said: [{ key: 'restore.noManifest' }] }] },
    });
  });
});
