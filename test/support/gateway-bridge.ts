/**
 * The real ChirpStack Gateway Bridge for tests: hears Semtech UDP or a Basics Station on a loopback port and publishes to
 * an MQTT broker.
 */
import { createSocket } from 'node:dgram';
import type { RegionName } from '../../src/model/lorawan.ts';
import { findServer, freePort, startServer } from './process.ts';

export interface GatewayBridgeOptions {
  /** mqtt://host:port of the broker, with user and password if it asks for them. */
  readonly mqttUrl: string;
  readonly marshaler: 'json' | 'protobuf';
  /** A free one unless given. */
  readonly udpPort?: number;
  /** QoS of its events; 1 unless given, as we install it. */
  readonly qos?: 0 | 1 | 2;
  /** Another executable than the one installed. */
  readonly command?: string;
  /** Serves Basics Stations of this region instead of Semtech UDP; reports each every `statsSeconds`, 30 unless given. */
  readonly station?: { readonly region: RegionName; readonly statsSeconds?: number };
}

export interface GatewayBridge {
  /** Of its UDP listener, or the TCP port where it serves stations. */
  readonly udpPort: number;
  /** Everything it printed so far. */
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the bridge; resolves when it is connected to the broker and listens. Its environment is its configuration. */
export async function startGatewayBridge(options: GatewayBridgeOptions): Promise<GatewayBridge> {
  const command = options.command ?? findServer('chirpstack-gateway-bridge');
  if (!command) throw new Error('chirpstack-gateway-bridge is not installed');
  const { station } = options;
  const port = options.udpPort ?? (await (station ? freePort() : freeUdpPort()));
  const broker = new URL(options.mqttUrl);
  const env = {
    GENERAL__LOG_LEVEL: '4',
    INTEGRATION__MARSHALER: options.marshaler,
    INTEGRATION__MQTT__AUTH__GENERIC__SERVERS: `tcp://${broker.host}`,
    INTEGRATION__MQTT__AUTH__GENERIC__USERNAME: decodeURIComponent(broker.username),
    INTEGRATION__MQTT__AUTH__GENERIC__PASSWORD: decodeURIComponent(broker.password),
    INTEGRATION__MQTT__AUTH__GENERIC__QOS: String(options.qos ?? 1),
    ...(station ? stationSettings(station, port) : { BACKEND__SEMTECH_UDP__UDP_BIND: `127.0.0.1:${port}` }),
  };
  // It listens only after the first connection to the broker, and then says so.
  const listens = station ? 'starting websocket listener' : 'starting gateway udp listener';
  const server = await startServer(command, [], { text: listens }, env);
  return { udpPort: port, output: server.output, stop: server.stop };
}

function stationSettings(
  { region, statsSeconds = 30 }: { readonly region: RegionName; readonly statsSeconds?: number },
  port: number,
): Record<string, string> {
  return {
    BACKEND__TYPE: 'basic_station',
    BACKEND__BASIC_STATION__BIND: `127.0.0.1:${port}`,
    BACKEND__BASIC_STATION__REGION: region,
    BACKEND__BASIC_STATION__STATS_INTERVAL: `${statsSeconds}s`,
  };
}

/** A UDP port of the loopback interface that was free a moment ago. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
