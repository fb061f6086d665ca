/**
 * The radio of a site over a real broker: gateways that speak as a Gateway Bridge 4 does, with a last will, and devices that
 * knock, join and send through them.
 */
import { connectAsync } from 'mqtt';
import {
  encodeConnState,
  encodeDownlinkTxAck,
  encodeGatewayStats,
  encodeUplinkFrame,
} from '../../src/gateway/bridge/encode.ts';
import { decodeDownlinkFrame } from '../../src/gateway/bridge/event.ts';
import type { DownlinkFrame, TxAckStatus } from '../../src/gateway/bridge/message.ts';
import { commandTopic, eventTopic } from '../../src/gateway/bridge/topics.ts';
import type { LorawanDevice, OnAir } from './lorawan-device.ts';
import { type Hearing, uplinkOf } from './network-site.ts';
import { eventually } from './process.ts';

const JOIN_TRIES = 10;
const ANSWER_MS = 5_000;
/** Sooner than a bridge's 30 s, so that nobody waits for it. */
const REPORT_MS = 3_000;

export interface RadioGateway {
  readonly gatewayId: string;
  /** What it was told to send, in order. */
  readonly downlinks: readonly DownlinkFrame[];
  /** Hears a frame and hands it to the broker; resolves when that has it. */
  hear(frame: OnAir, hearing?: Hearing): Promise<void>;
  /** Any message of a gateway. */
  publish(topic: string, payload: Buffer): Promise<unknown>;
  /** The device asks until it is let in. */
  join(device: LorawanDevice): Promise<void>;
  isConnected(): boolean;
  /** Goes for good without a word, as by a power cut: the broker tells of it by the last will. */
  cut(): void;
  stop(): Promise<void>;
}

/** A gateway that is online at the broker. */
export async function startRadioGateway(
  url: string,
  gatewayId = '0016c001f153a14c',
  qos: 0 | 1 = 1,
): Promise<RadioGateway> {
  const stateTopic = eventTopic('', gatewayId, 'conn');
  const state = (online: boolean): Buffer => Buffer.from(encodeConnState({ gatewayId, online }, 'protobuf'));
  const client = await connectAsync(url, {
    clientId: `bridge-${gatewayId}`,
    will: { topic: stateTopic, payload: state(false), qos: 1, retain: true },
  });
  const downlinks: DownlinkFrame[] = [];
  client.on('message', (_topic, payload) => {
    const command = decodeDownlinkFrame(payload, gatewayId);
    if (!command.ok) return;
    const { downlinkId, items } = command.downlink;
    downlinks.push(command.downlink);
    const statuses = items.map((_, index): TxAckStatus => (index === 0 ? 'OK' : 'IGNORED'));
    const ack = encodeDownlinkTxAck({ gatewayId, downlinkId, items: statuses }, 'protobuf');
    client.publish(eventTopic('', gatewayId, 'ack'), Buffer.from(ack), { qos: 1 });
  });
  await client.subscribeAsync(commandTopic('', gatewayId, 'down'), { qos: 1 });
  const tellOnline = (): Promise<unknown> =>
    client.publishAsync(stateTopic, state(true), { qos: 1, retain: true });
  // A broker that was away may have forgotten us.
  client.on('connect', () => void tellOnline().catch(() => {}));
  client.on('error', () => {});
  await tellOnline();
  const counts = { rxReceived: 0, rxOk: 0, txReceived: 0, txEmitted: 0 };
  const report = (): void => {
    const stats = { gatewayId, timeMs: Date.now(), configVersion: '', ...counts };
    const payload = Buffer.from(encodeGatewayStats(stats, 'protobuf'));
    if (client.connected) client.publish(eventTopic('', gatewayId, 'stats'), payload, { qos });
  };
  const reports = setInterval(report, REPORT_MS);
  report();
  const hear = async (frame: OnAir, hearing: Hearing = {}): Promise<void> => {
    const uplink = uplinkOf(frame, { timeMs: Date.now(), ...hearing, gatewayId }, performance.now());
    const payload = Buffer.from(encodeUplinkFrame(uplink, 'protobuf'));
    await client.publishAsync(eventTopic('', gatewayId, 'up'), payload, { qos });
  };
  return {
    gatewayId,
    downlinks,
    hear,
    publish: (topic, payload) => client.publishAsync(topic, payload, { qos }),
    async join(device) {
      for (let tries = 0; tries < JOIN_TRIES; tries += 1) {
        const before = downlinks.length;
        await hear(device.joinRequest());
        const isIn = await eventually(
          'a join accept',
          () =>
            downlinks
              .slice(before)
              .some(({ items }) => items.some(({ phyPayload }) => device.acceptJoin(phyPayload))),
          ANSWER_MS,
        ).catch(() => false);
        if (isIn) return;
      }
      throw new Error(`${device.devEui} is not let in`);
    },
    isConnected: () => client.connected,
    cut() {
      clearInterval(reports);
      client.stream.destroy();
      client.end(true);
    },
    stop() {
      clearInterval(reports);
      return client.endAsync(true);
    },
  };
}
