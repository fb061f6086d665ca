/** The device catalogue: filled from public layouts, found by words and codes, and proof against archives that are none. */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importCatalogue } from '../../src/devices/catalogue/import-catalogue.ts';
import type { CatalogueOutcome } from '../../src/model/device-catalogue.ts';
import { type DeviceCatalogue, openDeviceCatalogue } from '../../src/store/device-catalogue.ts';
import {
  type ArchiveEntry,
  CHIRPSTACK,
  TEMPLATE,
  THINGS,
  tarBytes,
  writeArchive,
} from '../support/catalogue-files.ts';
import { leftInEnglish } from '../support/german.ts';
import { temporaryFolder } from '../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
let catalogue: DeviceCatalogue;
beforeEach(() => {
  folder = temporaryFolder();
  catalogue = openDeviceCatalogue(folder.path);
});
afterEach(() => {
  catalogue.close();
  folder.remove();
});

function take(path: string): Promise<CatalogueOutcome> {
  return importCatalogue({ path, name: 'file', dir: folder.path, reserveBytes: 0, nowMs: 5 }, () => {});
}

const takeEntries = (entries: readonly ArchiveEntry[], packed = true) =>
  take(writeArchive(join(folder.path, 'archive'), entries, packed));

const names = (words: string) => catalogue.search({ words, limit: 10 }).items.map(({ name }) => name);

test.each([true, false])('the layout of lorawan-devices is read, packed: %s', async (packed) => {
  expect(await takeEntries(THINGS, packed)).toEqual({
    ...{ kind: 'done', models: 2, vendors: 1, codecs: 1, passedOver: 0, problems: [], problemCount: 0 },
  });
  expect(names('acme valve')).toEqual(['Valve 100']);
  expect(names('temperature opens')).toEqual(['Valve 100']);
  expect(names('acme nothing')).toEqual([]);
  const valve = catalogue.model({ source: 'ttn', vendor: 'acme', model: 'valve' });
  expect(valve?.variants).toEqual([
    {
      ...{ firmware: '1.0', region: 'EU868', macVersion: '1.0.3', declaredMac: '1.0.3', deviceClass: 'A' },
      ...{ regionalParameters: 'RP001-1.0.3-RevA', supportsJoin: true, codec: 'valve-codec', profileId: 7 },
    },
    expect.objectContaining({ firmware: '2.0', region: 'EU868', deviceClass: 'C', profileId: 7 }),
    expect.objectContaining({ firmware: '2.0', region: 'US915', deviceClass: 'A' }),
  ]);
  expect(catalogue.model({ source: 'ttn', vendor: 'acme', model: 'probe' })?.variants).toEqual([
    {
      ...{ firmware: '1', region: 'EU868', declaredMac: '1.1', deviceClass: 'A', supportsJoin: false },
      ...{ regionalParameters: 'RP001-1.0.3-RevA', rx1DelayS: 5, rx2DataRate: 3, rx2Frequency: 869_525_000 },
    },
  ]);
  const codec = catalogue.codec({ source: 'ttn', vendor: 'acme' }, 'valve-codec');
  expect(codec?.source).toContain('decodeUplink');
  expect(codec?.examples).toEqual([{ name: 'Open the valve', fPort: 2, object: { valve: 'open' } }]);
  expect(catalogue.licence('ttn')).toMatch(/^Apache License 2.0/);
});

test("some vendors' folders are enough, and both collections lie side by side", async () => {
  const part = THINGS.filter(({ path }) => /vendor\/(acme|module)\//.test(path)).map((entry) => ({
    ...entry,
    path: entry.path.replace('lorawan-devices-master/vendor/', './'),
  }));
  expect(await takeEntries(part)).toMatchObject({ kind: 'done', models: 2, problems: [] });
  expect(await takeEntries(CHIRPSTACK)).toMatchObject({ kind: 'done', models: 1, codecs: 1, problems: [] });
  const template = join(folder.path, 'template.json');
  writeFileSync(template, JSON.stringify(TEMPLATE));
  expect(await take(template)).toMatchObject({ kind: 'done', models: 1, codecs: 1 });
  expect(catalogue.summary()).toMatchObject({ models: 4, vendors: 3, codecs: 3, imports: [{}, {}, {}] });
  expect(catalogue.model({ source: 'chirpstack', vendor: 'best', model: 'meter' })?.variants).toEqual([
    {
      ...{ firmware: '1.0', region: 'EU868', macVersion: '1.0.4', declaredMac: '1.0.4', deviceClass: 'C' },
      ...{ regionalParameters: 'RP002-1.0.3', supportsJoin: true, profileId: 9, codec: 'meter' },
    },
  ]);
  expect(catalogue.model({ source: 'template', vendor: 'good-ltd', model: 'soil' })?.fields).toEqual({
    temperature: { name: 'Soil temperature' },
  });
});

test('the numbers of a TR005 code find the model; a vendor read again takes the place of what was known', async () => {
  await takeEntries(THINGS);
  const found = (vendorNumber: number, profileId?: number) =>
    catalogue
      .search({ limit: 10, vendorNumber, ...(profileId === undefined ? {} : { profileId }) })
      .items.map(({ model }) => model);
  expect(found(17, 7)).toEqual(['valve']);
  expect(found(17)).toEqual(['probe', 'valve']);
  expect(found(17, 8)).toEqual([]);
  expect(found(18)).toEqual([]);
  const fewer = THINGS.filter(({ path }) => !path.endsWith('probe.yaml'));
  await takeEntries(fewer);
  expect(found(17)).toEqual(['valve']);
  expect(catalogue.remove()).toBe(true);
  expect(found(17)).toEqual([]);
});

test('one strange file costs its own model only, and is named', async () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...['b', 'c', 'd', 'e', 'f', 'g'].map((name, n) => {
      const before = '*abcdefg'[n + 1];
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`;
    }),
  ].join('\n');
  const spoil = (text: string) =>
    THINGS.map((entry) => (entry.path.endsWith('acme/probe.yaml') ? { ...entry, text } : entry));
  for (const [text, problem] of [
    [bomb, /alias/i],
    ['a: ['.repeat(20_000), /./],
    ['[]: [', /./],
    ['x'.repeat(300 * 1024), /256 kB are the most/],
  ] as const) {
    const outcome = await takeEntries(spoil(text));
    expect(outcome).toMatchObject({ kind: 'done', models: 1, problemCount: 1 });
    if (outcome.kind === 'done') expect(outcome.problems[0]?.problem).toMatch(problem);
    if (outcome.kind === 'done') expect(outcome.problems[0]?.said).not.toHaveLength(0);
    expect(names('')).toEqual(['Valve 100']);
  }
});

test('a script of half a megabyte is left out, its model stays', async () => {
  const text = `${' '.repeat(512 * 1024)}`;
  const entries = THINGS.map((entry) => (entry.path.endsWith('valve.js') ? { ...entry, text } : entry));
  expect(await takeEntries(entries)).toMatchObject({ kind: 'done', models: 2, codecs: 0 });
  expect(catalogue.search({ words: 'valve', limit: 1 }).items[0]?.hasCodec).toBe(false);
});

test('paths out of the archive and links are passed over; nothing is written under their names', async () => {
  const outcome = await takeEntries([
    { path: '../../vendor/evil/index.yaml', text: 'endDevices: [x]' },
    { path: '/vendor/evil/x.yaml', text: 'firmwareVersions: []' },
    { path: 'vendor/evil/link.yaml', type: '2' },
    { path: 'vendor/evil/hard.js', type: '1' },
    ...THINGS,
  ]);
  expect(outcome).toMatchObject({ kind: 'done', models: 2, vendors: 1, passedOver: 4 });
  expect(names('evil')).toEqual([]);
  expect(readdirSync(folder.path).sort()).toEqual(['archive', 'device-catalogue.db']);
});

test.each<readonly [string, () => Buffer, RegExp]>([
  ['a picture', () => Buffer.alloc(4096, 0xff), /no tar archive/],
  ['nothing', () => Buffer.alloc(0), /no tar archive/],
  [
    'an archive of something else',
    () => tarBytes([{ path: 'src/main.ts', text: 'x' }]),
    /no models are in it/,
  ],
  ['one cut off', () => gzipSync(tarBytes(THINGS)).subarray(0, 700), /damaged or cut off|cut off/],
  [
    'one whose file goes on for ever',
    () => tarBytes([{ path: 'a/x.yaml', size: 8 ** 11 - 1 }]),
    /cut off|no models/,
  ],
  ['JSON that is no profile', () => Buffer.from('{"a": 1}'), /no device profile/],
  ['broken JSON', () => Buffer.from('{"a": '), /neither a tar archive nor JSON/],
])('%s is refused in words, and what was there stays', async (_, bytes, words) => {
  await takeEntries(THINGS);
  const file = join(folder.path, 'other');
  writeFileSync(file, bytes());
  const outcome = await take(file);
  expect(outcome).toMatchObject({ kind: 'refused', problem: expect.stringMatching(words) });
  // What zlib says stays as it came.
  const said = outcome.kind === 'refused' ? outcome.said : [];
  const ours = said.map((one) => ({ ...one, values: { ...one.values, error: 'zlib' } }));
  expect(await leftInEnglish([{ said: ours }])).toEqual([]);
  expect(names('valve')).toEqual(['Valve 100']);
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.new'))).toEqual([]);
});

test('without room on the disk nothing is begun', async () => {
  const path = writeArchive(join(folder.path, 'archive'), THINGS);
  const task = { path, name: 'file', dir: folder.path, reserveBytes: Number.MAX_SAFE_INTEGER, nowMs: 0 };
  expect(await importCatalogue(task, () => {})).toMatchObject({ kind: 'refused', problem: /no room/ });
  expect(existsSync(join(folder.path, 'device-catalogue.db'))).toBe(false);
});

test('the file is private, and one that was spoilt is no catalogue and is made anew', async () => {
  await takeEntries(THINGS);
  const file = join(folder.path, 'device-catalogue.db');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, 'not a database at all, but some words that stand where one should be');
  expect(catalogue.summary()).toBeUndefined();
  expect(catalogue.search({ limit: 5 })).toEqual({ items: [], total: 0 });
  await takeEntries(THINGS);
  expect(catalogue.summary()).toMatchObject({ models: 2 });
});
