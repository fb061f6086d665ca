/** Application events as ChirpStack 4 publishes them, with its habit of leaving out zeros, and every refusal. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeApplicationEvent, MAX_EVENT_BYTES } from '../../../src/gateway/chirpstack/event.ts';

const DEVICE = '0101010101010101';
const RECEIVED_MS = Date.UTC(2026, 0, 1);
const OWN = { nowMs: RECEIVED_MS, trusted: true };
const UP =
  '{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"2025-07-18T09:34:15.775023242+00:00","deviceInfo":{"tenantId":"52f14cd4","tenantName":"ChirpStack","applicationId":"17c82e96","applicationName":"Test application","deviceProfileId":"14855bf7","deviceProfileName":"Test","deviceName":"Test device","devEui":"0101010101010101","tags":{"key":"value"}},"devAddr":"00189440","dr":1,"fPort":1,"data":"qg==","rxInfo":[{"gatewayId":"0016c001f153a14c","uplinkId":4217106255,"rssi":-36,"snr":10.5,"context":"E3OWOQ=="}],"txInfo":{"frequency":867100000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":11,"codeRate":"CR_4_5"}}}}';

function decode(text: string, type = 'up') {
  return decodeApplicationEvent(type, DEVICE, Buffer.from(text), OWN);
}

/** The published event with some members replaced; undefined removes one. */
function decodeWith(members: object) {
  return decode(JSON.stringify({ ...JSON.parse(UP), ...members }));
}

function reasonOf(result: ReturnType<typeof decode>): string | undefined {
  return result.ok ? undefined : result.reason;
}

describe('an up event', () => {
  test('becomes an Uplink', () => {
    expect(decode(UP)).toEqual({
      ok: true,
      kind: 'up',
      deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
      deviceName: 'Test device',
      uplink: {
        device: DEVICE,
        devAddr: '00189440',
        fCnt: 0,
        fPort: 1,
        confirmed: false,
        adr: false,
        data: Buffer.from('aa', 'hex'),
        radio: { frequency: 867_100_000, dataRate: 'SF11BW125' },
        receptions: [
          { gatewayId: '0016c001f153a14c', rssi: -36, snr: 10.5, channel: 0, context: 'E3OWOQ==' },
        ],
        timeMs: Date.UTC(2025, 6, 18, 9, 34, 15, 775),
        via: 'chirpstack',
      },
    });
  });

  test('carries the decoded object, the counter and the flags where they are', () => {
    const object = { temperature: 21.5, nested: { door: true } };
    expect(decodeWith({ object, fCnt: 4_294_967_295, confirmed: true, adr: true })).toMatchObject({
      uplink: { decoded: object, fCnt: 4_294_967_295, confirmed: true, adr: true },
    });
    expect(decodeWith({ object: null })).not.toHaveProperty('uplink.decoded');
  });

  test('without port and data is a frame without a payload', () => {
    expect(decodeWith({ fPort: undefined, data: undefined })).toMatchObject({
      uplink: { fPort: null, data: Buffer.alloc(0) },
    });
  });

  test('has the best reception first and the time of the gateway that has one', () => {
    const rxInfo = [
      { gatewayId: '0000000000000001', rssi: -90, snr: -5 },
      { gatewayId: '0000000000000002', rssi: -80, snr: 7, gwTime: '2025-11-03T04:05:06.789Z' },
      { gatewayId: 'nonsense', rssi: 0, snr: 20 },
      { gatewayId: '0000000000000003', rssi: -70, snr: 7 },
    ];
    const result = decodeWith({ rxInfo });
    const uplink = result.ok && result.kind === 'up' ? result.uplink : undefined;
    expect(uplink?.receptions.map(({ gatewayId }) => Number(gatewayId))).toEqual([3, 2, 1]);
    expect(uplink?.timeMs).toBe(Date.UTC(2025, 10, 3, 4, 5, 6, 789));
  });

  test('A11: of a gateway with several boards has it once, as it heard it best', () => {
    const gatewayId = '0016c001f153a14c';
    const rxInfo = [
      { gatewayId, rssi: -110, snr: -9, board: 1 },
      { gatewayId: '0016c001f153a14d', rssi: -90, snr: 2 },
      { gatewayId: gatewayId.toUpperCase(), rssi: -60, snr: 9 },
    ];
    const decoded = decodeWith({ rxInfo });
    expect(decoded).toMatchObject({
      uplink: {
        receptions: [
          { gatewayId, snr: 9 },
          { gatewayId: '0016c001f153a14d', snr: 2 },
        ],
      },
    });
    expect(decoded.ok && decoded.kind === 'up' && decoded.uplink.receptions).toHaveLength(2);
  });

  test('that nobody says to have heard has one reception, at the worst signal', () => {
    expect(decodeWith({ rxInfo: [] })).toMatchObject({
      uplink: { receptions: [{ gatewayId: '0000000000000000', rssi: -200, snr: -50 }] },
    });
  });

  test.each(['0101010101010101', 'AQEBAQEBAQE='])('A30 of ChirpStack 3 is refused as such (%s)', (devEUI) => {
    const event = { applicationID: '1', deviceName: 'x', devEUI, fCnt: 1, fPort: 1, data: 'AA==' };
    expect(decode(JSON.stringify(event))).toMatchObject({ ok: false, reason: 'chirpstack_3' });
  });

  test('A22 a gateway that lives in 2019 does not date the event', () => {
    const heard = (gatewayId: string, snr: number, gwTime: string) => ({ gatewayId, rssi: -80, snr, gwTime });
    const rxInfo = [
      heard('0000000000000001', 9, '2019-02-14T10:11:59Z'),
      heard('0000000000000002', 5, '2025-12-31T23:59:57Z'),
    ];
    const timeMs = Date.UTC(2025, 11, 31, 23, 59, 58);
    expect(decodeWith({ time: '2025-12-31T23:59:58Z', rxInfo })).toMatchObject({ uplink: { timeMs } });
    const behind = [heard('0000000000000001', 9, '2025-12-31T20:59:57Z')];
    expect(decodeWith({ time: '2025-12-31T23:59:58Z', rxInfo: behind })).toMatchObject({
      uplink: { timeMs },
    });
  });

  test.each([undefined, '1970-01-01T00:00:10Z', 'soon', '2019-02-14T10:11:59Z', '2026-01-01T00:30:00Z'])(
    'I4 dated %j is dated by us',
    (time) => {
      expect(decodeWith({ time })).toMatchObject({ uplink: { timeMs: RECEIVED_MS } });
    },
  );

  test('of a modulation we do not know names the data rate by its number', () => {
    expect(decodeWith({ txInfo: { frequency: 867_100_000 } })).toMatchObject({
      uplink: { radio: { frequency: 867_100_000, dataRate: 'DR1' } },
    });
  });

  test.each([
    ['dev_eui_mismatch', { deviceInfo: { devEui: '0101010101010102' } }],
    ['dev_eui_mismatch', { deviceInfo: undefined }],
    ['bad_data', { data: 'no base64!' }],
    ['bad_data', { data: 7 }],
    ['bad_data', { data: 'A'.repeat(4096) }],
  ])('is refused as %s for %j', (reason, members) => {
    expect(reasonOf(decodeWith(members))).toBe(reason);
  });
});

describe('any event', () => {
  test.each(['join', 'ack', 'txack', 'status', 'log', 'location', 'integration'])(
    '%s is recognised',
    (type) => {
      expect(decode('{}', type)).toEqual({ ok: true, kind: 'other', type });
    },
  );

  test('is refused for an unknown type, too many bytes, or bytes that are no JSON object', () => {
    expect(reasonOf(decode('{}', 'down'))).toBe('unknown_event');
    expect(reasonOf(decode(' '.repeat(MAX_EVENT_BYTES + 1)))).toBe('too_large');
    expect(reasonOf(decode('\x0a\x24'))).toBe('bad_json');
    expect(reasonOf(decode('[]'))).toBe('bad_json');
    expect(reasonOf(decode('null'))).toBe('bad_json');
  });

  test('gives a value for any JSON whatever in any place', () => {
    const members = fc.record(
      Object.fromEntries(
        ['time', 'devAddr', 'fCnt', 'fPort', 'data', 'rxInfo', 'txInfo', 'object', 'dr'].map((name) => [
          name,
          fc.jsonValue(),
        ]),
      ),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(members, (hostile) => {
        const result = decodeWith(hostile);
        const heard = result.ok && result.kind === 'up' ? result.uplink.receptions.length : undefined;
        expect(heard ?? reasonOf(result)).toSatisfy((seen) => seen === 'bad_data' || Number(seen) > 0);
      }),
    );
  });

  test('gives a value for any bytes whatever', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
        expect(decodeApplicationEvent('up', DEVICE, payload, OWN).ok).toBe(false);
      }),
    );
  });
});
