/** The InfluxDB writer against a real server that reads line protocol with a parser we did not write. */

import { expect, test } from 'vitest';
import { createInfluxWriter } from '../../src/ingest/influx/writer.ts';
import { createWorld } from '../../src/ops/world.ts';
import { DEFAULTS } from '../support/config.ts';
import { createMemoryStore, uplinkRecord } from '../support/memory-store.ts';
import { describeWith, eventually } from '../support/process.ts';
import { startVictoriaMetrics } from '../support/victoria-metrics.ts';
import { createTestWorld } from '../support/world.ts';

const START_MS = Date.UTC(2026, 0, 1);
const COUNT = 2_000;
const EVIL_NAME = 'Tank, "west"=1 C:\\x 🌡';

describeWith(['victoria-metrics'], 'the InfluxDB writer and VictoriaMetrics', () => {
  test('every reading arrives with its value, time and tags', async () => {
    const server = await startVictoriaMetrics();
    const store = createMemoryStore();
    store.append(
      Array.from({ length: COUNT }, (_, index) =>
        uplinkRecord('a84041000181c061', START_MS + index * 1_000, {
          temperature: index / 10,
          'odd key,=': 1,
        }),
      ),
    );
    const writer = createInfluxWriter({
      store,
      world: createWorld(createTestWorld().logger),
      site: 'hill',
      config: {
        ...DEFAULTS.influx,
        url: server.url,
        org: 'org',
        bucket: 'bucket',
        token: 't',
      },
      deviceName: () => EVIL_NAME,
    });
    try {
      await writer.start();
      await eventually('everything is delivered', () => writer.status().delivered === COUNT);
      const [reading, ...others] = await server.series('reading_temperature');
      expect(others).toEqual([]);
      expect(reading?.metric).toMatchObject({ device: 'a84041000181c061', name: EVIL_NAME, site: 'hill' });
      expect(reading?.values).toEqual(Array.from({ length: COUNT }, (_, index) => index / 10));
      expect(reading?.timestamps).toEqual(
        Array.from({ length: COUNT }, (_, index) => START_MS + index * 1_000),
      );
      const [rssi] = await server.series('radio_rssi');
      expect(rssi?.values.length).toBe(COUNT);
      const odd = await server.series('{__name__=~"reading_odd.*"}');
      expect(odd.map(({ metric }) => metric.__name__)).toEqual(['reading_odd key,=']);
    } finally {
      await writer.stop();
      await server.stop();
    }
  });

  test('I3: a server that refuses no type keeps the numbers under their own name', async () => {
    const server = await startVictoriaMetrics();
    const store = createMemoryStore();
    const values = Array.from({ length: 200 }, (_, index) => (index % 10 === 0 ? 'n/a' : index));
    store.append(
      values.map((pressure, index) =>
        uplinkRecord('a84041000181c061', START_MS + index * 1_000, { pressure }),
      ),
    );
    const world = createWorld(createTestWorld().logger);
    const config = { ...DEFAULTS.influx, url: server.url, org: 'org', bucket: 'bucket', token: 't' };
    const writer = createInfluxWriter({ store, world, site: 'hill', config, deviceName: () => '' });
    try {
      await writer.start();
      await eventually('everything is delivered', () => writer.status().delivered === values.length);
      const [pressure, ...others] = await server.series('reading_pressure');
      expect(others).toEqual([]);
      expect(pressure?.values).toEqual(values.filter((value) => value !== 'n/a'));
      expect(writer.status().quarantined).toBe(0);
    } finally {
      await writer.stop();
      await server.stop();
    }
  });

  test('I5: it does not tell whether readings are there, and says so; they can be written again', async () => {
    const server = await startVictoriaMetrics();
    const store = createMemoryStore();
    store.append(
      Array.from({ length: 200 }, (_, index) =>
        uplinkRecord('a84041000181c061', START_MS + index * 1_000, { pressure: index }),
      ),
    );
    const world = createWorld(createTestWorld().logger);
    const config = { ...DEFAULTS.influx, url: server.url, retentionDays: 36_500, token: 't' };
    const writer = createInfluxWriter({ store, world, site: 'hill', config, deviceName: () => '' });
    try {
      await writer.start();
      await eventually('everything is delivered', () => writer.status().delivered === 200);
      expect(await writer.upkeep.check(false)).toMatchObject({
        ...{ state: 'cannot', detail: expect.stringContaining('does not answer Flux') },
      });
      expect(writer.status().state).toBe('ok');
      writer.upkeep.rewind({ fromMs: START_MS });
      await eventually('written again', () => writer.status().rewind?.state === 'done');
      expect(writer.status()).toMatchObject({ delivered: 200, rewind: { written: 200 } });
      const [pressure] = await server.series('reading_pressure');
      expect(new Set(pressure?.values).size).toBe(200);
    } finally {
      await writer.stop();
      await server.stop();
    }
  });
});
