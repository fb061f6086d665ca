/** Why devices are silent, over the API: what is gathered of each, and which are listed. */
import { describe, expect, test } from 'vitest';
import { makeApi } from '../support/api.ts';
import { KEYS } from '../support/ui-site.ts';

const EUI = '70b3d57ed0000001';
const OTAA = { joinEui: '70b3d57ed0ffffff', appKey: 'ef'.repeat(16) };
const GATEWAY = {
  ...{ gatewayId: '0016c001ff10a235', state: 'online' as const, uplinks: 1, qos: 1 as const },
  marshaler: 'protobuf' as const,
};

function aSite() {
  const { site, ask } = makeApi();
  const nowMs = site.deps.world.clock.nowMs();
  site.status.startedMs = nowMs - 100 * 3_600_000;
  site.gateways.push({ ...GATEWAY, lastSeenMs: nowMs });
  const declare = (devEui: string, more: object = {}) =>
    site.deps.store.devices.put({
      ...{ devEui, name: `Device ${devEui.slice(-2)}`, codec: 'raw', origin: 'api' as const },
      ...more,
    });
  return { site, ask, nowMs, declare };
}

describe('why a device is silent, over the API', () => {
  test('its readings, their margins and interval are what the verdict is made from', async () => {
    const { site, ask, nowMs, declare } = aSite();
    declare(EUI, { abp: { devAddr: '01020304', ...KEYS } });
    for (let n = 4; n >= 0; n -= 1) {
      const rx = [{ gw: GATEWAY.gatewayId, rssi: -110, snr: -5.5 }];
      site.hear(EUI, { t: n }, { timeMs: nowMs - (20 + 4 * n) * 60_000, dr: 'SF7BW125', rx });
    }
    const { json } = await ask(`/api/v1/devices/${EUI.toUpperCase()}/silence`);
    expect(json).toMatchObject({
      silent: true,
      cause: 'weak_signal',
      text: 'last heard 20 min ago at 2 dB over the floor; usually every 4 min; its gateway is online',
      evidence: { marginsDb: [2, 2, 2, 2, 2], intervalSeconds: 240, heardBy: [GATEWAY.gatewayId] },
    });
  });

  test('refused joins, frames under its address, a missing key and a mistyped DevEUI are told apart', async () => {
    const { site, ask, nowMs, declare } = aSite();
    declare(EUI, { otaa: OTAA });
    declare('70b3d57ed0000002', { abp: { devAddr: '01020304', ...KEYS } });
    declare('70b3d57ed0000003');
    declare('aaaaaaaaaaaaaa12', { otaa: OTAA });
    site.refused.set(EUI, { reason: 'join_wrong_mic', count: 4, lastMs: nowMs - 12_000 });
    const stranger = { ...{ frames: 3, lastSeenMs: nowMs - 5_000, rssi: -90, snr: 1 }, gatewayId: 'a' };
    site.strangers.push(
      { ...stranger, devAddr: '01020304', reason: 'wrong_mic' },
      { ...stranger, devEui: 'aaaaaaaaaaaaaa21', reason: 'join_unknown_device' },
    );
    const { json } = await ask('/api/v1/devices/silent');
    const items = (json as { items: { cause: string; text: string }[] }).items;
    expect(items.map(({ cause }) => cause)).toEqual(['refused', 'refused', 'no_key', 'lookalike']);
    expect(items[0]?.text).toBe('its AppKey does not fit: it knocked 4 times, last 12 s ago');
    expect(items[1]?.text).toContain('3 frames under its address');
  });

  test('a join after many readings counts as life, several without a reading do not', async () => {
    const { site, ask, nowMs, declare } = aSite();
    declare(EUI, { otaa: OTAA });
    const join = (timeMs: number) =>
      site.write({ timeMs, kind: 'join', device: EUI, body: JSON.stringify({ devAddr: '01020304' }) });
    site.hear(EUI, { t: 1 }, { timeMs: nowMs - 7_200_000 });
    join(nowMs - 60_000);
    const one = await ask(`/api/v1/devices/${EUI}/silence`);
    expect(one.json).toMatchObject({ silent: false, text: 'it joined 60 s ago' });
    join(nowMs - 30_000);
    const two = await ask(`/api/v1/devices/${EUI}/silence`);
    expect(two.json).toMatchObject({ silent: true, cause: 'joins_only' });
  });

  test('those that are heard are not listed; a page may be short, its cursor goes on', async () => {
    const { site, ask, nowMs, declare } = aSite();
    for (const n of [1, 2, 3]) declare(`70b3d57ed000000${n}`, { otaa: OTAA });
    site.hear('70b3d57ed0000002', { t: 1 }, { timeMs: nowMs - 1_000 });
    const first = await ask('/api/v1/devices/silent?limit=1');
    const { items, nextCursor } = first.json as { items: { devEui: string }[]; nextCursor: string };
    expect(items.map(({ devEui }) => devEui)).toEqual(['70b3d57ed0000001']);
    const second = await ask(`/api/v1/devices/silent?limit=5&cursor=${nextCursor}`);
    expect(second.json).toMatchObject({ items: [{ devEui: '70b3d57ed0000003' }] });
    expect(second.json).not.toHaveProperty('nextCursor');
    expect((await ask('/api/v1/devices/silent?cursor=%21')).status).toBe(400);
    expect((await ask('/api/v1/devices/70b3d57ed00000ff/silence')).status).toBe(404);
  });
});
