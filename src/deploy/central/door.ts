/** The door for sites before the watched Redis: they need one address, whoever of the three is the master. */
import { labelsOf, selectorOf } from '../names.ts';
import type { ConfigMapObject, DeploymentObject, KubeObject, PodSpec, ServiceObject } from '../object.ts';
import { confinedContainer, confinedPod, scratch } from '../pod.ts';
import type { Centre } from './centre.ts';
import { CENTRAL_IMAGES, CENTRAL_PORTS, DOOR, USERS } from './names.ts';
import { doorConf } from './redis-config.ts';
import { REDIS_SECRET } from './secrets.ts';
import { memory, oneAtATime, spread } from './workload.ts';

export function doorObjects(centre: Centre): KubeObject[] {
  return centre.sentinel.enabled ? [config(), service(centre), oneAtATime(DOOR), deployment()] : [];
}

function config(): ConfigMapObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: DOOR, labels: labelsOf(DOOR) },
    data: { 'haproxy.cfg': doorConf() },
  };
}

function service({ redis }: Centre): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: DOOR, labels: labelsOf(DOOR) },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      selector: selectorOf(DOOR),
      ...(redis.allowFrom.length === 0 ? {} : { loadBalancerSourceRanges: [...redis.allowFrom] }),
      ports: [{ name: 'redistls', port: CENTRAL_PORTS.redisTls, targetPort: 'redistls', protocol: 'TCP' }],
    },
  };
}

function pod(): PodSpec {
  const tmp = scratch('tmp', '/tmp', '16Mi');
  return {
    ...confinedPod(USERS.haproxy),
    ...spread(DOOR, 'ScheduleAnyway'),
    terminationGracePeriodSeconds: 10,
    containers: [
      {
        name: DOOR,
        image: CENTRAL_IMAGES.haproxy,
        // Each site has two buffers of 16 kB.
        ...confinedContainer(memory('512Mi', { least: '100m', most: '1' })),
        command: ['haproxy', '-f', '/etc/webscada-door/haproxy.cfg', '-db'],
        env: [
          { name: 'HEALTH_PASSWORD', valueFrom: { secretKeyRef: { name: REDIS_SECRET, key: 'health' } } },
        ],
        ports: [
          { name: 'redistls', containerPort: CENTRAL_PORTS.redisTls, protocol: 'TCP' },
          { name: 'health', containerPort: 8404, protocol: 'TCP' },
        ],
        livenessProbe: { tcpSocket: { port: 'redistls' }, timeoutSeconds: 5, periodSeconds: 20 },
        // Without a master nobody is let in, and the other door may see one.
        readinessProbe: {
          httpGet: { path: '/healthz', port: 'health' },
          timeoutSeconds: 5,
          periodSeconds: 5,
        },
        volumeMounts: [{ name: 'config', mountPath: '/etc/webscada-door', readOnly: true }, tmp.mount],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: DOOR } }, tmp.volume],
  };
}

function deployment(): DeploymentObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: DOOR, labels: labelsOf(DOOR) },
    spec: {
      replicas: 2,
      revisionHistoryLimit: 3,
      selector: { matchLabels: selectorOf(DOOR) },
      template: { metadata: { labels: labelsOf(DOOR) }, spec: pod() },
    },
  };
}
