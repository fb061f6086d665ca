/**
 * Redis that fails over and loses what it had acknowledged, by the servers' own means: the replica is stopped, the primary
 * takes more, the primary goes, the replica is promoted, and the old primary comes back and follows it. With Sentinel, and
 * as the shards of a Cluster.
 */
import type { Redis } from 'ioredis';
import type { CentreConfig } from '../../../src/config/schema.ts';
import { siteKeys } from '../../../src/sync/keys.ts';
import { eventually } from '../process.ts';
import { type RedisServer, startRedis, startSentinel } from '../redis.ts';
import { startRedisCluster } from '../redis-cluster.ts';

export interface LossyRedis {
  /** What sites and `collect` are told of it. */
  readonly centre: Partial<CentreConfig>;
  readonly env: Readonly<Record<string, string>>;
  /** Names of sites that lie on all of its primaries. */
  readonly sites: readonly string[];
  /** The present primary of a site. */
  clientOf(site: string): Redis;
  /** A replica is stopped; resolves once its primary has taken writes of sites that nobody else has. */
  cutReplica(): Promise<Cut>;
  stop(): Promise<void>;
}

export interface Cut {
  /** How the primary will go and come back. */
  readonly way: Way;
  /** It goes. */
  breakDown(): Promise<void>;
  /** Its replica is promoted, and it comes back and follows. */
  failOver(): Promise<void>;
}

/**
 * Killed (-9) and started as a follower of the new one; killed and started as the primary it was, until it is told otherwise;
 * stopped and woken, with its clients still connected.
 */
export type Way = 'killed' | 'killed and back as a primary' | 'frozen';

interface Pair {
  primary: RedisServer;
  replica: RedisServer;
}

/** Entries that a primary takes for each of its sites while its replica is stopped, at least. */
const LOST_ENTRIES = 3;
const WAIT_MS = 120_000;
/** What comes back must be what was written, so that throwing it away is seen. */
const ON_DISK = ['--appendonly', 'yes', '--appendfsync', 'no', '--repl-diskless-sync-delay', '0'];

/** A primary, a replica and a Sentinel. */
export async function lossySentinel(folder: string, random: () => number): Promise<LossyRedis> {
  const pair: Pair = {
    primary: await startRedis(folder, ON_DISK),
    replica: await startRedis(folder, ON_DISK),
  };
  await pair.replica.client.replicaof('127.0.0.1', pair.primary.port);
  await eventually('the replica follows', () => hasFollowed(pair.replica), WAIT_MS);
  // More than is usual in tests: to a Sentinel on a busy machine the new primary looks dead as well, and it turns back.
  const sentinel = await startSentinel(folder, 'centre', pair.primary.port, [
    'sentinel down-after-milliseconds centre 2000',
    'sentinel failover-timeout centre 5000',
  ]);
  const sites = ['north-hill', 'hut', 'valley'];
  return {
    centre: { sentinels: sentinel.addresses, masterName: 'centre' },
    env: { WSE_REDIS__SENTINELS: sentinel.addresses.join(','), WSE_REDIS__MASTER_NAME: 'centre' },
    sites,
    clientOf: () => pair.primary.client,
    async cutReplica() {
      const { replica } = pair;
      await eventually('Sentinel knows the replica', () => sentinel.knows(replica.port), WAIT_MS);
      const back = ['--replicaof', '127.0.0.1', String(replica.port)];
      return cutPair(pair, {
        ...{ sites, random, back },
        isPromoted: async () => (await isPrimary(replica)) && (await sentinel.master()) === replica.port,
      });
    },
    async stop() {
      await sentinel.stop();
      await pair.primary.stop();
      await pair.replica.stop();
    },
  };
}

/** Three primaries, each with a replica; at each turn another shard fails over. */
export async function lossyCluster(folder: string, random: () => number): Promise<LossyRedis> {
  const cluster = await startRedisCluster(folder, true, ON_DISK);
  const pairs = cluster.servers.map((primary, at): Pair => {
    const replica = cluster.replicas[at];
    if (!replica) throw new Error('a shard has no replica');
    return { primary, replica };
  });
  const shardOf = new Map<string, Pair>();
  for (let n = 0; new Set(shardOf.values()).size < pairs.length; n += 1) {
    const site = `site-${n}`;
    const slot = Number(await cluster.client.cluster('KEYSLOT', siteKeys('webscada', site).log));
    const pair = pairs[[5461, 10_923, 16_384].findIndex((end) => slot < end)];
    if (pair && ![...shardOf.values()].includes(pair)) shardOf.set(site, pair);
  }
  const nodes = pairs.flatMap(({ primary, replica }) => [primary, replica]);
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  return {
    centre: { clusterNodes: addresses },
    env: { WSE_REDIS__NODES: addresses.join(',') },
    sites: [...shardOf.keys()],
    clientOf: (site) => (shardOf.get(site) ?? (pairs[0] as Pair)).primary.client,
    async cutReplica() {
      const pair = pairs[Math.floor(random() * pairs.length)] as Pair;
      const sites = [...shardOf].filter(([, each]) => each === pair).map(([site]) => site);
      const cut = await cutPair(pair, {
        ...{ sites, random, back: [] },
        isPromoted: () => isPrimary(pair.replica),
      });
      return {
        ...cut,
        async failOver() {
          await cut.failOver();
          await eventually('the cluster is whole', () => isWhole(nodes), WAIT_MS);
        },
      };
    },
    stop: cluster.stop,
  };
}

interface PairOptions {
  /** Whose writes are to be lost. */
  readonly sites: readonly string[];
  readonly random: () => number;
  /** Options that make the old primary a follower from its start on. */
  readonly back: readonly string[];
  readonly isPromoted: () => Promise<boolean>;
}

async function cutPair(pair: Pair, { sites, random, back, isPromoted }: PairOptions): Promise<Cut> {
  const { primary, replica } = pair;
  const draw = random();
  const way: Way = draw < 0.6 ? 'killed' : draw < 0.8 ? 'killed and back as a primary' : 'frozen';
  replica.signal('SIGSTOP');
  // What lies on its way to the replica is not read any more; what comes from here on is never sent.
  await primary.client.call('CLIENT', ['KILL', 'TYPE', 'replica']);
  const before = await Promise.all(sites.map((site) => entriesAdded(primary, site)));
  await eventually(
    'the primary takes more',
    async () => {
      const now = await Promise.all(sites.map((site) => entriesAdded(primary, site)));
      return now.every((count, at) => count >= (before[at] ?? 0) + LOST_ENTRIES);
    },
    WAIT_MS,
  );
  return {
    way,
    async breakDown() {
      if (way === 'frozen') primary.signal('SIGSTOP');
      else await primary.kill();
    },
    async failOver() {
      replica.signal('SIGCONT');
      await eventually('the replica is promoted', isPromoted, WAIT_MS);
      if (way === 'frozen') primary.signal('SIGCONT');
      else await primary.restart(way === 'killed' ? back : []);
      await eventually('the old primary follows', () => hasFollowed(primary), WAIT_MS);
      Object.assign(pair, { primary: replica, replica: primary } satisfies Pair);
    },
  };
}

async function entriesAdded({ client }: RedisServer, site: string): Promise<number> {
  const info = await client.xinfo('STREAM', siteKeys('webscada', site).log).catch(() => []);
  const flat = info as unknown[];
  return Number(flat[flat.indexOf('entries-added') + 1] ?? 0);
}

async function isPrimary({ client }: RedisServer): Promise<boolean> {
  return (await client.info('replication')).includes('role:master');
}

async function hasFollowed({ client }: RedisServer): Promise<boolean> {
  const info = await client.info('replication').catch(() => '');
  return info.includes('role:slave') && info.includes('master_link_status:up');
}

async function isWhole(nodes: readonly RedisServer[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map(({ client }) => client.cluster('INFO').catch(() => '')));
  return infos.every((info) => String(info).includes('cluster_state:ok'));
}
