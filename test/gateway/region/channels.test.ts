/** Channel numbers: a network's own after the standard ones, and the channel an uplink came on. */
import { describe, expect, test } from 'vitest';
import { AS923 } from '../../../src/gateway/region/as923.ts';
import {
  channelNumbers,
  channelOn,
  fixedChannelOn,
  networkChannels,
  standardChannels,
} from '../../../src/gateway/region/channels.ts';
import { EU868 } from '../../../src/gateway/region/eu868.ts';
import { channel } from '../../../src/gateway/region/shapes.ts';
import { US915 } from '../../../src/gateway/region/us915.ts';

describe('networkChannels', () => {
  test('numbers extra channels after the standard ones, which differ by region', () => {
    expect(channelOn(networkChannels(EU868, [channel(867_100_000)]), 867_100_000)).toBe(3);
    expect(channelOn(networkChannels(AS923, [channel(923_600_000)]), 923_600_000)).toBe(2);
  });

  test('has sixteen at most, and only the standard ones in a fixed plan', () => {
    const many = Array.from({ length: 20 }, (_, index) => channel(863_100_000 + index * 200_000));
    expect(channelNumbers(networkChannels(EU868, many))).toHaveLength(16);
    expect(networkChannels(US915, many)).toEqual(standardChannels(US915));
  });

  test('survives JSON', () => {
    const channels = networkChannels(EU868, [channel(867_100_000)]);
    expect(JSON.parse(JSON.stringify(channels))).toEqual(channels);
    expect(channelNumbers(JSON.parse(JSON.stringify(channels)))).toEqual([0, 1, 2, 3]);
  });
});

describe('channelOn', () => {
  const fast = { frequency: 868_300_000, minDataRate: 6, maxDataRate: 6 };
  const channels = networkChannels(EU868, [fast]);

  test.each([
    [868_300_000, 5, 1],
    [868_300_000, 6, 3],
    [868_300_000, undefined, 1],
    [868_300_000, 7, 1],
    [868_310_000, 5, undefined],
  ])('on %i Hz with DR%s is %s', (frequency, dataRate, number) => {
    expect(channelOn(channels, frequency, dataRate)).toBe(number);
  });
});

describe('fixedChannelOn', () => {
  test('agrees with the table, and knows what lies beside and beyond', () => {
    const channels = standardChannels(US915);
    for (const number of channelNumbers(channels)) {
      expect(fixedChannelOn(US915, channels[number]?.frequency ?? 0)).toBe(number);
    }
    for (const frequency of [902_100_000, 902_400_000, 915_100_000, 923_300_000, Number.NaN]) {
      expect(fixedChannelOn(US915, frequency)).toBeUndefined();
    }
    expect(fixedChannelOn(EU868, 868_100_000)).toBeUndefined();
  });
});
