/** `collect`: copies side by side, more of them while they lag behind, settings from ConfigMaps, passwords as files. */
import { INFLUXDB, labelsOf, PORTS, selectorOf } from '../names.ts';
import {
  type AutoscalerObject,
  type ConfigMapObject,
  type DeploymentObject,
  type KubeObject,
  type PodSpec,
  when,
} from '../object.ts';
import { confinedContainer, confinedPod, scratch } from '../pod.ts';
import { clusterService } from '../stateful.ts';
import type { Centre } from './centre.ts';
import {
  CENTRAL_PORTS,
  CLUSTER_PODS,
  COLLECT,
  MASTER_NAME,
  podNames,
  REDIS_CLUSTER,
  USERS,
} from './names.ts';
import { REDIS_PEERS } from './redis.ts';
import { COLLECT_SECRET, POSTGRES_APP } from './secrets.ts';
import { oneAtATime, spread } from './workload.ts';

const CONFIG = '/etc/webscada-edge';
const CREDENTIALS = '/run/secrets/webscada-edge';
const FILES = 'collect-files';

export interface CollectParts {
  readonly centre: Centre;
  readonly image: string;
  /** `centre.settings` as YAML. */
  readonly settingsText: string;
}

export function collectObjects(parts: CollectParts): KubeObject[] {
  const { centre, settingsText } = parts;
  return [
    configMap(COLLECT, collectEnv(centre)),
    configMap(FILES, { 'settings.yaml': settingsText }),
    clusterService(COLLECT, 'http', CENTRAL_PORTS.collect),
    oneAtATime(COLLECT),
    deployment(parts),
    ...when<KubeObject>(centre.collect.autoscale, autoscaler(centre)),
  ];
}

function configMap(name: string, data: Record<string, string>): ConfigMapObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: labelsOf(COLLECT) }, data };
}

/** Settings of `collect` that follow from where it runs; they win over those of `settings`. */
export function collectEnv({ sentinel, cluster, collect, influx }: Centre): Record<string, string> {
  const nodes = podNames(REDIS_CLUSTER, CLUSTER_PODS).map((name) => `${name}.${REDIS_CLUSTER}`);
  return {
    WSE_CONFIG: `${CONFIG}/settings.yaml`,
    WSE_REDIS__USERNAME: 'collect',
    ...(sentinel.enabled
      ? {
          WSE_REDIS__SENTINELS: REDIS_PEERS.map((host) => `${host}:${CENTRAL_PORTS.sentinel}`).join(','),
          WSE_REDIS__MASTER_NAME: MASTER_NAME,
        }
      : {}),
    ...(cluster.enabled
      ? { WSE_REDIS__NODES: nodes.map((host) => `${host}:${CENTRAL_PORTS.redis}`).join(',') }
      : {}),
    WSE_POSTGRES__URL: collect.postgresUrl,
    ...(influx.enabled
      ? {
          WSE_INFLUX__URL: `http://${INFLUXDB}:${PORTS.influx}`,
          WSE_INFLUX__ORG: influx.org,
          WSE_INFLUX__BUCKET: influx.bucket,
        }
      : {}),
    WSE_HTTP__LISTEN: `0.0.0.0:${CENTRAL_PORTS.collect}`,
    WSE_LOG__FORMAT: 'json',
  };
}

function pod({ image }: CollectParts): PodSpec {
  const tmp = scratch('tmp', '/tmp', '64Mi');
  const alive = { httpGet: { path: '/healthz', port: 'http' }, timeoutSeconds: 5 };
  return {
    ...confinedPod(USERS.collect),
    ...spread(COLLECT, 'ScheduleAnyway'),
    terminationGracePeriodSeconds: 20,
    containers: [
      {
        name: COLLECT,
        image,
        ...confinedContainer({
          requests: { cpu: '500m', memory: '512Mi' },
          limits: { cpu: '2', memory: '512Mi' },
        }),
        args: ['collect'],
        envFrom: [{ configMapRef: { name: COLLECT } }],
        env: [
          { name: 'CREDENTIALS_DIRECTORY', value: CREDENTIALS },
          { name: 'NODE_OPTIONS', value: '--max-old-space-size=320' },
          { name: 'MALLOC_ARENA_MAX', value: '1' },
        ],
        ports: [{ name: 'http', containerPort: CENTRAL_PORTS.collect, protocol: 'TCP' }],
        startupProbe: { ...alive, periodSeconds: 2, failureThreshold: 150 },
        livenessProbe: { ...alive, periodSeconds: 20, failureThreshold: 6 },
        // Not /readyz: a sink that is down is no reason to hide the page that says so.
        readinessProbe: { ...alive, periodSeconds: 10, failureThreshold: 3 },
        volumeMounts: [
          { name: 'files', mountPath: CONFIG, readOnly: true },
          { name: 'credentials', mountPath: CREDENTIALS, readOnly: true },
          tmp.mount,
        ],
      },
    ],
    volumes: [
      { name: 'files', configMap: { name: FILES } },
      {
        name: 'credentials',
        projected: {
          defaultMode: 0o440,
          sources: [
            { secret: { name: COLLECT_SECRET } },
            // CloudNativePG makes it, under the same name as ours.
            { secret: { name: POSTGRES_APP, items: [{ key: 'password', path: 'postgres.password' }] } },
          ],
        },
      },
      tmp.volume,
    ],
  };
}

function deployment(parts: CollectParts): DeploymentObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: COLLECT, labels: labelsOf(COLLECT) },
    spec: {
      replicas: parts.centre.collect.replicas,
      revisionHistoryLimit: 3,
      minReadySeconds: 10,
      selector: { matchLabels: selectorOf(COLLECT) },
      template: { metadata: { labels: labelsOf(COLLECT) }, spec: pod(parts) },
    },
  };
}

/** Every copy tells it of every site; the rule of prometheus-adapter (docs/central.md) adds the sites up, each once. */
const LAG_METRIC = 'webscada_collect_lag_records';

function autoscaler({ collect }: Centre): AutoscalerObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: COLLECT, labels: labelsOf(COLLECT) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: COLLECT },
      minReplicas: collect.replicas,
      maxReplicas: collect.most,
      metrics: [
        {
          type: 'External',
          external: {
            metric: { name: LAG_METRIC },
            target: { type: 'Value', value: String(collect.lagRecords) },
          },
        },
      ],
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 60,
          policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
        },
        // A backlog that is nearly drained is no reason to hurry.
        scaleDown: {
          stabilizationWindowSeconds: 600,
          policies: [{ type: 'Pods', value: 1, periodSeconds: 300 }],
        },
      },
    },
  };
}
