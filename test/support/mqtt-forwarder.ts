/**
 * The real ChirpStack MQTT Forwarder, which stands in the Gateway Bridge's place on newer gateways: hears Semtech UDP on a
 * loopback port and publishes for one gateway.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import type { GatewayBridge, GatewayBridgeOptions } from './gateway-bridge.ts';
import { freeUdpPort } from './gateway-bridge.ts';
import { startServer, temporaryFolder } from './process.ts';

type Options = Required<Pick<GatewayBridgeOptions, 'mqttUrl' | 'marshaler' | 'command'>> & {
  readonly gatewayId: string;
};

/** Starts it; resolves when it subscribes to the commands. */
export async function startMqttForwarder(options: Options): Promise<GatewayBridge> {
  const folder = temporaryFolder();
  const udpPort = await freeUdpPort();
  const file = join(folder.path, 'forwarder.toml');
  writeFileSync(
    file,
    stringify({
      backend: {
        enabled: 'semtech_udp',
        gateway_id: options.gatewayId,
        semtech_udp: { bind: `127.0.0.1:${udpPort}` },
      },
      mqtt: {
        topic_prefix: '',
        json: options.marshaler === 'json',
        server: `tcp://${new URL(options.mqttUrl).host}`,
        qos: 1,
      },
    }),
  );
  const ready = { text: 'Sending conn state' };
  const server = await startServer(options.command, ['-c', file], ready, {});
  return {
    udpPort,
    output: server.output,
    async stop(signal) {
      await server.stop(signal);
      folder.remove();
    },
  };
}
