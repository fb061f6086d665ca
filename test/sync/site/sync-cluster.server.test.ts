/** The sync to a Redis Cluster: the node with the site's slot is found, followed when the slot moves, and when it fails over. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CentreConfig } from '../../../src/config/schema.ts';
import { createWorld } from '../../../src/ops/world.ts';
import { type CentralSync, createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, streamIds } from '../../support/redis.ts';
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.ts';
import { createTestWorld } from '../../support/world.ts';

const LOG = 'webscada:{hut}:log';

describeWith(['redis-server'], 'sync to a Redis Cluster', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let cluster: RedisCluster;
  let sync: CentralSync;
  let store: MemoryStore;

  beforeEach(() => {
    folder = temporaryFolder();
    store = createMemoryStore();
  });

  afterEach(async () => {
    await sync.stop();
    await cluster.stop();
    folder.remove();
  });

  async function syncing(hasReplicas: boolean, changes: Partial<CentreConfig> = {}): Promise<void> {
    cluster = await startRedisCluster(folder.path, hasReplicas);
    sync = createCentralSync({
      store,
      site: 'hut',
      world: createWorld(createTestWorld().logger),
      config: {
        ...DEFAULTS.centre,
        clusterNodes: ['127.0.0.1:1', ...cluster.servers.map(({ port }) => `127.0.0.1:${port}`)],
        batchMaxRecords: 50,
        ...changes,
      },
      limits: { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 200, checkMs: 500, commandTimeoutMs: 2_000 },
    });
    await sync.start();
  }

  function feed(count: number): void {
    for (let i = 0; i < count; i++) {
      const seq = store.log.lastSeq() + 1;
      store.append([uplinkRecord('00000000000000a1', 1_767_225_600_000 + seq, { seq })]);
    }
  }

  const delivered = (count: number) =>
    eventually(
      `${count} are delivered`,
      () => sync.status().delivered === count && sync.status().state === 'ok',
      30_000,
    );

  /** Which of the three has the site's slot. */
  async function ownerIndex(): Promise<number> {
    const [{ client }] = cluster.servers as [RedisServer];
    const slot = Number(await client.call('CLUSTER', ['KEYSLOT', LOG]));
    return [5461, 10_923, 16_384].findIndex((end) => slot < end);
  }

  const owner = async () => cluster.servers[await ownerIndex()] as RedisServer;
  const all = (count: number) => Array.from({ length: count }, (_, i) => `1-${i + 1}`);

  test('finds the node of the site, and the other one with the list of sites', async () => {
    feed(200);
    await syncing(false);
    await delivered(200);
    expect(await streamIds((await owner()).client, LOG)).toEqual(all(200));
    expect(JSON.parse((await cluster.client.hget('webscada:sites', 'hut')) ?? '')).toMatchObject({ v: 1 });
  });

  test('goes with its slot to another node, while it moves (ASK) and afterwards (MOVED)', async () => {
    await syncing(false);
    feed(100);
    await delivered(100);
    const from = await owner();
    const to = cluster.servers[((await ownerIndex()) + 1) % 3] as RedisServer;
    const slot = String(await from.client.call('CLUSTER', ['KEYSLOT', LOG]));
    const [fromId, toId] = [
      await from.client.call('CLUSTER', ['MYID']),
      await to.client.call('CLUSTER', ['MYID']),
    ];
    await to.client.call('CLUSTER', ['SETSLOT', slot, 'IMPORTING', String(fromId)]);
    await from.client.call('CLUSTER', ['SETSLOT', slot, 'MIGRATING', String(toId)]);
    feed(50);
    await delivered(150);
    // The stream is over there and the register still here: both answer.
    await from.client.call('MIGRATE', ['127.0.0.1', `${to.port}`, LOG, '0', '2000']);
    feed(50);
    await delivered(200);
    await from.client.call('MIGRATE', ['127.0.0.1', `${to.port}`, 'webscada:{hut}:epochs', '0', '2000']);
    for (const { client } of [to, from, ...cluster.servers]) {
      await client.call('CLUSTER', ['SETSLOT', slot, 'NODE', String(toId)]);
    }
    feed(50);
    await delivered(250);
    expect(await streamIds(to.client, LOG)).toEqual(all(250));
    expect(store.epoch()).toBe(1);
  }, 60_000);

  test('goes back and resends after a shard failed over to a replica that lacked entries', async () => {
    await syncing(true);
    feed(200);
    await delivered(200);
    const index = await ownerIndex();
    const master = await owner();
    const replica = cluster.replicas[index] as RedisServer;
    await eventually('the replica has them', async () =>
      (await replica.client.info('replication')).includes(
        `slave_repl_offset:${/master_repl_offset:(\d+)/.exec(await master.client.info('replication'))?.[1]}`,
      ),
    );
    replica.signal('SIGSTOP');
    await master.client.call('CLIENT', ['KILL', 'TYPE', 'replica']);
    feed(300);
    await delivered(500);
    await master.kill();
    replica.signal('SIGCONT');
    feed(100);
    await delivered(600);
    await eventually('it is the master', async () =>
      JSON.stringify(await replica.client.role()).includes('master'),
    );
    expect(await streamIds(replica.client, LOG)).toEqual(all(600));
  }, 90_000);

  test('waits for replicas of the node that took the batch', async () => {
    await syncing(true, { minReplicas: 1 });
    feed(20);
    await delivered(20);
    const replica = cluster.replicas[await ownerIndex()] as RedisServer;
    replica.signal('SIGSTOP');
    await (await owner()).client.call('CLIENT', ['KILL', 'TYPE', 'replica']);
    feed(1);
    await eventually('not enough', () => sync.status().detail.includes('replicas'), 30_000);
    expect(sync.status().delivered).toBe(20);
    replica.signal('SIGCONT');
    await delivered(21);
  }, 60_000);

  test('says why when the password is changed, or rights are taken, and goes on once they are back', async () => {
    await syncing(false, { username: 'hut', password: 'pw' });
    const rules = ['on', '>pw', 'resetkeys', '~webscada:{hut}:*', '~webscada:sites', '+@all'];
    for (const { client } of cluster.servers) await client.acl('SETUSER', 'hut', ...rules);
    feed(10);
    await delivered(10);
    const { client } = await owner();
    await client.acl('SETUSER', 'hut', '-xadd');
    feed(1);
    await eventually('no rights', () => sync.status().state === 'down');
    expect(sync.status().hint).toContain('docs/sync.md');
    await client.acl('SETUSER', 'hut', '+xadd', '<pw', '>other');
    await eventually('no login', () => sync.status().detail.includes('password'));
    await client.acl('SETUSER', 'hut', '>pw');
    await delivered(11);
  }, 60_000);
});
