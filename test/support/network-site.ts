/**
 * A site for tests of the network server: the real store in a folder of its own, the gateway room, a clock moved by hand,
 * gateways that hear everything and answer for what they are told to send.
 */
import type { GatewayConfig } from '../../src/config/schema.ts';
import { encodeDownlinkTxAck, encodeUplinkFrame } from '../../src/gateway/bridge/encode.ts';
import { decodeDownlinkFrame } from '../../src/gateway/bridge/event.ts';
import type { BridgeUplink, DownlinkFrame, TxAckStatus } from '../../src/gateway/bridge/message.ts';
import { eventTopic, parseTopic } from '../../src/gateway/bridge/topics.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway/gateway.ts';
import { toRecord } from '../../src/ingest/reading.ts';
import { createReasonCounters } from '../../src/model/reason-counters.ts';
import type { LogRecord, RecordKind } from '../../src/model/record.ts';
import type { Change, Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { DEFAULTS } from './config.ts';
import type { OnAir } from './lorawan-device.ts';
import { eventually, temporaryFolder } from './process.ts';
import { createTestWorld, type TestWorld } from './world.ts';

export const GATEWAY = '0016c001f153a14c';
export const OTHER_GATEWAY = '0016c001f153a14d';

export interface Hearing {
  readonly gatewayId?: string;
  readonly snr?: number;
  readonly rssi?: number;
  /** Of the gateway's concentrators; each counts for itself. */
  readonly board?: number;
  /** How long the frame was on its way to us, milliseconds. */
  readonly lateMs?: number;
  /** Before 'gateway/' in the topic. */
  readonly prefix?: string;
  /** What the gateway's clock says. */
  readonly timeMs?: number;
  /** What its GPS says, since the GPS epoch. */
  readonly gpsTimeMs?: number;
}

export interface SentDown extends DownlinkFrame {
  readonly atMs: number;
}

export interface NetworkSite {
  readonly world: TestWorld;
  /** Of the store. */
  readonly folder: string;
  store(): Store;
  gateway(): Gateway;
  /** Every frame handed to a gateway so far. */
  readonly sent: SentDown[];
  /** The topics they went to. */
  readonly sentTopics: string[];
  /** A message of a gateway, as its bridge publishes it. */
  inbound(topic: string, payload: Uint8Array): void;
  /** What the gateways say of the next frames: 'OK' unless changed, null for silence. */
  txStatus(status: TxAckStatus | null): void;
  /** A gateway hears a frame now. */
  hear(frame: OnAir, hearing?: Hearing): void;
  /** Lets time pass and everything that is under way be stored. */
  pass(ms: number): Promise<void>;
  /** `hear`, the deduplication window, the commit; the frames handed to gateways meanwhile. */
  exchange(frame: OnAir, hearing?: Hearing): Promise<SentDown[]>;
  records(kind: RecordKind): (LogRecord & { readonly parsed: Record<string, unknown> })[];
  refused(): Readonly<Record<string, number>>;
  /** Ends as a kill -9 would, after what is committed; then starts again on the same folder. */
  crash(): Promise<void>;
  /** Called with each change before it is stored; throwing is a crash in front of the commit. */
  beforeCommit(hook: ((change: Change) => void) | undefined): void;
  /** Called with each downlink before it is published; false: it is lost. */
  beforePublish(hook: (() => boolean) | undefined): void;
  close(): Promise<void>;
}

export const WINDOW_MS = 200;

export interface NetworkSiteOptions
  extends Partial<Pick<GatewayOptions, 'topicPrefixes' | 'profileOf' | 'ownTime' | 'toRecord' | 'logEvent'>> {
  /** Settings other than the defaults. */
  readonly gateway?: Partial<GatewayConfig>;
}

/** Starts the site. */
export function createNetworkSite({ gateway: changes, ...options }: NetworkSiteOptions = {}): NetworkSite {
  const world = createTestWorld();
  const folder = temporaryFolder();
  const refused = createReasonCounters();
  const gateways = createGateways(world, (topic, payload) => inbound(topic, payload));
  const server = createNetworkServer(
    folder.path,
    (store) => ({
      store,
      config: { ...DEFAULTS.gateway, dedupWindowMs: WINDOW_MS, ...changes },
      refused,
      logEvent: () => {},
      world,
      toRecord,
      ...options,
      publish: gateways.publish,
    }),
    world,
  );
  const { store, gateway } = server;

  function inbound(topic: string, payload: Uint8Array): void {
    gateway().receive({ topic, payload, qos: 1, retained: false, ack: () => {} });
  }

  function hear(frame: OnAir, hearing: Hearing = {}): void {
    const uplink = uplinkOf(frame, hearing, world.clock.monotonicMs());
    const topic = eventTopic(hearing.prefix ?? '', uplink.gatewayId, 'up');
    inbound(topic, encodeUplinkFrame(uplink, 'protobuf'));
  }

  const site: NetworkSite = {
    world,
    folder: folder.path,
    store,
    gateway,
    sent: gateways.sent,
    sentTopics: gateways.sentTopics,
    inbound,
    txStatus: gateways.txStatus,
    hear,
    async pass(ms) {
      for (let left = ms; left > 0; left -= 100) {
        world.advance(Math.min(100, left));
        await settle(world, server.isQuiet);
      }
    },
    async exchange(frame, hearing) {
      const before = gateways.sent.length;
      hear(frame, hearing);
      await site.pass(WINDOW_MS + 50);
      return gateways.sent.slice(before);
    },
    records: (kind) => recordsOf(store(), kind),
    refused: refused.counts,
    crash: server.crash,
    beforeCommit: server.beforeCommit,
    beforePublish: server.beforePublish,
    async close() {
      await store().close();
      folder.remove();
    },
  };
  return site;
}

/** Commits and what they lead to take turns of the loop, not time of the test clock. */
async function settle(world: TestWorld, isQuiet: () => boolean): Promise<void> {
  for (let quiet = 0; quiet < 4; ) {
    world.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
    quiet = isQuiet() ? quiet + 1 : 0;
  }
}

function recordsOf({ log }: Store, kind: RecordKind): ReturnType<NetworkSite['records']> {
  return log
    .readAfter(0, 100_000)
    .filter((record) => record.kind === kind)
    .map((record) => ({ ...record, parsed: JSON.parse(record.body) as Record<string, unknown> }));
}

/** What a gateway makes of a frame that it hears at `nowMs`, but for what it takes to get to us. */
export function uplinkOf(
  { phyPayload, frequency, dataRate }: OnAir,
  hearing: Hearing,
  nowMs: number,
): BridgeUplink {
  const { gatewayId = GATEWAY, snr = 7, rssi = -80, board = 0, lateMs = 0, timeMs, gpsTimeMs } = hearing;
  const tmst = Math.round((nowMs - lateMs) * 1000 + 4_290_000_000 + board * 1_000_000);
  const context = Buffer.alloc(4);
  context.writeInt32BE(tmst | 0);
  const [, spreadingFactor = '7', bandwidth = '125'] = /SF(\d+)BW(\d+)/.exec(dataRate) ?? [];
  return {
    phyPayload,
    gatewayId,
    uplinkId: 1,
    frequency,
    dataRate,
    modulation: {
      kind: 'lora',
      spreadingFactor: Number(spreadingFactor),
      bandwidth: Number(bandwidth) * 1000,
      codeRate: '4/5',
      polarizationInversion: false,
    },
    rssi,
    snr,
    channel: 0,
    rfChain: 0,
    board,
    antenna: 0,
    context: context.toString('base64'),
    crc: 'ok',
    ...(timeMs === undefined ? {} : { timeMs }),
    ...(gpsTimeMs === undefined ? {} : { gpsTimeMs }),
  };
}

/** The gateways' side of downlinks: they keep what they are told to send, and `answer` for it. */
function createGateways(world: TestWorld, answer: (topic: string, payload: Uint8Array) => void) {
  const sent: SentDown[] = [];
  const sentTopics: string[] = [];
  let status: TxAckStatus | null = 'OK';
  return {
    sent,
    sentTopics,
    txStatus(next: TxAckStatus | null): void {
      status = next;
    },
    async publish(topic: string, payload: Uint8Array): Promise<void> {
      const parsed = parseTopic(topic.replace('command/down', 'event/up'));
      if (parsed?.kind !== 'gateway') throw new Error(`published to ${topic}`);
      const decoded = decodeDownlinkFrame(payload, parsed.gatewayId);
      if (!decoded.ok) throw new Error(`published what no gateway understands: ${decoded.reason}`);
      const { downlink } = decoded;
      sentTopics.push(topic);
      sent.push({ ...downlink, atMs: world.clock.monotonicMs() });
      if (status === null) return;
      const first = status;
      const items = downlink.items.map(
        (_, index): TxAckStatus => (index > 0 && first === 'OK' ? 'IGNORED' : first),
      );
      const { gatewayId, downlinkId } = downlink;
      const ack = encodeDownlinkTxAck({ gatewayId, downlinkId, items }, 'protobuf');
      setImmediate(() => answer(topic.replace('command/down', 'event/ack'), ack));
    },
  };
}

/** The store in `dir` and the gateway room on it, over any number of crashes. */
function createNetworkServer(dir: string, optionsOn: (store: Store) => GatewayOptions, world: TestWorld) {
  let commitHook: ((change: Change) => void) | undefined;
  let publishHook: (() => boolean) | undefined;
  let generation = 0;
  let pending = 0;
  let store = open();
  let gateway = start();

  function open(): Store {
    return openStore({ dir, world, commitMaxDelayMs: 0 });
  }

  async function counted<T>(work: Promise<T>): Promise<T> {
    pending++;
    try {
      return await work;
    } finally {
      pending--;
    }
  }

  /** What belongs to an earlier generation is dead: its commits never end and its downlinks go nowhere. */
  function start(): Gateway {
    const mine = ++generation;
    const hooked: Store = {
      ...store,
      async commitAll(changes) {
        if (mine !== generation) return new Promise(() => {});
        try {
          for (const change of changes) commitHook?.(change);
        } catch (error) {
          return changes.map(() => ({ error }));
        }
        return counted(store.commitAll(changes));
      },
    };
    const options = optionsOn(hooked);
    return createGateway({
      ...options,
      toRecord(uplink, device) {
        const record = options.toRecord(uplink, device);
        return record instanceof Promise ? counted(record) : record;
      },
      async publish(topic, payload) {
        if (mine !== generation || publishHook?.() === false) return;
        await options.publish?.(topic, payload);
      },
    });
  }

  return {
    store: () => store,
    gateway: () => gateway,
    isQuiet: () => pending === 0,
    async crash(): Promise<void> {
      generation++;
      await eventually('the store is quiet', () => pending === 0);
      await store.close();
      store = open();
      gateway = start();
    },
    beforeCommit(hook: ((change: Change) => void) | undefined): void {
      commitHook = hook;
    },
    beforePublish(hook: (() => boolean) | undefined): void {
      publishHook = hook;
    },
  };
}
