/** Names, ports and images of the programs at the centre. */

export const COLLECT = 'collect';
export const REDIS = 'redis';
export const REDIS_CLUSTER = 'redis-cluster';
/** The door for sites: whatever Redis is the master just now. */
export const DOOR = 'redis-door';
export const POSTGRES = 'postgres';
/** As CloudNativePG names its service, so that `collect` finds either by one name. */
export const POSTGRES_PRIMARY = 'postgres-rw';
/** Jobs that copy data away. */
export const BACKUP = 'backup';

/** Name the Sentinels know the master by. */
export const MASTER_NAME = 'centre';

export const CENTRAL_PORTS = {
  collect: 8080,
  redis: 6379,
  redisTls: 6380,
  sentinel: 26_379,
  clusterBus: 16_379,
  postgres: 5432,
} as const;

export const CENTRAL_IMAGES = {
  postgres: 'docker.io/library/postgres:16.10',
  haproxy: 'docker.io/library/haproxy:3.0.8',
} as const;

/** Users of the images of others. */
export const USERS = { collect: 10_001, redis: 999, postgres: 999, haproxy: 99, influxdb: 1000 } as const;

/** How many servers there are of each. Sentinel needs three to agree, a cluster three masters with a replica each. */
export const REDIS_PODS = 3;
export const CLUSTER_PODS = 6;
export const POSTGRES_PODS = 3;

/** 'redis-0', 'redis-1', … */
export function podNames(name: string, pods: number): string[] {
  return Array.from({ length: pods }, (_, index) => `${name}-${index}`);
}
