/** MAC commands and ADR through the whole network server, with a device that obeys. */
import { describe, expect, test } from 'vitest';
import { snrAt } from '../support/lorawan-device.ts';
import { createNetworkStory, KEYS } from '../support/network-story.ts';

const net = createNetworkStory();
const { newSite, abpDevice, joined, talk } = net;

describe('MAC commands', () => {
  test('questions are answered, an unknown command ends the list and not the frame', async () => {
    newSite();
    const device = await joined();
    const received = await talk(device, { commands: [{ kind: 'LinkCheckReq' }, { kind: 'DeviceTimeReq' }] });
    expect(received?.commands).toMatchObject([
      { kind: 'LinkCheckAns', marginDb: 14, gatewayCount: 1 },
      { kind: 'DeviceTimeAns' },
    ]);
    const time = received?.commands[1];
    const gps = time?.kind === 'DeviceTimeAns' ? time.gpsSeconds : 0;
    const toldMs = Date.UTC(1980, 0, 6) + (gps - 18) * 1_000;
    expect(Math.abs(toldMs - (net.site.world.clock.nowMs() - 10_250))).toBeLessThanOrEqual(1_000);
  });

  test('nobody is told the time while our clock is not to be trusted', async () => {
    newSite({ ownTime: () => ({ nowMs: 0, trusted: false }) });
    const device = await joined();
    expect(await talk(device, { commands: [{ kind: 'DeviceTimeReq' }] })).toBeUndefined();
  });

  test('the battery is asked for on schedule and shown', async () => {
    newSite({ gateway: { deviceStatusHours: 1 } });
    const device = await joined();
    expect((await talk(device))?.commands).toEqual([{ kind: 'DevStatusReq' }]);
    expect(await talk(device)).toBeUndefined();
    expect(net.site.gateway().downlinks.status(KEYS.devEui)?.battery).toMatchObject({
      source: 'battery',
      percent: 50,
      marginDb: 7,
    });
    await net.site.pass(3_600_000);
    expect((await talk(device))?.commands).toEqual([{ kind: 'DevStatusReq' }]);
    await net.site.crash();
    expect(net.site.gateway().downlinks.status(KEYS.devEui)?.battery).toMatchObject({ percent: 50 });
  });

  test('a personalised device is taught the channels of the network', async () => {
    newSite();
    const device = abpDevice({ adr: false });
    for (let n = 0; n < 6; n++) await talk(device);
    expect(device.link().enabled).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await talk(device)).toBeUndefined();
  });

  test.each([105, 110, 125, 128, 132, 135, 138, 142])(
    'ADR brings a device at %i dB of path loss to where ChirpStack’s algorithm would',
    async (pathLossDb) => {
      newSite();
      const device = await joined();
      // It has gone down to the slowest rate by itself, at full power.
      device.fallBack();
      const snr = snrAt(device.power(), pathLossDb);
      for (let n = 0; n < 40; n++) await talk(device, { adr: true }, snrAt(device.power(), pathLossDb));
      // Steps of 3 dB above what a rate needs (SF12 -20 dB, each faster one 2.5 dB more) and 10 dB of reserve.
      const stepsAt = (rate: number) => Math.max(0, Math.trunc((snr - (2.5 * rate - 20) - 10) / 3));
      let rate = 0;
      while (rate < 5 && stepsAt(rate) > 0) rate = Math.min(5, rate + stepsAt(rate));
      expect(device.link().dataRate).toBe(rate);
      // What is left at the fastest rate goes into power.
      expect(device.link().txPowerIndex > 0).toBe(rate === 5 && stepsAt(5) > 0);
      expect(await talk(device, { adr: true }, snrAt(device.power(), pathLossDb))).toBeUndefined();
    },
  );
});
