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
  const sent: SentDown[] = [];
  const sentTopics: string[] = [];
  let status: TxAckStatus | null = 'OK';
  let commitHook: ((change: Change) => void) | undefined;
  let publishHook: (() => boolean) | undefined;
  let generation = 0;
  let pending = 0;
  let store = open();
  let gateway = start();

  function open(): Store {
    return openStore({ dir: folder.path, world, commitMaxDelayMs: 0 });
  }

  function start(): Gateway {
    const mine = ++generation;
    const hooked: Store = {
      ...store,
      async commit(change) {
        if (mine !== generation) return new Promise(() => {});
        commitHook?.(change);
        pending++;
        try {
          return await store.commit(change);
        } finally {
          pending--;
        }
      },
    };
    const decode = options.toRecord ?? toRecord;
    return createGateway({
      store: hooked,
      config: { ...DEFAULTS.gateway, dedupWindowMs: WINDOW_MS, ...changes },
      refused,
      logEvent: () => {},
      world,
      ...options,
      toRecord(uplink, device) {
        const record = decode(uplink, device);
        if (!(record instanceof Promise)) return record;
        pending++;
        return record.finally(() => pending--);
      },
      async publish(topic, payload) {
        if (mine !== generation || publishHook?.() === false) return;
        take(topic, payload);
      },
    });
  }

  function take(topic: string, payload: Uint8Array): void {
    const parsed = parseTopic(topic.replace('command/down', 'event/up'));
    if (parsed?.kind !== 'gateway') throw new Error(`published to ${topic}`);
    const decoded = decodeDownlinkFrame(payload, parsed.gatewayId);
    if (!decoded.ok) throw new Error(`published what no gateway understands: ${decoded.reason}`);
    const { downlink } = decoded;
    sentTopics.push(topic);
    sent.push({ ...downlink, atMs: world.clock.monotonicMs() });
    if (status === null) return;
    const items = downlink.items.map(
      (_, index): TxAckStatus =>
        index === 0 ? (status ?? 'OK') : status === 'OK' ? 'IGNORED' : (status ?? 'OK'),
    );
    const { gatewayId, downlinkId } = downlink;
    const ack = encodeDownlinkTxAck({ gatewayId, downlinkId, items }, 'protobuf');
    setImmediate(() => inbound(topic.replace('command/down', 'event/ack'), ack));
  }

  function inbound(topic: string, payload: Uint8Array): void {
    gateway.receive({ topic, payload, qos: 1, retained: false, ack: () => {} });
  }

  function hear({ phyPayload, frequency, dataRate }: OnAir, hearing: Hearing = {}): void {
    const { gatewayId = GATEWAY, snr = 7, rssi = -80, lateMs = 0, prefix, timeMs, gpsTimeMs } = hearing;
    const tmst = Math.round((world.clock.monotonicMs() - lateMs) * 1000 + 4_290_000_000);
    const context = Buffer.alloc(4);
    context.writeInt32BE(tmst | 0);
    const [, spreadingFactor = '7', bandwidth = '125'] = /SF(\d+)BW(\d+)/.exec(dataRate) ?? [];
    const uplink: BridgeUplink = {
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
      board: 0,
      antenna: 0,
      context: context.toString('base64'),
      crc: 'ok',
      ...(timeMs === undefined ? {} : { timeMs }),
      ...(gpsTimeMs === undefined ? {} : { gpsTimeMs }),
    };
    inbound(eventTopic(prefix ?? '', gatewayId, 'up'), encodeUplinkFrame(uplink, 'protobuf'));
  }

  /** Commits and what they lead to take turns of the loop, not time of the test clock. */
  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; ) {
      world.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
      quiet = pending === 0 ? quiet + 1 : 0;
    }
  }

  const site: NetworkSite = {
    world,
    folder: folder.path,
    store: () => store,
    gateway: () => gateway,
    sent,
    sentTopics,
    inbound,
    txStatus(next) {
      status = next;
    },
    hear,
    async pass(ms) {
      for (let left = ms; left > 0; left -= 100) {
        world.advance(Math.min(100, left));
        await settle();
      }
    },
    async exchange(frame, hearing) {
      const before = sent.length;
      hear(frame, hearing);
      await site.pass(WINDOW_MS + 50);
      return sent.slice(before);
    },
    records: (kind) =>
      store.log
        .readAfter(0, 100_000)
        .filter((record) => record.kind === kind)
        .map((record) => ({ ...record, parsed: JSON.parse(record.body) as Record<string, unknown> })),
    refused: refused.counts,
    async crash() {
      generation++;
      await eventually('the store is quiet', () => pending === 0);
      await store.close();
      store = open();
      gateway = start();
    },
    beforeCommit(hook) {
      commitHook = hook;
    },
    beforePublish(hook) {
      publishHook = hook;
    },
    async close() {
      await store.close();
      folder.remove();
    },
  };
  return site;
}
