/** One backup by the box itself: on the disk and checked before another one goes, never where it should not be. */

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/run-cli.ts';
import { tell } from '../../../src/model/said.ts';
import { checkBackup, readBackupParts } from '../../../src/ops/backup-check.ts';
import { type BackupDeps, type BackupJob, lookAtBackups, runBackup } from '../../../src/ops/backups/run.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openPictures } from '../../../src/store/pictures.ts';
import { openSheets } from '../../../src/store/sheets.ts';
import { openStore } from '../../../src/store/store.ts';
import { openUsers } from '../../../src/store/tables/users-file.ts';
import { png } from '../../support/pictures.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1, 2, 17);
const MB = 1e6;

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
let to: string;
let store: Store;

beforeEach(async () => {
  folder = temporaryFolder();
  [dir, to] = [join(folder.path, 'data'), join(folder.path, 'stick')];
  mkdirSync(to);
  store = openStore({ dir, world: createTestWorld(), commitMaxDelayMs: 0 });
  store.devices.put({ devEui: '70b3d57ed0000002', name: 'Tank', codec: 'raw', origin: 'api' });
  await append();
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

async function append(): Promise<void> {
  const record = { timeMs: START, kind: 'system', device: null, body: { event: 'test' } } as const;
  await store.commit({ records: [record], urgent: true });
}

const job = (day = 0, more: Partial<BackupJob> = {}): BackupJob => ({
  place: { site: 'hill', folder: to, isOurs: false },
  dir,
  settings: [],
  keep: { daily: 7, weekly: 4, monthly: 12 },
  reserveBytes: 100 * MB,
  version: '0.0.0',
  nowMs: START + day * DAY_MS,
  ...more,
});
const deps = (more: Partial<BackupDeps> = {}): BackupDeps => ({
  freeBytes: () => 1_000 * MB,
  check: checkBackup,
  ...more,
});
const folders = (): string[] => readdirSync(to).filter((name) => !name.endsWith('.json'));

describe('O10: a backup by the box', () => {
  it('has pictures and drawings in it, is made anew when one changes, and brings them back', async () => {
    const pictures = openPictures(dir);
    await pictures.put('device', '70b3d57ed0000002', png(10, 10));
    expect((await runBackup(job(), deps())).outcome).toBe('made');
    expect((await runBackup(job(1), deps())).outcome).toBe('unchanged');
    await pictures.put('device', '70b3d57ed0000002', png(20, 10));
    expect((await runBackup(job(2), deps())).outcome).toBe('made');
    await openSheets(dir).write('hall', '{"name":"Hall","items":[]}');
    expect((await runBackup(job(3), deps())).outcome).toBe('made');
    const [name = ''] = folders().sort().slice(-1);
    expect(readBackupParts(join(to, name)).store).toEqual(
      expect.arrayContaining(['picture.device.70b3d57ed0000002', 'sheet.hall.json']),
    );
  });

  it('is a whole one, named by site and time, made beside the running store', async () => {
    const result = await runBackup(job(), deps());
    expect(result).toMatchObject({ outcome: 'made', kept: 1, thinned: 0, last: { hasLog: true } });
    expect(folders()).toEqual(['hill-20260101T021700Z']);
    expect(await checkBackup(join(to, 'hill-20260101T021700Z'))).toMatchObject({
      problems: [],
      contents: { records: 1, devices: 1 },
    });
    expect(lookAtBackups(job().place)).toMatchObject({ kept: 1, last: { checkedMs: START } });
  });

  it('that somebody has removed is no backup any more: the next look tells, and the next run makes one', async () => {
    await runBackup(job(), deps());
    rmSync(join(to, 'hill-20260101T021700Z'), { recursive: true });
    expect(lookAtBackups(job().place)).toEqual({ kept: 0, last: undefined });
    expect(await runBackup(job(1), deps())).toMatchObject({ outcome: 'made', kept: 1 });
    expect(lookAtBackups(job().place)).toMatchObject({ kept: 1, last: { checkedMs: START + DAY_MS } });
  });

  it('of an unchanged store is no second copy: the first is checked, and that is the success', async () => {
    await runBackup(job(), deps());
    store.cursor('influx').advance(1);
    store.flush();
    expect(await runBackup(job(1), deps())).toMatchObject({
      outcome: 'unchanged',
      last: { checkedMs: START + DAY_MS, name: 'hill-20260101T021700Z' },
    });
    expect(folders()).toHaveLength(1);
    writeFileSync(join(to, 'hill-20260101T021700Z/edge.db'), 'bad');
    expect(await runBackup(job(2), deps())).toMatchObject({ outcome: 'made' });
  });

  it.each<[string, () => unknown]>([
    ['a record', append],
    [
      'a device',
      () => store.devices.put({ devEui: '70b3d57ed0000003', name: 'B', codec: 'raw', origin: 'api' }),
    ],
    ['a codec', () => store.codecs.put({ name: 'mine', source: 'x' })],
    ['a user', () => openUsers(dir).close()],
    ['the settings', () => writeFileSync(join(folder.path, 'site.toml'), '[site]')],
  ])('is made anew after a change of %s', async (_, change) => {
    const settings = [join(folder.path, 'site.toml')];
    await runBackup(job(0, { settings }), deps());
    await change();
    expect(await runBackup(job(1, { settings }), deps())).toMatchObject({ outcome: 'made', kept: 2 });
  });

  it('is not made anew where the last one is only to be sent; without one it is made', async () => {
    expect(await runBackup(job(0, { onlyCopies: true }), deps())).toMatchObject({ outcome: 'made' });
    await append();
    const again = await runBackup(job(1, { onlyCopies: true }), deps());
    expect(again).toMatchObject({ outcome: 'unchanged', kept: 1, last: { checkedMs: job(0).nowMs } });
    expect(await runBackup(job(1), deps())).toMatchObject({ outcome: 'made', kept: 2 });
  });

  it('goes the way of 7 days, 4 weeks and 12 months, and leaves what is not ours', async () => {
    mkdirSync(join(to, 'hill-top-20250101T021700Z'));
    mkdirSync(join(to, 'hill-mine'));
    for (let day = 0; day < 60; day++) {
      await append();
      expect(await runBackup(job(day), deps())).toMatchObject({ outcome: 'made' });
    }
    const ours = folders().filter((name) => /^hill-\d/.test(name));
    // 1 March: the last 7 days; three Sundays more; the last days of January (February's is among the days).
    expect(ours.map((name) => name.slice(5, 13))).toEqual([
      ...['20260131', '20260208', '20260215', '20260222'],
      ...['20260223', '20260224', '20260225', '20260226', '20260227', '20260228', '20260301'],
    ]);
    expect(folders()).toEqual(expect.arrayContaining(['hill-top-20250101T021700Z', 'hill-mine']));
  }, 120_000);

  it('that is not whole takes no other one with it, and is told', async () => {
    await runBackup(job(), deps());
    await append();
    const broken: BackupDeps['check'] = async () => ({
      problems: [tell('restore.damaged', { name: 'edge.db' })],
      contents: undefined,
      empty: false,
      madeMs: undefined,
    });
    const result = await runBackup(
      job(400, { keep: { daily: 1, weekly: 0, monthly: 0 } }),
      deps({ check: broken }),
    );
    expect(result).toMatchObject({
      outcome: 'failed',
      problem: 'the new backup is not whole: edge.db is damaged',
      hint: expect.stringContaining('the medium may be failing'),
      said: [{ key: 'backup.notWhole' }, { key: 'restore.damaged' }],
    });
    expect(readdirSync(to).sort()).toEqual(['hill-20260101T021700Z', 'hill.json']);
  });

  it('never fills the disk: without room there is none, the others stay, and it says so', async () => {
    await runBackup(job(), deps());
    await append();
    const result = await runBackup(job(1), deps({ freeBytes: () => 101 * MB }));
    expect(result).toMatchObject({
      outcome: 'failed',
      problem: expect.stringMatching(/no room in .*101 MB are free.*100 MB stay free/),
    });
    expect(readdirSync(to).sort()).toEqual(['hill-20260101T021700Z', 'hill.json']);
  });

  it('makes room for the next one from the oldest, once it is safe itself, down to two', async () => {
    for (let day = 0; day < 5; day++) {
      await append();
      await runBackup(job(day), deps());
    }
    await append();
    // Room for one: then for no other while more than two are there.
    let asked = 0;
    const freeBytes = (): number => (asked++ === 0 ? 1_000 : folders().length > 3 ? 50 : 1_000) * MB;
    expect(await runBackup(job(5), deps({ freeBytes }))).toMatchObject({
      outcome: 'made',
      thinned: 3,
      kept: 3,
    });
    expect(folders()).toEqual(['hill-20260104T021700Z', 'hill-20260105T021700Z', 'hill-20260106T021700Z']);
    await append();
    asked = 0;
    const always = (): number => (asked++ === 0 ? 1_000 : 50) * MB;
    expect(await runBackup(job(6), deps({ freeBytes: always }))).toMatchObject({ outcome: 'made', kept: 2 });
  });

  it('goes into no folder that is not there, nor into that of a stick that is not mounted', async () => {
    const gone = { ...job().place, folder: join(folder.path, 'gone') };
    expect(await runBackup(job(0, { place: gone }), deps())).toMatchObject({
      outcome: 'failed',
      problem: expect.stringContaining('is not there'),
      hint: expect.stringContaining('mount'),
    });
    expect(existsSync(gone.folder)).toBe(false);
    const apart = { ...job().place, apartFrom: dir };
    expect(await runBackup(job(0, { place: apart }), deps())).toMatchObject({
      outcome: 'failed',
      problem: expect.stringContaining('on the disk of the store'),
    });
    expect(readdirSync(to)).toEqual([]);
  });

  it('of a box that has heard nothing yet is none, and no failure', async () => {
    await store.close();
    const empty = join(folder.path, 'empty');
    await openStore({ dir: empty, world: createTestWorld() }).close();
    expect(await runBackup(job(0, { dir: empty }), deps())).toEqual({ outcome: 'nothing' });
    store = openStore({ dir, world: createTestWorld() });
  });

  it('leaves a log out that is too large, and says so; a killed one leaves nothing behind', async () => {
    mkdirSync(join(to, '.hill.unfinished'));
    expect(await runBackup(job(0, { maxLogBytes: 1_000 }), deps())).toMatchObject({
      outcome: 'made',
      last: { hasLog: false },
    });
    expect(folders()).toEqual(['hill-20260101T021700Z']);
    expect(existsSync(join(to, 'hill-20260101T021700Z/edge.db'))).toBe(false);
    expect(existsSync(join(to, 'hill-20260101T021700Z/keys.json'))).toBe(true);
  });

  it('is found by `backup list`, with the folder that verify and restore want', async () => {
    await runBackup(job(), deps());
    await append();
    await runBackup(job(1), deps());
    const settings = join(folder.path, 'site.json');
    const table = { site: { id: 'hill' }, store: { dir }, backup: { dir: to } };
    writeFileSync(settings, JSON.stringify(table));
    const text = await cli('backup', 'list', '--config', settings);
    expect(text).toMatch(
      /^0 \S+hill-20260102T021700Z {2}[\d.]+ MB, 2 records .*\n\S+hill-20260101T021700Z {2}[\d.]+ MB, 1 record .*\n$/,
    );
    const json = await cli('backup', 'list', '--json', '--config', settings);
    expect(JSON.parse(json.slice(2)).backups).toMatchObject([
      { folder: join(to, 'hill-20260102T021700Z'), contents: { records: 2 } },
      { made: '2026-01-01T02:17:00.000Z' },
    ]);
    writeFileSync(settings, JSON.stringify({ ...table, site: { id: 'other' } }));
    expect(await cli('backup', 'list', '--config', settings)).toMatch(/^1 .*no backup of other/s);
  });
});

/** Exit code and all that was printed. */
async function cli(...argv: string[]): Promise<string> {
  let text = '';
  const write = (more: string) => (text += more);
  const code = await runCli(argv, {
    runAppliance: () => Promise.reject(new Error('not here')),
    stdout: { write },
    stderr: { write },
    env: {},
    version: '0.0.0',
  });
  return `${code} ${text}`;
}
