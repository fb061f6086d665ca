/** Centres as different as they come, for the tests of deploy/central. */
import { CENTRE_VARIANTS, centralObjects } from '../../scripts/manifests/central.ts';
import type { KubeObject, PodSpec } from '../../src/deploy/object.ts';
import type { Table } from './manifest-sites.ts';

export const CENTRE_VALUES = {
  redis_operator: 'operator pass: "1"',
  redis_health: 'health-pass',
  redis_collect: 'collect-pass',
  collect_token: 'collect-token',
  postgres: 'postgres-pass',
  postgres_replica: 'replica-pass',
  influx_admin: 'admin-pass',
  influx_token: 'token',
};

/** Every key another than its default. */
export const OTHER_CENTRE: Table = {
  centre: { namespace: 'centre' },
  image: { repository: 'registry.example:5000/webscada/edge', tag: '9.8.7' },
  storage: { fast: 'nvme', large: 'disk' },
  collect: { replicas: 3, autoscale: true, most: 9, lag_records: 30 },
  redis: {
    memory: '8Gi',
    size: '40Gi',
    tls_secret: 'centre-tls',
    sites_secret: 'sites',
    allow_from: ['203.0.113.0/24', '198.51.100.0/24'],
  },
  postgres: { primary: 1, memory: '16Gi', size: '500Gi', archive_size: '1Ti', recovery_days: 7 },
  influx: { org: 'yes', bucket: 'hill', retention_days: 30, size: '50Gi' },
  backup: {
    dump_days: 10,
    dump_size: '1Gi',
    redis_days: 3,
    redis_size: '2Gi',
    influx_days: 7,
    influx_size: '3Gi',
  },
  monitoring: { enabled: true, namespace: 'prometheus', release: 'kps' },
  secrets: { form: 'plain', store: 'vault', store_kind: 'SecretStore', path: 'centre' },
  settings: { retention: { months: 12 } },
};

/** The databases are elsewhere. */
export const COLLECT_ONLY: Table = {
  collect: { autoscale: false },
  sentinel: { enabled: false },
  postgres: { enabled: false },
  influx: { enabled: false },
  backup: { dumps: false },
  settings: { redis: { url: 'redis://elsewhere.example:6379' } },
};

export const CENTRES: readonly (readonly [string, Table])[] = [
  ['base', {}],
  ...Object.entries(CENTRE_VARIANTS),
  ['other', OTHER_CENTRE],
  ['collect-only', COLLECT_ONLY],
];

/** All objects, with plain secrets unless the centre asks for external ones. */
export function centreOf(table: Table): readonly KubeObject[] {
  const external = (table as { secrets?: { form?: string } }).secrets?.form === 'external';
  return centralObjects(table, '0.1.0', external ? { external: true } : { plain: CENTRE_VALUES });
}

export interface Pods {
  /** 'StatefulSet/redis' */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly spec: PodSpec;
  /** Volumes made for each pod. */
  readonly claims: readonly string[];
}

/** What makes pods: sets, deployments and jobs. */
export function podsOf(objects: readonly KubeObject[]): Pods[] {
  return objects.flatMap((object): Pods[] => {
    const name = `${object.kind}/${object.metadata.name}`;
    if (object.kind === 'CronJob') {
      const template = object.spec?.jobTemplate.spec?.template;
      if (!template?.spec) throw new Error(`${name} makes no pods`);
      return [
        {
          name,
          labels: template.metadata?.labels ?? {},
          selector: undefined,
          spec: template.spec,
          claims: [],
        },
      ];
    }
    if (object.kind !== 'StatefulSet' && object.kind !== 'Deployment') return [];
    const { template, selector } = object.spec ?? {};
    if (!template?.spec) throw new Error(`${name} makes no pods`);
    const claims = object.kind === 'StatefulSet' ? (object.spec?.volumeClaimTemplates ?? []) : [];
    return [
      {
        name,
        labels: template.metadata?.labels ?? {},
        selector: selector?.matchLabels,
        spec: template.spec,
        claims: claims.map((claim) => claim.metadata?.name ?? ''),
      },
    ];
  });
}
