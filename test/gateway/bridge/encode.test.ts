/** Every message survives every marshaler, and @bufbuild/protobuf agrees with what is written. */

import { type DescMessage, fromBinary, fromJsonString, toBinary, toJsonString } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventMarshaler } from '../../../src/gateway/bridge/encode.ts';
import {
  encodeConnState,
  encodeDownlinkFrame,
  encodeDownlinkTxAck,
  encodeGatewayStats,
  encodeUplinkFrame,
} from '../../../src/gateway/bridge/encode.ts';
import { decodeDownlinkFrame, decodeEvent } from '../../../src/gateway/bridge/event.ts';
import {
  ConnStateSchema,
  DownlinkFrameSchema,
  DownlinkTxAckSchema,
  GatewayStatsSchema,
  UplinkFrameSchema,
} from '../../../src/gateway/bridge/gen/gw_pb.js';
import {
  type BridgeUplink,
  type DownlinkFrame,
  type GatewayStats,
  type Modulation,
  TX_ACK_STATUSES,
} from '../../../src/gateway/bridge/message.ts';
import { plausibleDataRate } from '../../../src/gateway/bridge/modulation.ts';

const MARSHALERS: readonly EventMarshaler[] = ['protobuf', 'json', 'json-v3'];
const GATEWAY = '0016c001f153a14c';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const small = fc.integer({ min: 0, max: 255 });
const timeMs = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2099, 0, 1) });
const phyPayload = fc.uint8Array({ minLength: 1, maxLength: 255 }).map((bytes) => Buffer.from(bytes));
const context = fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const coordinate = fc.double({ min: 1, max: 90, noNaN: true });
const location = fc.record({ latitude: coordinate, longitude: coordinate, altitude: coordinate });
const key = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text !== '__proto__');
const texts = fc.dictionary(key, fc.string({ maxLength: 20 }), {
  minKeys: 1,
  maxKeys: 5,
  noNullPrototype: true,
});
/** By frequency, which is never 0. */
const counts = fc.dictionary(fc.integer({ min: 1, max: 0xffff_ffff }).map(String), uint32, {
  minKeys: 1,
  maxKeys: 5,
  noNullPrototype: true,
});

const modulation = fc.oneof(
  fc.record({
    kind: fc.constant('lora' as const),
    spreadingFactor: fc.integer({ min: 5, max: 12 }),
    bandwidth: fc.constantFrom(125_000, 250_000, 500_000, 812_000),
    codeRate: fc.constantFrom('4/5' as const, '4/8' as const, '4/6LI' as const),
    polarizationInversion: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('fsk' as const),
    datarate: fc.integer({ min: 1, max: 500_000 }),
    frequencyDeviation: uint32,
  }),
);

const snr = fc.integer({ min: -5000, max: 5000 }).map((hundredths) => hundredths / 100);

const uplinks: fc.Arbitrary<BridgeUplink> = fc
  .record(
    {
      phyPayload,
      gatewayId: fc.constant(GATEWAY),
      uplinkId: uint32,
      frequency: fc.integer({ min: 1, max: 0xffff_ffff }),
      modulation,
      rssi: fc.integer({ min: -200, max: 30 }),
      snr,
      channel: small,
      rfChain: small,
      board: small,
      antenna: small,
      context,
      timeMs,
      gpsTimeMs: fc.integer({ min: 1, max: 2 ** 41 }),
      crc: fc.constantFrom('ok' as const, 'none' as const),
      location,
      metadata: texts,
    },
    {
      requiredKeys: [
        'phyPayload',
        'gatewayId',
        'uplinkId',
        'frequency',
        'modulation',
        'rssi',
        'snr',
        'channel',
        'rfChain',
        'board',
        'antenna',
        'context',
        'crc',
      ],
    },
  )
  .map((uplink) => ({ ...uplink, dataRate: plausibleDataRate(uplink.modulation) ?? '' }));

const stats: fc.Arbitrary<GatewayStats> = fc.record(
  {
    gatewayId: fc.constant(GATEWAY),
    timeMs,
    location,
    configVersion: fc.string({ maxLength: 20 }),
    rxReceived: uint32,
    rxOk: uint32,
    txReceived: uint32,
    txEmitted: uint32,
    rxPerFrequency: counts,
    txPerFrequency: counts,
    txPerStatus: fc.constant({ OK: 3, TOO_LATE: 1 }),
    metadata: texts,
  },
  {
    requiredKeys: ['gatewayId', 'configVersion', 'rxReceived', 'rxOk', 'txReceived', 'txEmitted'],
  },
);

const downlinks: fc.Arbitrary<DownlinkFrame> = fc.record({
  gatewayId: fc.constant(GATEWAY),
  downlinkId: uint32,
  items: fc.array(
    fc.record({
      phyPayload,
      frequency: fc.integer({ min: 1, max: 0xffff_ffff }),
      power: fc.integer({ min: -10, max: 30 }),
      modulation,
      board: small,
      antenna: small,
      timing: fc.oneof(
        fc.constant({ kind: 'immediately' as const }),
        fc.record({ kind: fc.constant('delay' as const), delayMs: fc.integer({ min: 0, max: 15_000 }) }),
        fc.record({ kind: fc.constant('gps' as const), gpsTimeMs: fc.integer({ min: 0, max: 2 ** 41 }) }),
      ),
      context,
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

const acks = fc.record({
  gatewayId: fc.constant(GATEWAY),
  downlinkId: uint32,
  items: fc.array(fc.constantFrom(...TX_ACK_STATUSES), { minLength: 1, maxLength: 3 }),
});

describe.each(MARSHALERS)('%s', (marshaler) => {
  test('an uplink comes back as it went', () => {
    fc.assert(
      fc.property(uplinks, (uplink) => {
        const decoded = decodeEvent('up', encodeUplinkFrame(uplink, marshaler), GATEWAY);
        expect(decoded).toEqual({ ok: true, kind: 'up', marshaler, uplink });
      }),
    );
  });

  test('stats come back as they went', () => {
    fc.assert(
      fc.property(stats, (sent) => {
        const decoded = decodeEvent('stats', encodeGatewayStats(sent, marshaler), GATEWAY);
        const { rxPerFrequency, txPerFrequency, txPerStatus, ...version3 } = sent;
        const expected = marshaler === 'json-v3' ? version3 : sent;
        expect(decoded).toEqual({ ok: true, kind: 'stats', marshaler, stats: expected });
      }),
    );
  });

  test('acknowledgements and connection states come back as they went', () => {
    fc.assert(
      fc.property(acks, fc.boolean(), (ack, online) => {
        const acked = decodeEvent('ack', encodeDownlinkTxAck(ack, marshaler), GATEWAY);
        expect(acked).toEqual({ ok: true, kind: 'ack', marshaler, ack });
        const conn = { gatewayId: GATEWAY, online };
        const connected = decodeEvent('conn', encodeConnState(conn, marshaler), GATEWAY);
        expect(connected).toEqual({ ok: true, kind: 'conn', marshaler, conn });
      }),
    );
  });

  test('a downlink comes back as it went', () => {
    fc.assert(
      fc.property(downlinks, (downlink) => {
        const decoded = decodeDownlinkFrame(encodeDownlinkFrame(downlink, marshaler), GATEWAY);
        expect(decoded).toEqual({ ok: true, marshaler, downlink });
      }),
    );
  });
});

/** What we write as protobuf and as JSON is one message to the other implementation, and we read what it writes. */
function agree<T>(
  schema: DescMessage,
  message: T,
  encode: (message: T, marshaler: EventMarshaler) => Uint8Array,
  read: (payload: Uint8Array) => unknown,
): void {
  const written = encode(message, 'protobuf');
  const theirs = fromBinary(schema, written);
  const fromOurJson = fromJsonString(schema, Buffer.from(encode(message, 'json')).toString());
  // Through bytes, for a float read from JSON has more digits than one of the wire.
  const viaJson = fromBinary(schema, toBinary(schema, fromOurJson));
  expect(toJsonString(schema, viaJson)).toBe(toJsonString(schema, theirs));
  expect(read(toBinary(schema, theirs))).toEqual(read(written));
  expect(read(Buffer.from(toJsonString(schema, theirs)))).toEqual({
    ...(read(written) as object),
    marshaler: 'json',
  });
}

describe('@bufbuild/protobuf agrees', () => {
  test('on uplinks', () => {
    fc.assert(
      fc.property(uplinks, (uplink) =>
        agree(UplinkFrameSchema, uplink, encodeUplinkFrame, (payload) => decodeEvent('up', payload, GATEWAY)),
      ),
    );
  });

  test('on stats', () => {
    fc.assert(
      fc.property(stats, (sent) =>
        agree(GatewayStatsSchema, sent, encodeGatewayStats, (payload) =>
          decodeEvent('stats', payload, GATEWAY),
        ),
      ),
    );
  });

  test('on acknowledgements, connection states and downlinks', () => {
    fc.assert(
      fc.property(acks, downlinks, fc.boolean(), (ack, downlink, online) => {
        agree(DownlinkTxAckSchema, ack, encodeDownlinkTxAck, (payload) =>
          decodeEvent('ack', payload, GATEWAY),
        );
        agree(ConnStateSchema, { gatewayId: GATEWAY, online }, encodeConnState, (payload) =>
          decodeEvent('conn', payload, GATEWAY),
        );
        agree(DownlinkFrameSchema, downlink, encodeDownlinkFrame, (payload) =>
          decodeDownlinkFrame(payload, GATEWAY),
        );
      }),
    );
  });

  test('on LR-FHSS', () => {
    const modulation: Modulation = {
      kind: 'lr_fhss',
      operatingChannelWidth: 137_000,
      codeRate: '4/6',
      gridSteps: 8,
    };
    const uplink: BridgeUplink = {
      phyPayload: Buffer.from('01', 'hex'),
      gatewayId: GATEWAY,
      uplinkId: 1,
      frequency: 867_300_000,
      dataRate: 'LRFHSS137CR4/6',
      modulation,
      rssi: -100,
      snr: 0,
      channel: 0,
      rfChain: 0,
      board: 0,
      antenna: 0,
      context: '',
      crc: 'ok',
    };
    agree(UplinkFrameSchema, uplink, encodeUplinkFrame, (payload) => decodeEvent('up', payload, GATEWAY));
    const decoded = decodeEvent('up', encodeUplinkFrame(uplink, 'protobuf'), GATEWAY);
    expect(decoded).toMatchObject({ ok: true, uplink });
  });
});
