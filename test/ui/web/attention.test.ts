/** "All normal" is true of parts, gateways, devices and joins, or it is not said. */
import { describe, expect, test } from 'vitest';
import type { DeviceView } from '../../../src/ui/shapes/devices.ts';
import type { StatusView } from '../../../src/ui/shapes/status.ts';
import { concernsOf, type SiteNow } from '../../../src/ui/web/attention.ts';
import { placeOf, todoOf } from '../../../src/ui/web/concern-words.ts';
import { isStale, refusalOf } from '../../../src/ui/web/device-state.ts';
import { ago, DEVICE, GATEWAY, NOW_MS, READING, REFUSED, SITE, STATUS } from '../../support/page-views.ts';

const kinds = (site: Partial<SiteNow>) => {
  const { alarms, notices } = concernsOf({ ...SITE, ...site });
  const words = ({ kind, count }: { kind: string; count: number }) => `${count} ${kind}`;
  return { alarms: alarms.map(words), notices: notices.map(words) };
};
const NONE: readonly string[] = [];
const old = (ms: number): DeviceView => ({
  ...DEVICE,
  lastSeen: ago(ms),
  last: { ...READING, time: ago(ms) },
});
const with_ = (status: Partial<StatusView>): Partial<SiteNow> => ({ status: { ...STATUS, ...status } });

describe('what wants attention', () => {
  test('P2: where all is as it should be, nothing does', () => {
    expect(kinds({})).toEqual({ alarms: NONE, notices: NONE });
  });

  test('an alarm that is open means that all is not well', () => {
    expect(kinds({ ruleAlarms: 3 }).alarms).toEqual(['3 alarm']);
    expect(placeOf({ kind: 'alarm', count: 3 })).toBe('#/alarms');
  });

  test('P2: twelve of twelve devices stale are twelve things', () => {
    expect(kinds({ devices: Array.from({ length: 12 }, () => old(3_600_000)) }).alarms).toEqual(['12 stale']);
  });

  test('P2: a refused join of a declared device is one, until the device is let in', () => {
    expect(kinds({ unknownDevices: [REFUSED] }).alarms).toEqual(['1 refused']);
    const since = { ...DEVICE, lastSeen: ago(500) };
    expect(kinds({ unknownDevices: [REFUSED], devices: [since] }).alarms).toEqual(NONE);
    const underWay = { ...REFUSED, reason: 'join_under_way' };
    expect(kinds({ unknownDevices: [underWay] }).alarms).toEqual(NONE);
  });

  test('P2: a device nobody declared that asks to join is a notice for an hour; data of neighbours is none', () => {
    const foreign = { ...REFUSED, devEui: 'ff'.repeat(8), reason: 'join_unknown_device' };
    expect(kinds({ unknownDevices: [foreign] })).toEqual({ alarms: NONE, notices: ['1 unknownJoin'] });
    expect(kinds({ unknownDevices: [{ ...foreign, lastSeen: ago(3_700_000) }] }).notices).toEqual(NONE);
    const { devEui: _, ...frame } = foreign;
    const data = { ...frame, devAddr: '260b1f02', reason: 'unknown_device' };
    expect(kinds({ unknownDevices: [data] }).notices).toEqual(NONE);
  });

  test('P2: a box that has heard no gateway waits for three minutes, then says so', () => {
    const young = with_({ started: ago(60_000) });
    expect(kinds({ ...young, gateways: [] })).toEqual({ alarms: NONE, notices: ['1 waitGateway'] });
    expect(kinds({ gateways: [] }).alarms).toEqual(['1 noGateway']);
  });

  test('a gateway the broker remembers is waited for after a start of the box, no offline one; one that went is offline', () => {
    const young = with_({ started: ago(60_000) });
    const remembered = { ...GATEWAY, state: 'offline', lastSeen: null } as const;
    expect(kinds({ ...young, gateways: [GATEWAY, remembered] })).toEqual({
      alarms: NONE,
      notices: ['1 waitGateway'],
    });
    expect(kinds({ gateways: [remembered] }).alarms).toEqual(['1 gatewayOffline']);
    const gone = { ...remembered, lastSeen: ago(20_000) };
    expect(kinds({ ...young, gateways: [gone] })).toEqual({ alarms: ['1 gatewayOffline'], notices: NONE });
  });

  test('P2: a device never heard is waited for in the first hour of the box, then it is amiss', () => {
    const silent: DeviceView = { ...DEVICE, last: null, lastSeen: null, usualIntervalSeconds: null };
    const young = with_({ started: ago(600_000) });
    expect(kinds({ ...young, devices: [silent] })).toEqual({ alarms: NONE, notices: ['1 waitDevices'] });
    expect(kinds({ devices: [silent] }).alarms).toEqual(['1 silent']);
    // Why it is not heard is known: told once.
    expect(kinds({ devices: [silent], unknownDevices: [REFUSED] }).alarms).toEqual(['1 refused']);
  });

  test('P2: gateways, parts, quarantine, an open box, what no codec reads and what is beyond a limit count too', () => {
    expect(
      kinds({
        gateways: [
          { ...GATEWAY, state: 'offline' },
          { ...GATEWAY, qos: 0 },
        ],
      }).alarms,
    ).toEqual(['1 gatewayOffline', '1 gatewayQos0']);
    const influx = { ...STATUS.influx, quarantined: 3, state: 'degraded' as const };
    expect(kinds(with_({ influx })).alarms).toEqual(['1 part', '3 quarantined']);
    expect(kinds({ isExposed: true }).alarms).toEqual(['1 exposed']);
    const undecoded = { ...DEVICE, last: { ...READING, problem: 'no codec' } };
    expect(kinds({ devices: [undecoded] }).alarms).toEqual(['1 undecoded']);
    const hot = { ...DEVICE, fields: { temperature_1: { high: 3 } } };
    expect(kinds({ devices: [hot] }).alarms).toEqual(['1 beyond']);
  });

  test('P11: a centre that is away is a notice; one that wants somebody to act, or has cost readings, is an alarm', () => {
    const down = { ...STATUS.centre, state: 'down' as const };
    expect(kinds(with_({ centre: down }))).toEqual({ alarms: NONE, notices: ['1 away'] });
    expect(kinds(with_({ centre: { ...down, needsAction: true } })).alarms).toEqual(['1 part']);
    expect(kinds(with_({ centre: { ...down, expired: 1 } })).alarms).toEqual(['1 part']);
    const connecting = { ...STATUS.influx, state: 'connecting' as const };
    expect(kinds(with_({ influx: connecting }))).toEqual({ alarms: NONE, notices: ['1 part'] });
  });
});

describe('where attention leads', () => {
  const concerns = (site: Partial<SiteNow>) => {
    const { alarms, notices } = concernsOf({ ...SITE, ...site });
    return [...alarms, ...notices];
  };

  test('P2: each says whom it is about, and leads to where they are', () => {
    const stale = old(3_600_000);
    const other = { ...stale, devEui: 'ab'.repeat(8) };
    const found = concerns({
      devices: [stale, DEVICE, other],
      gateways: [{ ...GATEWAY, state: 'offline' }],
      unknownDevices: [{ ...REFUSED, devEui: 'ff'.repeat(8) }],
      ...with_({ centre: { ...STATUS.centre, quarantined: 2 }, influx: { ...STATUS.influx, state: 'down' } }),
    });
    expect(found.map((one) => [one.kind, placeOf(one), one.kind === 'part' ? [] : (one.of ?? [])])).toEqual([
      ['part', '#/parts', []],
      ['quarantined', '#/quarantine/centre', []],
      ['gatewayOffline', '#/gateways', [GATEWAY.gatewayId]],
      ['stale', '#/devices/stale', [stale.devEui, other.devEui]],
      ['unknownJoin', '#/unknown', []],
    ]);
  });

  test('each alarm that is not a part says what to do; a battery that runs low is one', () => {
    const battery = { source: 'battery', percent: 9, marginDb: 8, time: ago(0) } as const;
    const network = {
      ...{
        region: 'EU868',
        deviceClass: 'A' as const,
        nextFCntDown: 0,
        dataRate: 'SF7BW125',
        txPowerIndex: 0,
      },
      battery,
    } as const;
    const found = concerns({
      devices: [{ ...old(3_600_000), network, fields: { temperature_1: { high: 3 } } }],
      gateways: [{ ...GATEWAY, state: 'offline', qos: 0 }],
      isExposed: true,
      ...with_({ influx: { ...STATUS.influx, quarantined: 1 } }),
    });
    expect(found.map(({ kind }) => kind)).toContain('lowBattery');
    expect(found.length).toBe(7);
    expect(found.filter((one) => todoOf(one) === '').map(({ kind }) => kind)).toEqual([]);
  });
});

describe('a stale device', () => {
  test('P4: what its profile expects comes before its habit', () => {
    const slow = { ...old(600_000), expectedIntervalSeconds: 3_600 };
    expect(isStale(old(600_000), NOW_MS)).toBe(true);
    expect(isStale(slow, NOW_MS)).toBe(false);
    expect(isStale({ ...slow, usualIntervalSeconds: null, expectedIntervalSeconds: 60 }, NOW_MS)).toBe(true);
    expect(isStale({ ...slow, last: null, expectedIntervalSeconds: 60 }, NOW_MS)).toBe(true);
  });
});

describe('a refused device', () => {
  test('P5: data under its address with another key counts as refused, as long as it is not heard itself', () => {
    const { devEui: _, ...frame } = REFUSED;
    const data = { ...frame, devAddr: '01020304', reason: 'wrong_mic' };
    expect(refusalOf(DEVICE, [data])).toBe(data);
    expect(refusalOf(DEVICE, [{ ...data, reason: 'unknown_device' }])).toBeUndefined();
    expect(refusalOf({ ...DEVICE, lastSeen: ago(0) }, [data])).toBeUndefined();
    const { devAddr: _own, ...otaa } = DEVICE;
    expect(refusalOf(otaa, [{ ...data, devAddr: '0a0b0c0d' }])).toBeUndefined();
  });
});
