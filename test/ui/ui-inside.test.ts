/** The API asked from inside in the name of the centre: as much as a token of the scope `write` may, on a box with access control. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/ui/routes/app.ts';
import { createAskInside } from '../../src/ui/routes/inside.ts';
import { type AccessBox, createAccessBox } from '../support/access-box.ts';
import { PEER } from '../support/api.ts';
import { temporaryFolder } from '../support/process.ts';
import { createUiSite, KEYS } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

const EUI = '70b3d57ed0000000';

describe('the API from inside', () => {
  const folder = temporaryFolder();
  let box: AccessBox;
  beforeAll(async () => {
    box = await createAccessBox({ dir: folder.path });
    await box.claim();
  });
  afterAll(async () => {
    await box.stop();
    folder.remove();
  });
  const ask = (...args: Parameters<ReturnType<typeof createAskInside>>) =>
    createAskInside(box.app, { kind: 'centre' })(...args);

  test('changes devices, with the checks of the API', async () => {
    const device = { name: 'Tank 1', devAddr: '01020304', ...KEYS };
    expect((await ask('PUT', `/api/v1/devices/${EUI}`, device)).status).toBe(201);
    expect(await ask('GET', `/api/v1/devices/${EUI}`)).toMatchObject({
      status: 200,
      json: { name: 'Tank 1' },
    });
    expect(await ask('PUT', `/api/v1/devices/${EUI}`, { name: '' })).toMatchObject({
      status: 422,
      json: { type: 'urn:webscada-edge:problem:invalid-body' },
    });
    expect(await ask('DELETE', `/api/v1/devices/${EUI}`)).toEqual({ status: 204, json: undefined });
  });

  test('sees and changes no users, no tokens, and no keys', async () => {
    const refused = await Promise.all([
      ask('GET', '/api/v1/users'),
      ask('POST', '/api/v1/tokens', { name: 'x', scopes: ['admin'] }),
      ask('GET', '/api/v1/devices/export?keys=true'),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403]);
  });

  test('a connection cannot say that it is the centre', async () => {
    const { app } = createApp({ ...createUiSite(createTestWorld()).deps, access: box.access });
    const headers = { host: 'localhost', caller: 'centre', 'x-caller': 'centre' };
    const answer = await app.request('/api/v1/devices?caller=centre', { headers }, { peer: PEER });
    expect(answer.status).toBe(401);
  });
});
