/** O21: which devices are heard as often as they should be is one question, whether the pages or /metrics ask. */
import { expect, it } from 'vitest';
import { createMetrics } from '../../src/ops/metrics.ts';
import { createDeviceFreshness } from '../../src/ui/routes/device-freshness.ts';
import type { DeviceView } from '../../src/ui/shapes/devices.ts';
import { isStale } from '../../src/ui/web/device-state.ts';
import { makeApi } from '../support/api.ts';

const MINUTE_MS = 60_000;
const IDS = ['1', '2', '3', '4'].map((last) => last.padStart(16, '0'));

function createSite() {
  const { ask, site, world } = makeApi();
  const { store } = site.deps;
  store.profiles.put({ name: 'daily', region: 'EU868', codec: 'raw', expectedIntervalMs: 1_440 * MINUTE_MS });
  for (const devEui of IDS) {
    const profile = devEui === IDS[3] ? { profile: 'daily' } : {};
    store.devices.put({ devEui, name: devEui, codec: 'raw', origin: 'api', ...profile });
  }
  // Every minute, every ten, never, and every ten with a profile that expects one a day.
  const hear = (devEui: string | undefined, everyMs: number): void => {
    for (let i = 4; i >= 0; i--)
      site.hear(devEui ?? '', { level: i }, { timeMs: world.clock.nowMs() - i * everyMs });
  };
  hear(IDS[0], MINUTE_MS);
  hear(IDS[1], 10 * MINUTE_MS);
  hear(IDS[3], 10 * MINUTE_MS);
  const freshness = createDeviceFreshness({ ...site.deps });
  const shown = async (): Promise<number> => {
    const { json } = await ask('/api/v1/devices');
    return (json.items as DeviceView[]).filter((device) => isStale(device, world.clock.nowMs())).length;
  };
  return { site, world, freshness, shown };
}

it('O21: each device has its own interval: what its profile expects, else its habit; the pages count the same', async () => {
  const { world, freshness, shown } = createSite();
  const told: unknown[] = [];
  for (const minutes of [0, 4, 30, 24 * 60, 72 * 60]) {
    world.advance(minutes * MINUTE_MS);
    const counts = await freshness();
    expect(counts.stale).toBe(await shown());
    told.push(counts);
  }
  expect(told).toEqual([
    { onTime: 3, stale: 0 },
    { onTime: 2, stale: 1 },
    { onTime: 1, stale: 2 },
    { onTime: 1, stale: 2 },
    { onTime: 0, stale: 3 },
  ]);
});

it('O21: a device heard again is on time again, and one whose profile changed is judged by the new one', async () => {
  const { site, world, freshness } = createSite();
  world.advance(40 * MINUTE_MS);
  expect(await freshness()).toEqual({ onTime: 1, stale: 2 });
  site.hear(IDS[0] ?? '', { level: 1 });
  expect(await freshness()).toEqual({ onTime: 2, stale: 1 });
  site.deps.store.profiles.put({
    name: 'daily',
    region: 'EU868',
    codec: 'raw',
    expectedIntervalMs: MINUTE_MS,
  });
  expect(await freshness()).toEqual({ onTime: 1, stale: 2 });
});

it('O21: readings are looked at again only of devices heard since, and a forgotten device is nowhere', async () => {
  const { site } = createSite();
  const { log } = site.deps.store;
  const asked: string[] = [];
  const ofDevice: typeof log.ofDevice = (devEui, ...more) => {
    asked.push(devEui);
    return log.ofDevice(devEui, ...more);
  };
  const freshness = createDeviceFreshness({
    ...site.deps,
    store: { ...site.deps.store, log: { ...log, ofDevice } },
  });
  await freshness();
  expect([...new Set(asked.splice(0))]).toEqual([IDS[0], IDS[1], IDS[3]]);
  site.hear(IDS[1] ?? '', { level: 1 });
  await freshness();
  expect([...new Set(asked.splice(0))]).toEqual([IDS[1]]);
  site.deps.store.devices.remove(IDS[1] ?? '');
  expect(await freshness()).toEqual({ onTime: 2, stale: 0 });
});

it('O21: a scrape tells them as they are at that moment, and says nothing where nothing looks', async () => {
  const { site, world, freshness } = createSite();
  const scrape = createMetrics({ ...site.deps, freshness });
  const lines = async () =>
    (await scrape()).body.split('\n').filter((line) => /^\w+_devices_(on|st)/.test(line));
  const told = (onTime: number, stale: number) => [
    `webscada_edge_devices_on_time{site="Test site"} ${onTime}`,
    `webscada_edge_devices_stale{site="Test site"} ${stale}`,
  ];
  expect(await lines()).toEqual(told(3, 0));
  world.advance(40 * MINUTE_MS);
  expect(await lines()).toEqual(told(1, 2));
  expect((await createMetrics(site.deps)()).body).not.toMatch(/^webscada_edge_devices_stale\{/m);
});
