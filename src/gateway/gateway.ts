/**
 * The gateway room's front: takes messages from a transport, sends each its way, and acknowledges it when what it brought is
 * stored.
 *
 * The way of a frame is `takeFrame`: gathered receptions, the network server's outcome, decode, commit, transmit,
 * acknowledge.
 *
 * Invariants: a message is acknowledged only after the commit of everything it changed, and of everything queued before
 * it; a message that cannot be understood is counted by reason, acknowledged and forgotten; nothing a message holds can
 * throw out of here.
 */
import type { GatewayConfig } from '../config/schema.ts';
import type { Device, LinkSettings } from '../model/device.ts';
import type { DownlinkService } from '../model/downlink.ts';
import type { ForeignWord, OwnTime } from '../model/foreign-time.ts';
import type { FrameService } from '../model/frame.ts';
import type { ReasonCounters } from '../model/reason-counters.ts';
import type { NewRecord } from '../model/record.ts';
import { ToldError, tell } from '../model/said.ts';
import type { RefusedFrames } from '../model/silence.ts';
import type { GatewayStatus, UnknownDeviceStatus } from '../model/status.ts';
import { cut } from '../model/text.ts';
import type { Tracer } from '../model/trace.ts';
import type { Uplink } from '../model/uplink.ts';
import type { Clock, World } from '../model/world.ts';
import type { Change, Store } from '../store/contract.ts';
import { encodeDownlinkFrame } from './bridge/encode.ts';
import { decodeEvent } from './bridge/event.ts';
import type { BridgeUplink, DownlinkFrame } from './bridge/message.ts';
import { commandTopic, createTopicReader, isUnused, type Topic } from './bridge/topics.ts';
import { processApplicationEvent } from './chirpstack/application-event.ts';
import { type Commits, createCommits } from './commits.ts';
import { createDeviceOrder, type DeviceOrder } from './device-order.ts';
import { createDeviceRefusals, type DeviceRefusals } from './device-refusals.ts';
import { createFrameService } from './frames/frame-service.ts';
import { createRecentFrames, type RecentFrames } from './frames/recent-frames.ts';
import { parseFrame } from './lorawan/frame.ts';
import type { Inbound } from './mqtt/transport.ts';
import { createDeduplicator } from './network/deduplicate.ts';
import { createNetworkServer, type NetworkServer } from './network/network-server.ts';
import type { Accepted, FrameOutcome } from './network/outcome.ts';
import { type Reception, withoutGhosts } from './network/reception.ts';
import { createUplinkDelay, type UplinkDelay } from './network/uplink-delay.ts';
import { createRefusals, type Refusals } from './refusals.ts';
import { createGatewayRegistry, type GatewayRegistry, type GatewayRoute } from './registry.ts';
import { receptionsBegin, type TracedFrame, traceFrame } from './traced-frame.ts';
import { createUnknownDevices } from './unknown-devices.ts';

export interface GatewayOptions {
  readonly store: Store;
  /** What the log keeps of an uplink: the ingest room decodes it. Must not throw. */
  readonly toRecord: (uplink: Uplink, device: Device | undefined) => NewRecord | Promise<NewRecord>;
  readonly config: GatewayConfig;
  /** Publishes at the broker; rejects when there is no connection. Nothing is ever sent without. */
  readonly publish?: (topic: string, payload: Uint8Array) => Promise<void>;
  /** What may stand before 'gateway/' in a topic, beside nothing; empty: anything. */
  readonly topicPrefixes?: readonly string[];
  /** A device profile by its name. */
  readonly profileOf?: (name: string) => LinkSettings | undefined;
  /** The time now and whether it is right; else no device is told it. Without, the wall clock is. */
  readonly ownTime?: () => OwnTime;
  /** Hears what gateways say about the time. */
  readonly noteGatewayTime?: (word: ForeignWord & { readonly gatewayId: string }) => void;
  /** Counts what is refused, by reason. */
  readonly refused: ReasonCounters;
  /** Says once in a while what is refused. */
  readonly logEvent: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Where frames are traced. */
  readonly tracer?: Tracer | undefined;
  readonly world: World;
}

export interface Gateway {
  /** Takes one message. */
  receive(message: Inbound): void;
  messages(): number;
  gateways(): GatewayStatus[];
  unknownDevices(): UnknownDeviceStatus[];
  /** What was refused of a declared device since it was last let in. */
  refusedOf(devEui: string): RefusedFrames | undefined;
  readonly downlinks: DownlinkService;
  /** The newest frames, as they were on the air. */
  readonly frames: FrameService;
  /** Ends all waiting and resolves when everything received is stored and acknowledged. */
  drain(): Promise<void>;
}

/** A QoS 0 message has no sender that would send it again, so it may wait in memory; but not without end. */
const MAX_UNSTORED = 20_000;
const MAX_PAYLOAD_BYTES = 256 * 1024;
/** A topic may have 64 kB. */
const MAX_TOLD_TOPIC = 200;

interface GatewayContext extends Pick<GatewayOptions, 'store' | 'toRecord' | 'logEvent' | 'tracer'> {
  readonly topicPrefixes: readonly string[];
  readonly readTopic: (topic: string) => Topic | undefined;
  readonly clock: Clock;
  readonly ownTime: () => OwnTime;
  readonly noteGatewayTime: GatewayOptions['noteGatewayTime'] | undefined;
  readonly network: NetworkServer;
  readonly registry: GatewayRegistry;
  readonly commits: Commits;
  readonly refusals: Refusals;
  readonly deviceRefusals: DeviceRefusals;
  readonly recent: RecentFrames;
  readonly order: DeviceOrder;
  readonly uplinkDelay: UplinkDelay;
  /** Gathers the receptions of one frame. */
  readonly gather: (reception: Reception) => void;
  /** Keys of ChirpStack events whose commit is under way. */
  readonly inFlight: Set<string>;
}

/** See the head of the file. */
export function createGateway(options: GatewayOptions): Gateway {
  const { config, store, toRecord, noteGatewayTime, logEvent, tracer, world } = options;
  const { clock } = world;
  const ownTime = options.ownTime ?? (() => ({ nowMs: clock.nowMs(), trusted: true }));
  const unknownDevices = createUnknownDevices();
  const refusals = createRefusals(options.refused, logEvent);
  const commits = createCommits(store, refusals);
  const recent = createRecentFrames();
  const registry = createGatewayRegistry(clock, (gateway, state, reason) => {
    logEvent(`gateway.${state}`, { gateway, reason });
    const body = { gateway, state, reason };
    void commits.commit({ records: [{ kind: 'gateway', timeMs: clock.nowMs(), device: null, body }] });
  });
  const network = createNetworkServer({
    ...{ world, store, unknownDevices, commits, refusals },
    config: options.publish ? config : { ...config, transmit: false },
    profileOf: options.profileOf,
    ownTime,
    publish: (frame) => publishCommand(context, options.publish, frame),
  });
  const gathered = createDeduplicator<Reception>({
    clock,
    windowMs: config.dedupWindowMs,
    complete: registry.settledCount,
    senderOf: ({ uplink }) => uplink.gatewayId,
    emit: (receptions) => takeFrame(context, receptions),
  });
  const context: GatewayContext = {
    ...{ store, toRecord, noteGatewayTime, logEvent, clock, ownTime, network, registry, commits, refusals },
    tracer,
    topicPrefixes: options.topicPrefixes ?? [],
    readTopic: createTopicReader(),
    deviceRefusals: createDeviceRefusals(),
    recent,
    order: createDeviceOrder(),
    uplinkDelay: createUplinkDelay(),
    gather: (reception) => gathered.add(keyOf(reception.uplink.phyPayload), reception),
    inFlight: new Set(),
  };
  let messages = 0;
  return {
    receive(message) {
      if (messages++ === 0) network.recover();
      receive(context, message);
    },
    messages: () => messages,
    gateways: () => registry.list().map((gateway) => withDuty(gateway, network)),
    unknownDevices: unknownDevices.list,
    refusedOf: context.deviceRefusals.of,
    downlinks: network.downlinks,
    frames: createFrameService({ recent, opener: network.opener, world }),
    async drain() {
      registry.stop();
      gathered.flush();
      const rest = network.stop();
      if (rest) void commits.commit(rest);
      await context.order.idle();
      await commits.idle();
    },
  };
}

function receive(context: GatewayContext, message: Inbound): void {
  const { discardedBytes, payload, qos } = message;
  if (discardedBytes !== undefined || payload.length > MAX_PAYLOAD_BYTES) {
    return refuseMessage(context, message, 'too_large', `${discardedBytes ?? payload.length} bytes`);
  }
  if (qos === 0 && context.commits.inFlight() > MAX_UNSTORED)
    return refuseMessage(context, message, 'store_backlog', '');
  const topic = context.readTopic(message.topic);
  if (!topic)
    return refuseMessage(context, message, 'unknown_topic', 'not a topic of a gateway or an application');
  const isForeign = topic.kind === 'gateway' && !isAllowed(topic.prefix, context.topicPrefixes);
  if (isForeign) return refuseMessage(context, message, 'foreign_prefix', 'not one of mqtt.topic_prefixes');
  if (topic.kind === 'application') return void takeApplicationEvent(context, message, topic);
  takeGatewayEvent(context, message, topic);
}

function takeGatewayEvent(
  context: GatewayContext,
  message: Inbound,
  topic: Topic & { kind: 'gateway' },
): void {
  const { registry, noteGatewayTime, network, recent, gather } = context;
  const { event: name } = topic;
  if (isUnused(name)) return message.ack();
  const event = decodeEvent(name, message.payload, topic.gatewayId);
  if (!event.ok) return refuseMessage(context, message, event.reason, event.detail);
  const meta = { qos: message.qos, marshaler: event.marshaler, prefix: topic.prefix };
  switch (event.kind) {
    case 'up':
      noteGatewayTime?.(event.uplink);
      registry.uplink(topic.gatewayId, meta, event.uplink);
      return gather(toReception(context, event.uplink, message, meta));
    case 'stats':
      noteGatewayTime?.(event.stats);
      registry.stats(event.stats, meta, context.ownTime());
      break;
    case 'conn':
      registry.conn(topic.gatewayId, event.conn.online, { ...meta, retained: message.retained });
      break;
    case 'ack':
      // Who answers by another way than the command went is not the one it went to.
      if (registry.route(topic.gatewayId)?.prefix !== topic.prefix) break;
      network.answered(event.ack);
      recent.answered(event.ack);
      break;
  }
  acknowledge(context, [message.ack]);
}

/** The way of a frame: what the network server makes of it, then decode, commit, transmit, acknowledge. */
function takeFrame(context: GatewayContext, receptions: readonly Reception[]): void {
  const heard = withoutGhosts(receptions);
  const outcome = process(context.network, heard);
  context.recent.heard(heard, outcome, context.ownTime().nowMs);
  if ('refused' in outcome) {
    const { refused, sender } = outcome;
    context.refusals.count(refused, sender);
    if (sender && 'device' in sender)
      context.deviceRefusals.note(sender.device, refused, context.clock.nowMs());
    return acknowledge(context, receptions.map(ackOf));
  }
  context.deviceRefusals.forget(outcome.device);
  noteRoutes(context.registry, receptions);
  const { tracer, clock } = context;
  const traced = tracer && traceFrame(tracer, clock, receptionsBegin(receptions, outcome.device));
  carryOut(context, outcome, receptions.map(ackOf), traced);
}

function process(network: NetworkServer, receptions: readonly Reception[]): FrameOutcome {
  const [first] = receptions;
  if (!first) return { refused: 'frame_too_short' };
  const parsed = parseFrame(first.uplink.phyPayload);
  if (!parsed.ok) return { refused: `frame_${parsed.reason}` };
  const { frame } = parsed;
  if (frame.kind === 'join-request') return network.join(frame, receptions);
  if (frame.kind !== 'data') return { refused: frame.kind.replace('-', '_') };
  return frame.direction === 'down' ? { refused: 'downlink_overheard' } : network.uplink(frame, receptions);
}

/** The frame is good: the gateways that brought it are where it came from. */
function noteRoutes(registry: GatewayRegistry, receptions: readonly Reception[]): void {
  const [first, second] = receptions;
  if (first && !second) return registry.proven(first.uplink.gatewayId, [first.route]);
  const byGateway = Map.groupBy(receptions, ({ uplink }) => uplink.gatewayId);
  for (const [gatewayId, copies] of byGateway) {
    registry.proven(
      gatewayId,
      copies.map(({ route }) => route),
    );
  }
}

/** Decodes, and has stored, sent and acknowledged. */
function carryOut(
  context: GatewayContext,
  accepted: Accepted,
  acks: readonly Inbound['ack'][],
  traced: TracedFrame | undefined,
): void {
  const { commits } = context;
  const { transmission } = accepted;
  const change = withReading(context, accepted, traced);
  // Without a script nothing is waited for, so that what comes next cannot be queued before this.
  if (!(change instanceof Promise)) return commits.carryOut({ change, transmission, acks, traced });
  void change.then((decoded) => commits.carryOut({ change: decoded, transmission, acks, traced }));
}

/** The change with the reading as its first record, in the device's turn. */
function withReading(
  { store, toRecord, order }: GatewayContext,
  { device, uplink, change }: Accepted,
  traced: TracedFrame | undefined,
): Change | Promise<Change> {
  const { records = [] } = change;
  const whole = (record: NewRecord | undefined): Change => {
    const decoded = record ? { ...change, records: [record, ...records] } : change;
    traced?.decoded(decoded);
    return decoded;
  };
  const turn = order.turn(device, uplink && toRecord(uplink, store.devices.get(device)));
  return turn instanceof Promise ? turn.then(whole) : whole(turn);
}

/** Once everything queued before is stored. */
function acknowledge({ commits }: GatewayContext, acks: readonly Inbound['ack'][]): void {
  commits.carryOut({ change: {}, acks });
}

function ackOf({ ack }: Pick<Inbound, 'ack'>): Inbound['ack'] {
  return ack;
}

/** A ChirpStack's event brings a reading that is verified, and mostly decoded, already. */
async function takeApplicationEvent(
  context: GatewayContext,
  message: Inbound,
  topic: Topic & { kind: 'application' },
): Promise<void> {
  const { store, inFlight, refusals, ownTime, logEvent, commits, tracer, clock } = context;
  const { ack } = message;
  const outcome = processApplicationEvent({ store, inFlight, logEvent }, topic, message.payload, ownTime());
  switch (outcome.kind) {
    case 'fault':
      return refuseMessage(context, message, outcome.reason, outcome.detail);
    case 'other':
      return ack();
    case 'repeated':
      refusals.count('retransmission');
      return acknowledge(context, [ack]);
    case 'uplink': {
      inFlight.add(outcome.key);
      const attributes = { 'webscada.device': outcome.accepted.device };
      const traced = tracer && traceFrame(tracer, clock, { heardMs: clock.monotonicMs(), attributes });
      const change = withReading(context, outcome.accepted, traced);
      const commit = (decoded: Change) => commits.commit(decoded, traced);
      const stored = change instanceof Promise ? change.then(commit) : commit(change);
      if ((await stored) !== 'closed') ack();
      inFlight.delete(outcome.key);
    }
  }
}

function refuseMessage({ refusals }: GatewayContext, message: Inbound, reason: string, detail: string): void {
  refusals.count(reason, { topic: cut(message.topic, MAX_TOLD_TOPIC), detail });
  message.ack();
}

/** Hands a frame to a gateway, as its bridge writes. Rejects when there is no way to it. */
async function publishCommand(
  { registry, recent, ownTime }: GatewayContext,
  publish: GatewayOptions['publish'],
  frame: DownlinkFrame,
): Promise<void> {
  const route = registry.route(frame.gatewayId);
  if (!route || !publish) throw new ToldError(tell('downlink.noWay'));
  const topic = commandTopic(route.prefix, frame.gatewayId, 'down');
  recent.sent(frame, ownTime().nowMs);
  try {
    await publish(topic, encodeDownlinkFrame(frame, route.marshaler));
  } catch (error) {
    recent.notHandedOver(frame);
    throw error;
  }
}

function toReception(
  { clock, uplinkDelay }: GatewayContext,
  uplink: BridgeUplink,
  { ack, maybeStale = false, retained }: Inbound,
  { prefix, marshaler }: GatewayRoute,
): Reception {
  const arrivedMs = clock.monotonicMs();
  const delayMs = uplinkDelay.delayMs(uplink, arrivedMs, maybeStale || retained);
  return { uplink, ack, arrivedMs, delayMs, route: { prefix, marshaler } };
}

function withDuty(gateway: GatewayStatus, network: NetworkServer): GatewayStatus {
  const duty = network.duty(gateway.gatewayId);
  return duty.length > 0 ? { ...gateway, duty } : gateway;
}

function isAllowed(prefix: string, prefixes: readonly string[]): boolean {
  return prefix === '' || prefixes.length === 0 || prefixes.includes(prefix);
}

/** The frame's bytes as a string of one character each: the cheapest key there is. */
function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
