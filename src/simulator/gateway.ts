/**
 * One simulated gateway: tells the broker what it hears, reports every now and then, and says yes to every downlink, in
 * the words of a ChirpStack Gateway Bridge 4.
 */
import {
  encodeConnState,
  encodeDownlinkTxAck,
  encodeGatewayStats,
  encodeUplinkFrame,
} from '../gateway/bridge/encode.ts';
import { decodeDownlinkFrame } from '../gateway/bridge/event.ts';
import type { GatewayStats, Location, Modulation, TxAckStatus } from '../gateway/bridge/message.ts';
import type { World } from '../model/world.ts';
import { createGatewayLink } from './gateway-link.ts';
import type { PlannedGateway } from './plan.ts';
import type { Position, Signal } from './radio.ts';

export interface FrameOnAir {
  readonly phyPayload: Uint8Array;
  /** Hertz. */
  readonly frequency: number;
  readonly dataRate: string;
  readonly modulation: Modulation;
  readonly channel: number;
}

export interface SimulatedGateway {
  start(): void;
  stop(): Promise<void>;
  /** Publishes an uplink; false if it could not. */
  hear(frame: FrameOnAir, signal: Signal): boolean;
  /** Publishes the statistics since the last report. */
  report(): void;
}

export interface SimulatedGatewayOptions {
  readonly planned: PlannedGateway;
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly onConnect: () => void;
  readonly world: World;
}

/** The middle of the site. */
const LATITUDE = 47.0502;
const LONGITUDE = 8.3093;
const METRES_PER_DEGREE = 111_320;

interface Tally {
  received: number;
  sent: number;
  readonly perFrequency: Map<number, number>;
}

export function createSimulatedGateway(options: SimulatedGatewayOptions): SimulatedGateway {
  const { planned, world, onConnect } = options;
  const { gatewayId, marshaler } = planned;
  const location = locationOf(planned.position);
  let tally = emptyTally();
  const link = createGatewayLink({
    gatewayId,
    url: options.url,
    username: options.username,
    password: options.password,
    online: encodeConnState({ gatewayId, online: true }, marshaler),
    offline: encodeConnState({ gatewayId, online: false }, marshaler),
    onConnect,
    onDownlink: acknowledge,
    world,
  });

  function acknowledge(payload: Uint8Array): void {
    const command = decodeDownlinkFrame(payload, gatewayId);
    if (!command.ok) {
      world.logger.warn('simulator.bad_downlink', { gateway: gatewayId, reason: command.reason });
      return;
    }
    const { downlinkId, items } = command.downlink;
    tally.sent++;
    const statuses = items.map((_, index): TxAckStatus => (index === 0 ? 'OK' : 'IGNORED'));
    link.publish('ack', encodeDownlinkTxAck({ gatewayId, downlinkId, items: statuses }, marshaler));
  }

  return {
    start: link.start,
    stop: link.stop,
    hear(onAir, signal) {
      const { frequency, channel } = onAir;
      tally.received++;
      tally.perFrequency.set(frequency, (tally.perFrequency.get(frequency) ?? 0) + 1);
      const frame = {
        ...onAir,
        gatewayId,
        uplinkId: Math.floor(world.random() * 0x1_0000),
        ...signal,
        rfChain: channel < 3 ? 0 : 1,
        board: 0,
        antenna: 0,
        context: concentratorTime(world.clock.monotonicMs()),
        crc: 'ok' as const,
        ...(planned.hasTime && { timeMs: world.clock.nowMs(), location }),
      };
      return link.publish('up', encodeUplinkFrame(frame, marshaler));
    },
    report() {
      const stats = statsOf(planned, tally, location, world.clock.nowMs());
      if (link.publish('stats', encodeGatewayStats(stats, marshaler))) tally = emptyTally();
    },
  };
}

function emptyTally(): Tally {
  return { received: 0, sent: 0, perFrequency: new Map() };
}

function statsOf(planned: PlannedGateway, tally: Tally, location: Location, nowMs: number): GatewayStats {
  return {
    gatewayId: planned.gatewayId,
    timeMs: nowMs,
    configVersion: '',
    rxReceived: tally.received,
    rxOk: tally.received,
    txReceived: tally.sent,
    txEmitted: tally.sent,
    rxPerFrequency: Object.fromEntries(tally.perFrequency),
    ...(tally.sent > 0 && { txPerStatus: { OK: tally.sent } }),
    ...(planned.hasTime && { location }),
    metadata: { model: 'simulated' },
  };
}

/** The concentrator's microsecond counter as the UDP backend hands it out: four bytes, big-endian, base64. */
function concentratorTime(monotonicMs: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Math.floor(monotonicMs * 1000) % 2 ** 32);
  return bytes.toString('base64');
}

function locationOf({ east, north }: Position): Location {
  return {
    latitude: LATITUDE + north / METRES_PER_DEGREE,
    longitude: LONGITUDE + east / (METRES_PER_DEGREE * Math.cos((LATITUDE * Math.PI) / 180)),
    altitude: 440,
  };
}
