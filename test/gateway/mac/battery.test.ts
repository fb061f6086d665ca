/** The battery byte. */
import { describe, expect, test } from 'vitest';
import { batteryOf } from '../../../src/gateway/mac/battery.ts';

describe('batteryOf', () => {
  test.each([
    [0, { kind: 'external' }],
    [1, { kind: 'level', percent: 0.4 }],
    [127, { kind: 'level', percent: 50 }],
    [254, { kind: 'level', percent: 100 }],
    [255, { kind: 'unknown' }],
  ])('%i is %o', (byte, battery) => {
    expect(batteryOf(byte)).toEqual(battery);
  });
});
