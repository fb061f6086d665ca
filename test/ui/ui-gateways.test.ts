/** Gateways and the survey over the API: what is noted down, what is heard, what is marked. */
import { describe, expect, test } from 'vitest';
import { encodeGatewayStats } from '../../src/gateway/bridge/encode.ts';
import { makeApi } from '../support/api.ts';
import { GATEWAY } from '../support/network-site.ts';
import { createNetworkStory, KEYS } from '../support/network-story.ts';

const OTHER = '0016c001f153a14d';
const EUI = '70b3d57ed0000001';
const NOW_MS = Date.UTC(2026, 10, 27);
const net = createNetworkStory();

describe('gateways over the API', () => {
  test('one is noted down before it is heard, missed when it does not come, and has its words when it does', async () => {
    const { ask, site, world } = makeApi();
    const note = {
      name: 'Water tower',
      place: 'Mast, 14 m',
      antenna: '8 dBi',
      position: { latitude: 47, longitude: 8 },
    };
    const put = (id: string, body: unknown) => ask(`/api/v1/gateways/${id}`, { method: 'PUT', body });
    expect(await put(GATEWAY.toUpperCase(), note)).toMatchObject({
      status: 200,
      json: { gatewayId: GATEWAY, ...note, state: 'unheard', lastSeen: null, uplinks: 0 },
    });
    world.advance(180_000);
    expect((await ask('/api/v1/gateways')).json.items).toMatchObject([
      { gatewayId: GATEWAY, state: 'offline' },
    ]);
    site.gateways.push({
      ...{ gatewayId: GATEWAY, state: 'online', lastSeenMs: world.clock.nowMs(), uplinks: 3, qos: 1 },
      ...{ marshaler: 'json', location: { latitude: 1, longitude: 2 } },
    });
    const { items } = (await ask('/api/v1/gateways')).json;
    expect(items).toHaveLength(1);
    // What somebody noted down goes before what a GPS says.
    expect(items[0]).toMatchObject({ ...note, state: 'online', location: { latitude: 1, longitude: 2 } });
    expect((await put(GATEWAY, { name: 'Tower' })).json).toMatchObject({
      position: { latitude: 1, longitude: 2 },
    });
    expect((await ask(`/api/v1/gateways/${GATEWAY}`)).json.place).toBeUndefined();
    expect((await ask(`/api/v1/gateways/${GATEWAY}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(`/api/v1/gateways/${GATEWAY}`, { method: 'DELETE' })).status).toBe(404);
    expect((await ask(`/api/v1/gateways/${GATEWAY}`)).json).toMatchObject({ uplinks: 3 });
  });

  test('who looked at older notes is refused, told, and overwrites nothing', async () => {
    const { ask } = makeApi();
    const path = `/api/v1/gateways/${GATEWAY}`;
    const put = (body: unknown, tag: string) =>
      ask(path, { method: 'PUT', body, headers: { 'if-match': `"${tag}"` } });
    const first = (await ask(path, { method: 'PUT', body: { place: 'Mast' } })).json;
    const second = await put({ place: 'Roof' }, first.revision);
    expect(second).toMatchObject({ status: 200, json: { place: 'Roof' } });
    expect(second.json.revision).not.toBe(first.revision);
    expect(await put({ place: 'Cellar' }, first.revision)).toMatchObject({ status: 412 });
    const remove = (tag: string) => ask(path, { method: 'DELETE', headers: { 'if-match': `"${tag}"` } });
    expect((await remove(first.revision)).status).toBe(412);
    expect((await ask(path)).json).toMatchObject({ place: 'Roof', revision: second.json.revision });
    expect((await remove(second.json.revision)).status).toBe(204);
    expect((await put({ place: 'Cellar' }, second.json.revision)).status).toBe(412);
  });

  test('names that are none, and bodies that are none, are refused', async () => {
    const { ask } = makeApi();
    const put = async (id: string, body: unknown) =>
      (await ask(`/api/v1/gateways/${id}`, { method: 'PUT', body })).status;
    expect(await put('tower', {})).toBe(404);
    expect(await put(`${OTHER}0`, {})).toBe(404);
    for (const body of [
      { name: '' },
      { name: 'x'.repeat(101) },
      { position: { latitude: 91, longitude: 0 } },
      { a: 1 },
    ])
      expect(await put(OTHER, body), JSON.stringify(body)).toBe(422);
    expect((await ask(`/api/v1/gateways/${OTHER}`)).status).toBe(404);
  });

  test('how much of its duty cycle one has used, its clock and its noise come from what it did', async () => {
    net.newSite({ ownTime: () => ({ nowMs: NOW_MS, trusted: true }) });
    const device = await net.joined();
    for (let n = 0; n < 6; n++) await net.talk(device, { confirmed: true }, -5);
    const stats = {
      gatewayId: GATEWAY,
      configVersion: '',
      rxReceived: 1,
      rxOk: 1,
      txReceived: 0,
      txEmitted: 0,
    };
    net.site.inbound(
      `gateway/${GATEWAY}/event/stats`,
      encodeGatewayStats({ ...stats, timeMs: NOW_MS + 2_500 }, 'json'),
    );
    const { ask } = makeApi({ gateways: net.site.gateway().gateways });
    const [gateway] = (await ask('/api/v1/gateways')).json.items;
    expect(gateway).toMatchObject({ clock: 'own', clockAheadMs: 2_500 });
    expect(gateway.noiseDbm).toBeLessThan(-80);
    expect(gateway.duty.map(({ band }: { band: string }) => band)).toEqual(['L', 'M']);
    for (const { allowed, used, fromHz, toHz } of gateway.duty) {
      expect(allowed).toBe(0.01);
      expect(used).toBeGreaterThan(0);
      expect(used).toBeLessThan(0.2);
      expect(fromHz).toBeLessThan(toHz);
    }
  });
});

describe('the survey over the API', () => {
  function aWalk() {
    const { ask, site, world } = makeApi();
    site.deps.store.devices.put({
      devEui: EUI,
      name: 'Walker',
      codec: 'raw',
      origin: 'api',
      abp: undefined as never,
    });
    const since = new Date(world.clock.nowMs()).toISOString();
    const hear = (snr: number, fCnt: number, more: object = {}) => {
      world.advance(5_000);
      site.hear(EUI, {}, { fCnt, dr: 'SF7BW125', rx: [{ gw: GATEWAY, rssi: -110, snr }], ...more });
    };
    const mark = (more: object = {}) =>
      ask('/api/v1/survey/spots', { method: 'POST', body: { device: EUI, label: 'Cellar', since, ...more } });
    return { ask, hear, mark, world };
  }

  test('a spot is what the device sent there: median, least, what was missed; earlier readings are none of it', async () => {
    const { ask, hear, mark, world } = aWalk();
    hear(-7.5, 1);
    const since = new Date(world.clock.nowMs() + 1).toISOString();
    hear(2.5, 10);
    hear(0.5, 11, {
      rx: [
        { gw: OTHER, rssi: -100, snr: 0.5 },
        { gw: GATEWAY, rssi: -110, snr: -2 },
      ],
    });
    hear(4.5, 14);
    const plan = { name: 'ground-floor', x: 0.25, y: 0.5 };
    const { status, json } = await mark({ since, plan, note: '=behind the boiler' });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      ...{
        label: 'Cellar',
        device: EUI,
        deviceName: 'Walker',
        heard: 3,
        missed: 2,
        marginDb: 10,
        leastMarginDb: 8,
      },
      ...{ gatewayId: GATEWAY, plan },
    });
    expect(
      json.samples.map((one: { marginDb: number; gateways: number }) => [one.marginDb, one.gateways]),
    ).toEqual([
      [10, 1],
      [8, 2],
      [12, 1],
    ]);
    expect((await ask('/api/v1/survey/spots')).json.items).toEqual([json]);
    const { text } = await ask('/api/v1/survey/spots/export');
    const [head, line] = text.trim().split('\n');
    expect(head?.split(',').slice(0, 8)).toEqual([
      ...['time', 'label', 'device', 'device_name', 'frames_heard', 'frames_missed'],
      ...['margin_median_db', 'margin_least_db'],
    ]);
    expect(line?.split(',').slice(1, 8)).toEqual(['Cellar', EUI, 'Walker', '3', '2', '10', '8']);
    expect(line).toContain(",'=behind the boiler");
    expect(line?.split(',')).toHaveLength(head?.split(',').length ?? 0);
    expect((await ask(`/api/v1/survey/spots/${json.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(`/api/v1/survey/spots/${json.id}`, { method: 'DELETE' })).status).toBe(404);
  });

  test('nothing is marked where nothing was heard, of nobody, with nonsense, or without end', async () => {
    const { hear, mark } = aWalk();
    expect(await mark()).toMatchObject({
      status: 409,
      json: { type: expect.stringMatching(/not-heard-here$/) },
    });
    expect((await mark({ device: KEYS.devEui.replace('1', '2') })).status).toBe(404);
    hear(3, 1);
    for (const wrong of [
      { plan: { name: '../x', x: 0, y: 0 } },
      { plan: { name: 'a', x: 1.1, y: 0 } },
      { since: 'now' },
      { label: '' },
      { position: { latitude: 0 } },
    ])
      expect((await mark(wrong)).status, JSON.stringify(wrong)).toBe(422);
    for (let n = 0; n < 500; n++) await mark();
    expect((await mark()).json.type).toMatch(/too-many-spots$/);
  });
});
