/**
 * The passwords of a site and the three forms they are written in: Secrets, ExternalSecrets that an operator fills, or
 * SealedSecrets that only the cluster can open. No value is in the site file, and none is ever printed in a message.
 */
import type { ExternalSecretObject, SealedSecretObject } from './custom.ts';
import { APPLIANCE, INFLUXDB, labelsOf, MOSQUITTO } from './names.ts';
import { type KubeObject, type SecretObject, when } from './object.ts';
import type { Site } from './site.ts';

/** Files named like settings, as the appliance reads them from its credentials folder. */
export const APPLIANCE_SECRET = 'webscada-edge';
/** Files named like users, a password each. */
export const BROKER_SECRET = 'mosquitto-users';
export const INFLUX_SECRET = 'influxdb-setup';

/** `mqtt`: ours at the broker, `bridge`: the Gateway Bridge's, `influx_admin`: the person's, `centre`: ours at Redis, `sentinel`: ours at its Sentinels. */
export const SECRET_NAMES = ['mqtt', 'bridge', 'influx_admin', 'influx_token', 'centre', 'sentinel'] as const;
export type SecretName = (typeof SECRET_NAMES)[number];
export type SecretValues = Readonly<Record<SecretName, string>>;

/** One Secret of the namespace: which value each of its keys has. */
interface Plan {
  readonly name: string;
  readonly owner: string;
  readonly keys: readonly (readonly [key: string, value: SecretName])[];
}

function plans(site: Site): readonly Plan[] {
  const { mosquitto, influx, centre } = site;
  return [
    {
      name: APPLIANCE_SECRET,
      owner: APPLIANCE,
      keys: [
        ['mqtt.password', 'mqtt'],
        ...when(influx.enabled, ['influx.token', 'influx_token'] as const),
        ...when(centre.enabled && centre.auth, ['centre.password', 'centre'] as const),
        ...when(centre.enabled && centre.sentinelAuth, ['centre.sentinel_password', 'sentinel'] as const),
      ],
    },
    ...when<Plan>(mosquitto.enabled, {
      name: BROKER_SECRET,
      owner: MOSQUITTO,
      keys: [
        ['appliance', 'mqtt'],
        ['bridge', 'bridge'],
      ],
    }),
    ...when<Plan>(influx.enabled, {
      name: INFLUX_SECRET,
      owner: INFLUXDB,
      keys: [
        ['password', 'influx_admin'],
        ['token', 'influx_token'],
      ],
    }),
  ];
}

/** The values the site needs, each once. */
export function neededSecrets(site: Site): readonly SecretName[] {
  const needed = new Set(plans(site).flatMap(({ keys }) => keys.map(([, value]) => value)));
  return SECRET_NAMES.filter((name) => needed.has(name));
}

/** Those that another server has chosen: to be asked for, not made up. */
export function othersSecrets({ mosquitto, centre }: Site): readonly { name: SecretName; whose: string }[] {
  return [
    ...when(!mosquitto.enabled, { name: 'mqtt' as const, whose: 'password of our user at the broker' }),
    ...when(centre.enabled && centre.auth, {
      name: 'centre' as const,
      whose: 'password of our user at the Redis of the centre',
    }),
    ...when(centre.enabled && centre.sentinelAuth, {
      name: 'sentinel' as const,
      whose: 'password of our user at the Sentinels of the centre',
    }),
  ];
}

/** How the secrets are written; several forms at once only for the chart, which has a switch. */
export interface SecretForms {
  readonly plain?: SecretValues;
  readonly external?: true;
  /** Seals one value for the Secret `name` of `namespace`. */
  readonly sealed?: { readonly values: SecretValues; readonly seal: Seal };
}

export type Seal = (namespace: string, name: string, value: string) => string;

export function secretObjects(site: Site, forms: SecretForms): KubeObject[] {
  return plans(site).flatMap((plan) => [
    ...when<KubeObject>(forms.plain, plainSecret(plan, forms.plain)),
    ...when<KubeObject>(forms.external, externalSecret(plan, site)),
    ...when<KubeObject>(forms.sealed, sealedSecret(plan, site, forms.sealed)),
  ]);
}

function plainSecret({ name, owner, keys }: Plan, values: SecretForms['plain']): SecretObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels: labelsOf(owner) },
    type: 'Opaque',
    stringData: Object.fromEntries(keys.map(([key, value]) => [key, values?.[value] ?? ''])),
  };
}

function externalSecret({ name, owner, keys }: Plan, { site, secrets }: Site): ExternalSecretObject {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, labels: labelsOf(owner) },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { name: secrets.store, kind: secrets.storeKind },
      target: { name, creationPolicy: 'Owner' },
      data: keys.map(([secretKey, property]) => ({
        secretKey,
        remoteRef: { key: `${secrets.path}/${site.id}`, property },
      })),
    },
  };
}

function sealedSecret(
  { name, owner, keys }: Plan,
  { site }: Site,
  sealed: SecretForms['sealed'],
): SealedSecretObject {
  const { namespace } = site;
  return {
    apiVersion: 'bitnami.com/v1alpha1',
    kind: 'SealedSecret',
    metadata: { name, labels: labelsOf(owner) },
    spec: {
      encryptedData: Object.fromEntries(
        keys.map(([key, value]) => [key, sealed?.seal(namespace, name, sealed.values[value]) ?? '']),
      ),
      template: { metadata: { name, namespace, labels: labelsOf(owner) }, type: 'Opaque' },
    },
  };
}
