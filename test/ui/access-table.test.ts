/**
 * Every route of the app, with the services a box really has behind it, called as everyone: the answers are compared with what
 * the routes state, and what they state with the table.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageWithRoutes, routesOf } from '../../scripts/access-table.ts';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { createCodecService } from '../../src/ingest/codec/codec-service.ts';
import { createCodecs } from '../../src/ingest/codec/codecs.ts';
import { createQuarantineService } from '../../src/ingest/quarantine-service.ts';
import { type AccessRule, allow, judge, SCOPES } from '../../src/ui/access/access-rule.ts';
import { operation } from '../../src/ui/http/operation.ts';
import { ROLES } from '../../src/ui/role.ts';
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
  getGateway: allow.viewer('read'),
  putGateway: allow.technician('write'),
  deleteGateway: allow.technician('write'),
  listSurveySpots: allow.viewer('read'),
  createSurveySpot: allow.technician('write'),
  exportSurveySpots: allow.operator('read'),
  deleteSurveySpot: allow.technician('write'),
  listFrames: allow.viewer('read'),
  exportFrames: allow.operator('read'),
  getFrame: allow.viewer('read'),
  listUnknownDevices: allow.viewer('read'),
  listStrangers: allow.viewer('read'),
  listReadings: allow.viewer('read'),
  pullRecords: allow.viewer('records'),
  listDevices: allow.viewer('read'),
  getDevice: allow.viewer('read'),
  getDeviceHistory: allow.viewer('read'),
  exportReadings: allow.operator('read'),
  getDeviceSilence: allow.viewer('read'),
  listSilentDevices: allow.viewer('read'),
  streamEvents: allow.viewer('read'),
  getNotify: allow.viewer('read'),
  listNotifyWaiting: allow.viewer('read'),
  listNotifyLog: allow.viewer('read'),
  testNotifyPerson: allow.technician('write'),
  listNotifyPeople: allow.viewer('read'),
  putNotifyPerson: allow.technician('write'),
  deleteNotifyPerson: allow.technician('write'),
  listNotifyGroups: allow.viewer('read'),
  putNotifyGroup: allow.technician('write'),
  deleteNotifyGroup: allow.technician('write'),
  listNotifyRoutes: allow.viewer('read'),
  putNotifyRoute: allow.technician('write'),
  deleteNotifyRoute: allow.technician('write'),
  listLogs: allow.technician('write'),
  exportLogs: allow.technician('write'),
  listBackups: allow.viewer('read'),
  makeBackup: allow.operator('operate'),
  getBackup: allow.admin('admin'),
  getRehearsal: allow.admin('admin'),
  previewRehearsal: allow.admin('admin'),
  beginRehearsal: allow.admin('admin'),
  endRehearsal: allow.admin('admin'),
  getRestore: allow.admin('admin'),
  previewRestore: allow.admin('admin'),
  restoreBackup: allow.admin('admin'),
  beginUpload: allow.admin('admin'),
  getUpload: allow.admin('admin'),
  putUploadPiece: allow.admin('admin'),
  dropUpload: allow.admin('admin'),
  getCatalogue: allow.viewer('read'),
  searchModels: allow.viewer('read'),
  getModel: allow.viewer('read'),
  importCatalogue: allow.admin('admin'),
  deleteCatalogue: allow.admin('admin'),
  takeModel: allow.technician('write'),
  listSupportFiles: allow.technician('write'),
  getSupportFile: allow.technician('write'),
  getSupportBundle: allow.technician('write'),
  getUpdate: allow.admin('admin'),
  checkUpdate: allow.admin('admin'),
  beginUpdate: allow.admin('admin'),
  getOpenApi: allow.viewer('read'),
  createDevice: allow.technician('write'),
  putDevice: allow.technician('write'),
  deleteDevice: allow.technician('write'),
  changeDevices: allow.technician('write'),
  replaceDevice: allow.technician('write'),
  listDownlinks: allow.viewer('read'),
  listDownlinkSteps: allow.viewer('read'),
  createDownlink: allow.operator('operate'),
  cancelDownlinks: allow.operator('operate'),
  cancelDownlink: allow.operator('operate'),
  listQuarantine: allow.viewer('read'),
  getQuarantined: allow.viewer('read'),
  actOnQuarantine: allow.technician('write'),
  rewindInflux: allow.technician('write'),
  cancelInfluxRewind: allow.technician('write'),
  checkInflux: allow.technician('write'),
  exportDevices: allow.operator('read'),
  importDevices: allow.technician('write'),
  undoImport: allow.technician('write'),
  parseOnboardingCode: allow.technician('write'),
  listPictures: allow.viewer('read'),
  getPicture: allow.viewer('read'),
  putPicture: allow.technician('write'),
  deletePicture: allow.technician('write'),
  listSheets: allow.viewer('read'),
  putSheet: allow.technician('write'),
  deleteSheet: allow.technician('write'),
  listProfiles: allow.viewer('read'),
  getProfile: allow.viewer('read'),
  putProfile: allow.technician('write'),
  deleteProfile: allow.technician('write'),
  listCodecs: allow.viewer('read'),
  getCodec: allow.viewer('read'),
  putCodec: allow.technician('write'),
  deleteCodec: allow.technician('write'),
  testCodec: allow.technician('write'),
  getSettings: allow.admin('admin'),
  saveSettings: allow.admin('admin'),
  discardSettings: allow.admin('admin'),
  applySettings: allow.admin('admin'),
  keepSettings: allow.admin('admin'),
  listAlarms: allow.viewer('read'),
  getAlarmSummary: allow.viewer('read'),
  listAlarmGroups: allow.viewer('read'),
  listAlarmJournal: allow.viewer('read'),
  getAlarmStatistics: allow.viewer('read'),
  getAlarm: allow.viewer('read'),
  acknowledgeAlarms: allow.operator('operate'),
  acknowledgeAlarm: allow.operator('operate'),
  shelveAlarm: allow.operator('operate'),
  unshelveAlarm: allow.operator('operate'),
  takeAlarmOutOfService: allow.technician('write'),
  returnAlarmToService: allow.technician('write'),
  listAlarmSuppressions: allow.viewer('read'),
  suppressArea: allow.technician('write'),
  unsuppressArea: allow.technician('write'),
  listAlarmRules: allow.viewer('read'),
  getAlarmRule: allow.viewer('read'),
  putAlarmRule: allow.technician('write'),
  deleteAlarmRule: allow.technician('write'),
  exportAlarmRules: allow.viewer('read'),
  importAlarmRules: allow.technician('write'),
  previewAlarmRule: allow.technician('write'),
  listSuggestedAlarmRules: allow.viewer('read'),
  listAudit: allow.admin('admin'),
  checkAudit: allow.admin('admin'),
  exportAudit: allow.admin('admin'),
  testConnection: allow.technician('write'),
  listUsers: allow.admin('admin'),
  createUser: allow.admin('admin'),
  changeUser: allow.admin('admin'),
  deleteUser: allow.admin('admin'),
  listTokens: allow.admin('admin'),
  createToken: allow.admin('admin'),
  revokeToken: allow.admin('admin'),
};

/** The services of a box, over a store of its own. */
function realServices({ world, store, gateway }: NetworkSite): Partial<Services> {
  const codecs = createCodecs(world);
  const sinks = { influx: async () => ({ delivered: [], refused: [] }) };
  return {
    store: store(),
    downlinks: gateway().downlinks,
    gateways: gateway().gateways,
    unknownDevices: gateway().unknownDevices,
    refusedOf: gateway().refusedOf,
    frames: gateway().frames,
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
    const cookies: string[] = [];
    for (const role of ROLES) {
      await make('/api/v1/users', { name: role, password: PASSWORD, role });
      cookies.push(cookieOf(await box.login(role)));
    }
    const token = async (scope: string, more = {}): Promise<string> =>
      (await make('/api/v1/tokens', { name: scope, scopes: [scope], ...more })).json.token;
    const tokens = await Promise.all(SCOPES.map((scope) => token(scope)));
    const expired = await token('admin', { expiresInDays: 1 });
    const revoked = await make('/api/v1/tokens', { name: 'lost', scopes: ['admin'] });
    await box.ask(`/api/v1/tokens/${revoked.json.id}`, { method: 'DELETE', cookie: admin });
    // The sessions are used meanwhile, so that only the token runs out.
    for (let hour = 0; hour < 30; hour += 10) {
      box.world.advance(10 * 3_600_000);
      for (const cookie of [admin, ...cookies]) await box.ask('/api/v1/access', { cookie });
    }
    const nobody = (rule: AccessRule) => (rule.who === 'public' ? 'yes' : 401);
    people = [
      { name: 'nobody', ask: {}, may: nobody },
      { name: 'an expired token', ask: { token: expired }, may: nobody },
      { name: 'a revoked token', ask: { token: revoked.json.token }, may: nobody },
      { name: 'a made-up token', ask: { token: `wse_${'A'.repeat(43)}` }, may: nobody },
      { name: 'a made-up session', ask: { cookie: `wse-session=${'A'.repeat(43)}` }, may: nobody },
      { name: 'a password as token', ask: { headers: { authorization: 'Basic YTpi' } }, may: nobody },
      ...ROLES.map(
        (role, rank): Person => ({
          name: `the role ${role}`,
          ask: { cookie: cookies[rank] ?? '' },
          may: ({ who }) => (who === 'public' || ROLES.indexOf(who) <= rank ? 'yes' : 403),
        }),
      ),
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
    const stated = Object.fromEntries(routesOf(box.app).map(({ name, access }) => [name, access]));
    expect(stated).toEqual(TABLE);
  });

  test('docs/access.md has them all', () => {
    const page = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8');
    expect(pageWithRoutes(page, routesOf(box.app)), 'node scripts/access-table.ts writes it').toBe(page);
  });

  test('everybody gets what the rules promise, on every route', async () => {
    const wrong: string[] = [];
    // The logout would end the session the next calls need; it has a test of its own.
    const routes = routesOf(box.app).filter(({ name }) => name !== 'logout');
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
  }, 120_000);

  test('before the claim only health and the way in answer, whoever asks', async () => {
    const open: string[] = [];
    for (const { ask } of people) {
      for (const route of routesOf(unclaimed.app)) {
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
  }, 120_000);

  test('paths and methods that are not known are told only to those let in', async () => {
    const asked = async (ask: Ask) => [
      (await box.ask('/api/v1/no-such-path', ask)).status,
      (await box.ask('/api/v1/status', { method: 'PUT', ...ask })).status,
    ];
    expect(await asked({})).toEqual([401, 401]);
    const viewer = people.find(({ name }) => name === 'the role viewer');
    expect(await asked(viewer?.ask ?? {})).toEqual([404, 405]);
  });

  test('the OpenAPI document says who may', async () => {
    const admin = people.find(({ name }) => name === 'the role admin');
    const { json: document } = await box.ask('/api/v1/openapi.json', admin?.ask ?? {});
    expect(document.paths['/healthz'].get).toMatchObject({
      security: [],
      description: expect.stringContaining('Everybody'),
    });
    expect(document.paths['/api/v1/devices'].post).toMatchObject({
      security: [{ session: [] }, { token: ['write'] }],
      description: 'The role technician; a token of the scope write.',
    });
    expect(document.paths['/api/v1/session'].delete.security).toEqual([{ session: [] }]);
    expect(document.components.securitySchemes).toHaveProperty('token');
  });

  test('an operation without a rule does not compile, and a route without an operation fails', () => {
    // @ts-expect-error: `access` is missing
    expect(() => operation({ name: 'x', summary: 'x', responses: {} })).toThrow();
    const routes = [...box.app.routes, { method: 'GET', path: '/x', basePath: '/', handler: () => {} }];
    expect(() => routesOf({ routes })).toThrow('GET /x: who may call it is not stated');
  });

  test('where access is open everybody may do everything', () => {
    for (const rule of Object.values(TABLE)) {
      expect(judge(rule, { kind: 'anybody' }, true)).toBe('yes');
    }
  });
});
