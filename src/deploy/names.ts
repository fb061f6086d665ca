/** Names, labels, ports and images that more than one object of a site mentions. */

export const APPLIANCE = 'webscada-edge';
export const MOSQUITTO = 'mosquitto';
export const BRIDGE = 'chirpstack-gateway-bridge';
export const INFLUXDB = 'influxdb';
export const GATE = 'webscada-edge-gate';

/** Secret with an API token of the scope metrics, made on the pages once the box is claimed; its key is `token`. */
export const METRICS_SECRET = 'webscada-edge-metrics';

/** Pod Security is held at the rules of this Kubernetes version, whatever the cluster's is. */
export const POD_SECURITY_VERSION = 'v1.33';

export const PORTS = {
  http: 8080,
  mqtt: 1883,
  mqttTls: 8883,
  influx: 8086,
  udp: 1700,
  bridgeMetrics: 9100,
} as const;

/** Marks what holds data: Helm and Argo CD leave it alone, and only a person may delete it. */
export const KEPT = {
  'helm.sh/resource-policy': 'keep',
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
} as const;

/** Images of others, always with the registry's name and a version. */
export const IMAGES = {
  mosquitto: 'docker.io/library/eclipse-mosquitto:2.0.22',
  bridge: 'docker.io/chirpstack/chirpstack-gateway-bridge:4.0.11',
  influxdb: 'docker.io/library/influxdb:2.7.11',
  redis: 'docker.io/library/redis:7.4.10',
} as const;

/** Labels of everything that belongs to one program. */
export function labelsOf(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'webscada-edge' };
}

/** What selects the pods of one program. */
export function selectorOf(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name };
}
