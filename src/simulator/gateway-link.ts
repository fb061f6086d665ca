/**
 * One simulated gateway's MQTT connection, as its Gateway Bridge would hold it: QoS 1, a retained `conn` state with a
 * last will to offline, its events out and the downlink commands in. Nothing waits for the broker: what cannot be sent
 * now is dropped and said so.
 */
import type { MqttClient } from 'mqtt';
import { commandTopic, eventTopic } from '../gateway/bridge/topics.ts';
import type { World } from '../model/world.ts';

export interface GatewayLink {
  /** Returns at once; the connection is made and kept behind the scenes. */
  start(): void;
  /** Says offline and leaves, within about a second. */
  stop(): Promise<void>;
  /** False if the event was dropped: not connected, or too many unacknowledged. */
  publish(event: 'up' | 'stats' | 'ack', payload: Uint8Array): boolean;
}

export interface GatewayLinkOptions {
  readonly gatewayId: string;
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** The `conn` messages in the gateway's marshaler. */
  readonly online: Uint8Array;
  readonly offline: Uint8Array;
  readonly onConnect: () => void;
  readonly onDownlink: (payload: Uint8Array) => void;
  readonly world: World;
}

const RECONNECT_MS = 2_000;
const GOODBYE_MS = 1_000;
/** Events the broker has not acknowledged yet; more are dropped. */
const MAX_UNACKNOWLEDGED = 200;

export function createGatewayLink(options: GatewayLinkOptions): GatewayLink {
  const { gatewayId, world } = options;
  let client: MqttClient | undefined;
  let stopped = false;
  let unacknowledged = 0;

  async function open(): Promise<void> {
    const { connectTo } = await import('../gateway/mqtt/library.ts');
    if (stopped) return;
    const current = connectTo(options.url, {
      clientId: `simulated-${gatewayId}`,
      clean: true,
      reconnectPeriod: RECONNECT_MS,
      keepalive: 30,
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(options.password === undefined ? {} : { password: options.password }),
      will: { topic: stateTopic, payload: Buffer.from(options.offline), qos: 1, retain: true },
    });
    client = current;
    current.on('connect', () => {
      world.logger.debug('simulator.gateway_connected', { gateway: gatewayId });
      send(current, stateTopic, options.online, true);
      options.onConnect();
    });
    current.subscribe(downTopic, { qos: 1 }, () => undefined);
    current.on('message', (topic, payload) => {
      if (topic === downTopic) options.onDownlink(payload);
    });
    // The library connects again by itself; without a listener the error would end the process.
    current.on('error', (error) => {
      world.logger.debug('simulator.gateway_error', { gateway: gatewayId, error: error.message });
    });
  }

  const stateTopic = eventTopic('', gatewayId, 'conn');
  const downTopic = commandTopic('', gatewayId, 'down');

  function send(current: MqttClient, topic: string, payload: Uint8Array, retain: boolean): void {
    unacknowledged++;
    current.publish(
      topic,
      Buffer.from(payload.buffer, payload.byteOffset, payload.length),
      { qos: 1, retain },
      () => {
        unacknowledged--;
      },
    );
  }

  return {
    start() {
      open().catch((error: unknown) => world.logger.error('simulator.no_mqtt', { error: String(error) }));
    },
    async stop() {
      stopped = true;
      const current = client;
      client = undefined;
      if (!current) return;
      if (!current.connected) {
        await current.endAsync(true);
        return;
      }
      send(current, stateTopic, options.offline, true);
      // `end` waits for the acknowledgements; a broker that gives none gets our last will instead.
      await Promise.race([current.endAsync(), elapsed(world, GOODBYE_MS)]);
      current.stream.destroy();
    },
    publish(event, payload) {
      if (!client?.connected || unacknowledged >= MAX_UNACKNOWLEDGED) return false;
      send(client, eventTopic('', gatewayId, event), payload, false);
      return true;
    },
  };
}

function elapsed(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => {
    world.clock.after(ms, resolve);
  });
}
