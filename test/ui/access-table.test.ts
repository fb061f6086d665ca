/**
 * Every route of the app, with the services a box really has behind it, called as everyone: the answers are compared with what
 * the routes state, and what they state with the table.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { createCodecService } from '../../src/ingest/codec/codec-service.ts';
import { createCodecs } from '../../src/ingest/codec/codecs.ts';
import { createQuarantineService } from '../../src/ingest/quarantine-service.ts';
import { type AccessRule, allow, judge, SCOPES } from '../../src/ui/access/access-rule.ts';
import { operation, operationOf } from '../../src/ui/http/operation.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { type AccessBox, type Ask, cookieOf, createAccessBox, PASSWORD } from '../support/access-box.ts';
import { createNetworkSite, type NetworkSite } from '../support/network-site.ts';
import { temporaryFolder } from '../support/process.ts';

/** Who may call what, once more and by hand: a route that is new or states something else has to be entered here. */
const TABLE: Readonly<Record<string, AccessRule>> = {
  getPage: allow.always,
  getHealth: allow.always,
  getReadiness: allow.always,
  getStartup: allow.always,
  getAccess: allow.always,
  claim: allow.always,
  login: allow.everyone,
  logout: allow.viewer(null),
  changePassword: allow.viewer(null),
  getMetrics: allow.viewer('metrics'),
  getStatus: allow.viewer('read'),
  listGateways: allow.viewer('read'),
  listUnknownDevices: allow.viewer('read'),
  listStrangers: allow.viewer('read'),
  listReadings: allow.viewer('read'),
  listDevices: allow.viewer('read'),
  getDevice: allow.viewer('read'),
  getDeviceHistory: allow.viewer('read'),
  streamEvents: allow.viewer('read'),
  getOpenApi: allow.viewer('read'),
  createDevice: allow.admin('write'),
  putDevice: allow.admin('write'),
  deleteDevice: allow.admin('write'),
  listDownlinks: allow.viewer('read'),
  listDownlinkSteps: allow.viewer('read'),
  createDownlink: allow.admin('write'),
  cancelDownlinks: allow.admin('write'),
  cancelDownlink: allow.admin('write'),
  listQuarantine: allow.viewer('read'),
  getQuarantined: allow.viewer('read'),
  actOnQuarantine: allow.admin('write'),
  rewindInflux: allow.admin('write'),
  cancelInfluxRewind: allow.admin('write'),
  checkInflux: allow.admin('write'),
  exportDevices: allow.viewer('read'),
  importDevices: allow.admin('write'),
  parseOnboardingCode: allow.admin('write'),
  listProfiles: allow.viewer('read'),
  getProfile: allow.viewer('read'),
  putProfile: allow.admin('write'),
  deleteProfile: allow.admin('write'),
  listCodecs: allow.viewer('read'),
  getCodec: allow.viewer('read'),
  putCodec: allow.admin('write'),
  deleteCodec: allow.admin('write'),
  testCodec: allow.admin('write'),
  listUsers: allow.admin('admin'),
  createUser: allow.admin('admin'),
  changeUser: allow.admin('admin'),
  deleteUser: allow.admin('admin'),
  listTokens: allow.admin('admin'),
  createToken: allow.admin('admin'),
  revokeToken: allow.admin('admin'),
};

interface AppRoute {
  readonly method: string;
  readonly path: string;
  readonly handler: object;
}

interface StatedRoute {
  readonly method: string;
  readonly path: string;
  readonly name: string;
  readonly access: AccessRule;
}

/** What each route of the app states. Throws at one that states nothing. */
function routesOf({ app }: { readonly app: { readonly routes: readonly AppRoute[] } }): StatedRoute[] {
  const handlers = new Map<string, object[]>();
  for (const { method, path, handler } of app.routes) {
    if (method !== 'ALL')
      handlers.set(`${method} ${path}`, [...(handlers.get(`${method} ${path}`) ?? []), handler]);
  }
  return [...handlers].map(([route, [first]]) => {
    const stated = first && operationOf(first);
    if (!stated) throw new Error(`${route}: who may call it is not stated`);
    const [method = '', path = ''] = route.split(' ');
    return { method, path, name: stated.name, access: stated.access };
  });
}

/** The services of a box, over a store of its own. */
function realServices({ world, store, gateway }: NetworkSite): Partial<Services> {
  const codecs = createCodecs(world);
  const sinks = { influx: async () => ({ delivered: [], refused: [] }) };
  return {
    store: store(),
    downlinks: gateway().downlinks,
    gateways: gateway().gateways,
    unknownDevices: gateway().unknownDevices,
    quarantine: createQuarantineService({ store: store(), world, sinks }),
    codecs: codecs.names,
    scripts: createCodecService({ codecs, store: store(), world }),
    onboarding: createDeviceImportService({ store: store(), codecs: codecs.names }),
  };
}

interface Person {
  readonly name: string;
  readonly ask: Ask;
  /** Roles and scopes the rule must ask for at most. */
  readonly may: (rule: AccessRule) => 'yes' | 401 | 403;
}

describe('who may call what', () => {
  const folders = [temporaryFolder(), temporaryFolder()];
  const sites = [createNetworkSite(), createNetworkSite()];
  let box: AccessBox;
  let unclaimed: AccessBox;
  let people: Person[];

  beforeAll(async () => {
    const newBox = (index: number) => {
      const site = sites[index] as NetworkSite;
      const dir = folders[index]?.path ?? '';
      return createAccessBox({ dir, world: site.world, services: realServices(site) });
    };
    [unclaimed, box] = await Promise.all([newBox(0), newBox(1)]);
    const admin = await box.claim();
    const make = (path: string, body: object) => box.ask(path, { method: 'POST', cookie: admin, body });
    await make('/api/v1/users', { name: 'vic', password: PASSWORD, role: 'viewer' });
    const viewer = cookieOf(await box.login('vic'));
    const token = async (scope: string, more = {}): Promise<string> =>
      (await make('/api/v1/tokens', { name: scope, scopes: [scope], ...more })).json.token;
    const tokens = await Promise.all(SCOPES.map((scope) => token(scope)));
    const expired = await token('admin', { expiresInDays: 1 });
    const revoked = await make('/api/v1/tokens', { name: 'lost', scopes: ['admin'] });
    await box.ask(`/api/v1/tokens/${revoked.json.id}`, { method: 'DELETE', cookie: admin });
    // The sessions are used meanwhile, so that only the token runs out.
    for (let hour = 0; hour < 30; hour += 10) {
      box.world.advance(10 * 3_600_000);
      for (const cookie of [admin, viewer]) await box.ask('/api/v1/access', { cookie });
    }
    const nobody = (rule: AccessRule) => (rule.who === 'public' ? 'yes' : 401);
    people = [
      { name: 'nobody', ask: {}, may: nobody },
      { name: 'an expired token', ask: { token: expired }, may: nobody },
      { name: 'a revoked token', ask: { token: revoked.json.token }, may: nobody },
      { name: 'a made-up token', ask: { token: `wse_${'A'.repeat(43)}` }, may: nobody },
      { name: 'a made-up session', ask: { cookie: `wse-session=${'A'.repeat(43)}` }, may: nobody },
      { name: 'a password as token', ask: { headers: { authorization: 'Basic YTpi' } }, may: nobody },
      { name: 'the viewer', ask: { cookie: viewer }, may: ({ who }) => (who === 'admin' ? 403 : 'yes') },
      { name: 'the administrator', ask: { cookie: admin }, may: () => 'yes' },
      ...SCOPES.map(
        (scope, rank): Person => ({
          name: `a token of scope ${scope}`,
          ask: { token: tokens[rank] ?? '' },
          may: (rule) =>
            rule.who === 'public' || (rule.scope !== null && SCOPES.indexOf(rule.scope) <= rank)
              ? 'yes'
              : 403,
        }),
      ),
    ];
  });

  afterAll(async () => {
    await Promise.all([box, unclaimed].map((one) => one.stop()));
    await Promise.all(sites.map((site) => site.close()));
    for (const folder of folders) folder.remove();
  });

  /** Calls the route with a body that is no good to any, so that who may gets a 4xx of another kind and changes nothing. */
  function call(on: AccessBox, route: { method: string; path: string; name: string }, ask: Ask) {
    const path = route.path.replace(/:\w+\??/g, 'none');
    return on.ask(path, { method: route.method, ...(route.method === 'GET' ? {} : { body: [] }), ...ask });
  }

  test('every route states what the table says', () => {
    const stated = Object.fromEntries(routesOf(box).map(({ name, access }) => [name, access]));
    expect(stated).toEqual(TABLE);
  });

  test('everybody gets what the rules promise, on every route', async () => {
    const wrong: string[] = [];
    // The logout would end the session the next calls need; it has a test of its own.
    const routes = routesOf(box).filter(({ name }) => name !== 'logout');
    for (const { name: who, ask, may: expected } of people) {
      for (const route of routes) {
        const { status, json: body } = await call(box, route, { ...ask, address: `10.0.0.${people.length}` });
        const refusedBy = /unauthenticated$|forbidden$|unclaimed$/.test(body?.type ?? '') ? status : 'yes';
        if (refusedBy !== expected(route.access)) wrong.push(`${who}: ${route.name} ${status}`);
      }
      box.world.advance(60_000);
    }
    expect(wrong).toEqual([]);
    expect(people.length * routes.length).toBeGreaterThan(200);
  });

  test('before the claim only health and the way in answer, whoever asks', async () => {
    const open: string[] = [];
    for (const { ask } of people) {
      for (const route of routesOf(unclaimed)) {
        const { json: body } = await call(unclaimed, route, ask);
        if (!String(body?.type).endsWith(':unclaimed')) open.push(route.name);
      }
      unclaimed.world.advance(60_000);
    }
    expect([...new Set(open)].sort()).toEqual([
      'claim',
      'getAccess',
      'getHealth',
      'getPage',
      'getReadiness',
      'getStartup',
    ]);
    const { status, json: body } = await unclaimed.ask('/api/v1/status');
    expect(status).toBe(403);
    expect(body.detail).toContain('claim code');
    expect((await unclaimed.ask('/api/v1/no-such-path')).status).toBe(403);
  });

  test('paths and methods that are not known are told only to those let in', async () => {
    const asked = async (ask: Ask) => [
      (await box.ask('/api/v1/no-such-path', ask)).status,
      (await box.ask('/api/v1/status', { method: 'PUT', ...ask })).status,
    ];
    expect(await asked({})).toEqual([401, 401]);
    const viewer = people.find(({ name }) => name === 'the viewer');
    expect(await asked(viewer?.ask ?? {})).toEqual([404, 405]);
  });

  test('the OpenAPI document says who may', async () => {
    const admin = people.find(({ name }) => name === 'the administrator');
    const { json: document } = await box.ask('/api/v1/openapi.json', admin?.ask ?? {});
    expect(document.paths['/healthz'].get).toMatchObject({
      security: [],
      description: expect.stringContaining('Everybody'),
    });
    expect(document.paths['/api/v1/devices'].post).toMatchObject({
      security: [{ session: [] }, { token: ['write'] }],
      description: 'The role admin; a token of the scope write.',
    });
    expect(document.paths['/api/v1/session'].delete.security).toEqual([{ session: [] }]);
    expect(document.components.securitySchemes).toHaveProperty('token');
  });

  test('an operation without a rule does not compile, and a route without an operation fails', () => {
    // @ts-expect-error: `access` is missing
    expect(() => operation({ name: 'x', summary: 'x', responses: {} })).toThrow();
    const routes = [...box.app.routes, { method: 'GET', path: '/x', basePath: '/', handler: () => {} }];
    expect(() => routesOf({ app: { routes } })).toThrow('GET /x: who may call it is not stated');
  });

  test('where access is open everybody may do everything', () => {
    for (const rule of Object.values(TABLE)) {
      expect(judge(rule, { kind: 'anybody' }, true)).toBe('yes');
    }
  });
});
