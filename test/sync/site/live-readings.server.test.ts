/** Newest readings and early events of a site with a backlog, as `collect` shows and stores them. */
import { expect, test } from 'vitest';
import { createWorld } from '../../../src/ops/world.ts';
import { createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { startCollector } from '../../support/centre-site.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { startRedis } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

const QUICK = { maxDelayMs: 5, liveAfterMs: 0, liveEveryMs: 0 };
const START_MS = 1_767_225_600_000;

describeWith(['redis-server', 'postgres'], 'a backlog and collect', () => {
  test('the newest reading is shown and the event stored before the backlog, and each record is stored once', async () => {
    const folder = temporaryFolder();
    const redis = await startRedis(folder.path);
    const postgres = await startPostgres(folder.path);
    const store = createMemoryStore();
    store.append(
      Array.from({ length: 600 }, (_, n) =>
        uplinkRecord('00000000000000a1', START_MS + n, { temperature: n }),
      ),
    );
    store.append([uplinkRecord('00000000000000b2', START_MS + 700, { temperature: 7 })]);
    store.append([{ kind: 'system', device: null, timeMs: START_MS + 701, body: { event: 'started' } }]);
    const config = { ...DEFAULTS.centre, url: redis.url, batchMaxRecords: 10 };
    const world = createWorld(createTestWorld().logger);
    const options = { store, site: 'hut', world, limits: QUICK };
    const slow = createCentralSync({ ...options, config: { ...config, maxBytesPerSecond: 6_000 } });
    const rows = async (sql: string) => {
      const found = await postgres.pool.query(sql).catch(() => ({ rows: [] as unknown[] }));
      return found.rows;
    };
    const shown = () => rows("SELECT seq, live FROM webscada.devices WHERE device = '00000000000000b2'");
    const counted = () =>
      rows('SELECT count(*)::int AS n, count(DISTINCT seq)::int AS seqs FROM webscada.records');
    try {
      await slow.start();
      const collector = await startCollector({ 'redis.url': redis.url, 'postgres.url': postgres.url });
      await eventually('shown', async () => (await shown()).length === 1, 20_000);
      const early = () => rows('SELECT 1 FROM webscada.records WHERE seq = 602');
      await eventually('the event is stored', async () => (await early()).length === 1, 20_000);
      expect(slow.status().pending).toBeGreaterThan(2);
      expect(await shown()).toEqual([{ seq: '601', live: true }]);
      await slow.stop();
      const quick = createCentralSync({ ...options, config });
      await quick.start();
      const isWhole = async () => JSON.stringify(await counted()) === JSON.stringify([{ n: 602, seqs: 602 }]);
      await eventually('all is stored', isWhole, 20_000);
      await quick.stop();
      await collector.stop();
      expect(await shown()).toEqual([{ seq: '601', live: false }]);
    } finally {
      await slow.stop();
      await Promise.all([redis.stop(), postgres.stop()]);
      folder.remove();
    }
  }, 90_000);
});
