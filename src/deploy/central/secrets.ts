/** The passwords of the centre and the Secrets they lie in; those of sites are a Secret of their own (`redis.sites_secret`). */
import { INFLUXDB } from '../names.ts';
import { type KubeObject, when } from '../object.ts';
import { type Forms, type SecretPlan, writtenSecrets } from '../secret-forms.ts';
import { INFLUX_SECRET } from '../secrets.ts';
import type { Centre } from './centre.ts';
import { COLLECT, POSTGRES, REDIS } from './names.ts';

/** Files named like users of Redis, a password each. */
export const REDIS_SECRET = 'redis';
/** Files named like settings, as `collect` reads them from its credentials folder. */
export const COLLECT_SECRET = 'collect';
/** CloudNativePG makes this one itself. Key `password`: of the user `webscada`. */
export const POSTGRES_APP = 'postgres-app';
export const POSTGRES_REPLICA = 'postgres-replica';

/**
 * `redis_operator`: replication, Sentinels, backups; `redis_health`: the door asks who is the master;
 * `collect_token`: for the page of the fleet and its metrics; `postgres`: of the owner
 * of the database; `influx_admin`: the person's.
 */
export const CENTRE_SECRET_NAMES = [
  'redis_operator',
  'redis_health',
  'redis_collect',
  'collect_token',
  'postgres',
  'postgres_replica',
  'influx_admin',
  'influx_token',
] as const;
export type CentreSecretName = (typeof CENTRE_SECRET_NAMES)[number];
export type CentreSecretForms = Forms<CentreSecretName>;

function plans({ postgres, influx }: Centre): readonly SecretPlan<CentreSecretName>[] {
  return [
    {
      name: REDIS_SECRET,
      owner: REDIS,
      keys: [
        ['operator', 'redis_operator'],
        ['health', 'redis_health'],
        ['collect', 'redis_collect'],
      ],
    },
    {
      name: COLLECT_SECRET,
      owner: COLLECT,
      keys: [
        ['redis.password', 'redis_collect'],
        ['http.token', 'collect_token'],
        ...when(influx.enabled, ['influx.token', 'influx_token'] as const),
      ],
    },
    ...when<SecretPlan<CentreSecretName>>(
      postgres.enabled,
      { name: POSTGRES_APP, owner: POSTGRES, keys: [['password', 'postgres']] },
      { name: POSTGRES_REPLICA, owner: POSTGRES, keys: [['replica', 'postgres_replica']] },
    ),
    ...when<SecretPlan<CentreSecretName>>(influx.enabled, {
      name: INFLUX_SECRET,
      owner: INFLUXDB,
      keys: [
        ['password', 'influx_admin'],
        ['token', 'influx_token'],
      ],
    }),
  ];
}

export function centreSecrets(centre: Centre, forms: CentreSecretForms): KubeObject[] {
  const { store, storeKind, path } = centre.secrets;
  return writtenSecrets(plans(centre), forms, {
    namespace: centre.centre.namespace,
    store: { name: store, kind: storeKind, key: path },
  });
}
