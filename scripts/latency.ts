/**
 * Measures how fast a device is answered: from the moment an uplink's message is given to a real Mosquitto until the
 * command to the gateway comes back from it, with other devices sending meanwhile. Two gateways are there and each frame is
 * heard by one, so that the whole deduplication window (200 ms) is waited for.
 * `--seconds N` (30), `--rate N` (200 uplinks/s of others), `--probes N` (10 confirmed uplinks/s).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import { encodeUplinkFrame } from '../src/gateway/bridge/encode.ts';
import { decodeDownlinkFrame } from '../src/gateway/bridge/event.ts';
import { encodeDataFrame } from '../src/gateway/lorawan/encode.ts';
import { parseFrame } from '../src/gateway/lorawan/frame.ts';
import { type Status, startAppliance, writeSettings } from '../test/support/appliance-process.ts';
import { createFleet, type FleetDevice, fleetSettings, GATEWAY_A, GATEWAY_B } from '../test/support/fleet.ts';
import { startMosquitto } from '../test/support/mosquitto.ts';
import { tmstNow } from '../test/support/packet-forwarder.ts';
import { freePort, temporaryFolder } from '../test/support/process.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    rate: { type: 'string', default: '200' },
    probes: { type: 'string', default: '10' },
  },
});
const [seconds, rate, probes] = [Number(values.seconds), Number(values.rate), Number(values.probes)];
/** Until the other devices have been asked for everything a network asks a new device for. */
const WARM_UP_MS = 10_000;
const TICK_MS = 20;

const others = createFleet(Math.max(1, rate), 'others');
const asked = createFleet(50, 'asked');
const counters = new Map<FleetDevice, number>();

function uplinkOf(device: FleetDevice, confirmed: boolean, gatewayId: string) {
  const fCnt = counters.get(device) ?? 0;
  counters.set(device, fCnt + 1);
  const { devAddr, keys } = device;
  const payload = Uint8Array.of(1, 0x67, 0, fCnt & 0x7f);
  const phyPayload = encodeDataFrame({ direction: 'up', devAddr, fCnt, confirmed, fPort: 2, payload }, keys);
  const context = Buffer.alloc(4);
  context.writeUInt32BE(tmstNow());
  const message = encodeUplinkFrame(
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
  return { topic: `gateway/${gatewayId}/event/up`, message: Buffer.from(message) };
}

const folder = temporaryFolder();
const broker = await startMosquitto();
const httpPort = await freePort();
const settings = writeSettings(folder.path, {
  site: { id: 'latency' },
  http: { port: httpPort },
  mqtt: { mode: 'external', url: broker.url },
  // A region without a duty cycle, which would otherwise end the measurement.
  gateway: { region: 'IN865', device_status_hours: 0 },
  store: { dir: `${folder.path}/data` },
  log: { level: 'error' },
  devices: fleetSettings([...others, ...asked]),
});
const appliance = await startAppliance(settings, httpPort);
while ((await appliance.get<Status>('/api/v1/status')).broker.state !== 'ok') await sleep(50);
const client = await connectAsync(broker.url, { protocolVersion: 5 });
await client.subscribeAsync('gateway/+/command/down');

const sentMs = new Map<string, number>();
const taken: number[] = [];
let measuring = false;
client.on('message', (topic, payload) => {
  const nowMs = performance.now();
  const decoded = decodeDownlinkFrame(payload, topic.split('/')[1] ?? '');
  const frame = decoded.ok
    ? parseFrame(decoded.downlink.items[0]?.phyPayload ?? new Uint8Array())
    : undefined;
  if (!frame?.ok || frame.frame.kind !== 'data' || !frame.frame.fCtrl.ack) return;
  const startMs = sentMs.get(frame.frame.devAddr);
  if (startMs === undefined) return;
  sentMs.delete(frame.frame.devAddr);
  if (measuring) taken.push(nowMs - startMs);
});

const startedMs = performance.now();
let nextOther = 0;
let nextAsked = 0;
let lost = 0;
for (;;) {
  const elapsedMs = performance.now() - startedMs;
  if (elapsedMs > WARM_UP_MS + seconds * 1_000) break;
  measuring = elapsedMs > WARM_UP_MS;
  for (; nextOther < (elapsedMs / 1_000) * rate; nextOther++) {
    const device = others[nextOther % others.length];
    if (!device) break;
    const { topic, message } = uplinkOf(device, false, nextOther % 2 ? GATEWAY_A : GATEWAY_B);
    client.publish(topic, message, { qos: 1 });
  }
  for (; nextAsked < (elapsedMs / 1_000) * probes; nextAsked++) {
    const device = asked[nextAsked % asked.length];
    if (!device) break;
    if (sentMs.has(device.devAddr) && measuring) lost++;
    const { topic, message } = uplinkOf(device, true, nextAsked % 2 ? GATEWAY_A : GATEWAY_B);
    sentMs.set(device.devAddr, performance.now());
    client.publish(topic, message, { qos: 1 });
  }
  await sleep(TICK_MS);
}
await sleep(1_000);
const usage = appliance.usage();
await client.endAsync();
await appliance.stop();
await broker.stop();
folder.remove();

taken.sort((a, b) => a - b);
const at = (share: number) =>
  (taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] ?? Number.NaN).toFixed(0);
console.log(
  `answered ${taken.length} confirmed uplinks, ${lost} not, beside ${rate} uplinks/s of ${others.length} other devices, for ${seconds} s`,
);
console.log(
  `message to downlink: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (200 ms of it deduplication)`,
);
console.log(`the appliance used ${usage.cpuS.toFixed(1)} s of CPU`);
