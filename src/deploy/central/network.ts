/** Who may talk to whom at the centre: nobody, in either direction, unless a policy here says so. */

import { INFLUXDB, PORTS } from '../names.ts';
import { connection, denyAll, dns, from, fromAnywhere, namespace, policy } from '../network-policy.ts';
import { type KubeObject, type NetworkPolicyObject, when } from '../object.ts';
import type { Centre } from './centre.ts';
import { BACKUP, CENTRAL_PORTS as CENTRAL, COLLECT, DOOR, POSTGRES, REDIS, REDIS_CLUSTER } from './names.ts';

export function centreNetwork(centre: Centre): KubeObject[] {
  const { sentinel, cluster, postgres, cloudnativepg, influx, monitoring } = centre;
  return [
    denyAll(),
    dns(),
    ...when(sentinel.enabled, ...watchedRedis()),
    ...when(cluster.enabled, ...clusterRedis()),
    ...when(
      postgres.enabled,
      ...connection(POSTGRES, POSTGRES, CENTRAL.postgres),
      ...connection(COLLECT, POSTGRES, CENTRAL.postgres),
      ...connection(BACKUP, POSTGRES, CENTRAL.postgres),
    ),
    ...when(cloudnativepg.enabled, ...cloudNative(centre)),
    ...when(
      influx.enabled,
      ...connection(COLLECT, INFLUXDB, PORTS.influx),
      ...connection(BACKUP, INFLUXDB, PORTS.influx),
    ),
    ...when(
      monitoring.enabled,
      from('prometheus-to-collect', COLLECT, CENTRAL.collect, namespace(monitoring.namespace)),
    ),
  ];
}

function watchedRedis(): NetworkPolicyObject[] {
  return [
    ...connection(REDIS, REDIS, [CENTRAL.redis, CENTRAL.sentinel]),
    ...connection(COLLECT, REDIS, [CENTRAL.redis, CENTRAL.sentinel]),
    ...connection(DOOR, REDIS, [CENTRAL.redis, CENTRAL.redisTls]),
    ...connection(BACKUP, REDIS, CENTRAL.redis),
    // Where the sites are is for the load balancer to say: behind it their addresses may be the node's.
    fromAnywhere('sites-to-redis', DOOR, CENTRAL.redisTls, 'TCP'),
  ];
}

function clusterRedis(): NetworkPolicyObject[] {
  return [
    ...connection(REDIS_CLUSTER, REDIS_CLUSTER, [CENTRAL.redis, CENTRAL.clusterBus]),
    ...connection(COLLECT, REDIS_CLUSTER, CENTRAL.redis),
    ...connection(BACKUP, REDIS_CLUSTER, CENTRAL.redis),
    fromAnywhere('sites-to-redis-cluster', REDIS_CLUSTER, CENTRAL.redisTls, 'TCP'),
  ];
}

/** The operator labels its pods; they ask the cluster who is the primary, and send their archive away. */
function cloudNative({ cloudnativepg }: Centre): NetworkPolicyObject[] {
  const servers = { matchLabels: { 'cnpg.io/cluster': POSTGRES } };
  const port = (number: number) => ({ protocol: 'TCP', port: number });
  const clients = [COLLECT, BACKUP].map((name) => ({
    podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
  }));
  const goOut = (name: string) =>
    policy(
      `${name}-to-cloudnativepg`,
      { matchLabels: { 'app.kubernetes.io/name': name } },
      {
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: servers }], ports: [port(CENTRAL.postgres)] }],
      },
    );
  return [
    goOut(COLLECT),
    goOut(BACKUP),
    policy('cloudnativepg', servers, {
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: clients, ports: [port(CENTRAL.postgres)] },
        { from: [{ podSelector: servers }], ports: [port(CENTRAL.postgres), port(8000)] },
        {
          from: [namespace(cloudnativepg.operatorNamespace)],
          ports: [port(CENTRAL.postgres), port(8000)],
        },
      ],
      egress: [
        { to: [{ podSelector: servers }], ports: [port(CENTRAL.postgres), port(8000)] },
        { ports: [port(443), port(6443)] },
      ],
    }),
  ];
}
