/** Redis at the centre: three servers watched by Sentinels with a door for sites, or a cluster of six. */
import { IMAGES, labelsOf, selectorOf } from '../names.ts';
import type { ConfigMapObject, Container, KubeObject, PodSpec, ServiceObject } from '../object.ts';
import { confinedContainer, confinedPod, scratch, TINY } from '../pod.ts';
import type { Centre } from './centre.ts';
import {
  CLUSTER_PODS,
  MASTER_NAME,
  CENTRAL_PORTS as PORTS,
  podNames,
  REDIS,
  REDIS_CLUSTER,
  REDIS_PODS,
  USERS,
} from './names.ts';
import { redisConf, SITE_RIGHTS } from './redis-config.ts';
import { REDIS_SECRET } from './secrets.ts';
import {
  headless,
  memory,
  oneAtATime,
  replicated,
  script,
  scriptsMount,
  scriptsVolume,
  secretVolume,
} from './workload.ts';

const CONFIG = 'redis-config';

export function redisObjects(centre: Centre): KubeObject[] {
  return [
    configuration(),
    ...(centre.sentinel.enabled ? watched(centre) : []),
    ...(centre.cluster.enabled ? clustered(centre) : []),
  ];
}

function configuration(): ConfigMapObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: CONFIG, labels: labelsOf(REDIS) },
    data: { 'redis.conf': redisConf({ tls: true, replicas: true }), 'site-rights': SITE_RIGHTS },
  };
}

function watched(centre: Centre): KubeObject[] {
  const ports = { redis: PORTS.redis, redistls: PORTS.redisTls, sentinel: PORTS.sentinel };
  return [
    headless(REDIS, ports),
    oneAtATime(REDIS),
    serverSet(REDIS, REDIS_PODS, centre, watchedPod(centre)),
  ];
}

function clustered(centre: Centre): KubeObject[] {
  const ports = { redis: PORTS.redis, redistls: PORTS.redisTls, bus: PORTS.clusterBus };
  return [
    headless(REDIS_CLUSTER, ports),
    oneAtATime(REDIS_CLUSTER),
    serverSet(REDIS_CLUSTER, CLUSTER_PODS, centre, clusterPod(centre)),
    ...(centre.cluster.domain === undefined ? [] : clusterDoors(centre)),
  ];
}

function serverSet(name: string, pods: number, { storage, redis }: Centre, pod: PodSpec) {
  const volumes = [{ name: 'data', storageClass: storage.fast, size: redis.size }];
  return replicated({ name, pods, pod, volumes });
}

/** Each node of the cluster is asked by its own name, so each has a door. */
function clusterDoors({ redis, cluster }: Centre): ServiceObject[] {
  return podNames(REDIS_CLUSTER, CLUSTER_PODS).map((pod) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: pod,
      labels: labelsOf(REDIS_CLUSTER),
      annotations: { 'external-dns.alpha.kubernetes.io/hostname': `${pod}.${cluster.domain}` },
    },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      selector: { ...selectorOf(REDIS_CLUSTER), 'statefulset.kubernetes.io/pod-name': pod },
      ...(redis.allowFrom.length === 0 ? {} : { loadBalancerSourceRanges: [...redis.allowFrom] }),
      ports: [{ name: 'redistls', port: PORTS.redisTls, targetPort: 'redistls', protocol: 'TCP' }],
    },
  }));
}

/** Environment of the scripts; `HOST` is the name by which others know this server. */
function identity(name: string): NonNullable<Container['env']> {
  return [
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'HOST', value: `$(POD_NAME).${name}` },
    { name: 'SCRIPTS', value: scriptsMount.mountPath },
  ];
}

const MOUNTS = [
  scriptsMount,
  { name: 'config', mountPath: '/etc/webscada-redis', readOnly: true },
  { name: 'passwords', mountPath: '/run/secrets/redis', readOnly: true },
  { name: 'sites', mountPath: '/run/secrets/redis-sites', readOnly: true },
];
const RUN = { name: 'run', mountPath: '/run/redis' };
const DATA = { name: 'data', mountPath: '/data' };
const TLS = { name: 'tls', mountPath: '/run/secrets/redis-tls', readOnly: true };

function server(start: string, env: NonNullable<Container['env']>, { redis }: Centre): Container {
  // AUTH is not asked for: a server that says so is alive.
  const alive = { tcpSocket: { port: 'redis' }, timeoutSeconds: 5 };
  return {
    name: REDIS,
    image: IMAGES.redis,
    ...confinedContainer(memory(redis.memory, { least: '500m', most: '2' })),
    command: script(start),
    env: [
      ...env,
      {
        name: 'MEMORY_BYTES',
        valueFrom: { resourceFieldRef: { containerName: REDIS, resource: 'limits.memory', divisor: '1' } },
      },
    ],
    startupProbe: { ...alive, periodSeconds: 5, failureThreshold: 360 },
    livenessProbe: { ...alive, periodSeconds: 20, failureThreshold: 6 },
    readinessProbe: { ...alive, periodSeconds: 5, failureThreshold: 3 },
    volumeMounts: [...MOUNTS, DATA, RUN, TLS],
  };
}

function watch(env: NonNullable<Container['env']>): Container {
  return {
    name: 'watch',
    image: IMAGES.redis,
    ...confinedContainer(TINY),
    command: script('redis-watch.sh'),
    env,
    volumeMounts: [...MOUNTS, RUN],
  };
}

function pod({ redis }: Centre, containers: readonly Container[]): PodSpec {
  const run = scratch('run', '/run/redis', '16Mi');
  return {
    ...confinedPod(USERS.redis),
    terminationGracePeriodSeconds: 120,
    containers: [...containers],
    volumes: [
      scriptsVolume,
      { name: 'config', configMap: { name: CONFIG } },
      secretVolume('passwords', REDIS_SECRET),
      secretVolume('sites', redis.sitesSecret, true),
      secretVolume('tls', redis.tlsSecret),
      run.volume,
    ],
  };
}

/** Addresses of the three inside the cluster. */
export const REDIS_PEERS = podNames(REDIS, REDIS_PODS).map((name) => `${name}.${REDIS}`);

function watchedPod(centre: Centre): PodSpec {
  const env = [
    ...identity(REDIS),
    { name: 'PEERS', value: REDIS_PEERS.join(' ') },
    { name: 'MASTER', value: MASTER_NAME },
  ];
  const redis: Container = {
    ...server('redis-start.sh', env, centre),
    ports: [
      { name: 'redis', containerPort: PORTS.redis, protocol: 'TCP' },
      { name: 'redistls', containerPort: PORTS.redisTls, protocol: 'TCP' },
    ],
  };
  const alive = { tcpSocket: { port: 'sentinel' }, timeoutSeconds: 5 };
  const sentinel: Container = {
    name: 'sentinel',
    image: IMAGES.redis,
    ...confinedContainer(TINY),
    command: script('sentinel-start.sh'),
    env,
    ports: [{ name: 'sentinel', containerPort: PORTS.sentinel, protocol: 'TCP' }],
    livenessProbe: { ...alive, periodSeconds: 20, failureThreshold: 6, initialDelaySeconds: 60 },
    readinessProbe: { ...alive, periodSeconds: 5, failureThreshold: 3 },
    volumeMounts: [...MOUNTS, DATA],
  };
  return pod(centre, [redis, sentinel, watch(env)]);
}

function clusterPod(centre: Centre): PodSpec {
  const nodes = podNames(REDIS_CLUSTER, CLUSTER_PODS).map(
    (name) => `${name}.${REDIS_CLUSTER}:${PORTS.redis}`,
  );
  const env = [
    ...identity(REDIS_CLUSTER),
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'DOMAIN', value: centre.cluster.domain ?? REDIS_CLUSTER },
    { name: 'CLUSTER', value: 'yes' },
    { name: 'NODES', value: nodes.join(' ') },
  ];
  const redis: Container = {
    ...server('redis-cluster-start.sh', env, centre),
    ports: [
      { name: 'redis', containerPort: PORTS.redis, protocol: 'TCP' },
      { name: 'redistls', containerPort: PORTS.redisTls, protocol: 'TCP' },
      { name: 'bus', containerPort: PORTS.clusterBus, protocol: 'TCP' },
    ],
  };
  return pod(centre, [redis, watch(env)]);
}
