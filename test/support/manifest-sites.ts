/** Sites as different as they come, for the tests of the manifests, and what those tests ask about them. */
import type { PodSpec } from 'kubernetes-types/core/v1.d.ts';
import { HASH_ANNOTATION } from '../../src/deploy/config-hash.ts';
import type { KubeObject } from '../../src/deploy/object.ts';
import { siteObjects } from '../../src/deploy/objects.ts';
import { yamlText } from '../../src/deploy/print.ts';
import { readSite } from '../../src/deploy/read-site.ts';
import type { SecretForms } from '../../src/deploy/secrets.ts';
import type { Site } from '../../src/deploy/site.ts';

export type Table = Readonly<Record<string, unknown>>;

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

/** A log, a broker and a door for gateways: the least that is of use. */
export const MINIMAL: Table = {
  site: { id: 'least' },
  ingress: { enabled: false },
  influx: { enabled: false },
};

export const EVERYTHING: Table = {
  site: { id: 'north-hill', name: 'North "Hill": 100% {{on}}', namespace: 'hill', ring: 'canary' },
  image: { repository: 'registry.example:5000/webscada/edge', tag: '9.8.7' },
  storage: { class: 'fast-ssd', size: '20Gi' },
  ingress: {
    host: 'north-hill.example',
    tls_secret: 'hill-tls',
    rate_average: 5,
    rate_burst: 7,
    proxies: ['10.9.0.0/16', '10.8.0.0/16'],
  },
  mosquitto: { size: '2Gi', lan_tls_secret: 'mosquitto-tls' },
  bridge: { allow_from: ['192.168.20.0/24', '192.168.30.0/24'] },
  influx: { org: 'yes', bucket: 'hill', retention_days: 30, size: '50Gi' },
  centre: {
    enabled: true,
    url: 'rediss://centre.example:6380',
    username: 'site-north-hill',
    ports: [6380],
    allow_to: ['203.0.113.0/24'],
    ca: PEM,
    client_tls_secret: 'centre-client-tls',
    min_replicas: 1,
  },
  simulator: { enabled: true },
  backup: { claim: 'site-backups' },
  monitoring: { enabled: true, namespace: 'prometheus', release: 'kps' },
  gate: { enabled: true, alarms: 2, wait_seconds: 900, hold_seconds: 60 },
  secrets: { form: 'external', store: 'vault', store_kind: 'SecretStore', path: 'sites' },
  settings: { gateway: { region: 'US915' }, devices: [{ dev_eui: '70b3d57ed0000001', name: 'Tank: 1' }] },
};

/** The broker is elsewhere, InfluxDB nowhere, the centre behind Sentinels. */
export const ELSEWHERE: Table = {
  site: { id: 'south-dam' },
  ingress: { host: 'south-dam.example' },
  mosquitto: { enabled: false },
  bridge: { enabled: false },
  broker: { url: 'mqtts://broker.example:8883', username: 'dam', ports: [8883], ca: PEM },
  influx: { enabled: false },
  centre: {
    enabled: true,
    sentinels: ['sentinel-1.example:26379', 'sentinel-2.example:26379'],
    master_name: 'main',
    tls: true,
    sentinel_auth: true,
    sentinel_username: 'dam-sentinel',
  },
};

export const CENTRE_OF_CLUSTERED: Table = {
  enabled: true,
  cluster_nodes: ['redis-1.example:6390', 'redis-2.example:6390'],
  ports: [6390],
  tls: true,
  username: 'site-east-well',
  client_tls_secret: 'centre-client-tls',
  ca: PEM,
};

/** The centre is a Cluster that asks for a certificate. */
export const CLUSTERED: Table = {
  site: { id: 'east-well' },
  ingress: { host: 'east-well.example' },
  centre: CENTRE_OF_CLUSTERED,
};

export const SITES: readonly (readonly [string, Table])[] = [
  ['minimal', MINIMAL],
  ['everything', EVERYTHING],
  ['elsewhere', ELSEWHERE],
  ['clustered', CLUSTERED],
];

export const VALUES = {
  mqtt: 'mqtt pass: "1"',
  bridge: 'bridge-pass',
  influx_admin: 'admin-pass',
  influx_token: 'token',
  centre: 'centre-pass',
  sentinel: 'sentinel-pass',
};

/** The checked description; throws with its problems when it is wrong. */
export function checkedSite(table: Table): Site {
  const result = readSite(table);
  if (result.ok) return result.site;
  throw new Error(result.problems.map(({ path, message }) => `${path} ${message}`).join('; '));
}

/** All objects, with the secrets in the form the site asks for unless told otherwise. */
export function objectsOf(table: Table, forms?: SecretForms): readonly KubeObject[] {
  const site = checkedSite(table);
  const secrets = forms ?? (site.secrets.form === 'external' ? { external: true } : { plain: VALUES });
  return siteObjects(site, { version: '0.1.0', secrets, settingsText: yamlText(site.settings) });
}

/** A program that makes pods. */
export interface Workload {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent: of a job, whose pods nobody else tells apart. */
  readonly selector?: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  /** Volumes made for each pod. */
  readonly claims: readonly string[];
}

export function workloadsOf(objects: readonly KubeObject[]): Workload[] {
  return objects.flatMap((object): Workload[] => {
    const name = `${object.kind}/${object.metadata.name}`;
    if (object.kind === 'Job') {
      const { template } = object.spec ?? {};
      if (!template?.spec) throw new Error(`${name} makes no pods`);
      return [{ name, labels: template.metadata?.labels ?? {}, spec: template.spec, claims: [] }];
    }
    if (object.kind === 'StatefulSet' || object.kind === 'Deployment') {
      const { template, selector } = object.spec ?? {};
      const claims = object.kind === 'StatefulSet' ? (object.spec?.volumeClaimTemplates ?? []) : [];
      if (!template?.spec) throw new Error(`${name} makes no pods`);
      return [
        {
          name,
          labels: template.metadata?.labels ?? {},
          selector: selector?.matchLabels ?? {},
          spec: template.spec,
          claims: claims.map((claim) => claim.metadata?.name ?? ''),
        },
      ];
    }
    return [];
  });
}

/** Whether `labels` are among those of a pod. */
export function matches(
  labels: Readonly<Record<string, string>> | undefined,
  pod: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(labels ?? {}).every(([key, value]) => pod[key] === value);
}

/** Names of the workloads whose pods carry a hash of what they are given, each with it. */
export function configHashes(objects: readonly KubeObject[]): Map<string, string> {
  const found = objects.flatMap((object): [string, string][] => {
    if (object.kind !== 'StatefulSet' && object.kind !== 'Deployment') return [];
    const hash = object.spec?.template.metadata?.annotations?.[HASH_ANNOTATION];
    return hash === undefined ? [] : [[object.metadata.name, hash]];
  });
  return new Map(found.sort());
}
