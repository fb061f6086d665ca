/** The appliance: one pod with the log on a volume of its own, settings from a ConfigMap, secrets as files. */

import { APPLIANCE, INFLUXDB, labelsOf, MOSQUITTO, PORTS } from './names.ts';
import {
  type ConfigMapObject,
  type Container,
  type KubeObject,
  type PodSpec,
  type ServiceAccountObject,
  type StatefulSetObject,
  when,
} from './object.ts';
import { confinedContainer, confinedPod, scratch } from './pod.ts';
import { APPLIANCE_SECRET } from './secrets.ts';
import type { Site } from './site.ts';
import { clusterService, singlePod } from './stateful.ts';

const USER = 10_001;
const CONFIG = '/etc/webscada-edge';
const CREDENTIALS = '/run/secrets/webscada-edge';
const CENTRE_TLS = '/run/secrets/centre-tls';
const BACKUPS = '/backup';
const FILES = 'webscada-edge-files';

export interface ApplianceParts {
  readonly site: Site;
  readonly image: string;
  /** `site.settings` as YAML. */
  readonly settingsText: string;
}

export function applianceObjects(parts: ApplianceParts): KubeObject[] {
  return [
    account(),
    settings(parts.site),
    files(parts),
    clusterService(APPLIANCE, 'http', PORTS.http),
    statefulSet(parts),
  ];
}

function account(): ServiceAccountObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: APPLIANCE, labels: labelsOf(APPLIANCE) },
    automountServiceAccountToken: false,
  };
}

/** The appliance's settings that follow from where it runs; they win over those of the site file. */
export function applianceEnv(site: Site): Record<string, string> {
  const { backup, broker, centre, influx, ingress, simulator } = site;
  return {
    WSE_CONFIG: `${CONFIG}/settings.yaml`,
    WSE_SITE__ID: site.site.id,
    ...(site.site.name === undefined ? {} : { WSE_SITE__NAME: site.site.name }),
    WSE_HTTP__HOST: '0.0.0.0',
    WSE_HTTP__PORT: String(PORTS.http),
    // Traefik speaks TLS to the outside; nobody else in the cluster may ask.
    WSE_HTTP__TLS: 'off',
    ...(ingress.enabled
      ? { WSE_HTTP__NAMES: ingress.host ?? '', WSE_HTTP__TRUSTED_PROXIES: ingress.proxies.join(',') }
      : {}),
    WSE_STORE__DIR: '/data',
    ...(backup.claim === undefined ? {} : { WSE_BACKUP__DIR: BACKUPS }),
    WSE_LOG__FORMAT: 'json',
    WSE_MQTT__MODE: 'external',
    WSE_MQTT__URL: broker.url ?? `mqtt://${MOSQUITTO}:${PORTS.mqtt}`,
    WSE_MQTT__USERNAME: broker.username,
    ...(broker.ca === undefined ? {} : { WSE_MQTT__CA_FILE: `${CONFIG}/broker-ca.pem` }),
    ...(influx.enabled
      ? {
          WSE_INFLUX__URL: `http://${INFLUXDB}:${PORTS.influx}`,
          WSE_INFLUX__ORG: influx.org,
          WSE_INFLUX__BUCKET: influx.bucket,
        }
      : {}),
    ...(centre.enabled ? centreEnv(centre) : {}),
    ...(simulator.enabled ? { WSE_SIMULATOR__ENABLED: 'true' } : {}),
  };
}

function centreEnv(centre: Site['centre']): Record<string, string> {
  return {
    ...(centre.url === undefined ? {} : { WSE_CENTRE__URL: centre.url }),
    ...(centre.sentinels.length === 0
      ? {}
      : { WSE_CENTRE__SENTINELS: centre.sentinels.join(','), WSE_CENTRE__MASTER_NAME: centre.masterName }),
    ...(centre.clusterNodes.length === 0 ? {} : { WSE_CENTRE__CLUSTER_NODES: centre.clusterNodes.join(',') }),
    ...(centre.tls ? { WSE_CENTRE__TLS: 'true' } : {}),
    ...(centre.username === undefined ? {} : { WSE_CENTRE__USERNAME: centre.username }),
    ...(centre.sentinelUsername === undefined
      ? {}
      : { WSE_CENTRE__SENTINEL_USERNAME: centre.sentinelUsername }),
    ...(centre.ca === undefined ? {} : { WSE_CENTRE__CA_FILE: `${CONFIG}/centre-ca.pem` }),
    ...(centre.clientTlsSecret === undefined
      ? {}
      : {
          WSE_CENTRE__CERT_FILE: `${CENTRE_TLS}/tls.crt`,
          WSE_CENTRE__KEY_FILE: `${CENTRE_TLS}/tls.key`,
        }),
    WSE_CENTRE__MIN_REPLICAS: String(centre.minReplicas),
  };
}

function settings(site: Site): ConfigMapObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: APPLIANCE, labels: labelsOf(APPLIANCE) },
    data: applianceEnv(site),
  };
}

function files({ site, settingsText }: ApplianceParts): ConfigMapObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: FILES, labels: labelsOf(APPLIANCE) },
    data: {
      'settings.yaml': settingsText,
      ...(site.broker.ca === undefined ? {} : { 'broker-ca.pem': site.broker.ca }),
      ...(site.centre.ca === undefined ? {} : { 'centre-ca.pem': site.centre.ca }),
    },
  };
}

function pod({ image, site }: ApplianceParts): PodSpec {
  const tmp = scratch('tmp', '/tmp', '64Mi');
  const backups = site.backup.claim;
  const clientTls = site.centre.enabled ? (site.centre.clientTlsSecret ?? '') : '';
  return {
    ...confinedPod(USER),
    serviceAccountName: APPLIANCE,
    terminationGracePeriodSeconds: 20,
    containers: [
      {
        name: APPLIANCE,
        image,
        ...confinedContainer(),
        args: ['run'],
        envFrom: [{ configMapRef: { name: APPLIANCE } }],
        env: [
          { name: 'CREDENTIALS_DIRECTORY', value: CREDENTIALS },
          { name: 'NODE_OPTIONS', value: '--max-semi-space-size=1 --max-old-space-size=128' },
          { name: 'MALLOC_ARENA_MAX', value: '1' },
        ],
        ports: [{ name: 'http', containerPort: PORTS.http, protocol: 'TCP' }],
        ...probes(),
        volumeMounts: [
          { name: 'data', mountPath: '/data' },
          { name: 'files', mountPath: CONFIG, readOnly: true },
          { name: 'credentials', mountPath: CREDENTIALS, readOnly: true },
          tmp.mount,
          ...when(backups, { name: 'backup', mountPath: BACKUPS }),
          ...when(clientTls, { name: 'centre-tls', mountPath: CENTRE_TLS, readOnly: true }),
        ],
      },
    ],
    volumes: [
      { name: 'files', configMap: { name: FILES } },
      { name: 'credentials', secret: { secretName: APPLIANCE_SECRET, defaultMode: 0o440 } },
      tmp.volume,
      ...when(backups, { name: 'backup', persistentVolumeClaim: { claimName: backups ?? '' } }),
      ...when(clientTls, { name: 'centre-tls', secret: { secretName: clientTls, defaultMode: 0o440 } }),
    ],
  };
}

/**
 * A start may have to repair a log of gigabytes on a slow card, for an hour or more. While that advances `/startupz` and
 * `/healthz` answer so, and killed in the middle it goes on where it was; so a probe only has to wait for the first answer.
 * After that, silence of two minutes is a fault.
 */
function probes(): Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'> {
  const alive = { httpGet: { path: '/healthz', port: 'http' }, timeoutSeconds: 5 };
  return {
    startupProbe: {
      httpGet: { path: '/startupz', port: 'http' },
      timeoutSeconds: 5,
      periodSeconds: 2,
      failureThreshold: 300,
    },
    livenessProbe: { ...alive, periodSeconds: 20, failureThreshold: 6 },
    readinessProbe: {
      httpGet: { path: '/readyz', port: 'http' },
      timeoutSeconds: 5,
      periodSeconds: 10,
      failureThreshold: 3,
    },
  };
}

function statefulSet(parts: ApplianceParts): StatefulSetObject {
  const { storage } = parts.site;
  return singlePod({
    name: APPLIANCE,
    pod: pod(parts),
    storageClass: storage.class,
    size: storage.size,
    spec: {
      // There is one writer of the log, always; a second site is a second StatefulSet.
      replicas: 1,
      minReadySeconds: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    },
  });
}
