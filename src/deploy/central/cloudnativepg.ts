/** The store by the CloudNativePG operator: three servers, a commit waits for one replica, fail-over by the operator. */
import type { CloudNativeClusterObject } from '../custom.ts';
import { labelsOf } from '../names.ts';
import type { Centre } from './centre.ts';
import { CENTRAL_IMAGES, POSTGRES, POSTGRES_PODS } from './names.ts';

/** The operator's own build of the same version: it expects its helpers in the image. */
const IMAGE = CENTRAL_IMAGES.postgres.replace(
  'docker.io/library/postgres',
  'ghcr.io/cloudnative-pg/postgresql',
);
const OBJECT_STORE_SECRET = 'postgres-object-store';

export function cloudNativeObjects({ cloudnativepg, storage, postgres }: Centre): CloudNativeClusterObject[] {
  if (!cloudnativepg.enabled) return [];
  const { memory, objectStore, size } = cloudnativepg;
  const key = (name: string) => ({ name: OBJECT_STORE_SECRET, key: name });
  return [
    {
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'Cluster',
      metadata: { name: POSTGRES, labels: labelsOf(POSTGRES) },
      spec: {
        instances: POSTGRES_PODS,
        imageName: IMAGE,
        storage: { size, storageClass: storage.fast },
        walStorage: { size: '20Gi', storageClass: storage.fast },
        bootstrap: {
          initdb: {
            database: 'webscada',
            owner: 'webscada',
            dataChecksums: true,
            encoding: 'UTF8',
            localeCollate: 'C.UTF-8',
            localeCType: 'C.UTF-8',
          },
        },
        postgresql: {
          parameters: { max_connections: '200', shared_buffers: '1GB', max_wal_size: '4GB' },
          // What `collect` has acknowledged is on two servers.
          synchronous: { method: 'any', number: 1 },
        },
        affinity: {
          enablePodAntiAffinity: true,
          podAntiAffinityType: 'required',
          topologyKey: 'kubernetes.io/hostname',
        },
        resources: { requests: { cpu: '1', memory }, limits: { cpu: '4', memory } },
        ...(objectStore === undefined
          ? {}
          : {
              backup: {
                retentionPolicy: `${postgres.recoveryDays}d`,
                barmanObjectStore: {
                  destinationPath: objectStore,
                  wal: { compression: 'gzip' },
                  data: { compression: 'gzip' },
                  s3Credentials: {
                    accessKeyId: key('ACCESS_KEY_ID'),
                    secretAccessKey: key('ACCESS_SECRET_KEY'),
                  },
                },
              },
            }),
      },
    },
  ];
}
