/** Which session and which counter a frame belongs to: resets, joins whose answer nobody hears, restarts in between. */
import { describe, expect, test } from 'vitest';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { createLorawanDevice } from '../support/lorawan-device.ts';
import { OTHER_GATEWAY } from '../support/network-site.ts';
import { createNetworkStory, KEYS, payloadOf } from '../support/network-story.ts';

const net = createNetworkStory();
const { newSite, otaaDevice, abpDevice, joined, talk } = net;

function payloads(): unknown[] {
  return net.site.records('uplink').map(({ parsed }) => parsed.data);
}

function counters(): unknown[] {
  return net.site.records('uplink').map(({ parsed }) => parsed.fCnt);
}

describe('a personalised device that may count anew', () => {
  test('A01: each frame with counter 0 and another payload is a reading', async () => {
    newSite();
    const device = abpDevice({ allowCounterReset: true });
    for (const payload of ['000a', '010b', '020c', '030d']) {
      device.reset();
      await talk(device, { payload: Buffer.from(payload, 'hex') });
    }
    expect(payloads()).toEqual(['000a', '010b', '020c', '030d']);
    expect(net.site.refused()).toEqual({});
  });

  test('A01: the same bytes again are a repetition at once, and a reading a minute after the last', async () => {
    newSite();
    const device = abpDevice({ allowCounterReset: true });
    const again = async (waitMs: number): Promise<void> => {
      device.reset();
      await net.site.exchange(device.uplink({ payload: Buffer.from('00', 'hex') }));
      await net.site.pass(waitMs);
    };
    await again(5_000);
    await again(5_000);
    expect(payloads()).toEqual(['00']);
    expect(net.site.refused().retransmission).toBe(1);
    await net.site.pass(60_000);
    await again(0);
    expect(payloads()).toEqual(['00', '00']);
  });

  test('A01: what a queue brings again after a restart is in the log once', async () => {
    newSite();
    const device = abpDevice({ allowCounterReset: true });
    const sent = [];
    for (const payload of ['0a', '0b', '0c']) {
      device.reset();
      const frame = device.uplink({ payload: Buffer.from(payload, 'hex') });
      sent.push(frame);
      await net.site.exchange(frame);
    }
    await net.site.crash();
    await talk(device, { payload: Buffer.from('0d', 'hex') });
    for (const frame of sent) await net.site.exchange(frame, { lateMs: 30_000 });
    expect(payloads()).toEqual(['0a', '0b', '0c', '0d']);
    expect(net.site.refused().retransmission).toBe(3);
  });

  test('A02: it is taken as well where nothing is ever answered', async () => {
    newSite({ gateway: { transmit: false } });
    const device = abpDevice({ allowCounterReset: true });
    device.skipTo(7);
    await talk(device);
    await talk(device);
    device.reset();
    await talk(device);
    await talk(device);
    expect(counters()).toEqual([7, 8, 0, 1]);
    expect(net.site.refused()).toEqual({});
  });

  test('A02: the profile says it for all of its devices', async () => {
    newSite({
      gateway: { transmit: false },
      profileOf: (name) => (name === 'lax' ? { allowCounterReset: true } : undefined),
    });
    const device = abpDevice();
    const stored = net.site.store().devices.get(KEYS.devEui);
    if (stored) net.site.store().devices.put({ ...stored, profile: 'lax' });
    await talk(device);
    await talk(device);
    device.reset();
    await talk(device, { payload: Buffer.from('after') });
    expect(counters()).toEqual([0, 1, 0]);
  });
});

describe('a counter that starts again, of a device that may not', () => {
  test('A26: forgetting the device and declaring it with the same keys opens nothing; with new keys it begins anew', async () => {
    newSite();
    const device = abpDevice();
    for (let n = 0; n < 3; n++) await talk(device);
    const { devices } = net.site.store();
    const before = devices.get(KEYS.devEui);
    if (!before?.abp) throw new Error('it is not known');
    const { nextFCntUp: _counter, lastSeq: _seq, lastSeenMs: _seen, ...declared } = before;
    devices.remove(KEYS.devEui);
    devices.put(declared);
    device.reset();
    await talk(device, { payload: Buffer.from('old') });
    expect(counters()).toEqual([0, 1, 2]);
    expect(net.site.refused()).toEqual({ replay: 1 });
    const abp = { ...before.abp, nwkSKey: '33'.repeat(16), appSKey: '44'.repeat(16) };
    devices.put({ ...declared, abp });
    await talk(createLorawanDevice({ ...KEYS, region: REGIONS.EU868, abp }));
    expect(counters()).toEqual([0, 1, 2, 0]);
  });

  test('A26: allowCounterReset, on until the device was heard and then off again, lets it begin anew once', async () => {
    newSite();
    const device = abpDevice();
    for (let n = 0; n < 3; n++) await talk(device);
    const allow = (allowCounterReset: boolean): void => {
      const stored = net.site.store().devices.get(KEYS.devEui);
      if (stored) net.site.store().devices.put({ ...stored, link: { allowCounterReset } });
    };
    allow(true);
    device.reset();
    await talk(device, { payload: Buffer.from('again') });
    allow(false);
    await talk(device, { payload: Buffer.from('on') });
    expect(counters()).toEqual([0, 1, 2, 0, 1]);
    device.reset();
    await talk(device, { payload: Buffer.from('once more') });
    expect(net.site.refused()).toEqual({ replay: 1 });
  });

  /** Of the 32 bits such a device keeps 16, and its MIC is over those: after 65535 it says 0, as it did at its beginning. */
  async function past65535(allowCounterReset: boolean): Promise<void> {
    newSite();
    const device = abpDevice({ allowCounterReset });
    device.skipTo(65_534);
    await talk(device, { payload: Buffer.from('a') });
    await talk(device, { payload: Buffer.from('b') });
    device.skipTo(0);
    await talk(device, { payload: Buffer.from('c') });
    await talk(device, { payload: Buffer.from('d') });
  }

  test('A28: one that keeps 16 bits is a replay after 65535', async () => {
    await past65535(false);
    expect(counters()).toEqual([65_534, 65_535]);
    expect(net.site.refused()).toEqual({ replay: 2 });
  });

  test('A28: one that keeps 16 bits goes on where counters may start again', async () => {
    await past65535(true);
    expect(counters()).toEqual([65_534, 65_535, 0, 1]);
    expect(net.site.refused()).toEqual({});
  });

  test('A28: one that keeps all 32 goes on by itself', async () => {
    newSite();
    const device = abpDevice();
    device.skipTo(65_535);
    for (let n = 0; n < 3; n++) await talk(device);
    expect(counters()).toEqual([65_535, 65_536, 65_537]);
  });
});

test('A27: a device that goes on with a session and counter it had saved long ago is heard where it may', async () => {
  newSite();
  const device = await joined({ allowCounterReset: true });
  for (let n = 0; n < 5; n++) await talk(device);
  device.skipTo(2);
  await talk(device, { payload: Buffer.from('restored') });
  expect(counters()).toEqual([0, 1, 2, 3, 4, 2]);
});

describe('a join whose accept is not heard (A17)', () => {
  test('leaves the old session alive until the new one is used', async () => {
    newSite();
    const device = await joined();
    await talk(device);
    expect(await net.site.exchange(device.joinRequest())).toHaveLength(1);
    await net.site.pass(10_000);
    await talk(device);
    await net.site.crash();
    await talk(device);
    expect(counters()).toEqual([0, 1, 2]);
    expect(net.site.refused()).toEqual({});
  });

  test('survives a restart: the first frame under the new session ends the old one', async () => {
    newSite();
    const device = await joined();
    await talk(device);
    const old = device.uplink();
    const [accept] = await net.site.exchange(device.joinRequest());
    await net.site.crash();
    expect(device.acceptJoin(payloadOf(accept))).toBe(true);
    await net.site.pass(10_000);
    await talk(device, { confirmed: true });
    await net.site.crash();
    expect(await talk(device, { confirmed: true })).toMatchObject({ ack: true, fCnt: 1 });
    await net.site.exchange(old);
    expect(counters()).toEqual([0, 0, 1]);
    expect(net.site.refused()).toEqual({ unknown_device: 1 });
  });

  test('an old request played back ends nothing, however often', async () => {
    newSite();
    const device = await joined();
    await talk(device);
    const recorder = createLorawanDevice({ ...KEYS, region: REGIONS.EU868 });
    for (let n = 0; n < 200; n++) recorder.joinRequest();
    const [accept] = await net.site.exchange(device.joinRequest());
    for (let n = 0; n < 3; n++) await net.site.exchange(recorder.joinRequest(), { gatewayId: OTHER_GATEWAY });
    await talk(device);
    expect(device.acceptJoin(payloadOf(accept))).toBe(true);
    await talk(device);
    expect(counters()).toEqual([0, 1, 0]);
  });

  test('a device that joins for the first time shows what it was offered', async () => {
    newSite();
    const device = otaaDevice();
    await net.site.exchange(device.joinRequest());
    expect(net.site.gateway().downlinks.status(KEYS.devEui)).toMatchObject({
      activation: 'otaa',
      nextFCntDown: 0,
    });
  });
});
