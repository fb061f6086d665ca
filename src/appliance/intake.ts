/** The way in: the broker of others or ours, and the network server behind it. */
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { parseTopic, subscriptionsFor } from '../gateway/bridge/topics.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../gateway/gateway.ts';
import { createMqttClient } from '../gateway/mqtt/client.ts';
import { createEmbeddedBroker, type EmbeddedBroker } from '../gateway/mqtt/embedded.ts';
import type { InboundHandler, MqttTransport } from '../gateway/mqtt/transport.ts';
import { toRecord } from '../ingest/reading.ts';
import type { Line } from '../model/line.ts';
import type { Part, World } from '../model/world.ts';
import { createLiveness, type Liveness } from '../ops/liveness.ts';
import { createEventLog } from '../ops/log-throttle.ts';
import { brokerUsersFile } from '../store/broker-users.ts';
import type { Core } from './core.ts';
import type { OpenCodecs } from './open-codecs.ts';

/** The broker of others, or ours, which has an address of its own. */
type Transport = MqttTransport & Partial<EmbeddedBroker>;

/** How long a stop waits for what came in to be stored and acknowledged; the rest stays with its sender. */
const DRAIN_MS = 2_000;

export interface Intake extends Part {
  readonly gateway: Gateway;
  readonly transport: Transport;
  readonly liveness: Liveness;
}

/** The transport and what is behind it. A stop: nothing more comes in, then everything that did is stored and acknowledged. */
export function createIntake(
  { config, store, timekeeper, refused, lines, tracing, world }: Core,
  { codecs: { decode } }: OpenCodecs,
): Intake {
  const logEvent = createEventLog(world);
  const gateway = createGateway({
    store,
    config: config.gateway,
    toRecord: (uplink, device) => toRecord(uplink, device, decode, store.profiles.get(device?.profile ?? '')),
    profileOf: store.profiles.get,
    noteGatewayTime: timekeeper.noteGatewayTime,
    ownTime: timekeeper.ownTime,
    publish: (topic, payload) => transport.publish(topic, payload),
    topicPrefixes: config.mqtt.topicPrefixes,
    refused,
    logEvent,
    tracer: tracing?.tracer,
    world,
  });
  const liveness = createLiveness({
    barrier: () => store.commit({}),
    storeState: store.status,
    clock: world.clock,
  });
  const transport = createTransport(
    config,
    watched(gateway.receive, liveness),
    logEvent,
    lines.broker,
    world,
  );
  return {
    gateway,
    transport,
    liveness,
    start: transport.start,
    async stop() {
      const drained = gateway.drain();
      store.flush();
      await Promise.race([
        drained,
        new Promise<void>((resolve) => void world.clock.after(DRAIN_MS, resolve)),
      ]);
      await transport.stop();
    },
  };
}

/** `handle`, counting what comes in and what of it gets through. */
function watched(handle: InboundHandler, { took }: Liveness): InboundHandler {
  return (message) => {
    const passed = took();
    const ack = (): void => {
      passed();
      message.ack();
    };
    handle({ ...message, ack });
  };
}

function createTransport(
  { mqtt, site, store }: Config,
  handle: InboundHandler,
  logEvent: GatewayOptions['logEvent'],
  line: Line,
  world: World,
): Transport {
  if (mqtt.mode === 'external') {
    const sessionFile = join(store.dir, 'broker-session.json');
    const own = { config: mqtt, site: site.id, sessionFile };
    const subscriptions = subscriptionsFor(mqtt.topicPrefixes);
    return createMqttClient({ ...own, subscriptions, handle, line, world });
  }
  const wanted = (topic: string) => parseTopic(topic) !== undefined;
  const usersFile = brokerUsersFile(store.dir);
  return createEmbeddedBroker({ config: mqtt, usersFile, wanted, handle, tell: logEvent, world });
}
