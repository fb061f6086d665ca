/**
 * Records what the real ChirpStack Gateway Bridge publishes and takes, into test/fixtures/gateway-bridge/recordings.jsonl:
 * every case of bridge-cases.ts and bridge-station-cases.ts in test/support/, by JSON and protobuf, from a packet forwarder over Semtech UDP and from a
 * Basics Station. `node scripts/record-bridge.ts [path of another bridge, or of an MQTT Forwarder]…`; what others said stays as it is.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { connectAsync } from 'mqtt';
import { encodeDownlinkFrame } from '../src/gateway/bridge/encode.ts';
import { commandTopic } from '../src/gateway/bridge/topics.ts';
import { type StationMessage, startBasicsStation } from '../test/support/basics-station.ts';
import {
  type DownlinkCase,
  FORWARDER_DOWNLINKS,
  FORWARDER_STATS,
  FORWARDER_UPLINKS,
  fates,
  GATEWAY_ID,
  MQTT_FORWARDER_UPLINKS,
  RECORDED_REGIONS,
  type RecordedRegion,
} from '../test/support/bridge-cases.ts';
import { RECORDINGS, type Recording, readRecordings } from '../test/support/bridge-recordings.ts';
import { stationDownlinks, stationUplinks } from '../test/support/bridge-station-cases.ts';
import { startGatewayBridge } from '../test/support/gateway-bridge.ts';
import { startMosquitto } from '../test/support/mosquitto.ts';
import { startMqttForwarder } from '../test/support/mqtt-forwarder.ts';
import { startPacketForwarder } from '../test/support/packet-forwarder.ts';
import { eventually, findServer } from '../test/support/process.ts';

type Origin = Pick<Recording, 'bridge' | 'backend' | 'marshaler'>;

/** One bridge's run: what it publishes is taken from `waiting` and put on record. */
interface Session {
  readonly origin: Origin;
  readonly command: string;
  readonly mqttUrl: string;
  readonly waiting: { readonly topic: string; readonly payload: Buffer }[];
  readonly publish: (topic: string, payload: Buffer) => Promise<unknown>;
}

const recordings: Recording[] = [];

function keep(
  session: Session,
  name: string,
  topic: string,
  payload: Buffer,
  radio?: readonly object[],
): void {
  const text = payload.toString(session.origin.marshaler === 'json' ? 'utf8' : 'base64');
  recordings.push({ ...session.origin, name, topic, payload: text, ...(radio ? { radio } : {}) });
}

/** The bridge's next message on a topic that ends so. */
async function heard(session: Session, name: string, end: string): Promise<void> {
  const message = await eventually(`${name}: ${end}`, () => {
    const index = session.waiting.findIndex(({ topic }) => topic.endsWith(end));
    return index >= 0 && session.waiting.splice(index, 1)[0];
  });
  keep(session, name, message.topic, message.payload);
}

async function command(session: Session, { name, frame }: DownlinkCase, told: () => Promise<object[]>) {
  const { bridge, marshaler } = session.origin;
  const written = bridge.startsWith('3.') ? (`${marshaler}-v3` as const) : marshaler;
  const topic = commandTopic('', GATEWAY_ID, 'down');
  const payload = Buffer.from(encodeDownlinkFrame(frame, written));
  await session.publish(topic, payload);
  keep(session, name, topic, payload, await told());
  await heard(session, `ack of ${name}`, '/event/ack');
}

async function recordForwarder(session: Session): Promise<void> {
  const { command: executable, mqttUrl, origin } = session;
  const { marshaler } = origin;
  const options = { mqttUrl, marshaler, command: executable };
  const bridge = isMqttForwarder(executable)
    ? await startMqttForwarder({ ...options, gatewayId: GATEWAY_ID })
    : await startGatewayBridge(options);
  const forwarder = await startPacketForwarder(bridge.udpPort, GATEWAY_ID);
  try {
    await heard(session, 'conn online', '/state/conn');
    for (const { name, said } of isMqttForwarder(executable) ? MQTT_FORWARDER_UPLINKS : FORWARDER_UPLINKS) {
      await forwarder.push([said]);
      await heard(session, name, '/event/up');
    }
    for (const downlink of FORWARDER_DOWNLINKS) {
      const before = forwarder.downlinks.length;
      for (const fate of fates(downlink)) forwarder.txResultOnce(fate === 'OK' ? 'NONE' : fate);
      await command(session, downlink, async () => {
        const wanted = before + downlink.told.length;
        await eventually(downlink.name, () => forwarder.downlinks.length >= wanted);
        return forwarder.downlinks.slice(before).map(({ txpk }) => txpk);
      });
    }
    await forwarder.pushStat(FORWARDER_STATS.said);
    await heard(session, 'stats', '/event/stats');
  } finally {
    await forwarder.stop();
    await bridge.stop();
  }
  // The forwarder cannot leave, but the bridge says so of its gateways when it ends.
  await heard(session, 'conn offline', '/state/conn');
}

function isDownlink({ msgtype }: StationMessage): boolean {
  return msgtype === 'dnmsg';
}

async function recordStation(session: Session, region: RecordedRegion): Promise<void> {
  const { command: executable, mqttUrl, origin } = session;
  const { marshaler } = origin;
  const withStats = region === 'EU868';
  const station = { region, ...(withStats ? { statsSeconds: 2 } : {}) };
  const bridge = await startGatewayBridge({ mqttUrl, marshaler, command: executable, station });
  const radio = await startBasicsStation(bridge.udpPort, GATEWAY_ID);
  try {
    // It is published when the bridge has subscribed to the commands.
    await heard(session, 'conn online', '/state/conn');
    for (const { name, said } of stationUplinks(region)) {
      radio.send(said);
      await heard(session, name, '/event/up');
    }
    let sent = 0;
    for (const downlink of stationDownlinks(region)) {
      await command(session, downlink, async () => {
        const message = await eventually(downlink.name, () => radio.messages.filter(isDownlink)[sent]);
        sent += 1;
        radio.send({ msgtype: 'dntxed', diid: message.diid });
        const { MuxTime: _bridgesClock, ...told } = message;
        return [told];
      });
    }
    if (withStats) await heard(session, 'stats', '/event/stats');
    await radio.stop();
    await heard(session, 'conn offline', '/state/conn');
  } finally {
    await bridge.stop();
  }
}

/** A broker of its own for each run, so that nothing retained comes from another one. */
async function run(executable: string, origin: Origin, play: (session: Session) => Promise<void>) {
  const broker = await startMosquitto();
  const client = await connectAsync(broker.url);
  const waiting: Session['waiting'] = [];
  client.on('message', (topic, payload) => {
    if (!topic.includes('/command/')) waiting.push({ topic, payload });
  });
  try {
    await client.subscribeAsync('gateway/#', { qos: 1 });
    const publish = (topic: string, payload: Buffer) => client.publishAsync(topic, payload, { qos: 1 });
    await play({ origin, command: executable, mqttUrl: broker.url, waiting, publish });
  } finally {
    await client.endAsync(true);
    await broker.stop();
  }
}

function isMqttForwarder(executable: string): boolean {
  return basename(executable) === 'chirpstack-mqtt-forwarder';
}

async function recordBridge(executable: string): Promise<void> {
  const version = execFileSync(executable, ['version'], { encoding: 'utf8' }).trim();
  for (const marshaler of ['json', 'protobuf'] as const) {
    await run(executable, { bridge: version, backend: 'semtech_udp', marshaler }, recordForwarder);
    for (const region of RECORDED_REGIONS) {
      const origin = { bridge: version, backend: 'basics_station', marshaler } as const;
      await run(executable, origin, (session) => recordStation(session, region));
    }
  }
}

/** `chirpstack-mqtt-forwarder 4.6.0`: it knows no Basics Station. */
async function recordMqttForwarder(executable: string): Promise<void> {
  const told = execFileSync(executable, ['--version'], { encoding: 'utf8' }).trim();
  const bridge = told.replace(/^chirpstack-/, '');
  for (const marshaler of ['json', 'protobuf'] as const)
    await run(executable, { bridge, backend: 'semtech_udp', marshaler }, recordForwarder);
}

const installed = findServer('chirpstack-gateway-bridge');
for (const executable of [...(installed ? [installed] : []), ...process.argv.slice(2)]) {
  if (isMqttForwarder(executable)) await recordMqttForwarder(executable);
  else await recordBridge(executable);
  console.log(`${executable}: ${recordings.length} messages so far`);
}
const anew = new Set(recordings.map(({ bridge }) => bridge));
const kept = readRecordings().filter(({ bridge }) => !anew.has(bridge));
const lines = [...kept, ...recordings].map((recording) => JSON.stringify(recording));
writeFileSync(RECORDINGS, `${lines.join('\n')}\n`);
