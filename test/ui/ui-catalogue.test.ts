/** The device catalogue over the API: a file brought in pieces and read beside the box's work; a model taken into the site. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCatalogueService } from '../../src/devices/catalogue/catalogue-service.ts';
import { createUploads } from '../../src/ops/uploads.ts';
import { makeApi } from '../support/api.ts';
import { THINGS, tarBytes } from '../support/catalogue-files.ts';
import { germanSaid, leftInEnglish } from '../support/german.ts';
import { temporaryFolder } from '../support/process.ts';
import { createCodecShelf } from '../support/ui-desks.ts';

let folder: ReturnType<typeof temporaryFolder>;
let api: ReturnType<typeof makeBox>;
beforeEach(async () => {
  folder = temporaryFolder();
  api = makeBox();
  await api.uploads.start();
});
afterEach(async () => {
  await api.catalogue.stop();
  await api.uploads.stop();
  folder.remove();
});

/** The API with a catalogue that is really read, and scripts that really run. */
function makeBox() {
  const { site, world } = makeApi();
  const { desk } = createCodecShelf(site);
  const uploads = createUploads({ dir: join(folder.path, 'uploads'), reserveBytes: 0, world });
  const catalogue = createCatalogueService({
    ...{ dir: folder.path, reserveBytes: 0, uploads, scripts: desk, region: 'EU868', world },
    profiles: site.deps.store.profiles,
  });
  const codecs = () => ['raw', 'cayenne', ...desk.list().map(({ name }) => name)];
  const { ask } = makeApi({ ...site.deps, uploads, catalogue, scripts: desk, codecs });
  return { ask, site, uploads, catalogue, desk };
}

async function bring(bytes: Buffer): Promise<string> {
  const body = { kind: 'catalogue', name: 'makers.tar.gz', size: bytes.length };
  const { json } = await api.ask('/api/v1/uploads', { method: 'POST', body });
  expect(await api.uploads.take(json.id, 0, bytes)).toMatchObject({ kind: 'taken' });
  return json.id;
}

async function importArchive(bytes: Buffer) {
  const upload = await bring(bytes);
  const begun = await api.ask('/api/v1/catalogue/import', { method: 'POST', body: { upload } });
  expect(begun).toMatchObject({
    status: 202,
    json: { importing: { file: 'makers.tar.gz', step: 'reading' } },
  });
  const second = await api.ask('/api/v1/catalogue/import', { method: 'POST', body: { upload } });
  expect(second.status).toBe(409);
  return await untilRead();
}

/** Asks until it is read. */
async function untilRead() {
  return await expect
    .poll(async () => (await api.ask('/api/v1/catalogue')).json, { timeout: 25_000 })
    .not.toHaveProperty('importing')
    .then(async () => (await api.ask('/api/v1/catalogue')).json);
}

const take = (model: string, body: object = {}) =>
  api.ask(`/api/v1/catalogue/models/ttn/acme/${model}/take`, { method: 'POST', body });

test('a file is brought and read; models are found by words and by a code; one becomes a profile once', async () => {
  expect((await api.ask('/api/v1/catalogue')).json).toMatchObject({ models: 0, imports: [] });
  expect(await importArchive(gzipSync(tarBytes(THINGS)))).toMatchObject({
    ...{ models: 2, vendors: 1, codecs: 1, imports: [{ source: 'ttn', file: 'makers.tar.gz', models: 2 }] },
    last: { models: 2, problemCount: 0 },
  });
  // What was brought is not kept beside what was made of it.
  await expect.poll(() => readdirSync(join(folder.path, 'uploads'))).toEqual([]);
  const found = async (search: string) =>
    (await api.ask(`/api/v1/catalogue/models?${search}`)).json.items.map(
      ({ model }: { model: string }) => model,
    );
  expect(await found('words=acme%20valve')).toEqual(['valve']);
  expect(await found('vendorId=0011&modelId=0007')).toEqual(['valve']);
  expect((await api.ask('/api/v1/catalogue/models?vendorId=11')).status).toBe(400);
  const shown = await api.ask('/api/v1/catalogue/models/ttn/acme/valve');
  expect(shown.json).toMatchObject({
    ...{ vendorName: 'ACME Sensors', licence: expect.stringContaining('Copyright (c) 2020 Makers') },
    codecs: [{ name: 'valve-codec', examples: 1, source: expect.stringContaining('decodeUplink') }],
  });
  const taken = await take('valve');
  expect(taken).toMatchObject({
    status: 201,
    json: { profile: 'ACME Sensors Valve 100', codec: 'acme-valve-codec', isNew: true, notes: [], told: [] },
  });
  expect((await api.ask('/api/v1/profiles/ACME%20Sensors%20Valve%20100')).json).toMatchObject({
    ...{ region: 'EU868', macVersion: '1.0.3', deviceClass: 'C', codec: 'acme-valve-codec' },
    ...{ catalogue: 'ttn/acme/valve/2.0/EU868' },
    examples: [{ name: 'Open the valve', fPort: 2, object: { valve: 'open' } }],
  });
  const source = api.desk.source('acme-valve-codec') ?? '';
  expect(source).toMatch(
    /^\/\/ From lorawan-devices.*Apache License 2\.0; Copyright \(c\) 2020 Makers\nfunction decodeUplink/,
  );
  expect(await take('valve')).toMatchObject({
    status: 200,
    json: { isNew: false, profile: 'ACME Sensors Valve 100' },
  });
  expect((await api.ask('/api/v1/profiles')).json.items).toHaveLength(1);
}, 60_000);

test('what was changed of a profile stays, a name that is taken is left alone, both regions share the script', async () => {
  await importArchive(gzipSync(tarBytes(THINGS)));
  const put = (name: string, body: object) =>
    api.ask(`/api/v1/profiles/${encodeURIComponent(name)}`, { method: 'PUT', body });
  await put('ACME Sensors Valve 100', { codec: 'raw' });
  expect((await take('valve')).json.profile).toBe('ACME Sensors Valve 100 2');
  await put('ACME Sensors Valve 100 2', { codec: 'acme-valve-codec', deviceClass: 'A' });
  expect((await take('valve')).json).toMatchObject({ profile: 'ACME Sensors Valve 100 2', isNew: false });
  expect((await take('valve', { region: 'US915' })).json).toMatchObject({
    ...{ profile: 'ACME Sensors Valve 100 US915', codec: 'acme-valve-codec' },
  });
  expect((await take('valve', { firmware: '1.0' })).json.profile).toBe('ACME Sensors Valve 100 3');
  await api.desk.put('acme-valve-codec', 'function decodeUplink() { return { data: { mine: 1 } }; }');
  expect((await take('valve', { region: 'EU868', firmware: '1.0' })).json.isNew).toBe(false);
  expect(api.desk.list().filter(({ kind }) => kind === 'script')).toHaveLength(1);
}, 60_000);

test('two who take one at once get the same; what cannot be is said', async () => {
  await importArchive(gzipSync(tarBytes(THINGS)));
  const both = await Promise.all([take('valve'), take('valve')]);
  expect(new Set(both.map(({ json }) => json.profile)).size).toBe(1);
  const probe = await take('probe');
  expect(probe.json.notes.join(' ')).toMatch(
    /does not join.*LoRaWAN 1\.1, here as 1\.0\.3.*RX2 869\.525 MHz/,
  );
  expect(probe.json.codec).toBe('raw');
  expect(await leftInEnglish(probe.json.told)).toEqual([]);
  const windows = await germanSaid(probe.json.told[2].said);
  expect(windows).toMatch(/^wo die Fenster des Herstellers nicht die der Region sind.*RX2 869\.525 MHz$/);
  expect(await take('probe', { region: 'IN865' })).toMatchObject({
    status: 422,
    json: { detail: 'It is made for EU868, not for IN865.' },
  });
  for (const path of ['ttn/acme/nothing', 'other/acme/valve', 'ttn/..%2f/valve'])
    expect((await api.ask(`/api/v1/catalogue/models/${path}`)).status).toBe(404);
  expect((await api.ask('/api/v1/catalogue', { method: 'DELETE' })).status).toBe(204);
  expect((await api.ask('/api/v1/catalogue', { method: 'DELETE' })).status).toBe(404);
}, 60_000);

test('a file that is none is refused in words, and stopping ends one that is read', async () => {
  expect(await importArchive(Buffer.alloc(5_000, 3))).toMatchObject({
    ...{ models: 0, last: { refused: 'it is no tar archive, or a damaged one' } },
  });
  const missing = await api.ask('/api/v1/catalogue/import', { method: 'POST', body: { upload: 'x' } });
  expect(missing.status).toBe(404);
  const upload = await bring(gzipSync(tarBytes(THINGS)));
  await api.ask('/api/v1/catalogue/import', { method: 'POST', body: { upload } });
  await api.catalogue.stop();
  await expect.poll(() => api.catalogue.state().importing).toBeUndefined();
}, 60_000);
