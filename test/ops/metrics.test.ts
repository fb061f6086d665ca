/** What a scrape of /metrics says: the status of that moment, under the names and labels dashboards are built on. */
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/ops/metrics.ts';
import { createUiSite, furnish } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

describe('metrics', () => {
  test('a scrape reads the status of that moment, with names and labels after the conventions', async () => {
    const world = createTestWorld();
    const site = createUiSite(world);
    furnish(site, 2);
    site.status.influx = {
      ...site.status.influx,
      accepted: 60,
      delivered: 40,
      pending: 17,
      quarantined: 2,
      expired: 1,
      oldestPendingMs: world.clock.nowMs() - 90_000,
    };
    site.status.centre = { ...site.status.centre, state: 'not_configured' };
    site.status.refused = { wrong_mic: 3 };
    const scrape = createMetrics(site.deps);
    await scrape();
    const { contentType, body } = await scrape();
    expect(contentType).toContain('text/plain');
    const lines = body.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'webscada_edge_sink_accepted_total{sink="influx",site="Test site"} 60',
        'webscada_edge_sink_pending_records{sink="influx",site="Test site"} 17',
        'webscada_edge_sink_oldest_pending_age_seconds{sink="influx",site="Test site"} 90',
        'webscada_edge_refused_total{reason="wrong_mic",site="Test site"} 3',
        'webscada_edge_gateways{state="online",site="Test site"} 2',
        'webscada_edge_gateways{state="offline",site="Test site"} 1',
        'webscada_edge_part_state{part="centre",state="not_configured",site="Test site"} 1',
        '# TYPE webscada_edge_sink_delivered_total counter',
      ]),
    );
    expect(body).not.toContain('sink="centre"');
    expect(lines.filter((line) => line.startsWith('webscada_edge_info{'))).toHaveLength(1);
  });

  test('counters follow the status up, and down where a count began anew; what is not said any more is absent', async () => {
    const site = createUiSite(createTestWorld());
    furnish(site, 2);
    const scrape = createMetrics(site.deps);
    const find = async (name: string): Promise<string[]> =>
      (await scrape()).body.split('\n').filter((line) => line.startsWith(`webscada_edge_${name}`));
    const refused = (reason: string, count: number): string =>
      `webscada_edge_refused_total{reason="${reason}",site="Test site"} ${count}`;

    site.status.refused = { wrong_mic: 3, replay: 1 };
    expect(await find('refused_total')).toEqual([refused('wrong_mic', 3), refused('replay', 1)]);
    expect(await find('refused_total')).toEqual([refused('wrong_mic', 3), refused('replay', 1)]);
    site.status.refused = { wrong_mic: 5, replay: 0 };
    expect(await find('refused_total')).toEqual([refused('wrong_mic', 5), refused('replay', 0)]);
    site.status.refused = { replay: 4 };
    expect(await find('refused_total')).toEqual([refused('replay', 4)]);

    const { projectedWearYears: _, ...store } = site.status.store;
    site.status.store = store;
    expect(await find('store_projected_wear_years')).toEqual([]);
    site.status.store = { ...store, projectedWearYears: 12 };
    expect(await find('store_projected_wear_years')).toEqual([
      'webscada_edge_store_projected_wear_years{site="Test site"} 12',
    ]);
    site.status.store = store;
    expect(await find('store_projected_wear_years')).toEqual([]);
  });

  test('a first scrape that fails is no reason for the next ones to fail', async () => {
    const { deps } = createUiSite(createTestWorld());
    let isReadable = false;
    const scrape = createMetrics({
      ...deps,
      status() {
        if (!isReadable) throw new Error('disk I/O error');
        return deps.status();
      },
    });
    await expect(scrape()).rejects.toThrow('disk I/O error');
    isReadable = true;
    expect((await scrape()).body).toContain('webscada_edge_info{');
  });

  test('unknown devices are counted under their name and, for one release, under the former one', async () => {
    const site = createUiSite(createTestWorld());
    furnish(site, 2);
    const { length } = site.deps.unknownDevices();
    expect(length).toBeGreaterThan(0);
    const lines = (await createMetrics(site.deps)()).body.split('\n');
    for (const name of ['unknown_devices', 'strangers'])
      expect(lines).toContain(`webscada_edge_${name}{site="Test site"} ${length}`);
  });
});
