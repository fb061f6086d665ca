/** What no single key of a site file can get wrong alone: keys that need, exclude or contradict one another. */
import type { Site } from './site.ts';

/** What is wrong with a site file; `path` is 'ingress.host'. */
export interface SiteProblem {
  readonly path: string;
  readonly message: string;
}

/** Every broken rule, at the key to change. */
export function siteRules(site: Site): SiteProblem[] {
  const problems: SiteProblem[] = [];
  const rule = (path: string, broken: boolean, message: string): void => {
    if (broken) problems.push({ path, message });
  };
  const { ingress, mosquitto, bridge, broker, centre, gate } = site;
  rule('ingress.host', ingress.enabled && ingress.host === undefined, 'is missing: the Ingress needs a name');
  rule(
    'broker.url',
    mosquitto.enabled && broker.url !== undefined,
    'and mosquitto.enabled exclude each other: set mosquitto.enabled = false',
  );
  rule(
    'broker.url',
    !mosquitto.enabled && broker.url === undefined,
    'is missing: without mosquitto a broker outside is needed',
  );
  rule('bridge.enabled', bridge.enabled && !mosquitto.enabled, 'needs mosquitto.enabled: set it to false');
  rule(
    'mosquitto.lan_tls_secret',
    mosquitto.lanTlsSecret !== undefined && !mosquitto.enabled,
    'needs mosquitto.enabled',
  );
  rule('broker.ports', !portAllowed(broker.url, broker.ports), 'must hold the port of broker.url');
  rule(
    'broker.ca',
    broker.ca !== undefined && broker.url?.startsWith('mqtts:') !== true,
    'is for a broker at mqtts://',
  );
  const sentinels = centre.sentinels.length > 0;
  const ways = [centre.url !== undefined, sentinels, centre.clusterNodes.length > 0].filter(Boolean);
  rule(
    'centre.url',
    centre.enabled && ways.length !== 1,
    'or centre.sentinels or centre.cluster_nodes: one of the three is needed, and no more',
  );
  rule('centre.ports', !portAllowed(centre.url, centre.ports), 'must hold the port of centre.url');
  rule(
    'centre.ports',
    [...centre.sentinels, ...centre.clusterNodes].some((address) => !centre.ports.includes(portOf(address))),
    'must hold the ports of centre.sentinels and centre.cluster_nodes',
  );
  rule(
    'centre.tls',
    centre.tls && centre.url !== undefined,
    'is for sentinels and cluster_nodes: write rediss:// in centre.url',
  );
  rule(
    'centre.ca',
    centre.ca !== undefined && !centre.tls && centre.url?.startsWith('rediss:') !== true,
    'is of no use without TLS',
  );
  rule(
    'centre.username',
    centre.username !== undefined && !centre.auth,
    'is of no use with centre.auth = false',
  );
  rule(
    'centre.client_tls_secret',
    centre.clientTlsSecret !== undefined && !centre.tls && centre.url?.startsWith('rediss:') !== true,
    'is of no use without TLS',
  );
  rule('centre.sentinel_auth', centre.sentinelAuth && !sentinels, 'needs centre.sentinels');
  rule(
    'centre.sentinel_username',
    centre.sentinelUsername !== undefined && !centre.sentinelAuth,
    'is of no use without centre.sentinel_auth',
  );
  rule('gate.hold_seconds', gate.holdSeconds >= gate.waitSeconds, 'must be less than gate.wait_seconds');
  return problems;
}

const portOf = (address: string): number => Number(address.split(':').at(-1));

const USUAL_PORTS: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'redis:': 6379,
  'rediss:': 6379,
};

function portAllowed(address: string | undefined, ports: readonly number[]): boolean {
  if (address === undefined) return true;
  const { protocol, port } = new URL(address);
  return ports.includes(port === '' ? (USUAL_PORTS[protocol] ?? 0) : Number(port));
}
