/**
 * The gateway room's front: takes messages from a door, sends each its way, and acknowledges it when what it brought is
 * stored.
 *
 * Invariants: a message is acknowledged only after the commit of everything it changed, and of everything queued before
 * it; a message that cannot be understood is counted by reason, acknowledged and forgotten; nothing a message holds can
 * throw out of here.
 */
import type { Device, LinkSettings } from '../model/device.ts';
import type { DownlinkService } from '../model/downlink.ts';
import type { ReasonCounters } from '../model/reason-counters.ts';
import type { NewRecord } from '../model/record.ts';
import type { GatewayStatus, StrangerStatus } from '../model/status.ts';
import { cut } from '../model/text.ts';
import type { Uplink } from '../model/uplink.ts';
import type { World } from '../model/world.ts';
import type { Change, Store } from '../store/contract.ts';
import { encodeDownlinkFrame } from './bridge/encode.ts';
import { decodeEvent } from './bridge/event.ts';
import type { BridgeUplink, DownlinkFrame } from './bridge/message.ts';
import { commandTopic, parseTopic, type Topic } from './bridge/topics.ts';
import { decodeApplicationEvent } from './chirpstack/event.ts';
import { createDeviceOrder } from './device-order.ts';
import type { Inbound } from './mqtt/transport.ts';
import type { NetworkSettings } from './network/device-link.ts';
import { createNetwork } from './network/network-server.ts';
import type { Reception } from './network/reception.ts';
import { createUplinkDelay } from './network/uplink-delay.ts';
import { createGatewayRegistry } from './registry.ts';
import { createUnknownDevices } from './unknown-devices.ts';

export interface GatewayOptions {
  readonly store: Store;
  /** What the log keeps of an uplink: the ingest room decodes it. Must not throw. */
  readonly toRecord: (uplink: Uplink, device: Device | undefined) => NewRecord | Promise<NewRecord>;
  readonly dedupWindowMs: number;
  /** Publishes at the broker; rejects when there is no connection. Nothing is ever sent without. */
  readonly publish?: (topic: string, payload: Uint8Array) => Promise<void>;
  readonly network?: Partial<NetworkSettings>;
  /** A device profile by its name. */
  readonly profileOf?: (name: string) => LinkSettings | undefined;
  /** Whether the wall clock is right; else no device is told the time. */
  readonly timeKnown?: () => boolean;
  /** Hears what gateways say about the time. */
  readonly noteGatewayTime?: (word: {
    readonly gatewayId: string;
    /** Epoch milliseconds. */
    readonly timeMs?: number;
    /** Milliseconds since the GPS epoch. */
    readonly gpsTimeMs?: number;
  }) => void;
  /** Counts what is refused, by reason. */
  readonly refused: ReasonCounters;
  /** Says once in a while what is refused. */
  readonly logEvent: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly world: World;
}

export interface Gateway {
  /** Takes one message. */
  receive(message: Inbound): void;
  messages(): number;
  gateways(): GatewayStatus[];
  unknownDevices(): StrangerStatus[];
  readonly downlinks: DownlinkService;
  /** Ends all waiting and resolves when everything received is stored and acknowledged. */
  drain(): Promise<void>;
}

/** A QoS 0 message has no sender that would send it again, so it may wait in memory; but not without end. */
const MAX_UNSTORED = 20_000;
const MAX_PAYLOAD_BYTES = 256 * 1024;
/** A topic may have 64 kB. */
const MAX_TOLD_TOPIC = 200;

/** See the head of the file. */
export function createGateway(options: GatewayOptions): Gateway {
  const { store, toRecord, noteGatewayTime: heardTime, refused, logEvent: tell, world } = options;
  const { clock } = world;
  const strangers = createUnknownDevices();
  const inFlight = new Set<string>(); // ChirpStack events whose commit is not done
  let messages = 0;
  let unstored = 0;
  const idle: (() => void)[] = [];
  const freshness = createUplinkDelay();

  const registry = createGatewayRegistry(clock, (gateway, state, reason) => {
    tell(`gateway.${state}`, { gateway, reason });
    const body = { gateway, state, reason };
    void settle({ records: [{ kind: 'gateway', timeMs: clock.nowMs(), device: null, body }] }, []);
  });

  const order = createDeviceOrder();
  const network = createNetwork({
    world,
    order,
    store,
    settings: { ...options.network, ...(options.publish ? {} : { transmit: false }) },
    profileOf: options.profileOf,
    timeKnown: options.timeKnown,
    dedupWindowMs: options.dedupWindowMs,
    gatewayCount: registry.settledCount,
    strangers,
    publish: command,
    toRecord: (uplink) => toRecord(uplink, store.devices.get(uplink.device)),
    settle: (change, copies, then) => void settle(change, copies, then),
    refuse(reason, copies) {
      refuse(reason, {});
      void settle({}, copies);
    },
    unsent: (reason) => refuse(reason, {}),
  });

  /** Hands a frame to a gateway, as its bridge writes. */
  async function command(frame: DownlinkFrame): Promise<void> {
    const route = registry.route(frame.gatewayId);
    if (!route || !options.publish) throw new Error('no way to this gateway');
    const topic = commandTopic(route.prefix, frame.gatewayId, 'down');
    await options.publish(topic, encodeDownlinkFrame(frame, route.marshaler));
  }

  /** Stores the change, says so to `then`, and acknowledges the messages that brought it. */
  async function settle(
    change: Change,
    copies: readonly Pick<Reception, 'ack'>[],
    then?: (stored: boolean) => void,
  ): Promise<void> {
    unstored++;
    let stored = true;
    let answered = true;
    try {
      await store.commit(change);
    } catch (error) {
      stored = false;
      // A closed store leaves the messages with their sender; a change that can never be stored is let go.
      answered = !store.closed();
      if (answered) refuse('not_storable', { error: error instanceof Error ? error.message : String(error) });
    }
    // Somebody waits for an answer within milliseconds; the messages' senders do not.
    then?.(stored);
    if (answered) for (const copy of copies) copy.ack();
    unstored--;
    if (unstored === 0) for (const resolve of idle.splice(0)) resolve();
  }

  function refuse(reason: string, fields: Readonly<Record<string, unknown>>): void {
    refused.add(reason);
    tell('message.refused', { reason, ...fields });
  }

  function refuseMessage(message: Inbound, reason: string, detail: string): void {
    refuse(reason, { topic: cut(message.topic, MAX_TOLD_TOPIC), detail });
    message.ack();
  }

  function route(message: Inbound, topic: Topic): void {
    if (topic.kind === 'application') return takeApplicationEvent(message, topic);
    if (topic.event === 'exec' || topic.event === 'raw') return message.ack();
    const event = decodeEvent(topic.event, message.payload, topic.gatewayId);
    if (!event.ok) return refuseMessage(message, event.reason, event.detail);
    const heard = { qos: message.qos, marshaler: event.marshaler, prefix: topic.prefix };
    switch (event.kind) {
      case 'up':
        heardTime?.(event.uplink);
        registry.uplink(topic.gatewayId, heard, event.uplink);
        return network.receive(toCopy(event.uplink, message));
      case 'stats':
        heardTime?.(event.stats);
        registry.stats(event.stats, heard);
        break;
      case 'conn':
        registry.conn(topic.gatewayId, event.conn.online, { ...heard, retained: message.retained });
        break;
      case 'ack':
        network.answered(event.ack);
        break;
    }
    // Not the message itself: its payload would wait with it.
    void settle({}, [{ ack: message.ack }]);
  }

  function toCopy(uplink: BridgeUplink, { ack, maybeStale: suspect = false, retained }: Inbound): Reception {
    const arrivedMs = clock.monotonicMs();
    return { uplink, ack, arrivedMs, delayMs: freshness.delayMs(uplink, arrivedMs, suspect || retained) };
  }

  function takeApplicationEvent(message: Inbound, topic: Topic & { kind: 'application' }): void {
    const event = decodeApplicationEvent(topic.event, topic.devEui, message.payload, clock.nowMs());
    if (!event.ok) return refuseMessage(message, event.reason, event.detail);
    if (event.kind === 'other') return message.ack();
    const { uplink, deduplicationId, deviceName } = event;
    const key = deduplicationId || `${uplink.device} ${uplink.devAddr} ${uplink.fCnt} ${uplink.timeMs}`;
    if (inFlight.has(key) || store.seen(key)) {
      refuse('retransmission', {});
      return void settle({}, [{ ack: message.ack }]);
    }
    const device = store.devices.get(uplink.device) ?? introduce(uplink.device, deviceName);
    inFlight.add(key);
    const done = () => {
      inFlight.delete(key);
      message.ack();
    };
    order.run(uplink.device, toRecord(uplink, device), (record) => {
      void settle({ records: [record], seen: [key] }, [{ ack: done }]);
    });
  }

  /** A device ChirpStack knows and we do not yet. */
  function introduce(devEui: string, name: string): Device {
    const device: Device = { devEui, name: name || devEui, codec: 'raw', origin: 'chirpstack' };
    try {
      store.devices.put(device);
    } catch (error) {
      tell('device.not_stored', { devEui, error: error instanceof Error ? error.message : String(error) });
    }
    return device;
  }

  return {
    receive(message) {
      messages++;
      const { discardedBytes, payload } = message;
      if (discardedBytes !== undefined || payload.length > MAX_PAYLOAD_BYTES) {
        return refuseMessage(message, 'too_large', `${discardedBytes ?? payload.length} bytes`);
      }
      if (message.qos === 0 && unstored > MAX_UNSTORED) return refuseMessage(message, 'store_backlog', '');
      const topic = parseTopic(message.topic);
      if (!topic)
        return refuseMessage(message, 'unknown_topic', 'not a topic of a gateway or an application');
      route(message, topic);
    },
    messages: () => messages,
    gateways: registry.list,
    unknownDevices: strangers.list,
    downlinks: network.desk,
    async drain() {
      registry.stop();
      network.stop();
      await order.idle();
      if (unstored > 0) await new Promise<void>((resolve) => idle.push(resolve));
    },
  };
}
