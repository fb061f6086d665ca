/** The regions' tables against published values (RP002 and the regional parameters of LoRaWAN 1.0.x). */

import { describe, expect, test } from 'vitest';
import {
  channelNumbers,
  fixedChannelOn,
  standardChannels,
  subBandChannels,
  subBandCount,
} from '../../../src/gateway/region/channels.ts';
import { downlinkPower, MAX_EIRPS, maxEirpIndex } from '../../../src/gateway/region/power.ts';
import {
  dataRateAt,
  dataRateIndex,
  dataRateIndices,
  highestNarrowRate,
  maxPayloadBytes,
  requiredSnr,
} from '../../../src/gateway/region/rates.ts';
import type { Region } from '../../../src/gateway/region/region.ts';
import { findRegion, REGIONS } from '../../../src/gateway/region/regions.ts';
import { rx1DataRate, rx1Frequency } from '../../../src/gateway/region/window.ts';
import { type RegionName, SUB_BANDS } from '../../../src/model/lorawan.ts';
import { joinFrequencies, uplinkPower } from '../../support/region-facts.ts';

const SIX = ['SF12BW125', 'SF11BW125', 'SF10BW125', 'SF9BW125', 'SF8BW125', 'SF7BW125'];
const WIDE = ['SF12BW500', 'SF11BW500', 'SF10BW500', 'SF9BW500', 'SF8BW500', 'SF7BW500'];

function names(region: Region, direction: 'up' | 'down'): Record<number, string | undefined> {
  return Object.fromEntries(
    dataRateIndices(region, direction).map((index) => [index, dataRateAt(region, index, direction)?.name]),
  );
}

function from(first: number, list: readonly string[]): Record<number, string> {
  return Object.fromEntries(list.map((name, index) => [first + index, name]));
}

describe('data rates', () => {
  test.each<[RegionName, Record<number, string>, Record<number, string>]>([
    ['EU868', from(0, [...SIX, 'SF7BW250', 'FSK50000']), from(0, [...SIX, 'SF7BW250', 'FSK50000'])],
    ['AS923', from(0, [...SIX, 'SF7BW250', 'FSK50000']), from(0, [...SIX, 'SF7BW250', 'FSK50000'])],
    ['IN865', { ...from(0, SIX), 7: 'FSK50000' }, { ...from(0, SIX), 7: 'FSK50000' }],
    ['KR920', from(0, SIX), from(0, SIX)],
    ['RU864', from(0, [...SIX, 'SF7BW250', 'FSK50000']), from(0, [...SIX, 'SF7BW250', 'FSK50000'])],
    ['EU433', from(0, [...SIX, 'SF7BW250', 'FSK50000']), from(0, [...SIX, 'SF7BW250', 'FSK50000'])],
    ['CN470', from(0, SIX), from(0, SIX)],
    ['US915', from(0, ['SF10BW125', 'SF9BW125', 'SF8BW125', 'SF7BW125', 'SF8BW500']), from(8, WIDE)],
    ['AU915', from(0, [...SIX, 'SF8BW500']), from(8, WIDE)],
  ])('of %s', (name, up, down) => {
    expect(names(REGIONS[name], 'up')).toEqual(up);
    expect(names(REGIONS[name], 'down')).toEqual(down);
  });

  test.each([
    ['AU915', 'SF8BW500', 'up', 6],
    ['AU915', 'SF8BW500', 'down', 12],
    ['US915', 'SF8BW500', 'up', 4],
    ['US915', 'SF12BW125', 'up', undefined],
    ['EU868', 'SF8BW125', 'down', 4],
    ['EU868', 'SF8BW126', 'up', undefined],
  ] as const)('%s: %s %s has index %s', (name, dataRate, direction, index) => {
    expect(dataRateIndex(REGIONS[name], dataRate, direction)).toBe(index);
  });

  test.each([
    ['EU868', 5],
    ['AS923', 5],
    ['IN865', 5],
    ['US915', 3],
    ['AU915', 5],
    ['KR920', 5],
    ['RU864', 5],
    ['EU433', 5],
    ['CN470', 5],
  ] as const)('ADR of %s goes up to %i', (name, highest) => {
    expect(highestNarrowRate(REGIONS[name])).toBe(highest);
    expect(highestNarrowRate(REGIONS[name], 2)).toBe(2);
  });

  test.each([
    [5, -7.5],
    [4, -10],
    [3, -12.5],
    [2, -15],
    [1, -17.5],
    [0, -20],
    [7, 0],
    [99, 0],
  ])('DR%i of EU868 needs %f dB', (dataRate, snr) => {
    expect(requiredSnr(REGIONS.EU868, dataRate)).toBe(snr);
  });
});

describe('payload sizes (N)', () => {
  test.each<[RegionName, boolean, readonly number[]]>([
    ['EU868', false, [51, 51, 51, 115, 242, 242, 242, 242]],
    ['IN865', false, [51, 51, 51, 115, 242, 242, 0, 242]],
    ['KR920', false, [51, 51, 51, 115, 242, 242]],
    ['RU864', false, [51, 51, 51, 115, 242, 242, 242, 242]],
    ['EU433', false, [51, 51, 51, 115, 242, 242, 242, 242]],
    ['CN470', false, [51, 51, 51, 115, 242, 242]],
    ['AS923', false, [51, 51, 115, 115, 242, 242, 242, 242]],
    ['AS923', true, [0, 0, 11, 53, 125, 242, 242, 242]],
    ['US915', false, [11, 53, 125, 242, 242, 0, 0, 0, 53, 129, 242, 242, 242, 242]],
    ['US915', true, [11, 53, 125, 242, 242, 0, 0, 0, 53, 129, 242, 242, 242, 242]],
    ['AU915', false, [51, 51, 51, 115, 242, 242, 242, 0, 53, 129, 242, 242, 242, 242]],
    ['AU915', true, [0, 0, 11, 53, 125, 242, 242, 0, 53, 129, 242, 242, 242, 242]],
  ])('of %s, dwell time limited %s', (name, limited, expected) => {
    const sizes = expected.map((_, index) => maxPayloadBytes(REGIONS[name], index, limited));
    expect(sizes).toEqual(expected);
    expect(maxPayloadBytes(REGIONS[name], expected.length, limited)).toBe(0);
  });
});

describe('RX1', () => {
  test.each<[RegionName, boolean, readonly (readonly number[])[]]>([
    [
      'EU868',
      false,
      [
        [0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
        [2, 1, 0, 0, 0, 0],
        [3, 2, 1, 0, 0, 0],
        [4, 3, 2, 1, 0, 0],
        [5, 4, 3, 2, 1, 0],
        [6, 5, 4, 3, 2, 1],
        [7, 6, 5, 4, 3, 2],
      ],
    ],
    [
      'KR920',
      false,
      [
        [0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
        [2, 1, 0, 0, 0, 0],
        [3, 2, 1, 0, 0, 0],
        [4, 3, 2, 1, 0, 0],
        [5, 4, 3, 2, 1, 0],
      ],
    ],
    [
      'CN470',
      false,
      [
        [0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
        [2, 1, 0, 0, 0, 0],
        [3, 2, 1, 0, 0, 0],
        [4, 3, 2, 1, 0, 0],
        [5, 4, 3, 2, 1, 0],
      ],
    ],
    [
      'AS923',
      true,
      [
        [2, 2, 2, 2, 2, 2, 2, 2],
        [2, 2, 2, 2, 2, 2, 2, 3],
        [2, 2, 2, 2, 2, 2, 3, 4],
        [3, 2, 2, 2, 2, 2, 4, 5],
        [4, 3, 2, 2, 2, 2, 5, 6],
        [5, 4, 3, 2, 2, 2, 6, 7],
      ],
    ],
    [
      'IN865',
      false,
      [
        [0, 0, 0, 0, 0, 0, 1, 2],
        [1, 0, 0, 0, 0, 0, 2, 3],
        [2, 1, 0, 0, 0, 0, 3, 4],
        [3, 2, 1, 0, 0, 0, 4, 5],
        [4, 3, 2, 1, 0, 0, 5, 5],
        [5, 4, 3, 2, 1, 0, 5, 5],
      ],
    ],
    [
      'US915',
      false,
      [
        [10, 9, 8, 8],
        [11, 10, 9, 8],
        [12, 11, 10, 9],
        [13, 12, 11, 10],
        [13, 13, 12, 11],
      ],
    ],
    [
      'AU915',
      false,
      [
        [8, 8, 8, 8, 8, 8],
        [9, 8, 8, 8, 8, 8],
        [10, 9, 8, 8, 8, 8],
        [11, 10, 9, 8, 8, 8],
        [12, 11, 10, 9, 8, 8],
        [13, 12, 11, 10, 9, 8],
        [13, 13, 12, 11, 10, 9],
      ],
    ],
  ])('data rates of %s, dwell time limited %s', (name, limited, rows) => {
    for (const [dataRate, row] of rows.entries()) {
      const found = row.map((_, offset) => rx1DataRate(REGIONS[name], dataRate, offset, limited));
      expect(found, `DR${dataRate}`).toEqual(row);
    }
  });

  test.each([
    ['EU868', 868_300_000, 868_300_000],
    ['EU868', 867_900_000, 867_900_000],
    ['AS923-2', 921_400_000, 921_400_000],
    ['IN865', 865_062_500, 865_062_500],
    ['KR920', 922_500_000, 922_500_000],
    ['RU864', 868_900_000, 868_900_000],
    ['EU433', 433_575_000, 433_575_000],
    ['CN470', 470_300_000, 500_300_000],
    ['CN470', 486_300_000, 506_700_000],
    ['CN470', 489_300_000, 509_700_000],
    ['CN470', 479_900_000, 500_300_000],
    ['CN470', 489_500_000, undefined],
    ['US915', 902_300_000, 923_300_000],
    ['US915', 903_900_000, 923_300_000],
    ['US915', 904_100_000, 923_900_000],
    ['US915', 914_900_000, 927_500_000],
    ['US915', 904_600_000, 923_900_000],
    ['US915', 904_000_000, undefined],
    ['AU915', 915_200_000, 923_300_000],
    ['AU915', 915_900_000, 923_300_000],
    ['AU915', 917_000_000, 923_900_000],
    ['AU915', 927_800_000, 927_500_000],
  ] as const)('frequency of %s after %i Hz is %s', (name, uplink, expected) => {
    expect(rx1Frequency(REGIONS[name], uplink)).toBe(expected);
  });

  test('has nothing for an offset or a data rate that is none', () => {
    expect(rx1DataRate(REGIONS.EU868, 5, 6, false)).toBeUndefined();
    expect(rx1DataRate(REGIONS.US915, 5, 0, false)).toBeUndefined();
    expect(rx1DataRate(REGIONS.IN865, 6, 0, false)).toBeUndefined();
  });
});

describe('defaults', () => {
  test.each<[RegionName, number, number, readonly number[]]>([
    ['EU868', 869_525_000, 0, [868_100_000, 868_300_000, 868_500_000]],
    ['IN865', 866_550_000, 2, [865_062_500, 865_402_500, 865_985_000]],
    ['KR920', 921_900_000, 0, [922_100_000, 922_300_000, 922_500_000]],
    ['RU864', 869_100_000, 0, [868_900_000, 869_100_000]],
    ['EU433', 434_665_000, 0, [433_175_000, 433_375_000, 433_575_000]],
    ['AS923', 923_200_000, 2, [923_200_000, 923_400_000]],
    ['AS923-2', 921_400_000, 2, [921_400_000, 921_600_000]],
    ['AS923-3', 916_600_000, 2, [916_600_000, 916_800_000]],
    ['AS923-4', 917_300_000, 2, [917_300_000, 917_500_000]],
  ])('of %s: RX2 and join channels', (name, frequency, dataRate, join) => {
    expect(REGIONS[name].rx2).toEqual({ frequency, dataRate });
    expect(joinFrequencies(REGIONS[name])).toEqual(join);
  });

  test.each([
    ['US915', 0, 902_300_000, 0, 3],
    ['US915', 63, 914_900_000, 0, 3],
    ['US915', 64, 903_000_000, 4, 4],
    ['US915', 71, 914_200_000, 4, 4],
    ['AU915', 0, 915_200_000, 0, 5],
    ['AU915', 63, 927_800_000, 0, 5],
    ['AU915', 64, 915_900_000, 6, 6],
    ['AU915', 71, 927_100_000, 6, 6],
  ] as const)('%s: channel %i', (name, number, frequency, minDataRate, maxDataRate) => {
    const channels = standardChannels(REGIONS[name]);
    expect(channels[number]).toEqual({ frequency, minDataRate, maxDataRate });
    expect(channelNumbers(channels)).toHaveLength(72);
    expect(fixedChannelOn(REGIONS[name], frequency)).toBe(number);
    expect(REGIONS[name].rx2).toEqual({ frequency: 923_300_000, dataRate: 8 });
  });

  test.each([
    [0, 470_300_000],
    [80, 486_300_000],
    [95, 489_300_000],
  ])('CN470: channel %i of 96', (number, frequency) => {
    const channels = standardChannels(REGIONS.CN470);
    expect(channels[number]).toEqual({ frequency, minDataRate: 0, maxDataRate: 5 });
    expect(channelNumbers(channels)).toHaveLength(96);
    expect(fixedChannelOn(REGIONS.CN470, frequency)).toBe(number);
    expect(REGIONS.CN470.rx2).toEqual({ frequency: 505_300_000, dataRate: 0 });
  });

  test('the regions with sub-bands have as many as the settings know', () => {
    const counts = Object.values(REGIONS).map((region) => [region.name, subBandCount(region)] as const);
    expect(Object.fromEntries(counts.filter(([, count]) => count > 0))).toEqual(SUB_BANDS);
  });

  test('sub-band 1 has channels 8 to 15 and 65; a dynamic plan has none', () => {
    expect(subBandChannels(REGIONS.US915, 1)).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 65]);
    expect(subBandChannels(REGIONS.AU915, 7)).toEqual([56, 57, 58, 59, 60, 61, 62, 63, 71]);
    expect(subBandChannels(REGIONS.AU915, 8)).toEqual([]);
    expect(subBandChannels(REGIONS.CN470, 10)).toEqual([80, 81, 82, 83, 84, 85, 86, 87]);
    expect(subBandChannels(REGIONS.CN470, 12)).toEqual([]);
    expect(subBandChannels(REGIONS.EU868, 0)).toEqual([]);
  });
});

describe('power', () => {
  test.each([
    ['EU868', 868_100_000, undefined, 16],
    ['EU868', 869_399_900, undefined, 16],
    ['EU868', 869_400_000, undefined, 29],
    ['EU868', 869_525_000, undefined, 29],
    ['EU868', 869_650_000, undefined, 16],
    ['EU868', 869_525_000, 20, 20],
    ['EU868', 868_100_000, 20, 16],
    ['IN865', 866_550_000, undefined, 30],
    ['KR920', 921_900_000, undefined, 23],
    ['RU864', 869_100_000, undefined, 16],
    ['EU433', 434_665_000, undefined, 12],
    ['CN470', 505_300_000, undefined, 19],
    ['AS923', 923_200_000, undefined, 16],
    ['US915', 923_300_000, undefined, 21],
    ['AU915', 923_300_000, undefined, 30],
  ] as const)('a gateway of %s at %i Hz with limit %s sends with %i dBm', (name, frequency, limit, power) => {
    expect(downlinkPower(REGIONS[name], frequency, limit)).toBe(power);
  });

  test.each([
    ['EU868', 16, 7],
    ['AS923', 16, 7],
    ['IN865', 30, 10],
    ['US915', 30, 14],
    ['AU915', 30, 14],
    ['KR920', 14, 7],
    ['RU864', 16, 7],
    ['EU433', 12, 5],
    ['CN470', 19, 7],
  ] as const)('a device of %s has %i dBm and goes down in %i steps of 2 dB', (name, eirp, steps) => {
    const region = REGIONS[name];
    expect(uplinkPower(region, 0)).toBe(eirp);
    expect(uplinkPower(region, 3)).toBe(eirp - 6);
    expect(uplinkPower(region, 15)).toBe(eirp - 2 * steps);
    expect(uplinkPower(region, 1, 20)).toBe(18);
  });

  test.each([
    [8, 0],
    [16, 5],
    [17, 5],
    [30, 13],
    [36, 15],
    [99, 15],
    [0, 0],
  ])('%i dBm is coded %i in TxParamSetupReq', (eirp, index) => {
    expect(maxEirpIndex(eirp)).toBe(index);
    expect(MAX_EIRPS).toHaveLength(16);
  });
});

describe('findRegion', () => {
  test.each([
    ['EU868', 'EU868', undefined],
    ['eu868', 'EU868', undefined],
    ['us915_1', 'US915', 1],
    ['AU915-7', 'AU915', 7],
    ['cn470_10', 'CN470', 10],
    ['cn470_11', 'CN470', 11],
    ['kr920', 'KR920', undefined],
    ['as923', 'AS923', undefined],
    ['as923_2', 'AS923-2', undefined],
    ['AS923-1', 'AS923', undefined],
    [' in865 ', 'IN865', undefined],
  ])('%s is %s, sub-band %s', (name, region, subBand) => {
    const found = findRegion(name);
    expect(found?.region.name).toBe(region);
    expect(found?.subBand).toBe(subBand);
  });

  test.each(['', 'us915_8', 'us915_01', 'eu868_1', 'cn470_12', 'cn779', 'as923_5', '__proto__', 'us915_-1'])(
    '"%s" is none',
    (name) => {
      expect(findRegion(name)).toBeUndefined();
    },
  );
});
