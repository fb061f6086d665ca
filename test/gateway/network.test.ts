/** The network server step by step, with a simulated device, the real store and a clock moved by hand. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { createLorawanDevice, type LorawanDevice, type OnAir } from '../support/lorawan-device.ts';
import { GATEWAY, OTHER_GATEWAY } from '../support/network-site.ts';
import { ABP, createNetworkStory, KEYS, ORDER, payloadOf } from '../support/network-story.ts';

const net = createNetworkStory();
const { newSite, otaaDevice, abpDevice, joined, talk, steps } = net;

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
      { devEui: KEYS.devEui, name: 'Tank', note: 'it has no JoinEUI and may join under any' },
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
    expect(listed()).toMatchObject([{ devEui, reason: 'join_wrong_mic', frames: 2, gatewayId: GATEWAY }]);
    const [accept] = await net.site.exchange(device.joinRequest());
    expect(device.acceptJoin(payloadOf(accept))).toBe(true);
    expect(listed()).toEqual([]);
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

describe('downlinks', () => {
  test('one waits for the next uplink of a class A device, and its fate is in the log', async () => {
    newSite();
    const device = await joined();
    const before = net.site.sent.length;
    const queued = await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    expect(queued).toMatchObject({ state: 'waiting', tries: 0 });
    expect(net.site.sent.length).toBe(before);
    const received = await talk(device);
    expect(received).toMatchObject({ fPort: 10, confirmed: false, ack: false });
    expect(Buffer.from(received?.payload ?? []).toString('hex')).toBe('c0ffee');
    expect(steps()).toEqual(['queued', 'sent', 'gateway_ack']);
    expect(net.site.gateway().downlinks.list(KEYS.devEui)).toEqual([]);
  });

  test('a confirmed one is sent again with a new counter until the device acknowledges it', async () => {
    newSite();
    const device = await joined();
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, confirmed: true, retries: 2 });
    const [lost] = await net.site.exchange(device.uplink());
    expect(lost).toBeDefined();
    await net.site.pass(10_000);
    expect(await talk(device)).toMatchObject({ confirmed: true, fCnt: 1 });
    expect(await talk(device)).toBeUndefined();
    expect(steps()).toEqual(['queued', 'sent', 'gateway_ack', 'retry', 'sent', 'gateway_ack', 'device_ack']);
  });

  test('retries come to an end', async () => {
    newSite();
    const device = await joined();
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, confirmed: true, retries: 1 });
    for (let n = 0; n < 4; n++) {
      await net.site.exchange(device.uplink({ ack: false }));
      await net.site.pass(10_000);
    }
    expect(steps()).toEqual(['queued', 'sent', 'gateway_ack', 'retry', 'sent', 'gateway_ack', 'failed']);
  });

  test('one that the gateway refuses is tried again, one without an answer is not', async () => {
    newSite();
    const device = await joined();
    net.site.txStatus('TOO_LATE');
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, retries: 1 });
    await talk(device);
    net.site.txStatus(null);
    await talk(device);
    expect(net.site.records('downlink').map(({ parsed }) => [parsed.step, parsed.reason])).toEqual([
      ['queued', undefined],
      ['sent', undefined],
      ['retry', 'the gateway says too_late, too_late'],
      ['sent', undefined],
      ['failed', 'no answer from the gateway'],
    ]);
  });

  test('A4: a gateway that never answered leaves the broker’s access list as a cause, one that did does not', async () => {
    newSite();
    const device = abpDevice();
    net.site.txStatus(null);
    const silent = async () => {
      await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
      await talk(device);
      return net.site.records('downlink').at(-1)?.parsed.reason;
    };
    expect(await silent()).toMatch(/^no answer from the gateway, as to every command.*access list/);
    net.site.txStatus('OK');
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    await talk(device);
    net.site.txStatus(null);
    expect(await silent()).toBe('no answer from the gateway');
  });

  test('the queue keeps its order, says that more waits, expires and is cancelled', async () => {
    newSite();
    const device = await joined();
    const { downlinks } = net.site.gateway();
    const expiresMs = net.site.world.clock.nowMs() + 60_000;
    await downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '01' });
    await downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '02' });
    await downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '03', expiresMs });
    const last = await downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '04' });
    expect(await talk(device)).toMatchObject({ payload: Uint8Array.of(1), fPending: true });
    expect(await talk(device)).toMatchObject({ payload: Uint8Array.of(2), fPending: true });
    await net.site.pass(60_000);
    if ('id' in last) expect(await downlinks.cancel(KEYS.devEui, last.id)).toBe(1);
    expect(await talk(device)).toBeUndefined();
    expect(steps().slice(-2)).toEqual(['expired', 'cancelled']);
  });

  test('a payload too long for the data rate fails and says so', async () => {
    newSite();
    const device = await joined({ adr: false });
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '00'.repeat(230) });
    expect(await talk(device)).toMatchObject({ fPort: 10 });
    const slow = abpDevice({ region: 'AS923' });
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '00'.repeat(230) });
    await net.site.exchange({ ...slow.uplink(), frequency: 923_200_000, dataRate: 'SF10BW125' });
    expect(net.site.records('downlink').at(-1)?.parsed).toMatchObject({ step: 'failed' });
  });

  test('a class C device gets its downlink at once, once it has been heard', async () => {
    newSite();
    const device = await joined({ deviceClass: 'C' });
    await talk(device);
    const before = net.site.sent.length;
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, confirmed: true, retries: 1 });
    await net.site.pass(100);
    const [down] = net.site.sent.slice(before);
    expect(down?.items).toMatchObject([{ timing: { kind: 'immediately' }, frequency: 869_525_000 }]);
    expect(device.receive(payloadOf(down))).toMatchObject({ confirmed: true });
    await talk(device);
    expect(steps()).toEqual(['queued', 'sent', 'gateway_ack', 'device_ack']);
  });

  test('A19: an order for a class C device waits until the windows of its uplink are over, then goes at once', async () => {
    newSite();
    const device = await joined({ deviceClass: 'C' });
    await talk(device);
    const uplinkMs = net.site.world.clock.monotonicMs();
    expect(await net.site.exchange(device.uplink({ confirmed: true }))).toHaveLength(1);
    const answers = net.site.sent.length;
    await net.site.pass(350);
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    await net.site.pass(2_000);
    expect(net.site.sent).toHaveLength(answers);
    await net.site.pass(3_000);
    const [order] = net.site.sent.slice(answers);
    expect(order?.items).toMatchObject([{ timing: { kind: 'immediately' } }]);
    expect((order?.atMs ?? 0) - uplinkMs).toBeGreaterThanOrEqual(4_000);
    expect((order?.atMs ?? 0) - uplinkMs).toBeLessThan(4_500);
    expect(steps()).toEqual(['queued', 'queued', 'sent', 'gateway_ack', 'sent', 'gateway_ack']);
  });

  test('the duty cycle holds: what does not fit any more waits', async () => {
    newSite();
    const device = await joined({ adr: false });
    // SF12 on 868.1 MHz: 1 % of an hour are some twenty frames of this length; RX2 has ten times as much.
    const sf12 = { frequency: 868_100_000, dataRate: 'SF12BW125' };
    const windows = new Set<number>();
    for (let n = 0; n < 200; n++) {
      await net.site.gateway().downlinks.enqueue(KEYS.devEui, { ...ORDER, data: '00'.repeat(40) });
      const [down] = await net.site.exchange({ ...device.uplink(), ...sf12 });
      if (!down) break;
      windows.add(down.items.length);
      device.receive(payloadOf(down));
      await net.site.pass(3_000);
    }
    expect(net.site.refused().downlink_duty_cycle).toBeGreaterThan(0);
    expect([...windows]).toEqual([2, 1]);
    expect(net.site.gateway().downlinks.list(KEYS.devEui)).toMatchObject([{ state: 'waiting', tries: 0 }]);
    await net.site.pass(3_600_000);
    expect(await net.site.exchange({ ...device.uplink(), ...sf12 })).toHaveLength(1);
  }, 60_000);

  test('where another network server answers nothing is ever sent', async () => {
    newSite({ gateway: { transmit: false } });
    const device = abpDevice();
    expect(await talk(device, { confirmed: true })).toBeUndefined();
    expect(await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER)).toMatchObject({
      refused: 'no-network-server',
    });
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
