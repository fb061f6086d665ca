/** A device in one line: what is amiss with it, the value that stands for it and its range, and where in the list it is. */
import { describe, expect, test } from 'vitest';
import type { DeviceView } from '../../../src/ui/shapes/devices.ts';
import { batteryPercentOf, flagsOf, marginOf } from '../../../src/ui/web/device-flags.ts';
import { abnormalFirst, keepOrder, mainField, rangeBar } from '../../../src/ui/web/device-summary.ts';
import { ago, DEVICE, NOW_MS, READING } from '../../support/page-views.ts';

const flags = (change: Partial<DeviceView>, isRefused = false) =>
  flagsOf({ ...DEVICE, ...change }, NOW_MS, isRefused);
const heard = (...snrs: number[]) => ({
  last: { ...READING, receptions: snrs.map((snr, n) => ({ gatewayId: `gw${n}`, rssi: -100, snr })) },
});
const network = (battery: NonNullable<DeviceView['network']>['battery']) => ({
  network: {
    region: 'EU868',
    deviceClass: 'A' as const,
    nextFCntDown: 0,
    dataRate: 'SF7BW125',
    txPowerIndex: 0,
    ...(battery === undefined ? {} : { battery }),
  },
});
const battery = (percent: number) => ({ source: 'battery' as const, percent, marginDb: 9, time: ago(0) });

describe('what is amiss with a device', () => {
  test('nothing with one that is heard as usual', () => {
    expect(flags({})).toEqual([]);
  });

  test('the worst comes first', () => {
    const late = { ...READING, time: ago(3_600_000), problem: 'no codec' };
    expect(flags({ last: late, ...network(battery(12)) })).toEqual(['stale', 'undecoded', 'lowBattery']);
    expect(flags({ last: late }, true)).toEqual(['refused', 'stale', 'undecoded']);
  });

  test('one that joins over the air and has no session never joined; a personalised one was only never heard', () => {
    const { devAddr: _, ...rest } = DEVICE;
    const silent = { ...rest, last: null, lastSeen: null, usualIntervalSeconds: null };
    expect(flagsOf({ ...silent, activation: 'otaa' }, NOW_MS, false)).toEqual(['silent', 'neverJoined']);
    expect(flagsOf({ ...silent, activation: 'otaa' }, NOW_MS, true)).toEqual(['refused', 'neverJoined']);
    expect(flagsOf({ ...silent, activation: 'abp' }, NOW_MS, false)).toEqual(['silent']);
  });

  test('the margin is that of the gateway that hears it best, at its spreading factor', () => {
    expect(marginOf({ ...DEVICE, ...heard(-9, -4) })).toBe(3.5);
    expect(flags(heard(-9, -4))).toEqual(['lowMargin']);
    expect(flags(heard(-9, 2))).toEqual([]);
    expect(marginOf({ ...DEVICE, ...heard() })).toBeUndefined();
  });

  test('a battery is what the device says of it, or a field that can only be percent; volts are none', () => {
    expect(batteryPercentOf({ ...DEVICE, ...network(battery(87)) })).toBe(87);
    expect(
      batteryPercentOf({ ...DEVICE, ...network({ source: 'external', marginDb: 9, time: ago(0) }) }),
    ).toBeUndefined();
    const field = (fields: Record<string, number>) =>
      batteryPercentOf({ ...DEVICE, last: { ...READING, fields } });
    expect(field({ battery_percent: 14 })).toBe(14);
    expect(field({ battery: 3.1 })).toBeUndefined();
    expect(field({ battery_pct: 255 })).toBeUndefined();
  });
});

describe('the value of a device', () => {
  const FIELDS = { note: 'open', level: 40, temperature_1: 21 };
  const device: DeviceView = { ...DEVICE, last: { ...READING, fields: FIELDS } };

  test('is its first number, unless another one is beyond its limit', () => {
    expect(mainField(device)?.key).toBe('level');
    expect(mainField({ ...device, fields: { temperature_1: { high: 20 } } })?.key).toBe('temperature_1');
    expect(mainField({ ...device, fields: { level: { hidden: true } } })?.key).toBe('temperature_1');
    expect(mainField({ ...DEVICE, last: { ...READING, fields: { note: 'open' } } })?.key).toBe('note');
    expect(mainField({ ...DEVICE, last: null })).toBeUndefined();
  });

  test('stands between its limits where both are known, else between what was seen', () => {
    const limits = { level: { low: 0, high: 80 } };
    expect(rangeBar({ ...device, fields: limits }, 'level')).toEqual({
      from: 0.15,
      to: 0.85,
      at: 0.5,
      isLimit: true,
    });
    const low = { ...device, fields: { level: { low: 50, high: 60 } } };
    expect(rangeBar(low, 'level')?.at).toBe(0);
    const recent = [30, 40, 50].map((level) => ({ time: ago(0), fields: { level } }));
    expect(rangeBar({ ...device, recent }, 'level')).toMatchObject({ at: 0.5, isLimit: false });
  });

  test('has no range where there is none: a flat past, a word, a number without an end', () => {
    expect(rangeBar(device, 'level')).toBeUndefined();
    expect(rangeBar(device, 'note')).toBeUndefined();
    expect(rangeBar({ ...device, fields: { level: { low: 5, high: 5 } } }, 'level')).toBeUndefined();
  });
});

describe('the order of devices', () => {
  const row = (key: string, ...list: Parameters<typeof abnormalFirst>[0][number]['flags'][number][]) => ({
    key,
    flags: list,
  });
  const names = (list: readonly { key: string }[]) => list.map(({ key }) => key).join(' ');

  test('the abnormal come first, the worst at the top; the others stay as they were', () => {
    const list = [
      row('a'),
      row('b', 'lowMargin'),
      row('c', 'stale', 'lowMargin'),
      row('d'),
      row('e', 'refused'),
    ];
    expect(names(abnormalFirst(list))).toBe('e c b a d');
  });

  test('a row that somebody is about to touch stays where it is; new ones come at the end', () => {
    expect(names(keepOrder([row('n', 'refused'), row('a'), row('b', 'stale')], ['b', 'gone', 'a']))).toBe(
      'b a n',
    );
  });
});
