/** Parsing of PHYPayloads: the published vector field by field, every kind of fault, and hostile bytes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSessionKeys } from '../../../src/gateway/lorawan/crypto.ts';
import { encodeDataFrame } from '../../../src/gateway/lorawan/encode.ts';
import { type DataFrame, parseFrame } from '../../../src/gateway/lorawan/frame.ts';

const PUBLISHED = Buffer.from('40F17DBE4900020001954378762B11FF0D', 'hex');

function parseDataFrame(bytes: Uint8Array): DataFrame {
  const parsed = parseFrame(bytes);
  if (!parsed.ok || parsed.frame.kind !== 'data')
    throw new Error(`not a data frame: ${JSON.stringify(parsed)}`);
  return parsed.frame;
}

describe('parseFrame', () => {
  test('reads every field of the published uplink', () => {
    expect(parseDataFrame(PUBLISHED)).toEqual({
      kind: 'data',
      direction: 'up',
      confirmed: false,
      devAddr: '49be7df1',
      fCtrl: { adr: false, adrAckReq: false, ack: false, fPending: false },
      fCnt16: 2,
      fOpts: PUBLISHED.subarray(8, 8),
      fPort: 1,
      frmPayload: PUBLISHED.subarray(9, 13),
      bytes: PUBLISHED,
    });
  });

  test('gives views of the input, not copies', () => {
    const frame = parseDataFrame(PUBLISHED);
    expect(frame.frmPayload.buffer).toBe(PUBLISHED.buffer);
    expect(frame.frmPayload.byteOffset).toBe(PUBLISHED.byteOffset + 9);
  });

  test('tells no port from port 0', () => {
    const bare = parseDataFrame(Buffer.from('600403020120000011223344', 'hex'));
    expect(bare).toMatchObject({ direction: 'down', devAddr: '01020304', fPort: null });
    expect(bare.fCtrl.ack).toBe(true);
    expect(bare.frmPayload).toHaveLength(0);
    const portOnly = parseDataFrame(Buffer.from('80040302010000000011223344', 'hex'));
    expect(portOnly).toMatchObject({ direction: 'up', confirmed: true, fPort: 0 });
    expect(portOnly.frmPayload).toHaveLength(0);
  });

  test('reads a join request, EUIs most significant byte first', () => {
    const bytes = Buffer.from('000807060504030201181716151413121134120badc0de', 'hex');
    expect(parseFrame(bytes)).toEqual({
      ok: true,
      frame: {
        kind: 'join-request',
        joinEui: '0102030405060708',
        devEui: '1112131415161718',
        devNonce: 0x1234,
        bytes,
      },
    });
  });

  test('takes a join accept with and without a list of channels, unread', () => {
    for (const length of [17, 33]) {
      const bytes = new Uint8Array(length).fill(0x20);
      expect(parseFrame(bytes)).toEqual({ ok: true, frame: { kind: 'join-accept', bytes } });
    }
  });

  test.each([
    ['too_short', ''],
    ['too_short', '40'],
    ['too_short', '4001020304000000112233'],
    ['too_long', `40${'00'.repeat(255)}`],
    ['bad_major', '410102030400000011223344'],
    ['truncated_fopts', '400102030401000011223344'],
    ['truncated_fopts', '4001020304030000aabb11223344'],
    ['fopts_with_port_0', '40010203040100000200aa11223344'],
    ['bad_length', `00${'00'.repeat(21)}`],
    ['bad_length', `20${'00'.repeat(15)}`],
    ['unsupported_mtype', `c0${'00'.repeat(18)}`],
    ['unsupported_mtype', 'e0010203'],
  ])('says %s of %s', (reason, hex) => {
    expect(parseFrame(Buffer.from(hex, 'hex'))).toEqual({ ok: false, reason });
  });

  test('never throws, and never gives bytes beyond the frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const parsed = parseFrame(bytes);
        if (!parsed.ok || parsed.frame.kind !== 'data') return;
        const { fOpts, fPort, frmPayload } = parsed.frame;
        expect(8 + fOpts.length + (fPort === null ? 0 : 1) + frmPayload.length + 4).toBe(bytes.length);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a valid frame cut at any length is a fault or a shorter frame, never an accident', () => {
    const keys = createSessionKeys('11'.repeat(16), '22'.repeat(16));
    const whole = encodeDataFrame(
      {
        direction: 'up',
        devAddr: '01020304',
        fCnt: 7,
        fOpts: Uint8Array.of(2, 6, 1, 2),
        fPort: 9,
        payload: new Uint8Array(20),
      },
      keys,
    );
    for (let length = 0; length < whole.length; length++) {
      const parsed = parseFrame(whole.subarray(0, length));
      if (length < 12) expect(parsed).toEqual({ ok: false, reason: 'too_short' });
      else if (length < 16) expect(parsed).toEqual({ ok: false, reason: 'truncated_fopts' });
      else
        expect(parsed).toMatchObject({ ok: true, frame: { kind: 'data', fPort: length === 16 ? null : 9 } });
    }
  });
});
