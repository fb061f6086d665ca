/** Link settings that can be used, and those that cannot. */
import { describe, expect, test } from 'vitest';
import { REGIONS } from '../region/regions.ts';
import { channel } from '../region/shapes.ts';
import { type LinkOptions, networkSettings } from './link.ts';
import { settingFaults } from './settings.ts';

describe('settingFaults', () => {
  test.each(Object.values(REGIONS).map((region) => [region.name, region] as const))(
    'finds none in the defaults of %s',
    (_, region) => {
      const { channels: _channels, ...defaults } = networkSettings(region);
      expect(settingFaults(region, defaults)).toEqual([]);
      expect(settingFaults(region, {})).toEqual([]);
    },
  );

  test.each<[LinkOptions, string]>([
    [{ rx1DelayS: 0 }, 'rx1DelayS'],
    [{ rx1DelayS: 16 }, 'rx1DelayS'],
    [{ rx1Offset: 6 }, 'rx1Offset'],
    [{ rx1Offset: 0.5 }, 'rx1Offset'],
    [{ rx2: { frequency: 923_300_000, dataRate: 0 } }, 'rx2'],
    [{ rx2: { frequency: 869_525_000, dataRate: 8 } }, 'rx2'],
    [{ dutyCycleExponent: 16 }, 'dutyCycleExponent'],
    [{ maxEirp: 40 }, 'maxEirp'],
    [{ extras: [channel(902_300_000)] }, 'extras'],
    [{ extras: [channel(867_100_050)] }, 'extras'],
    [{ extras: [{ frequency: 867_100_000, minDataRate: 5, maxDataRate: 0 }] }, 'extras'],
    [{ extras: [{ frequency: 867_100_000, minDataRate: 0, maxDataRate: 9 }] }, 'extras'],
    [{ extras: Array.from({ length: 14 }, () => channel(867_100_000)) }, 'extras'],
    [{ enabled: [] }, 'enabled'],
    [{ downlinkFrequencies: { 0: 902_300_000 } }, 'downlinkFrequencies'],
  ])('finds %o in EU868', (options, setting) => {
    expect(settingFaults(REGIONS.EU868, options).map((fault) => fault.setting)).toEqual([setting]);
  });

  test('finds extra channels in a region of fixed ones', () => {
    const [fault] = settingFaults(REGIONS.US915, { extras: [channel(902_300_000)] });
    expect(fault).toMatchObject({ setting: 'extras', problem: expect.stringContaining('sub-band') });
  });
});
