/**
 * The store without an operator: a primary and two replicas by streaming replication. A commit waits for one replica, so that
 * the fail-over by hand (`postgres.primary`) loses nothing that `collect` has acknowledged. Each server archives its log.
 */
import { labelsOf, selectorOf } from '../names.ts';
import type { ConfigMapObject, KubeObject, PodSpec, ServiceObject } from '../object.ts';
import { confinedContainer, confinedPod, scratch } from '../pod.ts';
import type { Centre } from './centre.ts';
import {
  CENTRAL_IMAGES,
  CENTRAL_PORTS,
  POSTGRES,
  POSTGRES_PODS,
  POSTGRES_PRIMARY,
  podNames,
  USERS,
} from './names.ts';
import { POSTGRES_APP, POSTGRES_REPLICA } from './secrets.ts';
import { headless, memory, oneAtATime, replicated, script, scriptsMount, scriptsVolume } from './workload.ts';

const CONFIG = 'postgres-config';

/** Name of the pod that is the primary, 'postgres-0'. */
export function primaryPod({ postgres }: Centre): string {
  return `${POSTGRES}-${postgres.primary}`;
}

export function postgresObjects(centre: Centre): KubeObject[] {
  if (!centre.postgres.enabled) return [];
  const { storage, postgres } = centre;
  return [
    configuration(),
    headless(POSTGRES, { postgres: CENTRAL_PORTS.postgres }),
    primaryService(centre),
    oneAtATime(POSTGRES),
    replicated({
      name: POSTGRES,
      pods: POSTGRES_PODS,
      pod: pod(centre),
      volumes: [
        { name: 'data', storageClass: storage.fast, size: postgres.size },
        { name: 'archive', storageClass: storage.large, size: postgres.archiveSize },
      ],
    }),
  ];
}

const ARCHIVE_COMMAND = 'sh "$SCRIPTS/wal-archive.sh" "%p" "%f"';
const RESTORE_COMMAND = 'sh "$SCRIPTS/wal-restore.sh" "%f" "%p"';

/** `standbys` are the servers one of which has to hold a commit; none: the primary alone is enough. */
export function postgresConf(standbys: readonly string[]): string {
  const names = standbys.map((name) => `"${name}"`).join(', ');
  const lines = [
    "listen_addresses = '*'",
    'wal_level = replica',
    'archive_mode = always',
    `archive_command = '${ARCHIVE_COMMAND}'`,
    `restore_command = '${RESTORE_COMMAND}'`,
    // At most this much is lost with the volume, when nothing fills a segment before.
    'archive_timeout = 60s',
    ...(standbys.length === 0 ? [] : [`synchronous_standby_names = 'ANY 1 (${names})'`]),
    'hot_standby = on',
    'max_wal_senders = 10',
    // A replica that is away longer than this lasts catches up from its archive, or copies the primary anew.
    'wal_keep_size = 4GB',
    'max_connections = 200',
    "shared_buffers = '1GB'",
    "max_wal_size = '4GB'",
    'checkpoint_completion_target = 0.9',
    'wal_compression = on',
    'password_encryption = scram-sha-256',
    "log_timezone = 'UTC'",
    "timezone = 'UTC'",
  ];
  return `${lines.join('\n')}\n`;
}

/** Everybody over the network shows a password; who may come that far the network policies say. The socket is the pod's own. */
export const POSTGRES_HBA = `local all all trust
host all all 0.0.0.0/0 scram-sha-256
host all all ::/0 scram-sha-256
host replication replica 0.0.0.0/0 scram-sha-256
host replication replica ::/0 scram-sha-256
`;

function configuration(): ConfigMapObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: CONFIG, labels: labelsOf(POSTGRES) },
    data: {
      'postgresql.conf': postgresConf(podNames(POSTGRES, POSTGRES_PODS)),
      'pg_hba.conf': POSTGRES_HBA,
    },
  };
}

function primaryService(centre: Centre): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: POSTGRES_PRIMARY, labels: labelsOf(POSTGRES) },
    spec: {
      type: 'ClusterIP',
      selector: { ...selectorOf(POSTGRES), 'statefulset.kubernetes.io/pod-name': primaryPod(centre) },
      ports: [{ name: 'postgres', port: CENTRAL_PORTS.postgres, targetPort: 'postgres', protocol: 'TCP' }],
    },
  };
}

function pod({ postgres }: Centre): PodSpec {
  const sockets = scratch('sockets', '/var/run/postgresql', '1Mi');
  const tmp = scratch('tmp', '/tmp', '64Mi');
  return {
    ...confinedPod(USERS.postgres),
    terminationGracePeriodSeconds: 300,
    containers: [
      {
        name: POSTGRES,
        image: CENTRAL_IMAGES.postgres,
        ...confinedContainer(memory(postgres.memory, { least: '1', most: '4' })),
        command: script('postgres-start.sh'),
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'PRIMARY', value: String(postgres.primary) },
          { name: 'PGDATA', value: '/var/lib/postgresql/data/pgdata' },
          { name: 'SCRIPTS', value: scriptsMount.mountPath },
        ],
        ports: [{ name: 'postgres', containerPort: CENTRAL_PORTS.postgres, protocol: 'TCP' }],
        // A replica copies the whole primary before it listens; a recovery may take hours, and is not to be disturbed.
        startupProbe: { tcpSocket: { port: 'postgres' }, periodSeconds: 10, failureThreshold: 8640 },
        livenessProbe: { tcpSocket: { port: 'postgres' }, periodSeconds: 20, failureThreshold: 6 },
        readinessProbe: {
          exec: { command: ['pg_isready', '-q', '-h', '127.0.0.1'] },
          timeoutSeconds: 5,
          periodSeconds: 10,
        },
        volumeMounts: [
          { name: 'data', mountPath: '/var/lib/postgresql/data' },
          { name: 'archive', mountPath: '/archive' },
          { name: 'config', mountPath: '/etc/webscada-postgres', readOnly: true },
          { name: 'passwords', mountPath: '/run/secrets/postgres', readOnly: true },
          { ...scriptsMount },
          sockets.mount,
          tmp.mount,
        ],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name: CONFIG } },
      {
        name: 'passwords',
        projected: {
          defaultMode: 0o440,
          sources: [{ secret: { name: POSTGRES_APP } }, { secret: { name: POSTGRES_REPLICA } }],
        },
      },
      scriptsVolume,
      sockets.volume,
      tmp.volume,
    ],
  };
}
