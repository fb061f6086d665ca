/** Which frames are kept, what is told of each, and which can be opened. */
import { describe, expect, test } from 'vitest';
import { CAPACITY } from '../../../src/gateway/frames/recent-frames.ts';
import { REGIONS } from '../../../src/gateway/region/regions.ts';
import type { FrameSummary } from '../../../src/model/frame.ts';
import { createLorawanDevice } from '../../support/lorawan-device.ts';
import { GATEWAY, OTHER_GATEWAY } from '../../support/network-site.ts';
import { ABP, createNetworkStory, KEYS, ORDER } from '../../support/network-story.ts';

const net = createNetworkStory();
const frames = (): readonly FrameSummary[] => net.site.gateway().frames.after(0, 1_000);
const detail = (kind: FrameSummary['kind'], nth = -1) => {
  const found = frames()
    .filter((frame) => frame.kind === kind)
    .at(nth);
  return net.site.gateway().frames.get(found?.number ?? 0);
};
const part = (kind: FrameSummary['kind'], name: string, nth = -1) =>
  detail(kind, nth)?.parts.find((one) => one.name === name);

describe('the newest frames', () => {
  test('a join, its accept, readings and a downlink, each in clear and with what became of it', async () => {
    net.newSite();
    const device = await net.joined();
    await net.talk(device, { payload: Buffer.from('hello'), fPort: 7 });
    await net.site.gateway().downlinks.enqueue(KEYS.devEui, ORDER);
    await net.talk(device, { payload: Buffer.from('again'), fPort: 7, confirmed: true });
    expect(
      frames()
        .slice(0, 2)
        .map(({ kind, isOurs, devEui }) => [kind, isOurs, devEui]),
    ).toEqual([
      ['join-request', false, KEYS.devEui],
      ['join-accept', true, undefined],
    ]);
    expect(detail('join-accept')?.summary.devEui).toBe(KEYS.devEui);
    expect(part('join-accept', 'DevAddr')?.value).toBe(device.devAddr());
    const last = frames()
      .filter(({ kind }) => kind === 'uplink')
      .at(-1);
    expect(last).toMatchObject({
      ...{ devEui: KEYS.devEui, devAddr: device.devAddr(), fPort: 7, confirmed: true },
      receptions: [{ gatewayId: GATEWAY, rssi: -80, snr: 7, channel: 0 }],
    });
    expect(part('uplink', 'FRMPayload')?.clear).toBe(Buffer.from('again').toString('hex'));
    const order = frames()
      .filter(({ kind }) => kind === 'downlink')
      .at(-1);
    expect(order).toMatchObject({ devEui: KEYS.devEui, isOurs: true, fPort: ORDER.fPort });
    expect(order?.sending).toMatchObject({ gatewayId: GATEWAY, sentIn: 0 });
    expect(order?.sending?.windows.map(({ delayMs }) => delayMs)).toEqual([1_000, 2_000]);
    expect(part('downlink', 'FRMPayload')?.clear).toBe(ORDER.data);
    expect(detail('downlink')?.isEncrypted).toBe(false);
  });

  test('what was refused is kept with the reason, and opened where there is a key', async () => {
    net.newSite();
    const device = net.abpDevice();
    await net.talk(device, { payload: Buffer.from('one') });
    const repeated = device.repeat();
    net.site.hear(repeated);
    await net.site.pass(300);
    const stranger = createLorawanDevice({
      ...{ ...KEYS, region: REGIONS.EU868 },
      abp: { ...ABP, devAddr: 'aabbccdd' },
    });
    const liar = createLorawanDevice({
      ...{ ...KEYS, region: REGIONS.EU868 },
      abp: { ...ABP, nwkSKey: '33'.repeat(16) },
    });
    for (const other of [stranger, liar]) {
      net.site.hear(other.uplink({ payload: Buffer.from('two') }), { gatewayId: OTHER_GATEWAY });
      await net.site.pass(300);
    }
    net.site.hear({ ...repeated, phyPayload: Uint8Array.of(0xe0, 1, 2, 3) });
    await net.site.pass(300);
    expect(
      frames()
        .filter(({ isOurs }) => !isOurs)
        .map(({ refused, kind, devEui, maybeOf }) => ({ refused, kind, devEui, maybeOf })),
    ).toEqual([
      { kind: 'uplink', devEui: KEYS.devEui },
      { kind: 'uplink', devEui: KEYS.devEui, refused: 'retransmission' },
      { kind: 'uplink', refused: 'unknown_device' },
      { kind: 'uplink', refused: 'wrong_mic', maybeOf: [KEYS.devEui] },
      { kind: 'other', refused: 'frame_unsupported_mtype' },
    ]);
    const inClear = [0, 1, 2, 3].map((nth) => part('uplink', 'FRMPayload', nth)?.clear);
    const one = Buffer.from('one').toString('hex');
    expect(inClear).toEqual([one, one, undefined, undefined]);
    expect([0, 1, 2, 3].map((nth) => detail('uplink', nth)?.isEncrypted)).toEqual([false, false, true, true]);
  });

  test('a reading stays readable when its device is gone, since it was read once', async () => {
    net.newSite();
    const device = net.abpDevice();
    await net.talk(device, { payload: Buffer.from('kept') });
    net.site.store().devices.remove(KEYS.devEui);
    expect(part('uplink', 'FRMPayload')?.clear).toBe(Buffer.from('kept').toString('hex'));
  });

  test('a downlink that a gateway refuses, or that nobody took, is told so', async () => {
    net.newSite();
    const device = net.abpDevice();
    net.site.txStatus('TOO_LATE');
    await net.talk(device, { confirmed: true });
    expect(frames().at(-1)?.sending).toMatchObject({ refusedBy: 'TOO_LATE, TOO_LATE' });
    net.site.txStatus(null);
    await net.talk(device, { confirmed: true });
    expect(frames().at(-1)?.sending).toEqual(
      expect.not.objectContaining({ refusedBy: expect.anything(), sentIn: expect.anything() }),
    );
  });

  test('so many are kept and no more, and a word about one is new again', async () => {
    net.newSite();
    const device = net.abpDevice();
    const gateway = net.site.gateway();
    let told = 0;
    const end = gateway.frames.onFrame(() => told++);
    for (let n = 0; n < CAPACITY + 20; n++) {
      net.site.hear(device.uplink({ payload: Uint8Array.of(n), adr: false }));
      if (n % 50 === 49) await net.site.pass(300);
    }
    await net.site.pass(300);
    end();
    expect(told).toBe(gateway.frames.revision());
    const kept = frames();
    expect(kept).toHaveLength(CAPACITY);
    expect(kept.at(-1)?.fCnt).toBe(CAPACITY + 19);
    expect(gateway.frames.get(1)).toBeUndefined();
    const before = gateway.frames.revision();
    net.site.hear(device.uplink({ confirmed: true }));
    await net.site.pass(5_000);
    // Heard, handed out, and what the gateway said of that: of two frames the newest words.
    expect(gateway.frames.revision()).toBe(before + 3);
    expect(gateway.frames.after(before, 10).map(({ kind, sending }) => [kind, sending?.sentIn])).toEqual([
      ['uplink', undefined],
      ['downlink', 0],
    ]);
  });
});
