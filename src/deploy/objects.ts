/** From the description of a site to all its objects, in the order they have to be made. */
import { accessObjects } from './access.ts';
import { applianceObjects } from './appliance.ts';
import { brokerObjects } from './broker.ts';
import { contentHash, type Reference, withConfigHash } from './config-hash.ts';
import { grafanaDashboardJson } from './dashboard.ts';
import { gateObjects } from './gate.ts';
import { influxObjects } from './influxdb.ts';
import { KEPT, POD_SECURITY_VERSION } from './names.ts';
import { networkObjects } from './network.ts';
import type { KubeObject, NamespaceObject } from './object.ts';
import { type SecretForms, secretObjects } from './secrets.ts';
import type { Site } from './site.ts';

export interface SiteOptions {
  /** Tag of the image when the site names none. */
  readonly version: string;
  readonly secrets: SecretForms;
  /** `site.settings` as YAML. */
  readonly settingsText: string;
  /** In place of the hash of what a pod is given, where somebody else computes one. */
  readonly configHash?: (references: readonly Reference[]) => string;
}

export function siteObjects(site: Site, options: SiteOptions): readonly KubeObject[] {
  const image = `${site.image.repository}:${site.image.tag ?? options.version}`;
  const objects = [
    ...secretObjects(site, options.secrets),
    ...networkObjects(site),
    ...brokerObjects(site),
    ...influxObjects(site),
    ...applianceObjects({ site, image, settingsText: options.settingsText }),
    ...accessObjects(site, grafanaDashboardJson()),
    ...gateObjects(site, image),
  ];
  const hash = options.configHash ?? ((references) => contentHash(objects, references));
  const whole = objects.map((object) => withConfigHash(object, hash));
  const labels = { 'webscada-edge/site': site.site.id, 'webscada-edge/ring': site.site.ring };
  const { namespace } = site.site;
  return [namespaceObject(namespace, labels), ...whole.map((object) => placed(object, namespace))];
}

/** `object` in its namespace, named right after its name. */
export function placed(object: KubeObject, namespace: string): KubeObject {
  const { name, ...rest } = object.metadata;
  return { ...object, metadata: { name, namespace, ...rest } } as KubeObject;
}

/** A namespace held to the restricted rules of Pod Security. */
export function namespaceObject(name: string, labels: Readonly<Record<string, string>>): NamespaceObject {
  const rules = ['enforce', 'audit', 'warn'].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, 'restricted'],
    [`pod-security.kubernetes.io/${mode}-version`, POD_SECURITY_VERSION],
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/part-of': 'webscada-edge',
        ...labels,
        ...Object.fromEntries(rules),
      },
      // With the namespace would go the claims, and with them the log.
      annotations: KEPT,
    },
  };
}
