/** Channel masks: the cases that network servers agree on, and that masks always lead where they shall. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AU915 } from '../../../src/gateway/region/au915.ts';
import { channelNumbers, standardChannels, subBandChannels } from '../../../src/gateway/region/channels.ts';
import { CN470 } from '../../../src/gateway/region/cn470.ts';
import { EU868 } from '../../../src/gateway/region/eu868.ts';
import { applyMasks, type ChannelMask, maskAsItIs, masksToReach } from '../../../src/gateway/region/mask.ts';
import { US915 } from '../../../src/gateway/region/us915.ts';

const ALL_72 = channelNumbers(standardChannels(US915));

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

describe.each([US915, AU915])('$name: ', (region) => {
  test.each<[string, number[], number[], ChannelMask[]]>([
    ['nothing to do', ALL_72, ALL_72, []],
    [
      'only 0 to 7',
      ALL_72,
      range(0, 7),
      [
        { control: 7, mask: 0 },
        { control: 0, mask: 0x00ff },
      ],
    ],
    [
      'only 8 to 23',
      ALL_72,
      range(8, 23),
      [
        { control: 7, mask: 0 },
        { control: 0, mask: 0xff00 },
        { control: 1, mask: 0x00ff },
      ],
    ],
    ['only the wide ones', ALL_72, range(64, 71), [{ control: 7, mask: 0x00ff }]],
    ['all but 0 to 7', ALL_72, range(8, 71), [{ control: 0, mask: 0xff00 }]],
    [
      'sub-band 1',
      ALL_72,
      subBandChannels(region, 1),
      [
        { control: 7, mask: 0x0002 },
        { control: 0, mask: 0xff00 },
      ],
    ],
  ])('%s', (_, current, wanted, masks) => {
    expect(masksToReach(region, current, wanted)).toEqual(masks);
    expect(applyMasks(region, current, masks, ALL_72)).toEqual(wanted);
  });

  test.each([
    [5, 0x02, subBandChannels(region, 1)],
    [6, 0x00, range(0, 63)],
    [6, 0xff, ALL_72],
    [7, 0x01, [64]],
    [4, 0x80, [71]],
    [3, 0x8000, [63]],
  ])('ChMaskCntl %i with mask %i, from nothing', (control, mask, expected) => {
    expect(applyMasks(region, [], [{ control, mask }], ALL_72)).toEqual(expected);
  });
});

describe('CN470: ', () => {
  const ALL_96 = range(0, 95);

  test('has no way to turn all off: block by block', () => {
    const masks = masksToReach(CN470, ALL_96, range(80, 87));
    expect(masks).toEqual([
      ...range(0, 4).map((control) => ({ control, mask: 0 })),
      { control: 5, mask: 0x00ff },
    ]);
    expect(applyMasks(CN470, ALL_96, masks, ALL_96)).toEqual(range(80, 87));
  });

  test.each([
    [5, 0x8001, [80, 95]],
    [6, 0x0000, ALL_96],
    [7, 0xffff, []],
  ])('ChMaskCntl %i with mask %i, from nothing', (control, mask, expected) => {
    expect(applyMasks(CN470, [], [{ control, mask }], ALL_96)).toEqual(expected);
  });
});

describe('EU868: ', () => {
  test('the mask names the channels that stay', () => {
    expect(masksToReach(EU868, range(0, 7), range(0, 2))).toEqual([{ control: 0, mask: 0b111 }]);
    expect(applyMasks(EU868, range(0, 7), [{ control: 0, mask: 0b111 }], range(0, 7))).toEqual(range(0, 2));
  });

  test('ChMaskCntl 6 turns all defined channels on, and no others', () => {
    expect(applyMasks(EU868, [0], [{ control: 6, mask: 0 }], range(0, 4))).toEqual(range(0, 4));
  });
});

test('masks lead from any channels to any others, and one that is as it is changes nothing', () => {
  const channels = fc.uniqueArray(fc.integer({ min: 0, max: 71 }), { minLength: 1 });
  const sorted = channels.map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(sorted, sorted, fc.constantFrom(US915, AU915, CN470), (current, wanted, region) => {
      const all = channelNumbers(standardChannels(region));
      const masks = masksToReach(region, current, wanted);
      expect(masks.length).toBeLessThanOrEqual(5);
      expect(applyMasks(region, current, masks, all)).toEqual(wanted);
      expect(applyMasks(region, current, [maskAsItIs(current)], all)).toEqual(current);
    }),
  );
});
