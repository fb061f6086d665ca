/**
 * The real words of the Gateway Bridge and of the MQTT Forwarder without them: each message it published is read as what the radio's side had
 * said, and our commands are, byte for byte, those it took and passed on.
 */
import { expect, test } from 'vitest';
import { encodeDownlinkFrame } from '../../src/gateway/bridge/encode.ts';
import { type BridgeEventKind, decodeEvent } from '../../src/gateway/bridge/event.ts';
import type { Marshaler } from '../../src/gateway/bridge/message.ts';
import { parseTopic } from '../../src/gateway/bridge/topics.ts';
import {
  type DownlinkCase,
  FORWARDER_DOWNLINKS,
  FORWARDER_STATS,
  FORWARDER_UPLINKS,
  fates,
  GATEWAY_ID,
  MQTT_FORWARDER_UPLINKS,
  RECORDED_REGIONS,
  type UplinkCase,
} from '../support/bridge-cases.ts';
import { type Recording, readRecordings } from '../support/bridge-recordings.ts';
import { stationDownlinks, stationUplinks } from '../support/bridge-station-cases.ts';

const recordings = readRecordings();
const KINDS: readonly BridgeEventKind[] = ['up', 'stats', 'ack', 'conn'];
const UPLINKS: Readonly<Record<Recording['backend'], readonly UplinkCase[]>> = {
  semtech_udp: FORWARDER_UPLINKS,
  basics_station: RECORDED_REGIONS.flatMap(stationUplinks),
};
const DOWNLINKS: Readonly<Record<Recording['backend'], readonly DownlinkCase[]>> = {
  semtech_udp: FORWARDER_DOWNLINKS,
  basics_station: RECORDED_REGIONS.flatMap(stationDownlinks),
};
const MQTT_FORWARDER = 'mqtt-forwarder 4.6.0';
const BOTH = ['json', 'protobuf'] as const;
const RUNS: readonly Pick<Recording, 'bridge' | 'backend' | 'marshaler'>[] = [
  ...['4', '3.14.8'].flatMap((bridge) =>
    (['semtech_udp', 'basics_station'] as const).flatMap((backend) =>
      BOTH.map((marshaler) => ({ bridge, backend, marshaler })),
    ),
  ),
  ...BOTH.map((marshaler) => ({ bridge: MQTT_FORWARDER, backend: 'semtech_udp', marshaler }) as const),
];
type Run = (typeof RUNS)[number];

function uplinksOf({ bridge, backend }: Run): readonly UplinkCase[] {
  return bridge === MQTT_FORWARDER ? MQTT_FORWARDER_UPLINKS : UPLINKS[backend];
}

/** How the bridge of a run wrote, in our words. */
function spelling({ bridge, marshaler }: Run): Marshaler {
  return bridge.startsWith('3.') ? `${marshaler}-v3` : marshaler;
}

function bytesOf({ marshaler, payload }: Recording): Buffer {
  return Buffer.from(payload, marshaler === 'json' ? 'utf8' : 'base64');
}

function find(run: Run, name: string): Recording {
  const found = recordings.find(
    (recording) =>
      recording.name === name &&
      recording.bridge === run.bridge &&
      recording.backend === run.backend &&
      recording.marshaler === run.marshaler,
  );
  if (!found) throw new Error(`no recording of '${name}'`);
  return found;
}

function decoded(run: Run, name: string): unknown {
  const recording = find(run, name);
  const topic = parseTopic(recording.topic);
  if (topic?.kind !== 'gateway') throw new Error(`${recording.topic} is no gateway's topic`);
  const kind = KINDS.find((known) => known === topic.event);
  if (!kind) throw new Error(`${recording.topic} is no event we read`);
  expect(topic.gatewayId).toBe(GATEWAY_ID);
  return decodeEvent(kind, bytesOf(recording), topic.gatewayId);
}

function event(run: Run, kind: BridgeEventKind, message: object): object {
  return { ok: true, kind, marshaler: spelling(run), [kind === 'up' ? 'uplink' : kind]: message };
}

/** The MQTT Forwarder's own spelling of FSK. */
function spelt({ bridge }: Run, words: Readonly<Record<string, unknown>>): object {
  if (bridge !== MQTT_FORWARDER || words.modu !== 'FSK') return words;
  const { ipol: _left, ...rest } = words;
  return { ...rest, modu: 'Fsk' };
}

test.each(RUNS)('bridge $bridge, $backend, $marshaler: uplinks say what was heard', (run) => {
  for (const { name, uplink } of uplinksOf(run)) {
    const { timeMs } = uplink;
    // Version 3 cuts a station's time to seconds.
    const cut = run.bridge.startsWith('3.') && run.backend === 'basics_station';
    const expected = cut && timeMs ? { ...uplink, timeMs: timeMs - (timeMs % 1000) } : uplink;
    expect(decoded(run, name), name).toEqual(event(run, 'up', { ...expected, uplinkId: expect.any(Number) }));
  }
});

test.each(RUNS)('bridge $bridge, $backend, $marshaler: a gateway comes and goes', (run) => {
  const conn = (online: boolean) => event(run, 'conn', { gatewayId: GATEWAY_ID, online });
  expect(decoded(run, 'conn online')).toEqual(conn(true));
  expect(decoded(run, 'conn offline')).toEqual(conn(false));
});

test.each(RUNS)('bridge $bridge, $backend, $marshaler: stats', (run) => {
  // The bridge counts by itself what it heard and what it had sent.
  const sent = FORWARDER_DOWNLINKS.filter((downlink) => fates(downlink).includes('OK'));
  const txEmitted = sent.length;
  const reported =
    run.backend === 'semtech_udp'
      ? { ...FORWARDER_STATS.stats, rxOk: uplinksOf(run).length, txEmitted }
      : { gatewayId: GATEWAY_ID, timeMs: expect.any(Number), rxReceived: 3, rxOk: 3 };
  expect(decoded(run, 'stats')).toMatchObject(event(run, 'stats', reported));
});

test.each(RUNS)(
  'bridge $bridge, $backend, $marshaler: our commands are those it took, and their acks are read',
  (run) => {
    for (const downlink of DOWNLINKS[run.backend]) {
      const { name, frame, told } = downlink;
      const recording = find(run, name);
      expect(Buffer.from(encodeDownlinkFrame(frame, spelling(run))), name).toEqual(bytesOf(recording));
      // Version 3 knows a downlink by 16 bits.
      const id = !run.bridge.startsWith('3.') ? {} : { diid: frame.downlinkId & 0xffff };
      const expected = told.map((words) => spelt(run, 'diid' in words ? { ...words, ...id } : words));
      expect(recording.radio, name).toEqual(expected);
      const items = fates(downlink);
      expect(decoded(run, `ack of ${name}`)).toEqual(
        event(run, 'ack', { gatewayId: GATEWAY_ID, downlinkId: frame.downlinkId, items }),
      );
    }
  },
);

test('nothing is on record that no test reads', () => {
  const known = new Set(['conn online', 'conn offline', 'stats']);
  for (const { name } of Object.values(UPLINKS).flat()) known.add(name);
  for (const { name } of Object.values(DOWNLINKS).flat()) known.add(name).add(`ack of ${name}`);
  expect(recordings.filter(({ name }) => !known.has(name))).toEqual([]);
});
