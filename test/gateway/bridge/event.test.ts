/** Messages as bridges of versions 3 and 4 really write them, and every way in which one may be refused. */
import { fromJsonString, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BridgeEvent,
  type BridgeEventKind,
  decodeDownlinkFrame,
  decodeEvent,
  decodeUplink,
  MAX_MESSAGE_BYTES,
} from '../../../src/gateway/bridge/event.ts';
import { UplinkFrameSchema } from '../../../src/gateway/bridge/gen/gw_pb.js';
import type { BridgeFault } from '../../../src/gateway/bridge/message.ts';

const GATEWAY = '0016c001f153a14c';
const KINDS: readonly BridgeEventKind[] = ['up', 'stats', 'ack', 'conn'];

const UP_JSON =
  '{"phyPayload":"gKb+agGABQABOIc6cwQ=","txInfo":{"frequency":867300000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}},"rxInfo":{"gatewayId":"0016c001f153a14c","uplinkId":7895,"gwTime":"2022-08-03T14:37:43.383634108Z","rssi":-52,"snr":13.75,"context":"xwx0GQ==","crcStatus":"CRC_OK"}}';
const UP_PROTOBUF =
  '0a0e80a6fe6a018005000138873a7304221208a0e5c79d03120a1a0808c8d007100728012a3c0a1030303136633030316631353361313463' +
  '10d73d1a0c08b790aa970610bc95f7b60130ccffffffffffffffff013d00005c416a04c70c7419800102';
const UP_JSON_3 =
  '{"phyPayload":"gKb+agGABQABOIc6cwQ=","txInfo":{"frequency":867300000,"modulation":"LORA","loRaModulationInfo":{"bandwidth":125,"spreadingFactor":7,"codeRate":"4/5","polarizationInversion":false}},"rxInfo":{"gatewayID":"ABbAAfFToUw=","time":"2022-08-03T14:37:43.383634108Z","timeSinceGPSEpoch":null,"rssi":-52,"loRaSNR":13.75,"channel":0,"rfChain":0,"board":0,"antenna":0,"location":{"latitude":0,"longitude":0,"altitude":0,"source":"UNKNOWN","accuracy":0},"fineTimestampType":"NONE","context":"xwx0GQ==","uplinkID":"AAAe1wAAAAAAAAAAAAAAAA==","crcStatus":"CRC_OK"}}';

const UPLINK = {
  phyPayload: Buffer.from('80a6fe6a018005000138873a7304', 'hex'),
  gatewayId: GATEWAY,
  uplinkId: 7895,
  frequency: 867_300_000,
  dataRate: 'SF7BW125',
  modulation: {
    kind: 'lora',
    spreadingFactor: 7,
    bandwidth: 125_000,
    codeRate: '4/5',
    polarizationInversion: false,
  },
  rssi: -52,
  snr: 13.75,
  channel: 0,
  rfChain: 0,
  board: 0,
  antenna: 0,
  context: 'xwx0GQ==',
  crc: 'ok',
  timeMs: Date.UTC(2022, 7, 3, 14, 37, 43, 383),
};

function decode(kind: BridgeEventKind, text: string): BridgeEvent | BridgeFault {
  return decodeEvent(kind, Buffer.from(text), GATEWAY);
}

/** The published up event with some of its parts replaced. */
function upWith(parts: {
  phyPayload?: unknown;
  txInfo?: unknown;
  rxInfo?: object;
}): BridgeEvent | BridgeFault {
  const published = JSON.parse(UP_JSON);
  const rxInfo = { ...published.rxInfo, ...parts.rxInfo };
  return decode('up', JSON.stringify({ ...published, ...parts, rxInfo }));
}

function reasonOf(result: { readonly ok: boolean; readonly reason?: string }): string | undefined {
  return result.ok ? undefined : result.reason;
}

describe('an up event', () => {
  test.each([
    ['protobuf', Buffer.from(UP_PROTOBUF, 'hex')],
    ['json', Buffer.from(UP_JSON)],
    ['json-v3', Buffer.from(UP_JSON_3)],
  ])('says the same in %s', (marshaler, payload) => {
    expect(decodeEvent('up', payload, GATEWAY)).toEqual({ ok: true, kind: 'up', marshaler, uplink: UPLINK });
  });

  test('of version 3 in protobuf says the same too', () => {
    const legacy = fromJsonString(
      UplinkFrameSchema,
      '{"phyPayload":"gKb+agGABQABOIc6cwQ=","txInfoLegacy":{"frequency":867300000,"loraModulationInfo":{"bandwidth":125,"spreadingFactor":7,"codeRateLegacy":"4/5"}},"rxInfoLegacy":{"gatewayId":"ABbAAfFToUw=","time":"2022-08-03T14:37:43.383634108Z","rssi":-52,"loraSnr":13.75,"context":"xwx0GQ==","uplinkId":"AAAe1wAAAAAAAAAAAAAAAA==","crcStatus":"CRC_OK"}}',
    );
    const decoded = decodeUplink(toBinary(UplinkFrameSchema, legacy), GATEWAY);
    expect(decoded).toEqual({ ok: true, kind: 'up', marshaler: 'protobuf-v3', uplink: UPLINK });
  });

  test('of 123 bytes is not taken for JSON, although its protobuf begins with a line feed and a brace', () => {
    const message = fromJsonString(UplinkFrameSchema, UP_JSON);
    message.phyPayload = new Uint8Array(123).fill(0x41);
    const payload = toBinary(UplinkFrameSchema, message);
    expect(Buffer.from(payload).toString('latin1', 0, 2)).toBe('\n{');
    const decoded = decodeUplink(payload, GATEWAY);
    expect(decoded.ok && decoded.uplink.phyPayload).toEqual(Buffer.alloc(123, 0x41));
  });

  test('without a crcStatus had none, and is let through', () => {
    expect(upWith({ rxInfo: { crcStatus: undefined } })).toMatchObject({ ok: true, uplink: { crc: 'none' } });
    expect(reasonOf(upWith({ rxInfo: { crcStatus: 'BAD_CRC' } }))).toBe('crc_not_ok');
    expect(reasonOf(upWith({ rxInfo: { crcStatus: 1 } }))).toBe('crc_not_ok');
  });

  test('takes numbers as text, and durations', () => {
    const rxInfo = { rssi: '-52', uplinkId: '7895', timeSinceGpsEpoch: '1343572681.383634108s' };
    expect(upWith({ rxInfo })).toMatchObject({
      uplink: { ...UPLINK, gpsTimeMs: 1_343_572_681_383 },
    });
  });

  test.each([
    [
      { rssi: 'NaN', snr: 'NaN' },
      { rssi: -200, snr: -50 },
    ],
    [
      { rssi: 1e9, snr: 1e9 },
      { rssi: 30, snr: 50 },
    ],
    [
      { rssi: '-Infinity', snr: {} },
      { rssi: -200, snr: -50 },
    ],
    [
      { channel: -1, board: 1.5, antenna: 'x' },
      { channel: 0, board: 0, antenna: 0 },
    ],
    [{ context: 'no base64!' }, { context: '' }],
    [{ context: 'A'.repeat(1000) }, { context: '' }],
  ])('with the absurd %j still counts, as %j', (rxInfo, uplink) => {
    expect(upWith({ rxInfo })).toMatchObject({ ok: true, uplink });
  });

  test.each(['1970-01-01T00:00:00Z', '1999-12-31T23:59:59Z', '2150-01-01T00:00:00Z', 'yesterday', 5, null])(
    'of a gateway whose clock says %j has no time',
    (gwTime) => {
      const result = upWith({ rxInfo: { gwTime } });
      expect(result).toMatchObject({ ok: true, kind: 'up' });
      expect(result).not.toHaveProperty('uplink.timeMs');
    },
  );

  test('has a place only where the gateway has one', () => {
    const place = { latitude: 47.4, longitude: 8.5, altitude: 400 };
    expect(upWith({ rxInfo: { location: place } })).toHaveProperty('uplink.location', place);
    expect(upWith({ rxInfo: { location: { altitude: 400 } } })).not.toHaveProperty('uplink.location');
    expect(upWith({ rxInfo: { location: { ...place, latitude: 91 } } })).not.toHaveProperty(
      'uplink.location',
    );
  });

  test.each([
    ['missing_phy_payload', { phyPayload: undefined }],
    ['missing_phy_payload', { phyPayload: '' }],
    ['missing_phy_payload', { phyPayload: 'no base64!' }],
    ['bad_phy_payload', { phyPayload: Buffer.alloc(256).toString('base64') }],
    ['bad_tx_info', { txInfo: undefined }],
    ['bad_tx_info', { txInfo: { frequency: 868_100_000, modulation: {} } }],
    [
      'bad_tx_info',
      { txInfo: { frequency: 0, modulation: { lora: { bandwidth: 125_000, spreadingFactor: 7 } } } },
    ],
    [
      'bad_tx_info',
      { txInfo: { frequency: 1, modulation: { lora: { bandwidth: 125_000, spreadingFactor: 99 } } } },
    ],
    ['gateway_id_mismatch', { rxInfo: { gatewayId: '0016c001f153a14d' } }],
    ['gateway_id_mismatch', { rxInfo: { gatewayId: undefined } }],
    ['gateway_id_mismatch', { rxInfo: { gatewayID: 'ABbAAfFToU0=' } }],
  ])('is refused as %s for %j', (reason, parts) => {
    expect(reasonOf(upWith(parts))).toBe(reason);
  });
});

describe('stats', () => {
  const time = '2022-08-03T14:37:43Z';
  const common = {
    gatewayId: GATEWAY,
    timeMs: Date.UTC(2022, 7, 3, 14, 37, 43),
    configVersion: '',
    rxReceived: 4,
    rxOk: 2,
    txReceived: 1,
    txEmitted: 1,
  };

  test('of version 4', () => {
    const text = `{"gatewayId":"${GATEWAY}","time":"${time}","rxPacketsReceived":4,"rxPacketsReceivedOk":2,"txPacketsReceived":1,"txPacketsEmitted":1,"txPacketsPerFrequency":{"867300000":1},"txPacketsPerStatus":{"OK":1}}`;
    expect(decode('stats', text)).toEqual({
      ok: true,
      kind: 'stats',
      marshaler: 'json',
      stats: { ...common, txPerFrequency: { 867300000: 1 }, txPerStatus: { OK: 1 } },
    });
  });

  test('of version 3', () => {
    const text = `{"gatewayID":"ABbAAfFToUw=","ip":"192.168.1.5","time":"${time}","location":null,"configVersion":"","rxPacketsReceived":4,"rxPacketsReceivedOK":2,"txPacketsReceived":1,"txPacketsEmitted":1,"metaData":{"ip":"192.168.1.5"}}`;
    expect(decode('stats', text)).toEqual({
      ok: true,
      kind: 'stats',
      marshaler: 'json-v3',
      stats: { ...common, metadata: { ip: '192.168.1.5' } },
    });
  });

  test('keep at most 64 entries of a map', () => {
    const metadata = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 'v']));
    const result = decode('stats', JSON.stringify({ gatewayId: GATEWAY, metadata }));
    expect(result.ok && result.kind === 'stats' && Object.keys(result.stats.metadata ?? {})).toHaveLength(64);
  });
});

describe('ack and conn', () => {
  test('an item without a status was ignored', () => {
    const text = `{"gatewayId":"${GATEWAY}","downlinkId":894104280,"items":[{"status":"OK"},{}]}`;
    expect(decode('ack', text)).toEqual({
      ok: true,
      kind: 'ack',
      marshaler: 'json',
      ack: { gatewayId: GATEWAY, downlinkId: 894_104_280, items: ['OK', 'IGNORED'] },
    });
  });

  test('a status we do not know is an error', () => {
    const text = `{"gatewayId":"${GATEWAY}","items":[{"status":"NEW_ONE"},{"status":99},{"status":2}]}`;
    expect(decode('ack', text)).toMatchObject({
      ack: { items: ['INTERNAL_ERROR', 'INTERNAL_ERROR', 'TOO_LATE'] },
    });
    expect(reasonOf(decode('ack', `{"gatewayId":"${GATEWAY}"}`))).toBe('bad_items');
  });

  test.each([
    ['', 'OK'],
    ['TOO_LATE', 'TOO_LATE'],
  ])('an early version 3 says "%s" for all items together', (error, status) => {
    const text = `{"gatewayID":"ABbAAfFToUw=","token":1,"error":"${error}","downlinkID":"NUr1mAAAAAAAAAAAAAAAAA=="}`;
    expect(decode('ack', text)).toEqual({
      ok: true,
      kind: 'ack',
      marshaler: 'json-v3',
      ack: { gatewayId: GATEWAY, downlinkId: 0x354af598, items: [status] },
    });
  });

  test.each([
    [`{"gatewayId":"${GATEWAY}","state":"ONLINE"}`, true],
    [`{"gatewayId":"${GATEWAY}","state":1}`, true],
    [`{"gatewayId":"${GATEWAY}"}`, false],
    ['{"gatewayID":"ABbAAfFToUw=","state":"OFFLINE"}', false],
    [`\x1a\x10${GATEWAY}`, false],
    [`\x10\x01\x1a\x10${GATEWAY}`, true],
  ])('%j tells whether the gateway is online: %s', (text, online) => {
    expect(decode('conn', text)).toMatchObject({
      ok: true,
      kind: 'conn',
      conn: { gatewayId: GATEWAY, online },
    });
  });
});

describe('a downlink command', () => {
  test('is read as the gateway reads it', () => {
    const text = `{"downlinkId":894104280,"gatewayId":"${GATEWAY}","items":[{"phyPayload":"YKb+agGgAwCSzNbb","txInfo":{"frequency":867300000,"power":14,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5","polarizationInversion":true}},"timing":{"delay":{"delay":"1s"}},"context":"xwx0GQ=="}}]}`;
    expect(decodeDownlinkFrame(Buffer.from(text), GATEWAY)).toEqual({
      ok: true,
      marshaler: 'json',
      downlink: {
        gatewayId: GATEWAY,
        downlinkId: 894_104_280,
        items: [
          {
            phyPayload: Buffer.from('YKb+agGgAwCSzNbb', 'base64'),
            frequency: 867_300_000,
            power: 14,
            modulation: { ...UPLINK.modulation, polarizationInversion: true },
            board: 0,
            antenna: 0,
            timing: { kind: 'delay', delayMs: 1000 },
            context: 'xwx0GQ==',
          },
        ],
      },
    });
  });
});

describe('hostile bytes', () => {
  test('are refused by what they look like', () => {
    expect(reasonOf(decode('up', ''))).toBe('gateway_id_mismatch');
    expect(reasonOf(decode('up', '{"phyPayload":'))).toBe('bad_json');
    expect(reasonOf(decode('up', '[1]'))).toBe('bad_protobuf');
    expect(reasonOf(decode('up', '{}'))).toBe('gateway_id_mismatch');
    expect(reasonOf(decode('up', 'hello'))).toBe('bad_protobuf');
    expect(reasonOf(decode('up', '{'.repeat(MAX_MESSAGE_BYTES + 1)))).toBe('too_large');
  });

  test('never name what they hold', () => {
    const result = decode('up', '{"secret":"hunter2"');
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  test('cut anywhere, the published events are no longer that event', () => {
    for (const payload of [Buffer.from(UP_PROTOBUF, 'hex'), Buffer.from(UP_JSON), Buffer.from(UP_JSON_3)]) {
      for (let length = 0; length < payload.length; length++) {
        const result = decodeUplink(payload.subarray(0, length), GATEWAY);
        expect(result.ok ? result.uplink : undefined).not.toEqual(UPLINK);
      }
    }
  });

  test('of any kind give a value, for every kind of event', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((text) => Buffer.from(`{"rxInfo":${text},"items":[${text}],"gatewayId":${text}}`)),
      fc
        .tuple(fc.nat(Buffer.from(UP_PROTOBUF, 'hex').length - 1), fc.nat(255))
        .map(([at, byte]) => Buffer.from(UP_PROTOBUF, 'hex').fill(byte, at, at + 1)),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom(...KINDS), (payload, kind) => {
        const result = decodeEvent(kind, payload, GATEWAY);
        expect(result.ok ? result.kind : typeof result.detail).toBe(result.ok ? kind : 'string');
        expect(typeof decodeDownlinkFrame(payload, GATEWAY).ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });
});
