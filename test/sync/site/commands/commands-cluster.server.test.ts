/** Commands over a Redis Cluster: the node with the site's slot is found, and what a site sends again goes there. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld } from '../../../../src/ops/world.ts';
import {
  type CommandService,
  createCommandService,
} from '../../../../src/sync/site/commands/command-service.ts';
import { DEFAULTS } from '../../../support/config.ts';
import { createMemoryStore, uplinkRecord } from '../../../support/memory-store.ts';
import { describeWith, temporaryFolder } from '../../../support/process.ts';
import { type RedisCluster, startRedisCluster } from '../../../support/redis-cluster.ts';
import { createTestWorld } from '../../../support/world.ts';

const SOON = { timeout: 30_000 };

describeWith(['redis-server'], 'commands over a Redis Cluster', () => {
  const folder = temporaryFolder();
  let cluster: RedisCluster;
  const services: CommandService[] = [];

  beforeAll(async () => {
    cluster = await startRedisCluster(folder.path);
  }, 60_000);
  afterAll(async () => {
    for (const service of services) await service.stop();
    await cluster.stop();
    folder.remove();
  });

  // Names whose slots lie on different nodes.
  test.each(['hut', 'barn', 'mill', 'dam'])('site %s', async (site) => {
    const store = createMemoryStore();
    store.append(Array.from({ length: 300 }, (_, at) => uplinkRecord('70b3d57ed0000000', at, { t: at })));
    const service = createCommandService({
      ...{ store, site, recordsGo: () => true, isBusy: () => false, ownTime: Date.now, waitMs: 500 },
      world: createWorld(createTestWorld().logger),
      config: {
        ...DEFAULTS.centre,
        clusterNodes: cluster.servers.map(({ port }) => `127.0.0.1:${port}`),
        commands: ['resend'],
      },
      ports: {
        backup: async () => ({ ok: true, detail: '' }),
        doctor: async () => [],
        sums: async () => ({ epoch: 1, fromSeq: 1, toSeq: 1, oldestSeq: 1, hours: [] }),
        ask: async () => ({ status: 200, json: {} }),
      },
    });
    services.push(service);
    const body = JSON.stringify({ epoch: store.epoch(), fromSeq: 1, toSeq: 300 });
    const key = `webscada:{${site}}:commands`;
    await cluster.client.xadd(key, '*', 'v', '1', 'id', 'a', 'kind', 'resend', 'body', body);
    await service.start();
    await expect.poll(() => cluster.client.xlen(`webscada:{${site}}:again`), SOON).toBe(2);
    await expect.poll(() => cluster.client.xlen(key), SOON).toBe(0);
    expect(service.status().state).toBe('ok');
  });
});
