/** From the description of the centre to all its objects, in the order they have to be made. */
import { contentHash, type Reference, withConfigHash } from '../config-hash.ts';
import { influxObjects } from '../influxdb.ts';
import type { KubeObject } from '../object.ts';
import { namespaceObject, placed } from '../objects.ts';
import { backupObjects } from './backups.ts';
import type { Centre } from './centre.ts';
import { cloudNativeObjects } from './cloudnativepg.ts';
import { collectObjects } from './collect.ts';
import { doorObjects } from './door.ts';
import { fleetObjects } from './monitoring.ts';
import { centreNetwork } from './network.ts';
import { postgresObjects } from './postgres.ts';
import { redisObjects } from './redis.ts';
import { type CentreSecretForms, centreSecrets } from './secrets.ts';
import type { Scripts } from './workload.ts';

export interface CentreOptions {
  /** Tag of the image when the description names none. */
  readonly version: string;
  readonly secrets: CentreSecretForms;
  /** `centre.settings` as YAML. */
  readonly settingsText: string;
  readonly scripts: Scripts;
  /** In place of the hash of what a pod is given, where somebody else computes one. */
  readonly configHash?: (references: readonly Reference[]) => string;
}

export function centreObjects(centre: Centre, options: CentreOptions): readonly KubeObject[] {
  const image = `${centre.image.repository}:${centre.image.tag ?? options.version}`;
  const objects = [
    ...centreSecrets(centre, options.secrets),
    ...centreNetwork(centre),
    ...backupObjects(centre, options.scripts),
    ...redisObjects(centre),
    ...doorObjects(centre),
    ...postgresObjects(centre),
    ...cloudNativeObjects(centre),
    ...influxObjects({ influx: centre.influx, storage: { class: centre.storage.large } }),
    ...collectObjects({ centre, image, settingsText: options.settingsText }),
    ...fleetObjects(centre),
  ];
  const hash = options.configHash ?? ((references) => contentHash(objects, references));
  const whole = objects.map((object) => withConfigHash(object, hash));
  const { namespace } = centre.centre;
  return [namespaceObject(namespace, {}), ...whole.map((object) => placed(object, namespace))];
}
