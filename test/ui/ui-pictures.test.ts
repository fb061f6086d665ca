/** Pictures over the API: as they were put, only as files to keep, refused with the reason. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPictures } from '../../src/store/pictures.ts';
import { createApp } from '../../src/ui/routes/app.ts';
import { PEER } from '../support/api.ts';
import { png, SVG } from '../support/pictures.ts';
import { temporaryFolder } from '../support/process.ts';
import { createUiSite } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let ask: (path: string, init?: RequestInit) => Promise<Response>;
beforeEach(() => {
  folder = temporaryFolder();
  const site = createUiSite(createTestWorld());
  const { app } = createApp({ ...site.deps, pictures: openPictures(folder.path) });
  ask = async (path, init = {}) =>
    app.request(
      `/api/v1/pictures${path}`,
      { ...init, headers: { host: 'localhost', ...init.headers } },
      { peer: PEER },
    );
});
afterEach(() => folder.remove());

const put = (path: string, body: BodyInit) => ask(path, { method: 'PUT', body });

test('what was put comes back by its own kind, to keep or to show within a page, and once only', async () => {
  expect((await put('/plan/hall', SVG)).status).toBe(204);
  const answer = await ask('/plan/hall');
  expect(await answer.text()).toBe(SVG);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/svg+xml',
    'content-disposition': 'attachment',
    'x-content-type-options': 'nosniff',
  });
  const etag = answer.headers.get('etag') ?? '';
  expect((await ask('/plan/hall', { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect((await put('/plan/hall', png(3, 3))).status).toBe(204);
  expect((await ask('/plan/hall', { headers: { 'if-none-match': etag } })).status).toBe(200);
  expect((await (await ask('')).json()).items).toMatchObject([{ kind: 'plan', of: 'hall', bytes: 33 }]);
  expect((await ask('/plan/hall', { method: 'DELETE' })).status).toBe(204);
  expect((await ask('/plan/hall')).status).toBe(404);
});

test('an EUI names it however it is written', async () => {
  await put('/device/00AABBCCDDEEFF11', png(3, 3));
  expect((await ask('/device/00aabbccddeeff11')).status).toBe(200);
});

test('what is none is refused with the reason: no picture, too many pixels, too many bytes, no such kind or name', async () => {
  const answers = [
    await put('/plan/hall', 'MZ'),
    await put('/plan/hall', png(50_000, 50_000)),
    await put('/plan/hall', png(3, 3, 30 * 1024 * 1024)),
    await put('/other/hall', png(3, 3)),
    await put('/plan/..%2Fedge', png(3, 3)),
  ];
  expect(answers.map(({ status }) => status)).toEqual([422, 422, 413, 404, 404]);
  expect(await answers[1]?.text()).toContain('25 million');
});
