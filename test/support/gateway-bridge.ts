/** The real ChirpStack Gateway Bridge for tests: hears Semtech UDP on a loopback port and publishes to an MQTT broker. */
import { createSocket } from 'node:dgram';
import { findServer, startServer } from './process.ts';

export interface GatewayBridgeOptions {
  /** mqtt://host:port of the broker, with user and password if it asks for them. */
  readonly mqttUrl: string;
  readonly marshaler: 'json' | 'protobuf';
  /** A free one unless given. */
  readonly udpPort?: number;
  /** QoS of its events; 1 unless given, as we install it. */
  readonly qos?: 0 | 1 | 2;
}

export interface GatewayBridge {
  readonly udpPort: number;
  /** Everything it printed so far. */
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the bridge; resolves when it is connected to the broker and hears UDP. Its environment is its configuration. */
export async function startGatewayBridge(options: GatewayBridgeOptions): Promise<GatewayBridge> {
  const command = findServer('chirpstack-gateway-bridge');
  if (!command) throw new Error('chirpstack-gateway-bridge is not installed');
  const udpPort = options.udpPort ?? (await freeUdpPort());
  const broker = new URL(options.mqttUrl);
  const env = {
    GENERAL__LOG_LEVEL: '4',
    INTEGRATION__MARSHALER: options.marshaler,
    INTEGRATION__MQTT__AUTH__GENERIC__SERVERS: `tcp://${broker.host}`,
    INTEGRATION__MQTT__AUTH__GENERIC__USERNAME: decodeURIComponent(broker.username),
    INTEGRATION__MQTT__AUTH__GENERIC__PASSWORD: decodeURIComponent(broker.password),
    INTEGRATION__MQTT__AUTH__GENERIC__QOS: String(options.qos ?? 1),
    BACKEND__SEMTECH_UDP__UDP_BIND: `127.0.0.1:${udpPort}`,
  };
  // It opens the UDP port only after the first connection to the broker, and then says so.
  const server = await startServer(command, [], { text: 'starting gateway udp listener' }, env);
  return { udpPort, output: server.output, stop: server.stop };
}

/** A UDP port of the loopback interface that was free a moment ago. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
