/** The support bundle over the API, and the licences of what is in the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { root } from '../../scripts/house/sources.ts';
import { licencesOf } from '../../scripts/licences.ts';
import { createSupport } from '../../src/ops/support/bundle.ts';
import { createApp } from '../../src/ui/routes/app.ts';
import { fieldsOf, groupsOf, typeOf } from '../../src/ui/web/about/openapi.ts';
import { makeApi, PEER } from '../support/api.ts';
import { createUiSite } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

const SUPPORT = createSupport([{ name: 'a.json', make: async () => '{"token":"PLANTED"}' }], [], () => 0);

test('names, a file as it goes, and all as one archive', async () => {
  const { app } = createApp({ ...createUiSite(createTestWorld()).deps, support: SUPPORT });
  const ask = (path: string) =>
    app.request(`/api/v1/support${path}`, { headers: { host: 'localhost' } }, { peer: PEER });
  expect(await (await ask('')).json()).toEqual({ items: [{ name: 'a.json' }] });
  expect(await (await ask('/files/a.json')).text()).toBe('{"token":"***"}');
  expect((await ask('/files/..%2fpasswd')).status).toBe(404);
  const bundle = await ask('/bundle');
  expect(bundle.headers.get('content-disposition')).toBe('attachment; filename="support.tar.gz"');
  const archive = gunzipSync(Buffer.from(await bundle.arrayBuffer())).toString();
  expect(archive).toContain('{"token":"***"}');
  expect(archive).not.toContain('PLANTED');
});

test('every package in the program has its licence, and nearly all their text', () => {
  const { packages, texts } = licencesOf(root);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const inside = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  expect(packages).toHaveLength(inside.length + 1);
  expect(packages.filter(({ licence }) => licence === '')).toEqual([]);
  expect(packages.filter((one) => one.texts.length > 0).length).toBeGreaterThan(packages.length * 0.9);
  expect(packages.flatMap((one) => one.texts.map((at) => texts[at])).every((text) => text !== '')).toBe(true);
  expect(packages.find(({ name }) => name === 'preact')).toMatchObject({ licence: 'MIT' });
});

test('the viewer finds every operation of the document, and what each takes and gives', async () => {
  const { ask } = makeApi();
  const { json } = await ask('/api/v1/openapi.json');
  const routes = [...groupsOf(json).values()].flat();
  const operations = Object.values(json.paths as Record<string, object>).flatMap(Object.keys);
  expect(routes.length).toBe(operations.length);
  expect([...groupsOf(json, 'backup').keys()]).toEqual(['backups', 'restore']);
  const list = routes.find(({ operation }) => operation.operationId === 'listDevices')?.operation;
  const answer = Object.values(list?.responses?.['200']?.content ?? {})[0]?.schema;
  const items = fieldsOf(answer, json).find(([name]) => name === 'items');
  expect(typeOf(items?.[1])).toBe('array of Device');
  expect(fieldsOf(items?.[1], json).map(([name]) => name)).toContain('devEui');
});
