/** InfluxDB 2.7 with a volume; organisation, bucket, retention and token are set up at its first start, from a Secret. */
import { IMAGES, INFLUXDB, labelsOf, PORTS, selectorOf } from './names.ts';
import type { KubeObject, PodSpec, ServiceObject, StatefulSetObject } from './object.ts';
import { confinedContainer, confinedPod, scratch } from './pod.ts';
import { INFLUX_SECRET } from './secrets.ts';
import type { Site } from './site.ts';

const USER = 1000;
const SETUP = '/run/secrets/influxdb';

export function influxObjects(site: Site): KubeObject[] {
  return site.influx.enabled ? [service(), statefulSet(site)] : [];
}

function service(): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: INFLUXDB, labels: labelsOf(INFLUXDB) },
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(INFLUXDB),
      ports: [{ name: 'http', port: PORTS.influx, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}

function statefulSet(site: Site): StatefulSetObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: INFLUXDB, labels: labelsOf(INFLUXDB) },
    spec: {
      replicas: 1,
      serviceName: INFLUXDB,
      revisionHistoryLimit: 3,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: selectorOf(INFLUXDB) },
      template: { metadata: { labels: labelsOf(INFLUXDB) }, spec: pod(site) },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: site.storage.class,
            resources: { requests: { storage: site.influx.size } },
          },
        },
      ],
    },
  };
}

/** What the image's own start script sets up when it finds an empty volume. */
export function influxSetup({ influx }: Site): Record<string, string> {
  return {
    DOCKER_INFLUXDB_INIT_MODE: 'setup',
    DOCKER_INFLUXDB_INIT_USERNAME: 'admin',
    DOCKER_INFLUXDB_INIT_ORG: influx.org,
    DOCKER_INFLUXDB_INIT_BUCKET: influx.bucket,
    DOCKER_INFLUXDB_INIT_RETENTION: `${influx.retentionDays}d`,
  };
}

function pod(site: Site): PodSpec {
  const tmp = scratch('tmp', '/tmp', '64Mi');
  const config = scratch('config', '/etc/influxdb2', '1Mi');
  const healthy = { httpGet: { path: '/health', port: 'http' }, timeoutSeconds: 5 };
  return {
    ...confinedPod(USER),
    terminationGracePeriodSeconds: 60,
    containers: [
      {
        name: INFLUXDB,
        image: IMAGES.influxdb,
        ...confinedContainer(),
        env: [
          ...Object.entries(influxSetup(site)).map(([name, value]) => ({ name, value })),
          { name: 'DOCKER_INFLUXDB_INIT_PASSWORD_FILE', value: `${SETUP}/password` },
          { name: 'DOCKER_INFLUXDB_INIT_ADMIN_TOKEN_FILE', value: `${SETUP}/token` },
          { name: 'INFLUXD_REPORTING_DISABLED', value: 'true' },
          // Collect garbage before the limit of the container ends the process.
          { name: 'GOMEMLIMIT', value: '400MiB' },
        ],
        ports: [{ name: 'http', containerPort: PORTS.influx, protocol: 'TCP' }],
        startupProbe: { ...healthy, periodSeconds: 5, failureThreshold: 60 },
        livenessProbe: { ...healthy, periodSeconds: 30, failureThreshold: 6 },
        readinessProbe: { ...healthy, periodSeconds: 10, failureThreshold: 3 },
        volumeMounts: [
          { name: 'data', mountPath: '/var/lib/influxdb2' },
          { name: 'setup', mountPath: SETUP, readOnly: true },
          config.mount,
          tmp.mount,
        ],
      },
    ],
    volumes: [
      { name: 'setup', secret: { secretName: INFLUX_SECRET, defaultMode: 0o440 } },
      config.volume,
      tmp.volume,
    ],
  };
}
