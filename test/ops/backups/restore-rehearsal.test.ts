/** The weekly rehearsal of a restore: it proves a good backup, finds a bad one, fills no disk, and leaves nothing behind. */
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isRehearsalDue,
  readRehearsalNote,
  rehearseRestore,
} from '../../../src/ops/backups/restore-rehearsal.ts';
import { type BackupJob, runBackup } from '../../../src/ops/backups/run.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/store.ts';
import { leftInEnglish } from '../../support/german.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1, 2, 17);

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let job: BackupJob;
const world = createTestWorld(START + DAY_MS);

beforeEach(async () => {
  folder = temporaryFolder();
  const [dir, to] = [join(folder.path, 'data'), join(folder.path, 'stick')];
  mkdirSync(to);
  store = openStore({ dir, world, commitMaxDelayMs: 0 });
  store.devices.put({
    ...{ devEui: '70b3d57ed0000002', name: 'Tank', codec: 'raw', origin: 'api' },
    abp: { devAddr: '01020304', nwkSKey: 'ab'.repeat(16), appSKey: 'cd'.repeat(16) },
  });
  const record = { timeMs: START, kind: 'system', device: null, body: { event: 'test' } } as const;
  await store.commit({ records: Array.from({ length: 30 }, () => record), urgent: true });
  job = {
    place: { site: 'hill', folder: to, isOurs: false },
    ...{ dir, settings: [], keep: { daily: 7, weekly: 4, monthly: 12 }, reserveBytes: 0, version: '0.0.0' },
    nowMs: START,
  };
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const newest = () =>
  join(job.place.folder, readdirSync(job.place.folder).find((name) => name.startsWith('hill-')) ?? '');

describe('a rehearsal of a restore', () => {
  it('of a good backup has all its records, beside the running box, and leaves nothing behind', async () => {
    await runBackup(job);
    const before = readdirSync(job.dir).sort();
    expect(await rehearseRestore(job, world)).toMatchObject({ name: 'hill-20260101T021700Z', records: 30 });
    expect(readRehearsalNote(job.place)?.problem).toBeUndefined();
    expect(readdirSync(job.dir).sort()).toEqual(before);
  });

  it('of a damaged backup, or without the key of its devices, tells why', async () => {
    await runBackup(job);
    rmSync(join(newest(), 'device.key'));
    const manifest = join(newest(), 'manifest.json');
    const { readFileSync } = await import('node:fs');
    const said = JSON.parse(readFileSync(manifest, 'utf8')) as { files: { name: string }[] };
    const text = JSON.stringify({ ...said, files: said.files.filter(({ name }) => name !== 'device.key') });
    writeFileSync(manifest, text);
    const other = join(folder.path, 'other.key');
    writeFileSync(other, `${'00'.repeat(32)}\n`);
    expect((await rehearseRestore({ ...job, keyFile: other }, world))?.problem).toContain('not the key');
    appendFileSync(join(newest(), 'log-1-30-all.db'), 'x');
    const damaged = await rehearseRestore(job, world);
    expect(damaged?.problem).toContain('damaged');
    expect(await leftInEnglish([damaged ?? {}])).toEqual([]);
  });

  it('does not begin without room, nor without a backup', async () => {
    expect(await rehearseRestore(job, world)).toBeUndefined();
    await runBackup(job);
    const tried = await rehearseRestore({ ...job, reserveBytes: 1e15 }, world);
    expect(tried).toMatchObject({ isUntried: true, problem: expect.stringContaining('no room') });
    expect(readRehearsalNote(job.place)).toEqual(tried);
    expect(await leftInEnglish([tried ?? {}])).toEqual([]);
  });

  it('is due every week, after one that failed the next day, and when the clock was wrong', () => {
    const last = { endedMs: START, name: 'x', records: 1, tookMs: 1 };
    expect(isRehearsalDue(undefined, START)).toBe(true);
    expect(isRehearsalDue(last, START + 6.9 * DAY_MS)).toBe(false);
    expect(isRehearsalDue(last, START + 7 * DAY_MS)).toBe(true);
    expect(isRehearsalDue({ ...last, problem: 'no' }, START + DAY_MS)).toBe(true);
    expect(isRehearsalDue({ ...last, problem: 'no' }, START + DAY_MS - 1)).toBe(false);
    expect(isRehearsalDue(last, START - 1)).toBe(true);
  });
});
