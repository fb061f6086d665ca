/** What is copied away by the clock: RDB files of Redis, dumps and base backups of PostgreSQL, InfluxDB. */
import { IMAGES, INFLUXDB, KEPT, labelsOf, PORTS, selectorOf } from '../names.ts';
import { type ConfigMapObject, type Container, type KubeObject, type PodSpec, when } from '../object.ts';
import { INFLUX_SECRET } from '../secrets.ts';
import type { Centre } from './centre.ts';
import {
  BACKUP,
  CENTRAL_IMAGES,
  CENTRAL_PORTS,
  CLUSTER_PODS,
  POSTGRES,
  POSTGRES_PRIMARY,
  podNames,
  REDIS_CLUSTER,
  USERS,
} from './names.ts';
import { primaryPod } from './postgres.ts';
import { REDIS_PEERS } from './redis.ts';
import { POSTGRES_APP, POSTGRES_REPLICA, REDIS_SECRET } from './secrets.ts';
import { claim, cronJob, SCRIPTS, SCRIPTS_PATH, type Scripts, script, secretVolume } from './workload.ts';

const BACKUPS = { name: 'backups', mountPath: '/backups' };
/** Masters of the cluster of six. */
const CLUSTER_MASTERS = 3;
const CLUSTER_PEERS = podNames(REDIS_CLUSTER, CLUSTER_PODS).map((name) => `${name}.${REDIS_CLUSTER}`);

export function backupObjects(centre: Centre, scripts: Scripts): KubeObject[] {
  const { backup, storage, sentinel, cluster, postgres, cloudnativepg, influx } = centre;
  const volume = (name: string, size: string) => claim(name, storage.large, size, KEPT);
  return [
    scriptFiles(scripts),
    ...when<KubeObject>(
      sentinel.enabled,
      volume('redis-backups', backup.redisSize),
      redisJob('redis-backup', REDIS_PEERS, 1, centre),
    ),
    ...when<KubeObject>(
      cluster.enabled,
      volume('redis-cluster-backups', backup.redisSize),
      redisJob('redis-cluster-backup', CLUSTER_PEERS, CLUSTER_MASTERS, centre),
    ),
    ...when<KubeObject>(backup.dumps, volume('postgres-backups', backup.dumpSize), dumpJob(centre)),
    ...when<KubeObject>(postgres.enabled, baseJob(centre)),
    ...when<KubeObject>(cloudnativepg.enabled && cloudnativepg.objectStore, {
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'ScheduledBackup',
      metadata: { name: POSTGRES, labels: labelsOf(BACKUP) },
      // With seconds, unlike a CronJob.
      spec: { schedule: '0 30 1 * * 0', backupOwnerReference: 'self', cluster: { name: POSTGRES } },
    }),
    ...when<KubeObject>(influx.enabled, volume('influxdb-backups', backup.influxSize), influxJob(centre)),
  ];
}

function scriptFiles(scripts: Scripts): ConfigMapObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: SCRIPTS, labels: labelsOf(BACKUP) },
    data: { ...scripts },
  };
}

const SCRIPTS_ENV = { name: 'SCRIPTS', value: SCRIPTS_PATH };

function redisJob(name: string, hosts: readonly string[], masters: number, { backup }: Centre): KubeObject {
  return cronJob({
    name,
    schedule: '15 */6 * * *',
    user: USERS.redis,
    image: IMAGES.redis,
    command: script('redis-backup.sh'),
    env: [
      SCRIPTS_ENV,
      { name: 'HOSTS', value: hosts.map((host) => `${host}:${CENTRAL_PORTS.redis}`).join(' ') },
      { name: 'MASTERS', value: String(masters) },
      { name: 'DAYS', value: String(backup.redisDays) },
    ],
    mounts: [BACKUPS, { name: 'passwords', mountPath: '/run/secrets/redis', readOnly: true }],
    volumes: [claimed(`${name}s`), secretVolume('passwords', REDIS_SECRET)],
  });
}

function claimed(claimName: string) {
  return { name: 'backups', persistentVolumeClaim: { claimName } };
}

function login(user: string, secret: string, key: string): NonNullable<Container['env']> {
  return [
    SCRIPTS_ENV,
    { name: 'PGHOST', value: POSTGRES_PRIMARY },
    { name: 'PGUSER', value: user },
    { name: 'PGPASSWORD', valueFrom: { secretKeyRef: { name: secret, key } } },
  ];
}

function dumpJob({ backup }: Centre): KubeObject {
  return cronJob({
    name: 'postgres-dump',
    schedule: '40 2 * * *',
    user: USERS.postgres,
    image: CENTRAL_IMAGES.postgres,
    command: script('postgres-dump.sh'),
    env: [
      ...login('webscada', POSTGRES_APP, 'password'),
      { name: 'PGDATABASE', value: 'webscada' },
      { name: 'DAYS', value: String(backup.dumpDays) },
    ],
    mounts: [BACKUPS],
    volumes: [claimed('postgres-backups')],
  });
}

/** Beside the primary's archive, so on its node: that volume is for one node at a time. */
function baseJob(centre: Centre): KubeObject {
  const primary = primaryPod(centre);
  const beside: Partial<PodSpec> = {
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: {
              matchLabels: { ...selectorOf(POSTGRES), 'statefulset.kubernetes.io/pod-name': primary },
            },
          },
        ],
      },
    },
  };
  return cronJob({
    name: 'postgres-base',
    schedule: '30 1 * * 0',
    user: USERS.postgres,
    image: CENTRAL_IMAGES.postgres,
    command: script('postgres-base.sh'),
    env: [
      ...login('replica', POSTGRES_REPLICA, 'replica'),
      { name: 'DAYS', value: String(centre.postgres.recoveryDays) },
    ],
    mounts: [{ name: 'backups', mountPath: '/archive' }],
    volumes: [claimed(`archive-${primary}`)],
    pod: beside,
  });
}

function influxJob({ backup }: Centre): KubeObject {
  return cronJob({
    name: 'influxdb-backup',
    schedule: '10 3 * * 0',
    user: USERS.influxdb,
    image: IMAGES.influxdb,
    command: script('influx-backup.sh'),
    env: [
      SCRIPTS_ENV,
      { name: 'INFLUX_HOST', value: `http://${INFLUXDB}:${PORTS.influx}` },
      { name: 'DAYS', value: String(backup.influxDays) },
    ],
    mounts: [BACKUPS, { name: 'token', mountPath: '/run/secrets/influxdb', readOnly: true }],
    volumes: [claimed('influxdb-backups'), secretVolume('token', INFLUX_SECRET)],
  });
}
