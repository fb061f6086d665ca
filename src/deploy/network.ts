/**
 * Who may talk to whom. Nobody, in either direction, unless a policy here says so: one policy a connection and side, so
 * that a part of the site that is switched off takes its connections with it.
 */
import { APPLIANCE, BRIDGE, INFLUXDB, MOSQUITTO, PORTS, selectorOf } from './names.ts';
import {
  type KubeObject,
  type LabelSelector,
  type NetworkPolicyObject,
  type NetworkPolicyPeer,
  type NetworkPolicySpec,
  when,
} from './object.ts';
import type { Site } from './site.ts';

export function networkObjects(site: Site): KubeObject[] {
  const { ingress, mosquitto, bridge, broker, influx, centre, monitoring } = site;
  return [
    policy('deny-all', {}, { policyTypes: ['Ingress', 'Egress'] }),
    dns(),
    ...when(ingress.enabled, from('traefik-to-appliance', APPLIANCE, PORTS.http, traefik())),
    ...when(
      monitoring.enabled,
      from('prometheus-to-appliance', APPLIANCE, PORTS.http, namespace(monitoring.namespace)),
    ),
    ...when(mosquitto.enabled, ...connection(APPLIANCE, MOSQUITTO, PORTS.mqtt)),
    ...when(mosquitto.lanTlsSecret, fromAnywhere('lan-to-mosquitto', MOSQUITTO, PORTS.mqttTls, 'TCP')),
    ...when(bridge.enabled, ...connection(BRIDGE, MOSQUITTO, PORTS.mqtt)),
    // Where the gateways are is for the load balancer to say: behind it their addresses may be the node's.
    ...when(bridge.enabled, fromAnywhere('lan-to-bridge', BRIDGE, PORTS.udp, 'UDP')),
    ...when(influx.enabled, ...connection(APPLIANCE, INFLUXDB, PORTS.influx)),
    ...when(broker.url, toNetworks('appliance-to-broker', broker.allowTo, broker.ports)),
    ...when(centre.enabled, toNetworks('appliance-to-centre', centre.allowTo, centre.ports)),
  ];
}

function policy(name: string, podSelector: LabelSelector, rules: Omit<NetworkPolicySpec, 'podSelector'>) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'webscada-edge' } },
    spec: { podSelector, ...rules },
  } satisfies NetworkPolicyObject;
}

function dns(): NetworkPolicyObject {
  const server = {
    ...namespace('kube-system'),
    podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
  };
  return policy(
    'all-to-dns',
    {},
    {
      policyTypes: ['Egress'],
      egress: [
        {
          to: [server],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    },
  );
}

function traefik(): NetworkPolicyPeer {
  return {
    ...namespace('kube-system'),
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'traefik' } },
  };
}

function namespace(name: string): NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } };
}

function from(name: string, to: string, port: number, peer: NetworkPolicyPeer): NetworkPolicyObject {
  return policy(
    name,
    { matchLabels: selectorOf(to) },
    { policyTypes: ['Ingress'], ingress: [{ from: [peer], ports: [{ protocol: 'TCP', port }] }] },
  );
}

function fromAnywhere(name: string, to: string, port: number, protocol: 'TCP' | 'UDP'): NetworkPolicyObject {
  return policy(
    name,
    { matchLabels: selectorOf(to) },
    { policyTypes: ['Ingress'], ingress: [{ ports: [{ protocol, port }] }] },
  );
}

/** Both sides of a connection inside the namespace: the client may go out, the server lets it in. */
function connection(client: string, server: string, port: number): NetworkPolicyObject[] {
  const to = { podSelector: { matchLabels: selectorOf(server) } };
  const ports = [{ protocol: 'TCP', port }];
  return [
    from(`${client}-to-${server}-in`, server, port, { podSelector: { matchLabels: selectorOf(client) } }),
    policy(
      `${client}-to-${server}-out`,
      { matchLabels: selectorOf(client) },
      { policyTypes: ['Egress'], egress: [{ to: [to], ports }] },
    ),
  ];
}

function toNetworks(name: string, cidrs: readonly string[], ports: readonly number[]): NetworkPolicyObject {
  return policy(
    name,
    { matchLabels: selectorOf(APPLIANCE) },
    {
      policyTypes: ['Egress'],
      egress: [
        {
          to: cidrs.map((cidr) => ({ ipBlock: { cidr } })),
          ports: ports.map((port) => ({ protocol: 'TCP', port })),
        },
      ],
    },
  );
}
