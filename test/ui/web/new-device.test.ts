/** What is typed or scanned of a new device, and how far it has come. */
import { describe, expect, test } from 'vitest';
import { hexOf, identityOf, rungsOf } from '../../../src/ui/web/new-device.ts';
import { DEVICE, READING } from '../../support/page-views.ts';

describe('what is typed', () => {
  test.each([
    ['70B3D57ED0000001', '70b3d57ed0000001'],
    [' 70-b3-d5-7e-d0-00-00-01 ', '70b3d57ed0000001'],
    ['0x70:B3:D5:7E:D0:00:00:01', '70b3d57ed0000001'],
    ['70b3d57ed000001', undefined],
    ['LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122', undefined],
    ['', undefined],
  ])('%j is the DevEUI %s', (text, devEui) => {
    expect(identityOf(text)?.devEui).toBe(devEui);
  });

  test('a key has its digits and no others', () => {
    expect(hexOf('00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff', 32)).toBe(
      '00112233445566778899aabbccddeeff',
    );
    expect(hexOf('g0112233445566778899aabbccddeeff', 32)).toBeUndefined();
  });
});

describe('how far it has come', () => {
  const NEW = { last: null, lastSeen: null };
  const refused = (reason: string) => ({
    evidence: {
      ...{ lastSeen: null, marginsDb: [], heardBy: [] },
      refused: { reason, count: 1, last: READING.time },
    },
  });
  const joined = {
    ...NEW,
    lastSeen: READING.time,
    network: {
      ...{ region: 'EU868', deviceClass: 'A' as const, joined: READING.time, nextFCntDown: 0 },
      ...{ dataRate: 'SF7BW125', txPowerIndex: 0 },
    },
  };
  const done = (steps: object) => Object.entries(steps).flatMap(([name, isDone]) => (isDone ? [name] : []));

  test.each([
    [undefined, undefined, false, []],
    [NEW, undefined, false, []],
    [undefined, undefined, true, ['heard']],
    [NEW, refused('join_wrong_mic'), false, ['heard']],
    [NEW, refused('join_duty_cycle'), false, ['heard', 'keyFits']],
    [joined, undefined, false, ['heard', 'keyFits', 'accepted']],
    [{ ...joined, last: READING }, undefined, false, ['heard', 'keyFits', 'accepted', 'firstValue']],
    [DEVICE, undefined, false, ['heard', 'keyFits', 'accepted', 'firstValue']],
  ] as const)('case %#', (device, verdict, knocks, steps) => {
    expect(done(rungsOf(device, verdict, knocks))).toEqual(steps);
  });
});
