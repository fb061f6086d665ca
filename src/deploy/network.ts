/**
 * Who may talk to whom. Nobody, in either direction, unless a policy here says so: one policy a connection and side, so
 * that a part of the site that is switched off takes its connections with it.
 */
import { APPLIANCE, BRIDGE, GATE, INFLUXDB, MOSQUITTO, PORTS } from './names.ts';
import { connection, denyAll, dns, from, fromAnywhere, namespace, toNetworks } from './network-policy.ts';
import { type KubeObject, type NetworkPolicyPeer, when } from './object.ts';
import type { Site } from './site.ts';

export function networkObjects(site: Site): KubeObject[] {
  const { ingress, mosquitto, bridge, broker, influx, centre, monitoring, gate } = site;
  return [
    denyAll(),
    dns(),
    ...when(ingress.enabled, from('traefik-to-appliance', APPLIANCE, PORTS.http, traefik())),
    ...when(
      monitoring.enabled,
      from('prometheus-to-appliance', APPLIANCE, PORTS.http, namespace(monitoring.namespace)),
    ),
    ...when(gate.enabled, ...connection(GATE, APPLIANCE, PORTS.http)),
    ...when(mosquitto.enabled, ...connection(APPLIANCE, MOSQUITTO, PORTS.mqtt)),
    ...when(mosquitto.lanTlsSecret, fromAnywhere('lan-to-mosquitto', MOSQUITTO, PORTS.mqttTls, 'TCP')),
    ...when(bridge.enabled, ...connection(BRIDGE, MOSQUITTO, PORTS.mqtt)),
    // Where the gateways are is for the load balancer to say: behind it their addresses may be the node's.
    ...when(bridge.enabled, fromAnywhere('lan-to-bridge', BRIDGE, PORTS.udp, 'UDP')),
    ...when(influx.enabled, ...connection(APPLIANCE, INFLUXDB, PORTS.influx)),
    ...when(broker.url, toNetworks('appliance-to-broker', APPLIANCE, broker.allowTo, broker.ports)),
    ...when(centre.enabled, toNetworks('appliance-to-centre', APPLIANCE, centre.allowTo, centre.ports)),
  ];
}

function traefik(): NetworkPolicyPeer {
  return {
    ...namespace('kube-system'),
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'traefik' } },
  };
}
