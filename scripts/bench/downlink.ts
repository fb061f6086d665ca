/**
 * How fast a device is answered: from the moment an uplink's message is given to a real Mosquitto until the command to the
 * gateway comes back from it, with other devices sending meanwhile. Two gateways are there and each frame is heard by one, so
 * that the whole deduplication window (200 ms) is waited for. By itself: `--seconds N` (30), `--rate N` (200 uplinks/s of
 * others), `--probes N` (10 confirmed uplinks/s), `--no-delay` (the broker has `set_tcp_nodelay true`).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { encodeUplinkFrame } from '../../src/gateway/bridge/encode.ts';
import { decodeDownlinkFrame } from '../../src/gateway/bridge/event.ts';
import { encodeDataFrame } from '../../src/gateway/lorawan/encode.ts';
import { parseFrame } from '../../src/gateway/lorawan/frame.ts';
import type { Status } from '../../test/support/appliance-process.ts';
import { createFleet, type FleetDevice, GATEWAY_A, GATEWAY_B } from '../../test/support/fleet.ts';
import { tmstNow } from '../../test/support/packet-forwarder.ts';
import { eventually } from '../../test/support/process.ts';
import { type Figure, figure } from './figure.ts';
import { withAppliance, withBroker } from './held-queue.ts';
import { quantile } from './median.ts';

export interface DownlinkLoad {
  readonly seconds: number;
  /** Uplinks a second of other devices. */
  readonly rate: number;
  /** Confirmed uplinks a second. */
  readonly probes: number;
}

export interface DownlinkTimes {
  readonly answered: number;
  readonly unanswered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Until the other devices have been asked for everything a network asks a new device for. */
const WARM_UP_MS = 10_000;
const TICK_MS = 20;
const WINDOW_MS = 200;
const NO_DELAY = ['set_tcp_nodelay true'];

interface Probing {
  readonly client: MqttClient;
  readonly others: readonly FleetDevice[];
  readonly asked: readonly FleetDevice[];
  readonly counters: Map<FleetDevice, number>;
  /** When the uplink that waits for its answer was sent, by DevAddr. */
  readonly sentMs: Map<string, number>;
}

/** Throws where the box does not come up. `config`: of the broker. */
export async function downlinkTimes(
  { seconds, rate, probes }: DownlinkLoad,
  config: readonly string[] = [],
): Promise<DownlinkTimes> {
  const others = createFleet(Math.max(1, rate), 'others');
  const asked = createFleet(50, 'asked');
  // A region without a duty cycle, which would otherwise end the measurement.
  const more = { gateway: { region: 'IN865', device_status_hours: 0 } };
  return withBroker(
    (broker) =>
      withAppliance(broker, [...others, ...asked], more, async (appliance) => {
        await eventually('the box is at the broker', async () => {
          const { broker: part } = await appliance.get<Status>('/api/v1/status');
          return part.state === 'ok';
        });
        const client = await connectAsync(broker.url, { protocolVersion: 5 });
        await client.subscribeAsync('gateway/+/command/down');
        const probing = { client, others, asked, counters: new Map(), sentMs: new Map() };
        const times = await probe(probing, { seconds, rate, probes });
        await client.endAsync();
        return times;
      }),
    config,
  );
}

async function probe(probing: Probing, { seconds, rate, probes }: DownlinkLoad): Promise<DownlinkTimes> {
  const { client, others, asked, sentMs } = probing;
  const taken: number[] = [];
  let measuring = false;
  client.on('message', (topic, payload) => {
    const nowMs = performance.now();
    const devAddr = answeredDevice(topic, payload);
    const startMs = devAddr === undefined ? undefined : sentMs.get(devAddr);
    if (devAddr === undefined || startMs === undefined) return;
    sentMs.delete(devAddr);
    if (measuring) taken.push(nowMs - startMs);
  });
  const startedMs = performance.now();
  let [nextOther, nextAsked, unanswered] = [0, 0, 0];
  for (let elapsedMs = 0; elapsedMs <= WARM_UP_MS + seconds * 1_000; ) {
    measuring = elapsedMs > WARM_UP_MS;
    for (; nextOther < (elapsedMs / 1_000) * rate; nextOther++) {
      send(probing, others[nextOther % others.length], false, nextOther);
    }
    for (; nextAsked < (elapsedMs / 1_000) * probes; nextAsked++) {
      const device = asked[nextAsked % asked.length];
      if (device && measuring && sentMs.has(device.devAddr)) unanswered++;
      if (device) sentMs.set(device.devAddr, performance.now());
      send(probing, device, true, nextAsked);
    }
    await sleep(TICK_MS);
    elapsedMs = performance.now() - startedMs;
  }
  await sleep(1_000);
  if (taken.length === 0) throw new Error('no uplink was answered');
  return {
    ...{ answered: taken.length, unanswered },
    ...{ p50Ms: quantile(taken, 0.5), p99Ms: quantile(taken, 0.99) },
  };
}

function send(
  { client, counters }: Probing,
  device: FleetDevice | undefined,
  confirmed: boolean,
  index: number,
): void {
  if (!device) return;
  const fCnt = counters.get(device) ?? 0;
  counters.set(device, fCnt + 1);
  const gatewayId = index % 2 ? GATEWAY_A : GATEWAY_B;
  const message = uplinkOf(device, fCnt, confirmed, gatewayId);
  client.publish(`gateway/${gatewayId}/event/up`, message, { qos: 1 });
}

function uplinkOf(device: FleetDevice, fCnt: number, confirmed: boolean, gatewayId: string): Buffer {
  const { devAddr, keys } = device;
  const payload = Uint8Array.of(1, 0x67, 0, fCnt & 0x7f);
  const phyPayload = encodeDataFrame({ direction: 'up', devAddr, fCnt, confirmed, fPort: 2, payload }, keys);
  const context = Buffer.alloc(4);
  context.writeUInt32BE(tmstNow());
  const uplink = encodeUplinkFrame(
    {
      ...{ phyPayload, gatewayId, uplinkId: 1, frequency: 865_062_500, dataRate: 'SF7BW125' },
      modulation: {
        ...{ kind: 'lora', spreadingFactor: 7, bandwidth: 125_000, codeRate: '4/5' },
        polarizationInversion: false,
      },
      ...{ rssi: -80, snr: 7, channel: 0, rfChain: 0, board: 0, antenna: 0, crc: 'ok' },
      context: context.toString('base64'),
    },
    'protobuf',
  );
  return Buffer.from(uplink);
}

/** DevAddr of the device whose confirmed uplink this command acknowledges. */
function answeredDevice(topic: string, payload: Uint8Array): string | undefined {
  const decoded = decodeDownlinkFrame(payload, topic.split('/')[1] ?? '');
  if (!decoded.ok) return undefined;
  const frame = parseFrame(decoded.downlink.items[0]?.phyPayload ?? new Uint8Array());
  return frame.ok && frame.frame.kind === 'data' && frame.frame.fCtrl.ack ? frame.frame.devAddr : undefined;
}

/** With a Mosquitto as it comes, and with its `set_tcp_nodelay true`. */
export async function downlink(load: DownlinkLoad): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [key, broker, config] of [
    ['stock', 'stock Mosquitto', []],
    ['nodelay', 'Mosquitto with set_tcp_nodelay', NO_DELAY],
  ] as const) {
    const { answered, unanswered, p50Ms, p99Ms } = await downlinkTimes(load, config);
    if (unanswered > 0)
      throw new Error(`${unanswered} of ${answered + unanswered} uplinks were not answered`);
    const how = `${answered} confirmed uplinks beside ${load.rate}/s of others: from the uplink's message to the command at the broker, ${WINDOW_MS} ms of it the wait for other gateways' copies`;
    const ratio = { reference: WINDOW_MS, to: 'that wait' };
    figures.push(
      figure(`downlink.${key}.p50`, `downlink p50, ${broker}`, [p50Ms, 'ms'], how, ratio),
      figure(`downlink.${key}.p99`, `downlink p99, ${broker}`, [p99Ms, 'ms'], how, ratio),
    );
  }
  return figures;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '30' },
      rate: { type: 'string', default: '200' },
      probes: { type: 'string', default: '10' },
      'no-delay': { type: 'boolean', default: false },
    },
  });
  const load = {
    seconds: Number(values.seconds),
    rate: Number(values.rate),
    probes: Number(values.probes),
  };
  const times = await downlinkTimes(load, values['no-delay'] ? NO_DELAY : []);
  console.log(
    `answered ${times.answered} confirmed uplinks, ${times.unanswered} not, beside ${load.rate} uplinks/s of others, for ${load.seconds} s`,
  );
  console.log(
    `message to downlink: p50 ${times.p50Ms.toFixed(0)} ms, p99 ${times.p99Ms.toFixed(0)} ms (${WINDOW_MS} ms of it deduplication)`,
  );
}
