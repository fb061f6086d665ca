/** Settings saved on the pages: saved, tried, kept, taken back; what a crash at any moment leaves is what was in force. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPagesSettings, TRIAL_MS } from '../../src/appliance/pages-settings.ts';
import type { LoadedConfig } from '../../src/cli/verb.ts';
import { loadConfig } from '../../src/config/load.ts';
import { inWords } from '../../src/config/problem.ts';
import { pagesSettingsFiles } from '../../src/model/pages-settings.ts';
import { tell } from '../../src/model/said.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
beforeEach(() => {
  folder = temporaryFolder();
  dir = join(folder.path, 'data');
  mkdirSync(dir);
});
afterEach(() => folder.remove());

/** As the program loads them, at its start or with what is to be tried. */
async function loadNow(env: Record<string, string> = {}, pages?: 'next'): Promise<LoadedConfig> {
  const options = {
    env: { WSE_STORE__DIR: dir, ...env },
    readFile: (path: string) => readFile(path),
    listFolder: (path: string) => readdir(path),
  };
  const result = await loadConfig({ ...options, ...(pages ? { pages } : {}) });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return {
    ...result,
    ...(pages ? { isTried: true } : {}),
    withPages: (text) => loadConfig({ ...options, pages: { text } }),
  };
}

/** One life of the box. */
async function live(env: Record<string, string> = {}, pages?: 'next') {
  const world = createTestWorld();
  const settings = createPagesSettings({ loaded: await loadNow(env, pages), world });
  const asked: string[] = [];
  void settings.asked().then((what) => asked.push(what));
  settings.started();
  const of = (path: string) => {
    const found = settings.view().settings.find((one) => one.path === path);
    if (!found) throw new Error(`no ${path}`);
    return found;
  };
  const save = (changes: Record<string, unknown>) => settings.save(changes, settings.view().revision);
  const advance = async (ms: number) => {
    world.advance(ms);
    await Promise.resolve();
  };
  return { settings, of, save, asked, world, advance };
}

describe('a setting saved on the pages', () => {
  test('is not in force until the box has begun anew with it, and is then kept by itself where it cuts nobody off', async () => {
    const { of, save, settings, asked, advance } = await live();
    expect(of('influx.org')).toMatchObject({ source: 'default', isFixed: false });
    expect(await save({ 'influx.org': 'plant', 'site.name': 'North' })).toEqual({ saved: true });
    expect(of('influx.org')).toMatchObject({ source: 'default', next: { value: 'plant' } });
    expect((await loadNow()).config.site.name).toBeUndefined();
    expect(settings.apply()).toBe('applying');
    await advance(1_000);
    expect(asked).toEqual(['next']);

    const tried = await live({}, 'next');
    expect(tried.settings.view().trial).toBeUndefined();
    expect(tried.of('influx.org')).toMatchObject({ source: 'pages', value: 'plant' });
    expect((await loadNow()).config.influx.org).toBe('plant');
    expect(existsSync(pagesSettingsFiles(dir).next)).toBe(false);
    await tried.advance(2 * TRIAL_MS);
    expect(tried.asked).toEqual([]);
  });

  test('that may cut off whoever sets it is tried; without a word the settings before come back', async () => {
    const { save } = await live();
    await save({ 'http.port': 8081 });
    const tried = await live({}, 'next');
    expect(tried.settings.view().trial).toEqual({ untilMs: tried.world.clock.nowMs() + TRIAL_MS });
    expect(await tried.save({ 'http.port': 8082 })).toEqual({ refused: 'on_trial' });
    expect(tried.settings.apply()).toBe('on_trial');
    // What a crash leads to at this moment.
    expect((await loadNow()).config.http.port).toBe(8080);
    await tried.advance(TRIAL_MS - 1);
    expect(tried.asked).toEqual([]);
    await tried.advance(1);
    expect(tried.asked).toEqual(['kept']);
    expect(tried.settings.revert('not_confirmed')).toMatchObject({ why: 'not_confirmed' });
    expect((await live()).of('http.port')).not.toHaveProperty('next');
  });

  test('is held where no person watches: whatever was changed waits for a word, and the end says why it came', async () => {
    const { save, settings } = await live();
    await save({ 'influx.org': 'plant' });
    expect(settings.revisions().saved).not.toBe(settings.revisions().inForce);
    expect(settings.hold()).toBe(false);
    const tryHeld = async () => {
      const world = createTestWorld();
      const tried = createPagesSettings({ loaded: await loadNow({}, 'next'), world });
      expect(tried.hold()).toBe(true);
      tried.started();
      return { tried, world };
    };
    const { tried, world } = await tryHeld();
    expect(tried.view().trial).toBeDefined();
    world.advance(TRIAL_MS);
    expect(tried.revert('not_confirmed')).toMatchObject({ why: 'not_reached' });
    await save({ 'influx.org': 'plant' });
    expect((await tryHeld()).tried.revert('not_confirmed')).toMatchObject({ why: 'reloaded' });
    await save({ 'influx.org': 'plant' });
    const { saved } = settings.revisions();
    expect((await tryHeld()).tried.keep()).toBe('kept');
    expect(settings.revisions()).toEqual({ saved, inForce: saved });
  });

  test('is kept when somebody says so', async () => {
    await (await live()).save({ 'access.mode': 'required' });
    const tried = await live({}, 'next');
    expect(tried.settings.keep()).toBe('kept');
    await tried.advance(2 * TRIAL_MS);
    expect(tried.asked).toEqual([]);
    expect(tried.settings.revert('not_confirmed')).toBeUndefined();
    expect((await loadNow()).config.access.mode).toBe('required');
    expect((await live()).settings.keep()).toBe('nothing');
  });

  test('is not kept before the box has begun with it, whoever says so: it may still fail to', async () => {
    await (await live()).save({ 'http.port': 8081 });
    const begin = async () =>
      createPagesSettings({ loaded: await loadNow({}, 'next'), world: createTestWorld() });
    const failing = await begin();
    expect(failing.hold()).toBe(true);
    expect(failing.keep()).toBe('kept');
    expect(failing.view().trial).toBeDefined();
    expect(failing.revert('not_started')).toMatchObject({ why: 'not_started' });
    expect((await loadNow()).config.http.port).toBe(8080);
    await (await live()).save({ 'http.port': 8081 });
    const slow = await begin();
    expect(slow.keep()).toBe('kept');
    slow.started();
    expect(slow.view().trial).toBeUndefined();
    expect((await loadNow()).config.http.port).toBe(8081);
  });

  test('is given back to what lies beneath', async () => {
    writeFileSync(pagesSettingsFiles(dir).kept, '{"site": {"name": "Pages", "id": "a"}}');
    const { of, save } = await live();
    expect(of('site.name')).toMatchObject({ source: 'pages', value: 'Pages' });
    await save({ 'site.name': null });
    expect(of('site.name').next).toEqual({});
    expect(JSON.parse(readFileSync(pagesSettingsFiles(dir).next, 'utf8'))).toEqual({ site: { id: 'a' } });
    await save({ 'site.name': 'Pages' });
    expect(existsSync(pagesSettingsFiles(dir).next)).toBe(true);
    expect((await live()).settings.discard()).toBe('done');
    expect(existsSync(pagesSettingsFiles(dir).next)).toBe(false);
  });

  test('is refused with the reason, all of them at once, and nothing is saved', async () => {
    const { save } = await live({ WSE_INFLUX__BUCKET: 'env' });
    const refused = async (changes: Record<string, unknown>) => {
      const outcome = await save(changes);
      return 'problems' in outcome
        ? outcome.problems.map(({ path, message, said = [] }) => {
            // Every one of them can be said in another language.
            expect(said, message).not.toEqual([]);
            return `${path} ${message}`;
          })
        : outcome;
    };
    expect(await refused({ 'http.port': 0, 'http.tls': 'files' })).toEqual([
      expect.stringContaining('http.port must be a whole number from 1 to 65535'),
      expect.stringContaining('http.cert_file is missing'),
    ]);
    expect(await refused({ 'influx.bucket': 'x' })).toEqual([expect.stringContaining('the environment')]);
    expect(await refused({ 'store.dir': '/tmp' })).toEqual([
      expect.stringContaining('cannot be set on the pages'),
    ]);
    expect(await refused({ 'no.such': 1, devices: [] })).toHaveLength(2);
    expect(await refused({ 'centre.url': 'redis://u:********@centre' })).toEqual([
      expect.stringContaining('write the whole of it'),
    ]);
    expect(existsSync(pagesSettingsFiles(dir).next)).toBe(false);
  });

  test('does not overwrite what somebody else has saved meanwhile', async () => {
    const { settings, save } = await live();
    const { revision } = settings.view();
    await save({ 'site.name': 'first' });
    expect(await settings.save({ 'site.name': 'second' }, revision)).toEqual({ refused: 'stale' });
  });

  test('never shows a secret, only whether it is set', async () => {
    const { of, save, settings } = await live();
    await save({ 'influx.token': 's3cret', 'centre.url': 'redis://u:s3cret@centre.example' });
    expect(of('influx.token')).toMatchObject({ isSecret: true, isSet: false, next: {} });
    expect(of('centre.url').next).toEqual({ value: expect.stringContaining('********') });
    const tried = await live({}, 'next');
    expect(tried.of('influx.token')).toMatchObject({ isSet: true });
    expect(JSON.stringify([settings.view(), tried.settings.view()])).not.toContain('s3cret');
  });
});

test('what does not fit is told, and the next change leaves it out', async () => {
  writeFileSync(pagesSettingsFiles(dir).kept, '{"site": {"name": "A", "of_a_newer_program": 1}}');
  const { settings, save, of } = await live();
  expect(settings.view().problems).toEqual([
    { path: 'site.of_a_newer_program', ...inWords(tell('setting.unknown')) },
  ]);
  expect(of('site.name').isSet).toBe(false);
  expect(await save({ 'site.name': 'B' })).toEqual({ saved: true });
  expect((await live({}, 'next')).settings.view().problems).toEqual([]);
});
