/** What becomes of a device's frames, copies and repetitions: in the log, in the answer, and its keys in the store. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GATEWAY, OTHER_GATEWAY } from '../support/network-site.ts';
import { ABP, createNetworkStory, KEYS, payloadOf } from '../support/network-story.ts';

const net = createNetworkStory();
const { newSite, abpDevice, joined, talk } = net;

describe('uplinks', () => {
  test('a plain uplink is stored and causes no downlink', async () => {
    newSite();
    const device = await joined();
    const before = net.site.sent.length;
    for (let n = 0; n < 3; n++) await talk(device);
    expect(net.site.sent.length - before).toBe(0);
    expect(net.site.records('uplink')).toHaveLength(3);
  });

  test('a confirmed uplink is acknowledged; its repetition again, with another counter and without another record', async () => {
    newSite();
    const device = await joined();
    const first = await talk(device, { confirmed: true });
    expect(first).toMatchObject({ ack: true, fCnt: 0, fPort: null });
    const [again] = await net.site.exchange(device.repeat());
    expect(device.receive(payloadOf(again))).toMatchObject({ ack: true, fCnt: 1 });
    expect(net.site.records('uplink')).toHaveLength(1);
  });

  test('a copy that comes by a slower way is no repetition', async () => {
    newSite();
    const device = await joined();
    await net.site.exchange(device.uplink({ confirmed: true }));
    expect(await net.site.exchange(device.repeat(), { gatewayId: OTHER_GATEWAY })).toEqual([]);
  });

  test('A11: the ghost on a neighbouring channel takes no place, neither in the record nor in the answer', async () => {
    newSite();
    const device = await joined();
    net.site.hear(device.uplink(), { gatewayId: OTHER_GATEWAY });
    await net.site.pass(61_000);
    const frame = device.uplink({ confirmed: true });
    net.site.hear({ ...frame, frequency: frame.frequency + 200_000 }, { snr: -9, rssi: -115 });
    net.site.hear(frame, { snr: 8, rssi: -40 });
    net.site.hear({ ...frame, frequency: frame.frequency - 200_000 }, { snr: -9, rssi: -116 });
    await net.site.pass(100);
    net.site.hear(frame, { gatewayId: OTHER_GATEWAY, snr: 9, rssi: -80 });
    await net.site.pass(300);
    const { rx, freq } = net.site.records('uplink').at(-1)?.parsed ?? {};
    expect(rx).toMatchObject([
      { gw: OTHER_GATEWAY, rssi: -80 },
      { gw: GATEWAY, rssi: -40 },
    ]);
    expect(freq).toBe(frame.frequency);
    expect(net.site.sent.at(-1)?.items[0]?.frequency).toBe(frame.frequency);
    expect(net.site.refused()).toEqual({});
  });

  test('a stale uplink is recorded and not answered', async () => {
    newSite();
    const device = await joined();
    expect(await net.site.exchange(device.uplink({ confirmed: true }), { lateMs: 30_000 })).toEqual([]);
    expect(net.site.records('uplink')).toHaveLength(1);
    expect(net.site.refused().downlink_too_late).toBe(1);
  });

  test('a slow line leaves the second window', async () => {
    newSite();
    const device = await joined();
    const [down] = await net.site.exchange(device.uplink({ confirmed: true }), { lateMs: 900 });
    expect(down?.items.map(({ timing }) => timing)).toEqual([{ kind: 'delay', delayMs: 2_000 }]);
  });

  test('a counter that starts anew is a replay, unless the device may forget it', async () => {
    newSite();
    const strict = abpDevice();
    for (let n = 0; n < 3; n++) await talk(strict);
    strict.reset();
    await talk(strict);
    expect(net.site.refused().replay).toBe(1);
    const lax = abpDevice({ allowCounterReset: true });
    await talk(lax);
    await talk(lax);
    expect(net.site.records('uplink').map(({ parsed }) => parsed.fCnt)).toEqual([0, 1, 2, 0, 1]);
  });

  test('a copy of old bytes under a foreign key is nobody’s', async () => {
    newSite();
    const device = await joined();
    const { phyPayload, ...air } = device.uplink();
    const bent = Uint8Array.from(phyPayload);
    bent[10] = (bent[10] ?? 0) ^ 1;
    await net.site.exchange({ phyPayload: bent, ...air });
    expect(net.site.refused().wrong_mic).toBe(1);
  });
});

test('device keys lie in the store encrypted only, and the key file is for its owner alone', async () => {
  newSite();
  const device = await joined();
  await talk(device);
  net.site
    .store()
    .devices.put({ devEui: '70b3d57ed0000009', name: 'Tank', codec: 'raw', origin: 'api', abp: ABP });
  await net.site.crash();
  const files = readdirSync(net.site.folder).filter((name) => name !== 'device.key');
  const bytes = files.map((name) => readFileSync(join(net.site.folder, name)).toString('latin1')).join('');
  expect(bytes).toContain('70b3d57ed0000009');
  for (const key of [KEYS.appKey, ABP.nwkSKey, ABP.appSKey]) expect(bytes).not.toContain(key);
  expect(statSync(join(net.site.folder, 'device.key')).mode & 0o777).toBe(0o600);
  expect(net.site.store().devices.get('70b3d57ed0000009')?.abp).toEqual(ABP);
});
