/** Development, staging and production, as differences to what is usual: values of the charts, and overlays of Kustomize. */

type Table = Readonly<Record<string, unknown>>;

/** Of a site. */
export const SITE_ENVIRONMENTS: Readonly<Record<string, Table>> = {
  dev: {
    site: { id: 'dev', namespace: 'webscada-dev', ring: 'canary' },
    ingress: { host: 'dev.example' },
    storage: { size: '1Gi' },
    influx: { retention_days: 7, size: '1Gi' },
    simulator: { enabled: true },
    settings: { log: { level: 'debug' } },
  },
  staging: {
    site: { id: 'staging', namespace: 'webscada-staging', ring: 'canary' },
    ingress: { host: 'staging.example' },
    simulator: { enabled: true },
    centre: { enabled: true, url: 'rediss://centre-staging.example:6380', username: 'site-staging' },
    monitoring: { enabled: true },
    secrets: { form: 'external' },
  },
  prod: {
    site: { id: 'site-1', namespace: 'webscada-prod', ring: 'stable' },
    ingress: { host: 'site-1.example' },
    centre: {
      ...{ enabled: true, url: 'rediss://centre.example:6380', username: 'site-site-1' },
      min_replicas: 1,
    },
    monitoring: { enabled: true },
    secrets: { form: 'external' },
  },
};

/** Of the centre. */
export const CENTRE_ENVIRONMENTS: Readonly<Record<string, Table>> = {
  dev: {
    centre: { namespace: 'webscada-dev' },
    storage: { fast: 'local-path', large: 'local-path' },
    collect: { replicas: 1, autoscale: false },
    redis: { memory: '256Mi', size: '1Gi' },
    postgres: { memory: '512Mi', size: '2Gi', archive_size: '5Gi', recovery_days: 2 },
    influx: { retention_days: 7, size: '2Gi' },
    backup: { dumps: false, redis_size: '2Gi', influx_size: '5Gi' },
  },
  staging: {
    centre: { namespace: 'webscada-staging' },
    postgres: { size: '20Gi', archive_size: '50Gi', recovery_days: 7 },
    influx: { size: '50Gi' },
    monitoring: { enabled: true },
    secrets: { form: 'external', path: 'webscada/staging' },
  },
  prod: {
    centre: { namespace: 'webscada-prod' },
    collect: { replicas: 3, most: 12 },
    monitoring: { enabled: true },
    secrets: { form: 'external', path: 'webscada/prod' },
  },
};
