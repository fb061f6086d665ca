/** InfluxDB 2.7 with a volume; organisation, bucket, retention and token are set up at its first start, from a Secret. */

import { IMAGES, INFLUXDB, PORTS } from './names.ts';
import type { KubeObject, PodSpec, StatefulSetObject } from './object.ts';
import { confinedContainer, confinedPod, scratch } from './pod.ts';
import { INFLUX_SECRET } from './secrets.ts';
import { clusterService, singlePod } from './stateful.ts';

const USER = 1000;
const SETUP = '/run/secrets/influxdb';

/** What InfluxDB needs to know of a site or a centre. */
export interface InfluxParts {
  readonly influx: {
    readonly enabled: boolean;
    readonly org: string;
    readonly bucket: string;
    readonly retentionDays: number;
    readonly size: string;
  };
  readonly storage: { readonly class: string };
}

export function influxObjects(site: InfluxParts): KubeObject[] {
  return site.influx.enabled ? [clusterService(INFLUXDB, 'http', PORTS.influx), statefulSet(site)] : [];
}

/** What the image's own start script sets up when it finds an empty volume. */
export function influxSetup({ influx }: Pick<InfluxParts, 'influx'>): Record<string, string> {
  return {
    DOCKER_INFLUXDB_INIT_MODE: 'setup',
    DOCKER_INFLUXDB_INIT_USERNAME: 'admin',
    DOCKER_INFLUXDB_INIT_ORG: influx.org,
    DOCKER_INFLUXDB_INIT_BUCKET: influx.bucket,
    DOCKER_INFLUXDB_INIT_RETENTION: `${influx.retentionDays}d`,
  };
}

function pod(site: InfluxParts): PodSpec {
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

function statefulSet(site: InfluxParts): StatefulSetObject {
  return singlePod({
    name: INFLUXDB,
    pod: pod(site),
    storageClass: site.storage.class,
    size: site.influx.size,
  });
}
