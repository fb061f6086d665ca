/** The sync through Sentinel: a fail-over under load to a replica that lacks the last entries. */

import { expect, test } from 'vitest';
import { createWorld } from '../../../src/ops/world.ts';
import { createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { startRedis, startSentinel, streamIds } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

const KEY = 'webscada:{hut}:log';

describeWith(['redis-server', 'redis-sentinel'], 'sync by way of Sentinel', () => {
  test('goes back and resends after a fail-over that lost entries: no gap, nothing twice', async () => {
    const folder = temporaryFolder();
    const master = await startRedis(folder.path);
    const replica = await startRedis(folder.path, ['--replicaof', '127.0.0.1', String(master.port)]);
    await eventually('the replica follows', async () =>
      (await replica.client.info('replication')).includes('master_link_status:up'),
    );
    const sentinels = await startSentinel(folder.path, 'centre', master.port);
    const remembered = createTestWorld();
    const store = createMemoryStore();
    const sync = createCentralSync({
      store,
      site: 'hut',
      world: createWorld(remembered.logger),
      config: {
        ...DEFAULTS.centre,
        sentinels: ['127.0.0.1:1', ...sentinels.addresses],
        masterName: 'centre',
        batchMaxRecords: 50,
      },
      limits: { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 200 },
    });
    try {
      await eventually(
        'Sentinel knows the replica',
        async () =>
          (await master.client.info('replication')).includes('connected_slaves:1') &&
          sentinels.knows(replica.port),
      );
      await sync.start();
      const feed = (count: number) => {
        for (let i = 0; i < count; i++) {
          const seq = store.log.lastSeq() + 1;
          store.append([uplinkRecord('00000000000000a1', 1_767_225_600_000 + seq, { seq })]);
        }
      };
      feed(200);
      await eventually('the replica has them', async () => (await replica.client.xlen(KEY)) === 200);
      // The replica stops following; what lands from now on will be lost with the master.
      replica.signal('SIGSTOP');
      await master.client.call('CLIENT', 'KILL', 'TYPE', 'replica');
      feed(300);
      await eventually('the master took more', () => sync.status().delivered === 500);
      await master.kill();
      replica.signal('SIGCONT');
      feed(100);
      await eventually('drained to the new master', () => sync.status().delivered === 600, 25_000);
      const landed = await streamIds(replica.client, KEY);
      expect(landed).toEqual(Array.from({ length: 600 }, (_, i) => `1-${i + 1}`));
      expect(await replica.client.role()).toContain('master');
      const resent = remembered.logged.find(({ event }) => event === 'centre.resend');
      expect(resent?.fields.had).toBeGreaterThan(Number(resent?.fields.after));
    } finally {
      await sync.stop();
      await Promise.all([sentinels.stop(), replica.stop(), master.stop()]);
      folder.remove();
    }
  }, 60_000);

  test('says which master the Sentinels do not know', async () => {
    const folder = temporaryFolder();
    const master = await startRedis(folder.path);
    const sentinels = await startSentinel(folder.path, 'centre', master.port);
    const sync = createCentralSync({
      store: createMemoryStore(),
      site: 'hut',
      world: createWorld(createTestWorld().logger),
      config: { ...DEFAULTS.centre, sentinels: sentinels.addresses, masterName: 'elsewhere' },
      limits: { retryMinMs: 20, retryMaxMs: 200 },
    });
    await sync.start();
    await eventually('refused', () => sync.status().state === 'down');
    expect(sync.status().hint).toContain('elsewhere');
    await sync.stop();
    await Promise.all([sentinels.stop(), master.stop()]);
    folder.remove();
  });
});
