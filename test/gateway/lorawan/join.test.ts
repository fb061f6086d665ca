/** Joins: the published vectors, and lora-packet as an independent implementation. */
import fc from 'fast-check';
import loraPacketModule from 'lora-packet';
import { describe, expect, test } from 'vitest';
import { type JoinRequest, parseFrame } from '../../../src/gateway/lorawan/frame.ts';
import {
  checkDevNonce,
  deriveSessionKeys,
  devAddrUnder,
  encodeJoinAccept,
  type JoinAcceptFields,
  nextJoinNonce,
  verifyJoinRequest,
} from '../../../src/gateway/lorawan/join.ts';
import type { CFList } from '../../../src/gateway/region/cflist.ts';
import { encodeJoinRequest, readJoinAccept } from '../../support/device-join.ts';

// Its types promise a `default` inside the CommonJS module that is not there.
const loraPacket = loraPacketModule as unknown as typeof loraPacketModule.default;

const KEY = 'b6b53f4a168a7a88bdf7ea135ce9cfca';
const ACCEPT = '204dd85ae608b87fc4889970b7d2042c9e72959b0057aed6094b16003df12de145';
const ACCEPT_FIELDS: JoinAcceptFields = {
  joinNonce: 0xe5063a,
  netId: '000013',
  devAddr: '26012e43',
  rx1DataRateOffset: 0,
  rx2DataRate: 3,
  rx1DelayS: 1,
  cfList: {
    kind: 'channels',
    frequencies: [867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000],
  },
};

function hexDigits(bytes: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((value) => Buffer.from(value).toString('hex'));
}

function cfLists(): fc.Arbitrary<CFList | null> {
  const frequencies = fc.array(
    fc.integer({ min: 1, max: 0xff_ffff }).map((value) => value * 100),
    { maxLength: 5 },
  );
  const masks = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 7, maxLength: 7 });
  return fc.oneof(
    fc.constant(null),
    frequencies.map((list) => ({ kind: 'channels' as const, frequencies: list })),
    masks.map((list) => ({ kind: 'masks' as const, masks: list })),
  );
}

function acceptFields(): fc.Arbitrary<JoinAcceptFields> {
  return fc.record({
    joinNonce: fc.integer({ min: 0, max: 0xff_ffff }),
    netId: hexDigits(3),
    devAddr: hexDigits(4),
    rx1DataRateOffset: fc.integer({ min: 0, max: 7 }),
    rx2DataRate: fc.integer({ min: 0, max: 15 }),
    rx1DelayS: fc.integer({ min: 1, max: 15 }),
    cfList: cfLists(),
  });
}

function asRequest(bytes: Uint8Array): JoinRequest {
  const parsed = parseFrame(bytes);
  if (!parsed.ok || parsed.frame.kind !== 'join-request') throw new Error('not a join request');
  return parsed.frame;
}

function tableOf(used: readonly number[]) {
  return { last: used.at(-1) ?? null, used: new Set(used) };
}

describe('published vectors', () => {
  test('the keys of a session', () => {
    const join = { joinNonce: 0x376338, netId: 'aabbcc', devNonce: 0xf18e };
    expect(deriveSessionKeys('98929b92c49edba9676d646d3b612456', join)).toEqual({
      nwkSKey: '4e3d6e6afbcc67af2ba3c8e8ec4acf4b',
      appSKey: '610897aa6f1460623443b527d3ac6a9d',
    });
  });

  test('a join accept is read', () => {
    expect(readJoinAccept(Buffer.from(ACCEPT, 'hex'), KEY)).toEqual({ ok: true, fields: ACCEPT_FIELDS });
  });

  test('the same join accept is written byte for byte', () => {
    expect(Buffer.from(encodeJoinAccept(ACCEPT_FIELDS, KEY)).toString('hex')).toBe(ACCEPT);
  });

  test.each([
    ['000013', '26', 7],
    ['000000', '00', 7],
    ['00003c', '78', 7],
    ['200010', '90', 8],
    ['600000', 'e0', 15],
    ['c00053', 'fc014c00', 22],
  ])('a DevAddr of NetID %s starts with %s', (netId, start, bits) => {
    expect(devAddrUnder(netId, () => 0).startsWith(start)).toBe(true);
    const highest = Number.parseInt(
      devAddrUnder(netId, () => 1 - 2 ** -32),
      16,
    );
    const lowest = Number.parseInt(
      devAddrUnder(netId, () => 0),
      16,
    );
    expect(highest - lowest + 1).toBe(2 ** (32 - bits));
  });
});

describe('against lora-packet', () => {
  test('it verifies the join requests we write, and we its', () => {
    const request = fc.record({
      joinEui: hexDigits(8),
      devEui: hexDigits(8),
      devNonce: fc.integer({ min: 0, max: 0xffff }),
    });
    fc.assert(
      fc.property(request, hexDigits(16), (fields, key) => {
        const bytes = encodeJoinRequest(fields, key);
        const theirs = loraPacket.fromWire(Buffer.from(bytes));
        expect(theirs.DevEUI?.toString('hex')).toBe(fields.devEui);
        expect(theirs.AppEUI?.toString('hex')).toBe(fields.joinEui);
        expect(theirs.DevNonce?.readUInt16BE()).toBe(fields.devNonce);
        expect(loraPacket.verifyMIC(theirs, undefined, Buffer.from(key, 'hex'))).toBe(true);
        expect(asRequest(bytes)).toMatchObject(fields);
        expect(verifyJoinRequest(asRequest(bytes), key)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('it decrypts the join accepts we write', () => {
    fc.assert(
      fc.property(acceptFields(), hexDigits(16), (fields, key) => {
        const theirs = loraPacket.fromWire(Buffer.from(encodeJoinAccept(fields, key)));
        const clear = loraPacket.fromWire(loraPacket.decryptJoinAccept(theirs, Buffer.from(key, 'hex')));
        expect(clear.AppNonce?.readUIntBE(0, 3)).toBe(fields.joinNonce);
        expect(clear.NetID?.toString('hex')).toBe(fields.netId);
        expect(clear.DevAddr?.toString('hex')).toBe(fields.devAddr);
        expect(clear.getRxDelayDel()).toBe(fields.rx1DelayS);
        expect(clear.getDLSettingsRxTwoDataRate()).toBe(fields.rx2DataRate);
        expect(clear.getDLSettingsRxOneDRoffset()).toBe(fields.rx1DataRateOffset);
        expect(loraPacket.verifyMIC(clear, undefined, Buffer.from(key, 'hex'))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('it derives the same keys', () => {
    const join = fc.record({
      joinNonce: fc.integer({ min: 0, max: 0xff_ffff }),
      netId: hexDigits(3),
      devNonce: fc.integer({ min: 0, max: 0xffff }),
    });
    fc.assert(
      fc.property(join, hexDigits(16), (fields, key) => {
        const nonce = Buffer.from(fields.joinNonce.toString(16).padStart(6, '0'), 'hex');
        const devNonce = Buffer.from(fields.devNonce.toString(16).padStart(4, '0'), 'hex');
        const theirs = loraPacket.generateSessionKeys10(
          Buffer.from(key, 'hex'),
          Buffer.from(fields.netId, 'hex'),
          nonce,
          devNonce,
        );
        expect(deriveSessionKeys(key, fields)).toEqual({
          nwkSKey: theirs.NwkSKey.toString('hex'),
          appSKey: theirs.AppSKey.toString('hex'),
        });
      }),
      { numRuns: 100 },
    );
  });
});

describe('a join accept', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(acceptFields(), hexDigits(16), (fields, key) => {
        expect(readJoinAccept(encodeJoinAccept(fields, key), key)).toEqual({ ok: true, fields });
      }),
    );
  });

  test('is refused with a flipped bit, under another key, cut short, or when it is none', () => {
    const bytes = Buffer.from(ACCEPT, 'hex');
    for (let bit = 8; bit < bytes.length * 8; bit++) {
      const bent = Uint8Array.from(bytes);
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(readJoinAccept(bent, KEY), `bit ${bit}`).toEqual({ ok: false, reason: 'bad_mic' });
    }
    expect(readJoinAccept(bytes, '00'.repeat(16))).toEqual({ ok: false, reason: 'bad_mic' });
    expect(readJoinAccept(bytes.subarray(0, 32), KEY)).toEqual({ ok: false, reason: 'bad_length' });
    expect(readJoinAccept(new Uint8Array(0), KEY)).toEqual({ ok: false, reason: 'not_a_join_accept' });
  });

  test.each<[string, Partial<JoinAcceptFields>]>([
    ['a JoinNonce of 25 bits', { joinNonce: 0x100_0000 }],
    ['an offset of 8', { rx1DataRateOffset: 8 }],
    ['a data rate of 16', { rx2DataRate: 16 }],
    ['a delay of 0', { rx1DelayS: 0 }],
    ['a short NetID', { netId: '13' }],
    ['a DevAddr that is no hex', { devAddr: 'zz012e43' }],
  ])('cannot have %s', (_, fields) => {
    expect(() => encodeJoinAccept({ ...ACCEPT_FIELDS, ...fields }, KEY)).toThrow(RangeError);
  });

  test('cannot be written or read with a key that is none', () => {
    expect(() => encodeJoinAccept(ACCEPT_FIELDS, '00')).toThrow(TypeError);
    expect(() => readJoinAccept(Buffer.from(ACCEPT, 'hex'), 'zz'.repeat(16))).toThrow(TypeError);
  });
});

describe('a join request', () => {
  test('is refused under another key', () => {
    const bytes = encodeJoinRequest({ joinEui: '00'.repeat(8), devEui: '01'.repeat(8), devNonce: 1 }, KEY);
    expect(verifyJoinRequest(asRequest(bytes), KEY)).toBe(true);
    expect(verifyJoinRequest(asRequest(bytes), '00'.repeat(16))).toBe(false);
  });
});

describe('checkDevNonce', () => {
  test.each([
    ['1.0.3', 7, [], null],
    ['1.0.3', 7, [9, 8], null],
    ['1.0.3', 7, [7, 9], 'dev_nonce_used'],
    ['1.0.0', 0, [0], 'dev_nonce_used'],
    ['1.0.4', 0, [], null],
    ['1.0.4', 9, [7, 8], null],
    ['1.0.4', 8, [7, 8], 'dev_nonce_not_greater'],
    ['1.0.4', 6, [7, 8], 'dev_nonce_not_greater'],
    ['1.0.4', 0, [0xffff], 'dev_nonce_not_greater'],
  ] as const)('of %s: %i after %o gives %s', (version, devNonce, used, expected) => {
    expect(checkDevNonce(version, devNonce, tableOf(used))).toBe(expected);
  });
});

describe('nextJoinNonce', () => {
  test.each([
    [null, 1],
    [1, 2],
    [0xff_fffe, 0xff_ffff],
    [0xff_ffff, undefined],
  ])('after %s comes %s', (last, next) => {
    expect(nextJoinNonce(last)).toBe(next);
  });
});

describe('devAddrUnder', () => {
  test.each([
    ['000013', '26000000', '27ffffff'],
    ['600013', 'e0260000', 'e027ffff'],
    ['ffffff', 'feffff80', 'feffffff'],
  ])('of NetID %s is %s to %s', (netId, first, last) => {
    expect(devAddrUnder(netId, () => 0)).toBe(first);
    expect(devAddrUnder(netId, () => 1 - Number.EPSILON)).toBe(last);
  });

  test('stays under the NetID whatever chance says', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(hexDigits(3), chance, (netId, value) => {
        const devAddr = devAddrUnder(netId, () => value);
        expect(devAddr).toMatch(/^[0-9a-f]{8}$/);
        expect(devAddr >= devAddrUnder(netId, () => 0)).toBe(true);
        expect(devAddr <= devAddrUnder(netId, () => 1 - Number.EPSILON)).toBe(true);
      }),
    );
  });
});
