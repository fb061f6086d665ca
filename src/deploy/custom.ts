/**
 * Structure of the objects that belong to operators and that Kubernetes' own types do not know: the fields we use, and no
 * others. One declaration gives the type the generator is checked with and the check that finds a wrong field.
 */
import * as z from 'zod/mini';

const labels = z.record(z.string(), z.string());
const name = z.string().check(z.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/));
const meta = z.strictObject({
  name,
  namespace: z.optional(name),
  labels: z.optional(labels),
  annotations: z.optional(labels),
});
const selector = z.strictObject({
  matchLabels: z.optional(labels),
  matchExpressions: z.optional(
    z.array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.optional(z.array(z.string())),
      }),
    ),
  ),
});

/** A kind with its version and the fields beside metadata. */
function kind<V extends string, K extends string, S extends z.core.$ZodShape>(version: V, name: K, shape: S) {
  return z.strictObject({ apiVersion: z.literal(version), kind: z.literal(name), metadata: meta, ...shape });
}

const middleware = kind('traefik.io/v1alpha1', 'Middleware', {
  spec: z.strictObject({
    rateLimit: z.strictObject({ average: z.int(), burst: z.int(), period: z.string() }),
  }),
});

const serviceMonitor = kind('monitoring.coreos.com/v1', 'ServiceMonitor', {
  spec: z.strictObject({
    selector,
    endpoints: z.array(
      z.strictObject({
        port: z.string(),
        path: z.string(),
        interval: z.string(),
        scrapeTimeout: z.string(),
        authorization: z.strictObject({
          type: z.literal('Bearer'),
          credentials: z.strictObject({ name, key: z.string() }),
        }),
      }),
    ),
  }),
});

const prometheusRule = kind('monitoring.coreos.com/v1', 'PrometheusRule', {
  spec: z.strictObject({
    groups: z.array(
      z.strictObject({
        name: z.string(),
        rules: z.array(
          z.strictObject({
            alert: z.string(),
            expr: z.string(),
            for: z.string(),
            labels,
            annotations: labels,
          }),
        ),
      }),
    ),
  }),
});

const externalSecret = kind('external-secrets.io/v1', 'ExternalSecret', {
  spec: z.strictObject({
    refreshInterval: z.string(),
    secretStoreRef: z.strictObject({ name, kind: z.enum(['ClusterSecretStore', 'SecretStore']) }),
    target: z.strictObject({ name, creationPolicy: z.literal('Owner') }),
    data: z.array(
      z.strictObject({
        secretKey: z.string(),
        remoteRef: z.strictObject({ key: z.string(), property: z.string() }),
      }),
    ),
  }),
});

const sealedSecret = kind('bitnami.com/v1alpha1', 'SealedSecret', {
  spec: z.strictObject({
    encryptedData: z.record(z.string(), z.base64()),
    template: z.strictObject({ metadata: meta, type: z.literal('Opaque') }),
  }),
});

const applicationSet = kind('argoproj.io/v1alpha1', 'ApplicationSet', {
  spec: z.strictObject({
    goTemplate: z.boolean(),
    goTemplateOptions: z.array(z.string()),
    generators: z.array(
      z.strictObject({ clusters: z.strictObject({ selector, values: z.optional(labels) }) }),
    ),
    strategy: z.strictObject({
      type: z.literal('RollingSync'),
      rollingSync: z.strictObject({
        steps: z.array(
          z.strictObject({
            matchExpressions: z.array(
              z.strictObject({
                key: z.string(),
                operator: z.enum(['In', 'NotIn']),
                values: z.array(z.string()),
              }),
            ),
            maxUpdate: z.optional(z.union([z.int(), z.string()])),
          }),
        ),
      }),
    }),
    template: z.strictObject({
      metadata: z.strictObject({ name: z.string(), labels }),
      spec: z.strictObject({
        project: z.string(),
        source: z.strictObject({ repoURL: z.string(), targetRevision: z.string(), path: z.string() }),
        destination: z.strictObject({ server: z.string(), namespace: z.string() }),
        syncPolicy: z.strictObject({
          automated: z.strictObject({ prune: z.boolean(), selfHeal: z.boolean() }),
          syncOptions: z.array(z.string()),
        }),
      }),
    }),
  }),
});

const gitRepo = kind('fleet.cattle.io/v1alpha1', 'GitRepo', {
  spec: z.strictObject({
    repo: z.string(),
    branch: z.optional(z.string()),
    revision: z.optional(z.string()),
    paths: z.array(z.string()),
    targets: z.array(z.strictObject({ name: z.string(), clusterSelector: selector })),
  }),
});

const upgradePlan = kind('upgrade.cattle.io/v1', 'Plan', {
  spec: z.strictObject({
    concurrency: z.int(),
    cordon: z.boolean(),
    nodeSelector: selector,
    serviceAccountName: z.string(),
    upgrade: z.strictObject({ image: z.string() }),
    version: z.string(),
  }),
});

const storage = z.strictObject({ size: z.string(), storageClass: z.string() });
const keyOf = z.strictObject({ name, key: z.string() });

const cloudNativeCluster = kind('postgresql.cnpg.io/v1', 'Cluster', {
  spec: z.strictObject({
    instances: z.int(),
    imageName: z.string(),
    storage,
    walStorage: storage,
    bootstrap: z.strictObject({
      initdb: z.strictObject({
        database: z.string(),
        owner: z.string(),
        dataChecksums: z.boolean(),
        encoding: z.string(),
        localeCollate: z.string(),
        localeCType: z.string(),
      }),
    }),
    postgresql: z.strictObject({
      parameters: labels,
      synchronous: z.strictObject({ method: z.literal('any'), number: z.int() }),
    }),
    affinity: z.strictObject({
      enablePodAntiAffinity: z.boolean(),
      podAntiAffinityType: z.enum(['required', 'preferred']),
      topologyKey: z.string(),
    }),
    resources: z.strictObject({ requests: labels, limits: labels }),
    backup: z.optional(
      z.strictObject({
        retentionPolicy: z.string(),
        barmanObjectStore: z.strictObject({
          destinationPath: z.string(),
          wal: z.strictObject({ compression: z.literal('gzip') }),
          data: z.strictObject({ compression: z.literal('gzip') }),
          s3Credentials: z.strictObject({ accessKeyId: keyOf, secretAccessKey: keyOf }),
        }),
      }),
    ),
  }),
});

const scheduledBackup = kind('postgresql.cnpg.io/v1', 'ScheduledBackup', {
  spec: z.strictObject({
    schedule: z.string(),
    backupOwnerReference: z.literal('self'),
    cluster: z.strictObject({ name }),
  }),
});

const SCHEMAS = {
  Middleware: middleware,
  ServiceMonitor: serviceMonitor,
  PrometheusRule: prometheusRule,
  ExternalSecret: externalSecret,
  SealedSecret: sealedSecret,
  ApplicationSet: applicationSet,
  GitRepo: gitRepo,
  Plan: upgradePlan,
  Cluster: cloudNativeCluster,
  ScheduledBackup: scheduledBackup,
} as const;

export type MiddlewareObject = z.output<typeof middleware>;
export type ServiceMonitorObject = z.output<typeof serviceMonitor>;
export type PrometheusRuleObject = z.output<typeof prometheusRule>;
export type ExternalSecretObject = z.output<typeof externalSecret>;
export type SealedSecretObject = z.output<typeof sealedSecret>;
export type ApplicationSetObject = z.output<typeof applicationSet>;
export type GitRepoObject = z.output<typeof gitRepo>;
export type UpgradePlanObject = z.output<typeof upgradePlan>;
export type CloudNativeClusterObject = z.output<typeof cloudNativeCluster>;
export type ScheduledBackupObject = z.output<typeof scheduledBackup>;

/** What we say in a `fleet.yaml`, which is no object of a cluster. */
export interface FleetFile {
  readonly helm: { readonly releaseName: string; readonly atomic: boolean; readonly timeoutSeconds: number };
  readonly targetCustomizations: readonly {
    readonly name: string;
    readonly clusterSelector: z.output<typeof selector>;
    readonly helm: { readonly values: Readonly<Record<string, unknown>> };
  }[];
}

export type CustomObject =
  | MiddlewareObject
  | ServiceMonitorObject
  | PrometheusRuleObject
  | ExternalSecretObject
  | SealedSecretObject
  | ApplicationSetObject
  | GitRepoObject
  | UpgradePlanObject
  | CloudNativeClusterObject
  | ScheduledBackupObject;

/** What is wrong with an operator's object, one line each; undefined when its kind is none of ours. */
export function customProblems(object: { readonly kind?: unknown }): readonly string[] | undefined {
  const known: Readonly<Record<string, z.ZodMiniType>> = SCHEMAS;
  const schema = Object.hasOwn(known, String(object.kind)) ? known[String(object.kind)] : undefined;
  const result = schema?.safeParse(object);
  if (result === undefined) return undefined;
  return result.success
    ? []
    : result.error.issues.map((issue) => {
        const extra = issue.code === 'unrecognized_keys' ? ` ${issue.keys.join(', ')}` : '';
        return `${String(object.kind)}: ${issue.path.join('.')}: ${issue.code}${extra}`;
      });
}
