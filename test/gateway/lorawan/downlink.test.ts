/** Downlinks: the windows of each region, their items, what fits, and which gateway. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chooseGateway,
  classAWindows,
  classCWindow,
  type DownlinkGateway,
  downlinkItems,
  joinWindows,
  maxPayloadOf,
  windowAirtimeMs,
} from '../../../src/gateway/lorawan/downlink.ts';
import { initialLink, joinedLink, type LinkState } from '../../../src/gateway/mac/link.ts';
import { channelNumbers, standardChannels } from '../../../src/gateway/region/channels.ts';
import { dataRateIndices } from '../../../src/gateway/region/rates.ts';
import type { Region } from '../../../src/gateway/region/region.ts';
import { REGIONS } from '../../../src/gateway/region/regions.ts';
import type { RegionName } from '../../../src/model/lorawan.ts';
import { isFrequency } from '../../support/region-facts.ts';

const { EU868, US915, AU915, AS923 } = REGIONS;

function gateway(gatewayId: string, snr: number, more: Partial<DownlinkGateway> = {}): DownlinkGateway {
  return { copy: { gatewayId, snr, rssi: -100, board: 1, antenna: 2, context: 'AQIDBA==' }, ...more };
}

describe('class A windows', () => {
  test.each<[RegionName, number, number, string[]]>([
    ['EU868', 868_300_000, 5, ['868300000 DR5 1000 242', '869525000 DR0 2000 51']],
    ['EU868', 867_100_000, 0, ['867100000 DR0 1000 51', '869525000 DR0 2000 51']],
    ['IN865', 865_062_500, 3, ['865062500 DR3 1000 115', '866550000 DR2 2000 51']],
    ['KR920', 922_100_000, 3, ['922100000 DR3 1000 115', '921900000 DR0 2000 51']],
    ['RU864', 868_900_000, 6, ['868900000 DR6 1000 242', '869100000 DR0 2000 51']],
    ['EU433', 433_175_000, 5, ['433175000 DR5 1000 242', '434665000 DR0 2000 51']],
    ['CN470', 486_500_000, 4, ['506900000 DR4 1000 242', '505300000 DR0 2000 51']],
    ['AS923', 923_400_000, 5, ['923400000 DR5 1000 242', '923200000 DR2 2000 11']],
    ['AS923-3', 916_800_000, 2, ['916800000 DR2 1000 11', '916600000 DR2 2000 11']],
    ['US915', 903_900_000, 0, ['923300000 DR10 1000 242', '923300000 DR8 2000 53']],
    ['US915', 904_600_000, 4, ['923900000 DR13 1000 242', '923300000 DR8 2000 53']],
    ['AU915', 916_800_000, 2, ['923300000 DR10 1000 242', '923300000 DR8 2000 53']],
    ['AU915', 917_500_000, 6, ['923900000 DR13 1000 242', '923300000 DR8 2000 53']],
  ])('of %s after %i Hz DR%i', (name, frequency, dataRate, expected) => {
    const region = REGIONS[name];
    const windows = classAWindows(region, initialLink(region), { frequency, dataRate });
    const shown = windows.map(
      (one) =>
        `${one.frequency} DR${one.dataRate} ${one.timing.kind === 'delay' && one.timing.delayMs} ${one.maxPayload}`,
    );
    expect(shown).toEqual(expected);
    expect(windows.map(({ name: window }) => window)).toEqual(['rx1', 'rx2']);
  });

  test('follow what the device was told: delay, offset, RX2 and a moved channel', () => {
    const link: LinkState = {
      ...initialLink(EU868),
      rx1DelayS: 5,
      rx1Offset: 2,
      rx2: { frequency: 868_800_000, dataRate: 3 },
      downlinkFrequencies: { 1: 867_900_000 },
    };
    expect(classAWindows(EU868, link, { frequency: 868_300_000, dataRate: 5 })).toMatchObject([
      { frequency: 867_900_000, dataRate: 3, timing: { kind: 'delay', delayMs: 5000 } },
      { frequency: 868_800_000, dataRate: 3, timing: { kind: 'delay', delayMs: 6000 } },
    ]);
    expect(classAWindows(EU868, link, { frequency: 868_100_000, dataRate: 5 })).toMatchObject([
      { frequency: 868_100_000 },
      { frequency: 868_800_000 },
    ]);
  });

  test('lack RX1 after an uplink beside all channels of a fixed plan', () => {
    const windows = classAWindows(US915, initialLink(US915), { frequency: 902_400_000, dataRate: 0 });
    expect(windows.map(({ name }) => name)).toEqual(['rx2']);
  });

  test('are no longer under the dwell time limit once it is taken off', () => {
    const link = { ...initialLink(AS923), dwell: { uplink: false, downlink: false } };
    const windows = classAWindows(AS923, link, { frequency: 923_200_000, dataRate: 0 });
    expect(windows).toMatchObject([
      { dataRate: 0, maxPayload: 51 },
      { dataRate: 2, maxPayload: 115 },
    ]);
    expect(maxPayloadOf(windows)).toBe(51);
    expect(maxPayloadOf([])).toBe(0);
  });
});

describe('join windows', () => {
  test('open 5 and 6 seconds after the request, with the default settings', () => {
    const windows = joinWindows(EU868, initialLink(EU868), { frequency: 868_500_000, dataRate: 2 });
    expect(windows).toMatchObject([
      { frequency: 868_500_000, dataRate: 2, timing: { kind: 'delay', delayMs: 5000 }, maxFrame: 33 },
      { frequency: 869_525_000, dataRate: 0, timing: { kind: 'delay', delayMs: 6000 }, maxFrame: 33 },
    ]);
  });

  test('under a dwell time limit take a CFList only where it is on the air for less than 400 ms', () => {
    const windows = joinWindows(AS923, initialLink(AS923), { frequency: 923_200_000, dataRate: 3 });
    expect(windows).toMatchObject([
      { dataRate: 3, maxFrame: 33 },
      { dataRate: 2, maxFrame: 17 },
    ]);
    for (const window of windows) expect(windowAirtimeMs(window, window.maxFrame)).toBeLessThanOrEqual(400);
  });
});

describe('class C', () => {
  test('sends at once in RX2, without a context', () => {
    const window = classCWindow(US915, initialLink(US915));
    expect(window).toMatchObject({ name: 'class_c', frequency: 923_300_000, dataRate: 8, maxPayload: 53 });
    const items = downlinkItems(US915, window ? [window] : [], gateway('a', 0), new Uint8Array(20));
    expect(items).toMatchObject([
      { timing: { kind: 'immediately' }, context: '', power: 21, board: 1, antenna: 2 },
    ]);
  });

  test('is not possible at a data rate that does not go down', () => {
    const link = joinedLink(US915, { rx1DataRateOffset: 0, rx2DataRate: 2, rx1DelayS: 1, cfList: null });
    expect(classCWindow(US915, link)).toBeUndefined();
  });
});

describe('downlinkItems', () => {
  const uplink = { frequency: 868_100_000, dataRate: 5 };

  test('carry all that the gateway needs', () => {
    const windows = classAWindows(EU868, initialLink(EU868), uplink);
    const phyPayload = new Uint8Array(20);
    const lora = { kind: 'lora', bandwidth: 125_000, codeRate: '4/5', polarizationInversion: true };
    const same = { phyPayload, board: 1, antenna: 2, context: 'AQIDBA==' };
    expect(downlinkItems(EU868, windows, gateway('a', 0), phyPayload)).toEqual([
      {
        ...same,
        frequency: 868_100_000,
        power: 16,
        modulation: { ...lora, spreadingFactor: 7 },
        timing: { kind: 'delay', delayMs: 1000 },
      },
      {
        ...same,
        frequency: 869_525_000,
        power: 29,
        modulation: { ...lora, spreadingFactor: 12 },
        timing: { kind: 'delay', delayMs: 2000 },
      },
    ]);
  });

  test('keep the limit of the gateway', () => {
    const windows = classAWindows(EU868, initialLink(EU868), uplink);
    const items = downlinkItems(EU868, windows, gateway('a', 0, { maxEirp: 14 }), new Uint8Array(20));
    expect(items.map(({ power }) => power)).toEqual([14, 14]);
  });

  test('leave out a window that the frame is too long for', () => {
    const windows = classAWindows(EU868, initialLink(EU868), uplink);
    const sent = (length: number) =>
      downlinkItems(EU868, windows, gateway('a', 0), new Uint8Array(length)).map(
        ({ frequency }) => frequency,
      );
    expect(sent(51 + 13)).toEqual([868_100_000, 869_525_000]);
    expect(sent(52 + 13)).toEqual([868_100_000]);
    expect(sent(255)).toEqual([868_100_000]);
    expect(sent(256)).toEqual([]);
  });

  test('send FSK as FSK', () => {
    const windows = classAWindows(EU868, initialLink(EU868), { frequency: 868_800_000, dataRate: 7 });
    const [item] = downlinkItems(EU868, windows, gateway('a', 0), new Uint8Array(20));
    expect(item?.modulation).toEqual({ kind: 'fsk', datarate: 50_000, frequencyDeviation: 25_000 });
    expect(windows[0] && windowAirtimeMs(windows[0], 14)).toBe(4);
  });

  test('are possible after every uplink of every region, and in its band', () => {
    const regions: readonly Region[] = Object.values(REGIONS);
    for (const region of regions) {
      const link = initialLink(region);
      const channels = standardChannels(region);
      for (const number of channelNumbers(channels)) {
        const frequency = channels[number]?.frequency ?? 0;
        for (const dataRate of dataRateIndices(region, 'up')) {
          const windows = classAWindows(region, link, { frequency, dataRate });
          const items = downlinkItems(
            region,
            windows,
            gateway('a', 0),
            new Uint8Array(13 + maxPayloadOf(windows)),
          );
          expect(items).toHaveLength(2);
          for (const item of items) expect(isFrequency(region, item.frequency)).toBe(true);
        }
      }
    }
  });

  test('of the 900 MHz regions go out at 500 kHz', () => {
    for (const region of [US915, AU915]) {
      const frequency = standardChannels(region)[0]?.frequency ?? 0;
      const windows = classAWindows(region, initialLink(region), { frequency, dataRate: 2 });
      const items = downlinkItems(region, windows, gateway('a', 0), new Uint8Array(20));
      const bandwidths = items.map(({ modulation }) => modulation.kind === 'lora' && modulation.bandwidth);
      expect(bandwidths).toEqual([500_000, 500_000]);
    }
  });
});

describe('windowAirtimeMs', () => {
  test.each([
    [12, 125_000, 33, 1810.432],
    [7, 125_000, 12, 41.216],
    [12, 500_000, 33, 411.648],
  ])('SF%i at %i Hz, %i bytes without CRC: %f ms', (spreadingFactor, bandwidth, length, expected) => {
    const modulation = { kind: 'lora', spreadingFactor, bandwidth } as const;
    expect(windowAirtimeMs({ modulation }, length)).toBeCloseTo(expected, 3);
  });
});

describe('chooseGateway', () => {
  const required = -15;

  test('takes the best when none is good enough, and the stronger of two that are as good', () => {
    expect(chooseGateway([gateway('a', -12), gateway('b', -11)], required, 0.9)?.copy.gatewayId).toBe('b');
    const near = gateway('near', -11);
    const nearer = { copy: { ...near.copy, gatewayId: 'nearer', rssi: -80 } };
    expect(chooseGateway([near, nearer], required, 0)?.copy.gatewayId).toBe('nearer');
    expect(chooseGateway([], required, 0)).toBeUndefined();
  });

  test('takes one of the good ones by chance', () => {
    const gateways = [gateway('a', -12), gateway('b', -5), gateway('c', -4), gateway('d', -11)];
    expect(chooseGateway(gateways, required, 0)?.copy.gatewayId).toBe('c');
    expect(chooseGateway(gateways, required, 0.49)?.copy.gatewayId).toBe('c');
    expect(chooseGateway(gateways, required, 0.51)?.copy.gatewayId).toBe('b');
    expect(chooseGateway(gateways, required, 0.51, 20)?.copy.gatewayId).toBe('c');
  });

  test('in the proportion of their weights', () => {
    const gateways = [gateway('a', 5, { weight: 3 }), gateway('b', 4)];
    const picks = Array.from({ length: 100 }, (_, index) => chooseGateway(gateways, required, index / 100));
    expect(picks.filter((pick) => pick?.copy.gatewayId === 'a')).toHaveLength(75);
  });

  test('always one of those given, whatever chance and weights are', () => {
    const many = fc.array(fc.record({ snr: fc.integer({ min: -30, max: 20 }), weight: fc.nat(5) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(many, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (list, chance) => {
        const gateways = list.map(({ snr, weight }, index) => gateway(`${index}`, snr, { weight }));
        const chosen = chooseGateway(gateways, required, chance);
        expect(gateways).toContain(chosen);
        const best = Math.max(...list.map(({ snr }) => snr));
        if (chosen && chosen.copy.snr < required + 10) expect(chosen.copy.snr).toBe(best);
      }),
    );
  });
});
