/** MAC commands and ADR through the whole network server, with a device that obeys. */
import { describe, expect, test } from 'vitest';
import { utcOfGpsMs } from '../../src/model/time.ts';
import { snrAt } from '../support/lorawan-device.ts';
import type { Hearing } from '../support/network-site.ts';
import { createNetworkStory, KEYS, payloadOf } from '../support/network-story.ts';

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

  const HOUR_MS = 3_600_000;
  const gps = (timeMs: number) => timeMs - utcOfGpsMs(0);
  const FOREIGN: readonly (readonly [string, (nowMs: number) => Hearing])[] = [
    ['GPS 1024 weeks early', (nowMs) => ({ gpsTimeMs: gps(nowMs) - 1024 * 7 * 24 * HOUR_MS })],
    ['GPS half an hour ahead', (nowMs) => ({ gpsTimeMs: gps(nowMs) + HOUR_MS / 2 })],
    ['GPS three hours behind', (nowMs) => ({ gpsTimeMs: gps(nowMs) - 3 * HOUR_MS })],
    ['GPS a minute behind', (nowMs) => ({ gpsTimeMs: gps(nowMs) - 60_000 })],
    ['GPS of 1980', () => ({ gpsTimeMs: 60_000 })],
    ['GPS without its leap seconds', (nowMs) => ({ gpsTimeMs: gps(nowMs) - 18_000 })],
    ['a clock half an hour ahead', (nowMs) => ({ timeMs: nowMs + HOUR_MS / 2 })],
    ['a clock of 2019', () => ({ timeMs: Date.UTC(2019, 0, 1) })],
    ['both, alike', (nowMs) => ({ timeMs: nowMs + 9e6, gpsTimeMs: gps(nowMs + 9e6) })],
  ];
  /** What a device is told when it asks, against our time at that moment; undefined if it is told nothing. */
  async function toldOffMs(deviceClass: 'A' | 'C', hearing: (nowMs: number) => Hearing) {
    newSite({ ownTime: () => ({ nowMs: net.site.world.clock.nowMs(), trusted: true }) });
    const device = await joined({ deviceClass });
    const nowMs = net.site.world.clock.nowMs();
    const question = device.uplink({ commands: [{ kind: 'DeviceTimeReq' }] });
    const before = net.site.sent.length;
    await net.site.exchange(question, hearing(nowMs));
    await net.site.pass(10_000);
    const answer = net.site.sent
      .slice(before)
      .flatMap((down) => device.receive(payloadOf(down))?.commands ?? [])
      .find(({ kind }) => kind === 'DeviceTimeAns');
    if (answer?.kind !== 'DeviceTimeAns') return undefined;
    return utcOfGpsMs(answer.gpsSeconds * 1_000 + (answer.fraction * 1_000) / 256) - nowMs;
  }

  for (const deviceClass of ['A', 'C'] as const) {
    test.each(FOREIGN)(
      `A09: a device of class ${deviceClass} is told our time, not that of a gateway: %s`,
      async (_, hearing) => {
        expect(Math.abs((await toldOffMs(deviceClass, hearing)) ?? Number.NaN)).toBeLessThan(10);
      },
    );
  }

  test('A09: GPS that agrees with us says it more exactly', async () => {
    expect(await toldOffMs('A', (nowMs) => ({ gpsTimeMs: gps(nowMs) - 500 }))).toBeCloseTo(-500, -1);
  });

  test('A09: after a frame that waited a device is told nothing', async () => {
    expect(await toldOffMs('A', () => ({ lateMs: 180_000 }))).toBeUndefined();
    expect(await toldOffMs('C', () => ({ lateMs: 180_000 }))).toBeUndefined();
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
