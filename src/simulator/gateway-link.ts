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

interface LinkContext {
  readonly options: GatewayLinkOptions;
  readonly stateTopic: string;
  readonly downTopic: string;
  client: MqttClient | undefined;
  stopped: boolean;
  unacknowledged: number;
}

export function createGatewayLink(options: GatewayLinkOptions): GatewayLink {
  const { gatewayId, world } = options;
  const link: LinkContext = {
    options,
    stateTopic: eventTopic('', gatewayId, 'conn'),
    downTopic: commandTopic('', gatewayId, 'down'),
    client: undefined,
    stopped: false,
    unacknowledged: 0,
  };
  return {
    start() {
      open(link).catch((error: unknown) => world.logger.error('simulator.no_mqtt', { error: String(error) }));
    },
    stop: () => close(link),
    publish(event, payload) {
      if (!link.client?.connected || link.unacknowledged >= MAX_UNACKNOWLEDGED) return false;
      send(link, link.client, { topic: eventTopic('', gatewayId, event), payload });
      return true;
    },
  };
}

async function open(link: LinkContext): Promise<void> {
  const { options, stateTopic, downTopic } = link;
  const { gatewayId, world } = options;
  const { connectTo } = await import('../gateway/mqtt/library.ts');
  if (link.stopped) return;
  const client = connectTo(options.url, {
    clientId: `simulated-${gatewayId}`,
    clean: true,
    reconnectPeriod: RECONNECT_MS,
    keepalive: 30,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    will: { topic: stateTopic, payload: Buffer.from(options.offline), qos: 1, retain: true },
  });
  link.client = client;
  client.on('connect', () => {
    world.logger.debug('simulator.gateway_connected', { gateway: gatewayId });
    send(link, client, { topic: stateTopic, payload: options.online, retain: true });
    options.onConnect();
  });
  client.subscribe(downTopic, { qos: 1 }, () => undefined);
  client.on('message', (topic, payload) => {
    if (topic === downTopic) options.onDownlink(payload);
  });
  // The library connects again by itself; without a listener the error would end the process.
  client.on('error', (error) => {
    world.logger.debug('simulator.gateway_error', { gateway: gatewayId, error: error.message });
  });
}

async function close(link: LinkContext): Promise<void> {
  const { client, options, stateTopic } = link;
  link.stopped = true;
  link.client = undefined;
  if (!client) return;
  if (!client.connected) {
    await client.endAsync(true);
    return;
  }
  send(link, client, { topic: stateTopic, payload: options.offline, retain: true });
  // `end` waits for the acknowledgements; a broker that gives none gets our last will instead.
  await Promise.race([client.endAsync(), elapsed(options.world, GOODBYE_MS)]);
  client.stream.destroy();
}

interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain?: boolean;
}

function send(link: LinkContext, client: MqttClient, { topic, payload, retain = false }: Message): void {
  link.unacknowledged++;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  client.publish(topic, bytes, { qos: 1, retain }, () => {
    link.unacknowledged--;
  });
}

function elapsed(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => {
    world.clock.after(ms, resolve);
  });
}
