/** The passwords of a site: which it needs, whose they are, and the Secrets they lie in. None is in the site file, and none is ever printed in a message. */
import { APPLIANCE, INFLUXDB, MOSQUITTO } from './names.ts';
import { type KubeObject, when } from './object.ts';
import { type Forms, type SecretPlan, writtenSecrets } from './secret-forms.ts';
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

type Plan = SecretPlan<SecretName>;

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

export type SecretForms = Forms<SecretName>;

export function secretObjects(site: Site, forms: SecretForms): KubeObject[] {
  const { store, storeKind, path } = site.secrets;
  const where = { name: store, kind: storeKind, key: `${path}/${site.site.id}` };
  return writtenSecrets(plans(site), forms, { namespace: site.site.namespace, store: where });
}
