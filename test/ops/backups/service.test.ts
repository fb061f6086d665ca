/** When the box makes backups, and what it says of them; the thread is a promise here, but for the last test. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tell } from '../../../src/model/said.ts';
import { lastDueMs } from '../../../src/ops/backups/schedule.ts';
import { type BackupService, createBackupService, placeOf } from '../../../src/ops/backups/service.ts';
import type { BackupAnswer, BackupTask } from '../../../src/ops/backups/worker.ts';
import { boxFindings } from '../../../src/ops/box-status.ts';
import { openStore } from '../../../src/store/store.ts';
import { germanSaid } from '../../support/german.ts';
import { eventually, temporaryFolder } from '../../support/process.ts';
import { loaded } from '../../support/settings.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const HOUR_MS = 3_600_000;
const NOON = lastDueMs(Date.UTC(2026, 5, 15), '12:00');

let world: TestWorld;
let tasks: BackupTask[];
let cuts: number;
let answer: (answered: BackupAnswer) => Promise<void>;
let service: BackupService;

beforeEach(() => {
  world = createTestWorld(NOON);
  tasks = [];
  cuts = 0;
});
afterEach(() => service.stop());

async function start(more: Record<string, unknown> = {}): Promise<void> {
  const { config } = await loaded({ files: { 'site.json': JSON.stringify({ backup: more }) } });
  service = createBackupService({
    config: config.backup,
    store: config.store,
    site: 'hill',
    settings: ['site.json'],
    version: '0.0.0',
    world,
    run(task) {
      tasks.push(task);
      let tell = (_: BackupAnswer): void => {};
      const answered = new Promise<BackupAnswer>((resolve) => {
        tell = resolve;
      });
      answer = async (told) => {
        tell(told);
        await new Promise((resolve) => setImmediate(resolve));
      };
      return { answer: answered, cut: () => cuts++ };
    },
  });
  await service.start();
}

const last = (checkedMs: number, hasLog = true) => ({
  name: 'hill-x',
  fingerprint: 'f',
  bytes: 5,
  checkedMs,
  hasLog,
});
const found = (checkedMs?: number): BackupAnswer => ({
  kind: 'found',
  found: { last: checkedMs === undefined ? undefined : last(checkedMs), kept: 3 },
});
const made = (checkedMs: number, hasLog = true): BackupAnswer => ({
  kind: 'ran',
  result: { outcome: 'made', last: last(checkedMs, hasLog), kept: 4, thinned: 0, copies: [] },
});
const FAILED: BackupAnswer = {
  kind: 'ran',
  result: { outcome: 'failed', problem: 'no room in /media', hint: 'a larger one', said: [] },
};
const kinds = (): string[] => tasks.map(({ kind }) => kind);

describe('O10: the backups of a box', () => {
  it('are on without a setting, with 7 days, 4 weeks and 12 months, beside the log', async () => {
    await start();
    world.advance(10_000);
    expect(tasks[0]).toMatchObject({ job: { keep: { daily: 7, weekly: 4, monthly: 12 } } });
    const { config } = await loaded({ files: { 'site.json': '{}' } });
    expect(placeOf(config.backup, '/var/lib/x', 'hill')).toEqual({
      site: 'hill',
      folder: '/var/lib/x/backups',
      isOurs: true,
    });
    expect(placeOf({ dir: '/media/usb', otherDisk: true }, '/var/lib/x', 'hill')).toEqual({
      site: 'hill',
      folder: '/media/usb',
      isOurs: false,
      apartFrom: '/var/lib/x',
    });
  });

  it('are made once a day at the time of the setting, and remembered over a start', async () => {
    await start({ at: '13:30' });
    world.advance(10_000);
    await answer(found(NOON - 20 * HOUR_MS));
    world.advance(1.4 * HOUR_MS);
    expect(kinds()).toEqual(['look']);
    world.advance(0.2 * HOUR_MS);
    expect(kinds()).toEqual(['look', 'run']);
    await answer(made(world.clock.nowMs()));
    expect(service.status()).toMatchObject({ state: 'ok', kept: 4, lastBytes: 5 });
    world.advance(23 * HOUR_MS);
    expect(kinds()).toEqual(['look', 'run']);
    world.advance(HOUR_MS);
    expect(kinds()).toEqual(['look', 'run', 'run']);
  });

  it('that have no copy outside, or that no store came of, are told, and those that were tried out too', async () => {
    await start();
    world.advance(10_000);
    await answer(found());
    const at = world.clock.nowMs();
    const ran = made(at);
    if (ran.kind !== 'ran' || ran.result.outcome !== 'made') throw new Error('made');
    const rehearsal = { endedMs: at, name: 'hill-1', records: 9, tookMs: 5 };
    const copies = [{ place: '/media/copies', problem: 'it is full', hint: 'a larger one' }];
    await answer({ kind: 'ran', result: { ...ran.result, copies, rehearsal } });
    expect(service.status()).toMatchObject({
      ...{ state: 'degraded', hint: 'a larger one' },
      detail: expect.stringContaining('its copy to /media/copies is not: it is full'),
    });
    world.advance(HOUR_MS + 60_000);
    // The one there is is sent; the next is made when it is due.
    expect(tasks.map((task) => 'job' in task && task.job.onlyCopies)).toEqual([false, false, true]);
    await answer({ kind: 'ran', result: { ...ran.result, rehearsal: { ...rehearsal, problem: 'no keys' } } });
    expect(service.status()).toMatchObject({
      ...{ state: 'degraded', rehearsal: { isProved: false } },
      detail: expect.stringContaining('no whole store came of hill-1'),
    });
    world.advance(24 * HOUR_MS);
    const room = tell('backup.tryRoom', { free: 1, wanted: 9 });
    const untried = {
      ...{ ...rehearsal, isUntried: true as const, problem: room.detail, said: room.said },
    };
    await answer({ kind: 'ran', result: { ...ran.result, rehearsal: untried } });
    // That says nothing of the backup: neither is another one to be made, nor the medium to be looked at.
    expect(service.status()).toMatchObject({
      ...{ state: 'degraded', rehearsal: { isProved: false } },
      detail: expect.stringContaining('hill-1 could not be tried out: there is no room: 1 MB are free'),
      hint: expect.stringContaining('make room on the disk of the store'),
    });
    expect(await germanSaid(service.status().said ?? [])).toMatch(
      /^das Zurückspielen von hill-1 ließ sich nicht erproben: der Platz fehlt: .* sind 1 MB frei/,
    );
    world.advance(24 * HOUR_MS);
    await answer({ kind: 'ran', result: { ...ran.result, rehearsal } });
    expect(service.status().detail).toContain('was tried out at');
  });

  it('that failed are told, in the status, to doctor, with the time of the last one, and tried again every hour', async () => {
    await start();
    world.advance(10_000);
    await answer(found(NOON - 30 * HOUR_MS));
    world.advance(60_000);
    await answer(FAILED);
    const status = service.status();
    expect(status).toMatchObject({
      state: 'degraded',
      detail: expect.stringMatching(
        /^no backup could be made: no room in \/media; the last one is of 2026-06-/,
      ),
      hint: 'a larger one',
      lastSuccessMs: NOON - 30 * HOUR_MS,
    });
    const part = { state: 'ok', detail: '' };
    const { findings } = boxFindings({
      kind: 'status',
      json: { store: part, broker: part, influx: part, centre: part, backup: status },
    });
    expect(findings).toContainEqual(
      expect.objectContaining({ what: 'backup', level: 'warning', text: status.detail }),
    );
    expect(world.logged.filter(({ event }) => event === 'backup.failed')).toHaveLength(1);
    world.advance(0.9 * HOUR_MS);
    expect(kinds()).toEqual(['look', 'run']);
    world.advance(0.2 * HOUR_MS);
    expect(kinds()).toEqual(['look', 'run', 'run']);
    await answer(made(world.clock.nowMs()));
    expect(service.status().state).toBe('ok');
  });

  it('whose folder hangs are given up after hours and told; old ones are told whatever the attempts say', async () => {
    await start();
    world.advance(10_000);
    await answer(found(NOON - HOUR_MS));
    world.advance(15 * HOUR_MS);
    expect(kinds()).toEqual(['look', 'run']);
    world.advance(7 * HOUR_MS);
    expect(cuts).toBe(1);
    expect(service.status()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('does not come to an end'),
    });
    world.advance(30 * HOUR_MS);
    await answer(found(NOON - HOUR_MS));
    expect(service.status().state).toBe('degraded');
  });

  it('without the log of readings say so; switched off they say that', async () => {
    await start();
    world.advance(10_000);
    await answer(found());
    expect(service.status().state).toBe('connecting');
    world.advance(60_000);
    await answer(made(world.clock.nowMs(), false));
    expect(service.status().detail).toContain('without the log of readings');
    await service.stop();
    await start({ enabled: false });
    world.advance(100 * HOUR_MS);
    expect(service.status().state).toBe('not_configured');
    expect(kinds()).toEqual(['look', 'run']);
  });

  it('are made when asked for, behind what is under way', async () => {
    await start({ at: '13:30' });
    world.advance(10_000);
    const asked = service.now();
    await answer(found(NOON - HOUR_MS));
    await eventually('its turn', () => kinds().length === 2);
    await answer(made(world.clock.nowMs()));
    expect(await asked).toMatchObject({ ok: true });
    const again = service.now();
    await answer(FAILED);
    expect(await again).toMatchObject({ ok: false, detail: expect.stringContaining('no room') });
    expect(kinds()).toEqual(['look', 'run', 'run']);
  });

  it('are not made where there are to be none', async () => {
    await start({ enabled: false });
    expect(await service.now()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('backup.enabled'),
    });
    expect(kinds()).toEqual([]);
  });

  it('are made in a thread of their own', async () => {
    const folder = temporaryFolder();
    const dir = join(folder.path, 'data');
    mkdirSync(join(folder.path, 'stick'));
    const store = openStore({ dir, world });
    store.devices.put({ devEui: '70b3d57ed0000002', name: 'Tank', codec: 'raw', origin: 'api' });
    const text = JSON.stringify({ store: { dir }, backup: { dir: join(folder.path, 'stick') } });
    const { config } = await loaded({ files: { 'site.json': text } });
    const { backup, store: section } = config;
    service = createBackupService({
      ...{ config: backup, store: { ...section, reserveBytes: 0 }, site: 'hill', settings: [], world },
      version: '0.0.0',
    });
    await service.start();
    world.advance(10_000);
    await eventually('made', () => service.status().state === 'ok', 20_000);
    expect(service.status()).toMatchObject({ kept: 1, lastSuccessMs: world.clock.nowMs() });
    await store.close();
    rmSync(join(folder.path, 'stick'), { recursive: true });
    folder.remove();
  });
});
