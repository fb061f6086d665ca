/** How a device joins: which request is answered, when and by which gateway, and how a refused one is told. */
import { describe, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { createLorawanDevice, type LorawanDevice, type OnAir } from '../support/lorawan-device.ts';
import { GATEWAY, OTHER_GATEWAY } from '../support/network-site.ts';
import { ABP, createNetworkStory, KEYS, payloadOf } from '../support/network-story.ts';

const net = createNetworkStory();
const { newSite, otaaDevice, abpDevice, joined, talk } = net;

describe('joining', () => {
  test('a device that joins is answered in its first window, with the second as a fallback', async () => {
    newSite();
    const device = otaaDevice();
    const sent = await net.site.exchange(device.joinRequest());
    expect(sent).toHaveLength(1);
    const windows = device.windows();
    expect(sent[0]?.items.map(({ timing, frequency }) => ({ timing, frequency }))).toEqual(
      windows.map(({ delayMs, frequency }) => ({ timing: { kind: 'delay', delayMs }, frequency })),
    );
    expect(windows.map(({ delayMs }) => delayMs)).toEqual([5_000, 6_000]);
    expect(device.acceptJoin(payloadOf(sent[0]))).toBe(true);
    expect(device.link().enabled).toHaveLength(8);
    await talk(device, { payload: Buffer.from('hello') });
    expect(net.site.records('uplink').map(({ parsed }) => parsed.data)).toEqual([
      Buffer.from('hello').toString('hex'),
    ]);
    expect(net.site.records('join')).toMatchObject([
      { device: KEYS.devEui, parsed: { devAddr: device.devAddr(), joinNonce: 1, devNonce: 0 } },
    ]);
  });

  test('a DevNonce is good once, also after a restart, and a wrong key never', async () => {
    newSite();
    const device = otaaDevice();
    const request = device.joinRequest();
    expect(await net.site.exchange(request)).toHaveLength(1);
    await net.site.pass(10_000);
    expect(await net.site.exchange(request)).toEqual([]);
    await net.site.crash();
    expect(await net.site.exchange(request)).toEqual([]);
    expect(net.site.refused().join_dev_nonce_used).toBe(2);
    const thief = createLorawanDevice({ ...KEYS, appKey: '00'.repeat(16), region: REGIONS.EU868 });
    expect(await net.site.exchange(thief.joinRequest())).toEqual([]);
    expect(net.site.refused().join_wrong_mic).toBe(1);
    expect(net.site.records('join')).toHaveLength(1);
  });

  test('the best of several gateways answers, and copies join once', async () => {
    newSite();
    const device = otaaDevice();
    const request = device.joinRequest();
    net.site.hear(request, { gatewayId: GATEWAY, snr: -12 });
    net.site.hear(request, { gatewayId: OTHER_GATEWAY, snr: 9 });
    await net.site.pass(300);
    expect(net.site.sent.map(({ gatewayId }) => gatewayId)).toEqual([OTHER_GATEWAY]);
    expect(net.site.records('join')).toHaveLength(1);
  });

  test('A20: a copy by a gateway on a slow line is no join that was refused', async () => {
    newSite();
    const device = otaaDevice();
    const request = device.joinRequest();
    net.site.hear(request);
    for (let waits = 0; waits < 3; waits++) {
      await net.site.pass(700);
      net.site.hear(request, { gatewayId: OTHER_GATEWAY, lateMs: 700 * (waits + 1) });
    }
    await net.site.pass(1_000);
    expect(net.site.sent).toHaveLength(1);
    expect(net.site.refused()).toEqual({ retransmission: 3 });
    expect(net.site.gateway().unknownDevices()).toEqual([]);
    // Others may not hide behind the number of its request.
    const thief = createLorawanDevice({ ...KEYS, appKey: '00'.repeat(16), region: REGIONS.EU868 });
    await net.site.exchange(thief.joinRequest());
    expect(net.site.refused().join_wrong_mic).toBe(1);
  });

  test('a request that comes too late is not answered and uses nothing up', async () => {
    newSite();
    const device = otaaDevice();
    await talk(await joinedOther());
    const request = device.joinRequest();
    expect(await net.site.exchange(request, { lateMs: 20_000 })).toEqual([]);
    expect(net.site.refused().join_too_late).toBe(1);
    await net.site.pass(5_000);
    expect(await net.site.exchange(request)).toHaveLength(1);
  });

  test('A04: a device of 1.0.4 that forgot its DevNonces is let in once it was forgotten and declared again', async () => {
    newSite();
    const link = { macVersion: '1.0.4' } as const;
    const before = await joined(link);
    await talk(before);
    expect(await net.site.exchange(before.joinRequest())).toHaveLength(1);
    await net.site.pass(10_000);
    const [first] = net.site.records('join');
    net.site.store().devices.remove(KEYS.devEui);
    const device = otaaDevice(link);
    const [accept] = await net.site.exchange(device.joinRequest());
    expect(device.acceptJoin(payloadOf(accept))).toBe(true);
    await talk(device);
    expect(net.site.records('uplink')).toHaveLength(2);
    // No keys come twice: the JoinNonce counts on.
    expect(net.site.records('join').at(-1)?.parsed.devNonce).toBe(first?.parsed.devNonce);
    expect(net.site.records('join').map(({ parsed }) => parsed.joinNonce)).toEqual([1, 2, 3]);
  });

  test('A13: a device imported without a JoinEUI joins under its own, and the import says so', async () => {
    newSite();
    const { importFile } = createDeviceImportService({ store: net.site.store(), codecs: () => ['raw'] });
    const { created } = await importFile(`dev_eui,app_key,name\n${KEYS.devEui},${KEYS.appKey},Tank`);
    expect(created).toEqual([
      {
        devEui: KEYS.devEui,
        name: 'Tank',
        note: 'it has no JoinEUI and may join under any',
        said: expect.any(Array),
      },
    ]);
    const device = createLorawanDevice({ ...KEYS, region: REGIONS.EU868 });
    const request = device.joinRequest();
    const [accept] = await net.site.exchange(request);
    expect(device.acceptJoin(payloadOf(accept))).toBe(true);
    await net.site.pass(10_000);
    expect(await net.site.exchange(request)).toEqual([]);
    expect(net.site.refused()).toEqual({ join_dev_nonce_used: 1 });
  });

  test('A20: a join that is refused is told by DevEUI with its reason, in the log and to the API', async () => {
    const logged: unknown[] = [];
    newSite({ logEvent: (event, fields) => logged.push({ event, ...fields }) });
    const refusedFrames = async (...sent: OnAir[]) => {
      for (const frame of sent) await net.site.exchange(frame);
      return logged.splice(0).filter((line) => JSON.stringify(line).includes('message.refused'));
    };
    const unknown = createLorawanDevice({ ...KEYS, region: REGIONS.EU868 });
    expect(await refusedFrames(unknown.joinRequest())).toEqual([
      { event: 'message.refused', reason: 'join_unknown_device', devEui: KEYS.devEui },
    ]);
    const device = otaaDevice();
    const wrongKey = createLorawanDevice({ ...KEYS, appKey: '00'.repeat(16), region: REGIONS.EU868 });
    expect(await refusedFrames(wrongKey.joinRequest())).toEqual([
      { event: 'message.refused', reason: 'join_wrong_mic', device: KEYS.devEui },
    ]);
    const { devEui } = KEYS;
    const listed = net.site.gateway().unknownDevices;
    const { joinEui } = KEYS;
    expect(listed()).toMatchObject([
      { devEui, joinEui, reason: 'join_wrong_mic', frames: 2, gatewayId: GATEWAY },
    ]);
    const refusedOf = () => net.site.gateway().refusedOf(devEui);
    expect(refusedOf()).toMatchObject({ reason: 'join_wrong_mic', count: 1 });
    await refusedFrames(wrongKey.joinRequest());
    expect(refusedOf()).toMatchObject({ reason: 'join_wrong_mic', count: 2 });
    const [accept] = await net.site.exchange(device.joinRequest());
    expect(device.acceptJoin(payloadOf(accept))).toBe(true);
    expect(listed()).toEqual([]);
    expect(refusedOf()).toBeUndefined();
  });

  test('A20: a frame with a wrong MIC is told by DevAddr, a replay by DevEUI', async () => {
    const logged: unknown[] = [];
    newSite({ logEvent: (_, fields) => logged.push(fields) });
    const device = abpDevice();
    const first = device.uplink();
    await net.site.exchange(first);
    await talk(device);
    await net.site.exchange(first);
    const other = createLorawanDevice({
      ...KEYS,
      region: REGIONS.EU868,
      abp: { ...ABP, nwkSKey: '33'.repeat(16) },
    });
    await net.site.exchange(other.uplink());
    const { devAddr } = ABP;
    expect(logged).toContainEqual({ reason: 'replay', device: KEYS.devEui });
    expect(logged).toContainEqual({ reason: 'wrong_mic', devAddr });
    expect(net.site.gateway().unknownDevices()).toMatchObject([{ devAddr, reason: 'wrong_mic' }]);
  });

  test('a device of 1.0.4 must count its DevNonce up', async () => {
    newSite();
    const device = await joined({ macVersion: '1.0.4' });
    expect(await net.site.exchange(device.joinRequest())).toHaveLength(1);
    await net.site.pass(10_000);
    const old = createLorawanDevice({ ...KEYS, region: REGIONS.EU868 });
    expect(await net.site.exchange(old.joinRequest())).toEqual([]);
    expect(net.site.refused().join_dev_nonce_not_greater).toBe(1);
  });
});

/** Another device at the site, so that the gateway has been heard before. */
async function joinedOther(): Promise<LorawanDevice> {
  const other = { devEui: '70b3d57ed0000002', joinEui: KEYS.joinEui, appKey: 'ab'.repeat(16) };
  const { devEui, ...otaa } = other;
  net.site.store().devices.put({ devEui, name: 'Other', codec: 'raw', origin: 'api', otaa });
  const device = createLorawanDevice({ ...other, region: REGIONS.EU868 });
  const [accept] = await net.site.exchange(device.joinRequest());
  device.acceptJoin(payloadOf(accept));
  await net.site.pass(10_000);
  return device;
}
