/** A Redis Cluster of three masters for tests, each a real server with a third of the slots; with a replica each if asked for. */
import { Cluster } from 'ioredis';
import { eventually, freePort } from './process.ts';
import { type RedisServer, startRedis } from './redis.ts';

export interface RedisCluster {
  /** 'host:port' of the first two nodes: the third has to be found. */
  readonly nodes: string;
  readonly client: Cluster;
  /** The masters, by their slots. */
  readonly servers: readonly RedisServer[];
  /** One of each master, in the same order; none unless asked for. */
  readonly replicas: readonly RedisServer[];
  stop(): Promise<void>;
}

const NODE = [
  '--cluster-enabled',
  'yes',
  '--cluster-node-timeout',
  '2000',
  '--cluster-replica-validity-factor',
  '0',
];

const SLOTS = ['0 5460', '5461 10922', '10923 16383'];

export async function startRedisCluster(
  folder: string,
  hasReplicas = false,
  extra: readonly string[] = [],
): Promise<RedisCluster> {
  const servers: RedisServer[] = [];
  const replicas: RedisServer[] = [];
  const all: RedisServer[] = [];
  async function node(): Promise<RedisServer> {
    const bus = await freePort();
    const server = await startRedis(folder, [...NODE, '--cluster-port', `${bus}`, ...extra]);
    const [first] = all;
    if (first) await first.client.call('CLUSTER', ['MEET', '127.0.0.1', `${server.port}`, `${bus}`]);
    all.push(server);
    return server;
  }
  for (const slots of SLOTS) {
    const server = await node();
    await server.client.call('CLUSTER', ['ADDSLOTSRANGE', ...slots.split(' ')]);
    servers.push(server);
  }
  if (hasReplicas) for (const _ of SLOTS) replicas.push(await node());
  await Promise.all(all.map((server) => isWhole(server, all.length)));
  for (const [index, replica] of replicas.entries()) {
    const id = String(await servers[index]?.client.call('CLUSTER', ['MYID']));
    await replica.client.call('CLUSTER', ['REPLICATE', id]);
    await eventually('it follows its master', async () =>
      (await replica.client.info('replication')).includes('master_link_status:up'),
    );
  }
  const [a, b] = servers;
  const client = new Cluster([{ host: '127.0.0.1', port: a?.port ?? 0 }], { redisOptions: { protocol: 2 } });
  client.on('error', () => {});
  return {
    nodes: `127.0.0.1:${a?.port},127.0.0.1:${b?.port}`,
    client,
    servers,
    replicas,
    async stop() {
      client.disconnect();
      for (const server of all) await server.stop();
    },
  };
}

function isWhole({ client }: RedisServer, nodes: number): Promise<unknown> {
  return eventually(
    'the cluster is whole',
    async () => {
      const info = String(await client.call('CLUSTER', ['INFO']));
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes}`);
    },
    20_000,
  );
}
