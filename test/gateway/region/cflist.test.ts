/** CFLists: what a joining device is told, and that any 16 bytes can be read. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinedLink } from '../../../src/gateway/mac/link.ts';
import { cfListFor, encodeCFList } from '../../../src/gateway/region/cflist.ts';
import { subBandChannels } from '../../../src/gateway/region/channels.ts';
import { CN470 } from '../../../src/gateway/region/cn470.ts';
import { EU868 } from '../../../src/gateway/region/eu868.ts';
import { channel } from '../../../src/gateway/region/shapes.ts';
import { US915 } from '../../../src/gateway/region/us915.ts';
import { decodeCFList } from '../../support/device-join.ts';

const EXTRAS = [867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000];

describe('cfListFor', () => {
  test.each(['1.0.0', '1.0.3'] as const)('gives a device of %s the first five extra channels', (version) => {
    const extras = [...EXTRAS, 868_800_000].map(channel);
    expect(cfListFor(EU868, version, { extras, enabled: [] })).toEqual({
      kind: 'channels',
      frequencies: EXTRAS,
    });
  });

  test('stops at a channel with other data rates, since the ones behind it would get its number', () => {
    const odd = { frequency: 868_300_000, minDataRate: 6, maxDataRate: 6 };
    const extras = [channel(867_100_000), odd, channel(867_300_000)];
    const list = cfListFor(EU868, '1.0.3', { extras, enabled: [] });
    expect(list).toEqual({ kind: 'channels', frequencies: [867_100_000] });
  });

  test('is absent without extra channels, and for a fixed plan before 1.0.3', () => {
    expect(cfListFor(EU868, '1.0.3', { extras: [], enabled: [0, 1, 2] })).toBeNull();
    expect(cfListFor(US915, '1.0.2', { extras: [], enabled: [8] })).toBeNull();
  });

  test('gives a device of a fixed plan the masks of the sub-band', () => {
    const list = cfListFor(US915, '1.0.3', { extras: [], enabled: subBandChannels(US915, 1) });
    expect(list).toEqual({ kind: 'masks', masks: [0xff00, 0, 0, 0, 2] });
    expect(list && Buffer.from(encodeCFList(list)).toString('hex')).toBe(
      `00ff${'0000'.repeat(3)}0200${'0000'.repeat(2)}0001`,
    );
  });

  test('gives a device of CN470 six masks', () => {
    const list = cfListFor(CN470, '1.0.3', { extras: [], enabled: subBandChannels(CN470, 10) });
    expect(list).toEqual({ kind: 'masks', masks: [0, 0, 0, 0, 0, 0x00ff] });
    expect(
      joinedLink(CN470, { rx1DataRateOffset: 0, rx2DataRate: 0, rx1DelayS: 1, cfList: list }).enabled,
    ).toEqual(subBandChannels(CN470, 10));
  });
});

describe('the 16 bytes', () => {
  test('of five channels are as published', () => {
    const bytes = Buffer.from('184f84e85684b85e84886684586e8400', 'hex');
    expect(decodeCFList(bytes)).toEqual({ kind: 'channels', frequencies: EXTRAS });
    expect(Buffer.from(encodeCFList({ kind: 'channels', frequencies: EXTRAS }))).toEqual(bytes);
  });

  test('are read back, whatever they are, or refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 14, maxLength: 17 }),
        fc.integer({ min: 0, max: 3 }),
        (bytes, type) => {
          if (bytes.length === 16) bytes[15] = type;
          const list = decodeCFList(bytes);
          expect(list !== undefined).toBe(bytes.length === 16 && type < 2);
          if (list) expect(decodeCFList(encodeCFList(list))).toEqual(list);
        },
      ),
    );
  });
});
