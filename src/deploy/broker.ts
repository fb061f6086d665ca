/**
 * Mosquitto and the Gateway Bridge. The broker keeps what the appliance has not acknowledged: QoS 1, persistent sessions,
 * no limit on the number of waiting messages but one on their bytes. Each user may do only what it is for.
 */

import { BRIDGE, IMAGES, labelsOf, MOSQUITTO, PORTS, selectorOf } from './names.ts';
import {
  type ConfigMapObject,
  type Container,
  type DeploymentObject,
  type EnvVar,
  type KubeObject,
  type PodSpec,
  type ServiceObject,
  type StatefulSetObject,
  when,
} from './object.ts';
import { confinedContainer, confinedPod, scratch, TINY } from './pod.ts';
import { BROKER_SECRET } from './secrets.ts';
import type { Site } from './site.ts';
import { clusterService, singlePod } from './stateful.ts';

const MOSQUITTO_USER = 1883;
const NOBODY = 65_534;

/** The folder everything is put together in before the broker starts; in memory, since it holds password hashes. */
const RUN = '/run/mosquitto';

/**
 * Saved after each change: what Mosquitto has acknowledged to a bridge, nobody sends again. A timer instead would lose its
 * interval's messages at a power cut. The price is 4 kB a message, and more the more messages wait (docs/k3s.md).
 */
export const MOSQUITTO_CONF = `listener ${PORTS.mqtt}
allow_anonymous false
password_file ${RUN}/passwords
acl_file ${RUN}/acl
persistence true
persistence_location /mosquitto/data/
autosave_on_changes true
autosave_interval 1
set_tcp_nodelay true
max_inflight_messages 100
max_queued_messages 0
max_queued_bytes 67108864
max_packet_size 1048576
log_dest stderr
log_type error
log_type warning
log_type notice
`;

/** For gateways that run a bridge themselves. */
export const LAN_CONF = `listener ${PORTS.mqttTls}
certfile /tls/tls.crt
keyfile /tls/tls.key
`;

export const MOSQUITTO_ACL = `user appliance
topic read gateway/#
topic read +/gateway/#
topic read application/#
topic write gateway/+/command/+
topic write +/gateway/+/command/+
topic write application/+/device/+/command/down

user bridge
topic write gateway/+/event/+
topic write gateway/+/state/+
topic read gateway/+/command/+
`;

/** The simulator speaks as a gateway, with the appliance's own name. */
export const SIMULATOR_ACL = `user appliance
topic write gateway/+/event/+
topic write gateway/+/state/+
topic read gateway/+/command/+
`;

/** Puts configuration and hashed passwords together; no password is ever an argument of a command. */
export const MOSQUITTO_SETUP = `set -eu
umask 077
cd ${RUN}
cat /config/*.conf > mosquitto.conf
cat /config/acl* > acl
for file in /passwords/*; do
  printf '%s:%s\\n' "\${file##*/}" "$(cat "$file")"
done > passwords
mosquitto_passwd -U passwords
`;

export function brokerObjects(site: Site): KubeObject[] {
  const { mosquitto, bridge } = site;
  return [
    ...when<KubeObject>(
      mosquitto.enabled,
      configuration(site),
      clusterService(MOSQUITTO, 'mqtt', PORTS.mqtt),
      statefulSet(site),
    ),
    ...when<KubeObject>(mosquitto.lanTlsSecret, lanService()),
    ...when<KubeObject>(bridge.enabled, bridgeService(site), bridgeDeployment()),
  ];
}

function configuration({ mosquitto, simulator }: Site): ConfigMapObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: MOSQUITTO, labels: labelsOf(MOSQUITTO) },
    data: {
      'mosquitto.conf': MOSQUITTO_CONF,
      ...(mosquitto.lanTlsSecret === undefined ? {} : { 'mosquitto-lan.conf': LAN_CONF }),
      acl: MOSQUITTO_ACL,
      ...(simulator.enabled ? { 'acl-simulator': SIMULATOR_ACL } : {}),
    },
  };
}

function lanService(): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${MOSQUITTO}-lan`, labels: labelsOf(MOSQUITTO) },
    spec: {
      type: 'LoadBalancer',
      selector: selectorOf(MOSQUITTO),
      ports: [{ name: 'mqtts', port: PORTS.mqttTls, targetPort: 'mqtts', protocol: 'TCP' }],
    },
  };
}

function brokerPod(lanTlsSecret: string | undefined): PodSpec {
  const tmp = scratch('tmp', '/tmp', '8Mi');
  const run = { name: 'run', mountPath: RUN };
  const setup: Container = {
    name: 'setup',
    image: IMAGES.mosquitto,
    ...confinedContainer(TINY),
    command: ['sh', '-c', MOSQUITTO_SETUP],
    volumeMounts: [
      { name: 'config', mountPath: '/config', readOnly: true },
      { name: 'passwords', mountPath: '/passwords', readOnly: true },
      run,
      tmp.mount,
    ],
  };
  const connects = { tcpSocket: { port: 'mqtt' }, timeoutSeconds: 5 };
  return {
    ...confinedPod(MOSQUITTO_USER),
    terminationGracePeriodSeconds: 30,
    initContainers: [setup],
    containers: [
      {
        name: MOSQUITTO,
        image: IMAGES.mosquitto,
        ...confinedContainer({ ...TINY, limits: { cpu: '250m', memory: '256Mi' } }),
        command: ['mosquitto', '-c', `${RUN}/mosquitto.conf`],
        ports: [
          { name: 'mqtt', containerPort: PORTS.mqtt, protocol: 'TCP' },
          ...when(lanTlsSecret, { name: 'mqtts', containerPort: PORTS.mqttTls, protocol: 'TCP' }),
        ],
        livenessProbe: { ...connects, periodSeconds: 30, failureThreshold: 4 },
        readinessProbe: { ...connects, periodSeconds: 10, failureThreshold: 3 },
        volumeMounts: [
          { name: 'data', mountPath: '/mosquitto/data' },
          { ...run, readOnly: true },
          tmp.mount,
          ...when(lanTlsSecret, { name: 'tls', mountPath: '/tls', readOnly: true }),
        ],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name: MOSQUITTO } },
      { name: 'passwords', secret: { secretName: BROKER_SECRET, defaultMode: 0o440 } },
      { name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      tmp.volume,
      ...(lanTlsSecret === undefined
        ? []
        : [{ name: 'tls', secret: { secretName: lanTlsSecret, defaultMode: 0o440 } }]),
    ],
  };
}

function bridgeService({ bridge }: Site): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: BRIDGE, labels: labelsOf(BRIDGE) },
    spec: {
      type: 'LoadBalancer',
      selector: selectorOf(BRIDGE),
      ...(bridge.allowFrom.length === 0 ? {} : { loadBalancerSourceRanges: [...bridge.allowFrom] }),
      ports: [{ name: 'udp', port: PORTS.udp, targetPort: 'udp', protocol: 'UDP' }],
    },
  };
}

/** The bridge's settings: acknowledged delivery and one session that outlives a restart of either side. */
export const BRIDGE_ENV: Readonly<Record<string, string>> = {
  GENERAL__LOG_LEVEL: '4',
  BACKEND__TYPE: 'semtech_udp',
  BACKEND__SEMTECH_UDP__UDP_BIND: `0.0.0.0:${PORTS.udp}`,
  INTEGRATION__MARSHALER: 'protobuf',
  INTEGRATION__MQTT__AUTH__GENERIC__SERVERS: `tcp://${MOSQUITTO}:${PORTS.mqtt}`,
  INTEGRATION__MQTT__AUTH__GENERIC__USERNAME: 'bridge',
  INTEGRATION__MQTT__AUTH__GENERIC__QOS: '1',
  INTEGRATION__MQTT__AUTH__GENERIC__CLEAN_SESSION: 'false',
  INTEGRATION__MQTT__AUTH__GENERIC__CLIENT_ID: 'gateway-bridge',
  METRICS__PROMETHEUS__ENDPOINT_ENABLED: 'true',
  METRICS__PROMETHEUS__BIND: `0.0.0.0:${PORTS.bridgeMetrics}`,
};

function bridgeDeployment(): DeploymentObject {
  const env: EnvVar[] = Object.entries(BRIDGE_ENV).map(([name, value]) => ({ name, value }));
  const answers = { tcpSocket: { port: 'metrics' }, timeoutSeconds: 5 };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: BRIDGE, labels: labelsOf(BRIDGE) },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 3,
      // Two bridges with one client id would throw each other out of the broker.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selectorOf(BRIDGE) },
      template: {
        metadata: { labels: labelsOf(BRIDGE) },
        spec: {
          ...confinedPod(NOBODY),
          terminationGracePeriodSeconds: 10,
          containers: [
            {
              name: BRIDGE,
              image: IMAGES.bridge,
              ...confinedContainer(TINY),
              env: [
                ...env,
                {
                  name: 'INTEGRATION__MQTT__AUTH__GENERIC__PASSWORD',
                  valueFrom: { secretKeyRef: { name: BROKER_SECRET, key: 'bridge' } },
                },
              ],
              ports: [
                { name: 'udp', containerPort: PORTS.udp, protocol: 'UDP' },
                { name: 'metrics', containerPort: PORTS.bridgeMetrics, protocol: 'TCP' },
              ],
              livenessProbe: { ...answers, periodSeconds: 30, failureThreshold: 4 },
              readinessProbe: { ...answers, periodSeconds: 10, failureThreshold: 3 },
            },
          ],
        },
      },
    },
  };
}

function statefulSet({ mosquitto, storage }: Site): StatefulSetObject {
  return singlePod({
    name: MOSQUITTO,
    pod: brokerPod(mosquitto.lanTlsSecret),
    storageClass: storage.class,
    size: mosquitto.size,
  });
}
