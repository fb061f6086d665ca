/** The plan follows from the seed, and is a site one can believe in. */
import { describe, expect, test } from 'vitest';
import { planSite, strangerSession } from '../../src/simulator/plan.ts';

describe('planSite', () => {
  test('plans the same site from the same seed, and another one from another', () => {
    expect(planSite('1', 12, 3)).toEqual(planSite('1', 12, 3));
    const keys = (seed: string) => planSite(seed, 12, 3).devices.map(({ device }) => device.abp.nwkSKey);
    expect(new Set([...keys('1'), ...keys('2')]).size).toBe(24);
  });

  test('keeps the first devices when the site grows', () => {
    const names = (count: number) => planSite('1', count, 3).devices.map(({ device }) => device);
    expect(names(50).slice(0, 12)).toEqual(names(12));
  });

  test('gives every device identities, keys and a name of its own', () => {
    const { devices, gateways } = planSite('1', 50, 3);
    for (const { device } of devices) {
      expect(device).toMatchObject({ codec: 'cayenne', origin: 'config' });
      expect(device.devEui).toMatch(/^02[0-9a-f]{14}$/);
      expect(device.abp.devAddr).toMatch(/^00[0-9a-f]{6}$/);
      expect(device.abp.nwkSKey).toMatch(/^[0-9a-f]{32}$/);
      expect(device.abp.appSKey).toMatch(/^[0-9a-f]{32}$/);
      expect(device.abp.appSKey).not.toBe(device.abp.nwkSKey);
    }
    expect(new Set(devices.map(({ device }) => device.devEui)).size).toBe(50);
    expect(new Set(devices.map(({ device }) => device.name)).size).toBe(50);
    expect(devices.map(({ device }) => device.abp.devAddr)).not.toContain(strangerSession('1').devAddr);
    expect(gateways.map(({ marshaler }) => marshaler)).toEqual(['protobuf', 'json', 'protobuf']);
  });

  test('takes absurd numbers for the nearest possible ones', () => {
    expect(planSite('1', 0, -3)).toMatchObject({ devices: { length: 1 }, gateways: { length: 1 } });
    expect(planSite('1', 1, 10_000).gateways).toHaveLength(50);
  });
});
