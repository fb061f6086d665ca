/** A box is replaced by another: devices, sessions, counters and nonces move by file, and no device notices. */
import { afterEach, describe, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import type { ExportFormat } from '../../src/model/onboarding.ts';
import { createLorawanDevice } from '../support/lorawan-device.ts';
import { createNetworkSite, type NetworkSite } from '../support/network-site.ts';
import { KEYS, payloadOf } from '../support/network-story.ts';

const sites: NetworkSite[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

function newSite(): NetworkSite {
  const site = createNetworkSite({ gateway: { deviceStatusHours: 0 } });
  sites.push(site);
  return site;
}

const deskOf = (site: NetworkSite) =>
  createDeviceImportService({ store: site.store(), codecs: () => ['raw'] });

/** A device that has joined under 1.0.4, and of whose frames the last was answered with counter 2. */
async function playedOut(from: NetworkSite) {
  const { devEui, ...otaa } = KEYS;
  const link = { macVersion: '1.0.4', rx1DelayS: 5, allowCounterReset: true } as const;
  from.store().devices.put({ devEui, name: 'Valve', codec: 'raw', origin: 'api', otaa, link });
  const device = createLorawanDevice({ ...KEYS, region: REGIONS.EU868 });
  for (let joins = 0; joins < 3; joins++) {
    const [accept] = await from.exchange(device.joinRequest());
    expect(device.acceptJoin(payloadOf(accept))).toBe(true);
    await from.pass(10_000);
  }
  for (let frames = 0; frames < 3; frames++) {
    const [down] = await from.exchange(device.uplink({ confirmed: true }));
    expect(device.receive(payloadOf(down))?.fCnt).toBe(frames);
    await from.pass(10_000);
  }
  return device;
}

async function move(format: ExportFormat, from: NetworkSite, to: NetworkSite): Promise<void> {
  const { problems } = await deskOf(to).importFile(deskOf(from).exportFile({ format, withSessions: true }));
  expect(problems).toEqual([]);
}

describe.each(['csv', 'json'] as const)('moved as %s', (format) => {
  test('the device goes on: counters both ways, the windows it listens in, and the next join', async () => {
    const [from, to] = [newSite(), newSite()];
    const device = await playedOut(from);
    await move(format, from, to);
    const [down] = await to.exchange(device.uplink({ confirmed: true }));
    expect(down?.items.map(({ timing }) => timing)).toMatchObject([{ delayMs: 5_000 }, { delayMs: 6_000 }]);
    expect(device.receive(payloadOf(down))).toMatchObject({ ack: true, fCnt: 3 });
    expect(to.records('uplink').map(({ parsed }) => parsed.fCnt)).toEqual([3]);
    expect(to.store().devices.get(KEYS.devEui)?.link?.allowCounterReset).toBe(true);
    await to.pass(10_000);
    const old = createLorawanDevice({ ...KEYS, region: REGIONS.EU868 });
    expect(await to.exchange(old.joinRequest())).toEqual([]);
    expect(to.refused()).toEqual({ join_dev_nonce_not_greater: 1 });
    await to.exchange(device.joinRequest());
    expect(to.records('join').map(({ parsed }) => parsed.joinNonce)).toEqual([4]);
  });

  test('and on from there to a third box, before and after it was heard', async () => {
    const [from, between, to, last] = [newSite(), newSite(), newSite(), newSite()];
    const device = await playedOut(from);
    await move(format, from, between);
    await move(format, between, to);
    const [down] = await to.exchange(device.uplink({ confirmed: true }));
    expect(device.receive(payloadOf(down))?.fCnt).toBe(3);
    await to.pass(10_000);
    await move(format, to, last);
    const [next] = await last.exchange(device.uplink({ confirmed: true }));
    expect(device.receive(payloadOf(next))?.fCnt).toBe(4);
    expect(last.records('uplink').map(({ parsed }) => parsed.fCnt)).toEqual([4]);
  });

  test('without being asked for, no session and no nonce is in the file', async () => {
    const from = newSite();
    await playedOut(from);
    const { joined } = JSON.parse(from.store().network.sessions()[0]?.state ?? '{}');
    expect(joined.nwkSKey).toMatch(/^[0-9a-f]{32}$/);
    for (const withKeys of [false, true]) {
      const text = deskOf(from).exportFile({ format, withKeys });
      expect(text).not.toContain(joined.nwkSKey);
      expect(text).not.toMatch(/nonce|carried/i);
      expect(text.includes(KEYS.appKey)).toBe(withKeys);
    }
    expect(deskOf(from).exportFile({ format, withSessions: true })).toContain(joined.nwkSKey);
  });
});

test('a device whose state cannot be read is exported without a session, and joins again', async () => {
  const [from, to] = [newSite(), newSite()];
  await playedOut(from);
  for (const state of ['', '{', 'null', '{"joined":5,"link":[]}', '{"joined":{"devAddr":1}}']) {
    const stored = from.store().commit({
      network: { sessions: [{ devEui: KEYS.devEui, fCntDown: 3, joinNonce: 3, state }] },
    });
    from.store().flush();
    await stored;
    const text = deskOf(from).exportFile({ format: 'json', withSessions: true });
    expect(JSON.parse(text).devices[0]).not.toHaveProperty('session');
    expect(JSON.parse(text).devices[0].carried).toMatchObject({ joinNonce: 3, devNonce: 2 });
  }
  await move('json', from, to);
  expect(to.store().devices.get(KEYS.devEui)?.carried).toMatchObject({ joinNonce: 3, devNonce: 2 });
});
