/** From the description of a site to all its objects, in the order they have to be made. */
import { createHash } from 'node:crypto';
import { accessObjects } from './access.ts';
import { applianceEnv, applianceObjects } from './appliance.ts';
import { brokerObjects } from './broker.ts';
import { grafanaDashboardJson } from './dashboard.ts';
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
  /** In place of the hash of the settings, where somebody else computes one. */
  readonly settingsHash?: string;
}

export function siteObjects(site: Site, options: SiteOptions): readonly KubeObject[] {
  const image = `${site.image.repository}:${site.image.tag ?? options.version}`;
  const settingsHash = options.settingsHash ?? hashOf(site, options.settingsText);
  const objects = [
    ...secretObjects(site, options.secrets),
    ...networkObjects(site),
    ...brokerObjects(site),
    ...influxObjects(site),
    ...applianceObjects({ site, image, settingsText: options.settingsText, settingsHash }),
    ...accessObjects(site, grafanaDashboardJson()),
  ];
  return [namespaceOf(site), ...objects.map((object) => placed(object, site.site.namespace))];
}

/** `object` in its namespace, named right after its name. */
function placed(object: KubeObject, namespace: string): KubeObject {
  const { name, ...rest } = object.metadata;
  return { ...object, metadata: { name, namespace, ...rest } } as KubeObject;
}

function namespaceOf({ site }: Site): NamespaceObject {
  const rules = ['enforce', 'audit', 'warn'].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, 'restricted'],
    [`pod-security.kubernetes.io/${mode}-version`, POD_SECURITY_VERSION],
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: site.namespace,
      labels: {
        'app.kubernetes.io/part-of': 'webscada-edge',
        'webscada-edge/site': site.id,
        'webscada-edge/ring': site.ring,
        ...Object.fromEntries(rules),
      },
      // With the namespace would go the claims, and with them the log.
      annotations: KEPT,
    },
  };
}

function hashOf(site: Site, settingsText: string): string {
  const all = JSON.stringify([applianceEnv(site), settingsText, site.broker.ca ?? '', site.centre.ca ?? '']);
  return createHash('sha256').update(all).digest('hex').slice(0, 16);
}
