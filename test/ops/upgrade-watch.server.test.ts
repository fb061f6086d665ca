/** O1: an upgrade is healthy only when what was installed is what runs and answers, whatever else happens meanwhile. */
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inEnglish, tell } from '../../src/model/said.ts';
import type { Health } from '../../src/ops/health.ts';
import { layoutOf } from '../../src/ops/install/layout.ts';
import { thisMachine } from '../../src/ops/install/machine.ts';
import { recover, rollBack, type UpgradeDeps, upgrade } from '../../src/ops/upgrade/upgrade.ts';
import { createVersions } from '../../src/ops/upgrade/versions.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** What each version does once it runs: how long it lives, what it answers. */
interface Behaviour {
  readonly livesMs?: number;
  readonly health?: Health;
}

/** A box whose executables are texts; the service, its supervisor and its unit are played in the test's own time. */
function playedBox(behaviours: Readonly<Record<string, Behaviour>>, { unit = true } = {}) {
  const layout = layoutOf(join(folder.path, 'box'));
  for (const path of [dirname(layout.executable), layout.versions]) mkdirSync(path, { recursive: true });
  writeFileSync(layout.executable, '1.0.0');
  const versions = createVersions(layout);
  const world = createTestWorld();
  const told: string[] = [];
  const brought: string[] = [];
  let process = { pid: 100, version: '1.0.0', file: identity(layout.executable), sinceMs: 0 };
  let restartAtMs: number | undefined;

  function start(): void {
    const version = readFileSync(layout.executable, 'utf8');
    const { pid } = process;
    const sinceMs = world.clock.monotonicMs();
    process = { pid: pid + 1, version, file: identity(layout.executable), sinceMs };
  }

  /** Lets the process die when its time has come, and its unit do what it does then. */
  function live(): void {
    const nowMs = world.clock.monotonicMs();
    if (restartAtMs !== undefined) {
      if (nowMs < restartAtMs) return;
      restartAtMs = undefined;
      start();
    }
    const { livesMs = Number.POSITIVE_INFINITY } = behaviours[process.version] ?? {};
    if (nowMs - process.sinceMs < livesMs) return;
    if (unit) recover(versions, world.clock);
    restartAtMs = nowMs + 3_000;
  }

  const deps: UpgradeDeps = {
    versions: { ...versions, runs: () => process.file === identity(layout.executable) },
    supervisor: {
      restart: async () => {
        restartAtMs = undefined;
        start();
      },
      pid: async () => (restartAtMs === undefined ? process.pid : undefined),
    },
    machine: playedMachine(brought),
    clock: world.clock,
    settingsFile: '',
    health: async () => behaviours[process.version]?.health ?? { healthy: true, version: process.version },
    backup: async () => 'backup',
    tell: (line) => told.push(line),
    place: [],
    pause: async (ms) => {
      world.advance(ms);
      live();
    },
    limitMs: 120_000,
    holdMs: 10_000,
  };
  const to = (version: string) => {
    writeFileSync(join(folder.path, 'file'), version);
    versions.stage(join(folder.path, 'file'));
    return upgrade({ version, allowOlder: true }, deps);
  };
  const inPlace = () => readFileSync(layout.executable, 'utf8');
  return { deps, versions, told, brought, to, inPlace, world };
}

/** Runs executables that are texts; what they were told to install goes into `brought`. */
function playedMachine(brought: string[]): UpgradeDeps['machine'] {
  return {
    ...thisMachine(),
    run: async (command, args) => {
      const version = readFileSync(command, 'utf8');
      if (args[0] === 'version') return { code: 0, stdout: JSON.stringify({ version }), stderr: '' };
      if (args[0] === 'install') brought.push(`${version}: ${args.join(' ')}`);
      const old = args[0] === 'install' && version.startsWith('0.');
      return { code: old ? 2 : 0, stdout: '', stderr: old ? 'unknown option' : '' };
    },
  };
}

function identity(file: string): string {
  const { dev, ino } = statSync(file);
  return `${dev}:${ino}`;
}

describe('O18: unit, man page and completion', () => {
  test('are those of the executable that is in place, also of the one that comes back', async () => {
    const box = playedBox({ '3.0.0': { livesMs: 0 } });
    await box.to('2.0.0');
    await box.to('3.0.0');
    await rollBack(inEnglish('asked for'), box.deps);
    const of = (version: string) => `${version}: install --program-files`;
    expect(box.brought).toEqual(['2.0.0', '3.0.0', '2.0.0', '1.0.0'].map(of));
  });

  test('stay where an older version cannot bring its own, which is told and no reason to stop', async () => {
    const box = playedBox({ '0.9.0': { health: { healthy: true, version: undefined } } });
    expect(await box.to('0.9.0')).toEqual({ kind: 'done' });
    expect(box.told).toContain('unit, man page and completion stay as they are: unknown option');
  });
});

describe('O1: a new version', () => {
  test.each<[string, Behaviour, RegExp]>([
    ['whose run throws at once', { livesMs: 0 }, /again and again/],
    ['that dies before it has held', { livesMs: 8_000 }, /again and again/],
    [
      'that never answers',
      { health: { healthy: false, problem: tell('watch.nobody', { url: '' }) } },
      /nobody answers/,
    ],
    [
      'that answers as another version',
      { health: { healthy: true, version: '1.0.0' } },
      /says it is version 1\.0\.0, not 2\.0\.0/,
    ],
    [
      'that does not say its version',
      { health: { healthy: true, version: undefined } },
      /does not say its version/,
    ],
  ])('%s is taken back', async (_name, behaviour, reason) => {
    const box = playedBox({ '2.0.0': behaviour });
    const result = await box.to('2.0.0');
    expect(result).toEqual({
      kind: 'rolled_back',
      reason: { detail: expect.stringMatching(reason), said: expect.anything() },
      healthy: true,
    });
    expect(box.inPlace()).toBe('1.0.0');
    expect(box.versions.pending()).toBeUndefined();
  });

  test('that dies again and again is taken back without a unit that counts, too', async () => {
    const box = playedBox({ '2.0.0': { livesMs: 5_000 } }, { unit: false });
    const beganMs = box.world.clock.monotonicMs();
    const result = await box.to('2.0.0');
    expect(result).toMatchObject({ kind: 'rolled_back', reason: { said: [{ key: 'watch.ended' }] } });
    expect(box.inPlace()).toBe('1.0.0');
    expect(box.world.clock.monotonicMs() - beganMs).toBeLessThan(60_000);
  });

  test('that is well stays, and an older one need not say its version', async () => {
    const box = playedBox({ '0.9.0': { health: { healthy: true, version: undefined } } });
    expect(await box.to('2.0.0')).toEqual({ kind: 'done' });
    expect(await box.to('0.9.0')).toEqual({ kind: 'done' });
    expect(box.inPlace()).toBe('0.9.0');
  });
});

describe('O1: going back', () => {
  test('finds nothing after a version was taken back, and says why', async () => {
    const box = playedBox({ '2.0.0': { livesMs: 0 } });
    expect(await rollBack(inEnglish('asked for'), box.deps)).toMatchObject({
      kind: 'refused',
      reason: { detail: expect.stringContaining('nothing has been upgraded') },
    });
    await box.to('2.0.0');
    expect(await rollBack(inEnglish('asked for'), box.deps)).toMatchObject({
      kind: 'refused',
      reason: {
        detail: expect.stringMatching(
          /2\.0\.0 was taken back on .*failed 3 times.* 1\.0\.0, the one before it/,
        ),
      },
    });
  });

  test('after one that was taken back finds the one before both, and says so', async () => {
    const box = playedBox({ '3.0.0': { livesMs: 0 } });
    await box.to('2.0.0');
    expect(await box.to('3.0.0')).toMatchObject({ kind: 'rolled_back' });
    expect(box.inPlace()).toBe('2.0.0');
    expect(await rollBack(inEnglish('asked for'), box.deps)).toMatchObject({
      kind: 'rolled_back',
      healthy: true,
    });
    expect(box.inPlace()).toBe('1.0.0');
    expect(box.told).toContain('going back from 2.0.0 to 1.0.0');
    await rollBack(inEnglish('asked for'), box.deps);
    expect(box.told).toContain('going forward again from 1.0.0 to 2.0.0');
  });

  test('a second taking back changes nothing, nor one that a power cut ended in the middle', async () => {
    const box = playedBox({ '3.0.0': { livesMs: 0 } });
    await box.to('2.0.0');
    await box.to('3.0.0');
    box.versions.takeBack(inEnglish('once more'), 0);
    expect(box.inPlace()).toBe('2.0.0');
    // Cut after the executable was put back, before the note went.
    writeFileSync(join(folder.path, 'file'), '4.0.0');
    box.versions.stage(join(folder.path, 'file'));
    box.versions.swapIn({ from: '2.0.0', to: '4.0.0', startedMs: 0, failures: 0 });
    copyFileSync(box.versions.previous, box.versions.executable);
    expect(box.versions.hasPrevious()).toBe(false);
    box.versions.takeBack(inEnglish('after the cut'), 0);
    expect(box.inPlace()).toBe('2.0.0');
    expect(readFileSync(box.versions.previous, 'utf8')).toBe('1.0.0');
  });
});
