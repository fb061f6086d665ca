/** The typed client of the API, as the pages and programs in TypeScript use it: paths, input and answers come from the routes. */
import { type ClientResponse, hc } from 'hono/client';
import { expect, expectTypeOf, test } from 'vitest';
import { type App, createApp } from '../../src/ui/routes/app.ts';
import type { DeviceView } from '../../src/ui/shapes/devices.ts';
import { createUiSite, furnish, KEYS } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

function makeClient() {
  const site = createUiSite(createTestWorld());
  const { app } = createApp(site.deps);
  const peer = {
    address: '127.0.0.1',
    tls: false,
    isSending: () => false,
    isGone: () => false,
    onEnd: (listener: () => void) => listener(),
    cut: () => {},
  };
  const { api } = hc<App>('http://localhost', {
    headers: { host: 'localhost' },
    fetch: (input: string | URL | Request, init?: RequestInit) => app.request(input, init, { peer }),
  });
  return { site, api: api.v1 };
}

test('a list is asked for by its name and comes with its type', async () => {
  const { site, api } = makeClient();
  furnish(site, 7);
  const answer = await api.devices.$get({ query: { limit: '5', recent: '2' } });
  const page = await answer.json();
  expectTypeOf(page.items).toExtend<readonly DeviceView[]>();
  expect(page.items.map(({ recent }) => recent?.length)).toEqual([2, 2, 2, 2, 2]);
  const rest = await api.devices.$get({ query: { cursor: page.nextCursor } });
  expect((await rest.json()).items.length).toBe(2);
  const [gateways, status, unknown] = await Promise.all([
    (await api.gateways.$get()).json(),
    (await api.status.$get()).json(),
    (await api['unknown-devices'].$get()).json(),
  ]);
  expectTypeOf(status.site).toEqualTypeOf<string>();
  expect([gateways.items.length, status.site, unknown.items.length]).toEqual([3, 'Test site', 2]);
});

test('what is sent has a type, and a refusal is told by its status', async () => {
  const { api } = makeClient();
  const devEui = '70b3d57ed0000000';
  const json = { devEui, name: 'Tank', devAddr: '01020304', ...KEYS };
  expect((await api.devices.$post({ json })).status).toBe(201);
  expect((await api.devices.$post({ json })).ok).toBe(false);
  const one = await api.devices[':devEui'].$get({ param: { devEui }, query: {} });
  expectTypeOf(one).toExtend<ClientResponse<unknown>>();
  expect((await one.json()).name).toBe('Tank');
  const bad = () => {
    // @ts-expect-error: a device has a name
    void api.devices.$post({ json: { devEui } });
    // @ts-expect-error: no such path
    void api.nothing.$get();
  };
  expect(bad).toBeTypeOf('function');
});
