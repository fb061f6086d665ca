/** A coded body comes back to the letter, whatever is in it, and bytes that are none are refused by name. */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBody } from '../../../src/store/body/decode.ts';
import { createEncodeBody } from '../../../src/store/body/encode.ts';
import { SHAPES, WORDS } from '../../../src/store/body/words.ts';

const TIME_MS = Date.UTC(2026, 10, 26);
const encodeBody = createEncodeBody();

/** As it is read again; undefined where it stays JSON. */
function throughStore(body: object, timeMs = TIME_MS): string | undefined {
  const bytes = encodeBody(body, timeMs);
  return bytes && decodeBody(Buffer.from(bytes), timeMs);
}

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((given) => Buffer.from(given).toString('hex'));
const word = fc.constantFrom(...WORDS);
const name = fc.oneof(
  word,
  fc.tuple(word, fc.nat(1_200)).map(([text, number]) => `${text}_${number}`),
  fc.tuple(word, fc.constantFrom('_', '_01', '_1_x', '_-1', '_1000')).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', '', '0', '7', 'gw,rssi', 'constructor'),
);
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.tuple(fc.integer(), fc.constantFrom(10, 100, 1_000, 10_000)).map(([steps, unit]) => steps / unit),
  fc.integer({ min: -1_000, max: 1_000 }).map((apart) => TIME_MS + apart),
  fc.constantFrom(-0, 63, 64, 1e21, 5e-324, 2 ** 53, -(2 ** 53), 0.1 + 0.2, 1.7976931348623157e308),
);
const text = fc.oneof(word, hex(3), hex(4), hex(8), fc.string({ unit: 'binary' }), fc.string(), name);
const body = fc.record({
  fields: fc.dictionary(name, fc.oneof(number, text, fc.boolean()), { maxKeys: 40 }),
  data: fc.oneof(...[0, 1, 4, 8, 51, 222].map(hex)),
  fPort: fc.option(fc.nat(255)),
  fCnt: fc.nat(2 ** 32 - 1),
  devAddr: hex(4),
  confirmed: fc.boolean(),
  freq: fc.oneof(fc.constantFrom(868_100_000, 923_200_000), number),
  dr: fc.oneof(fc.constantFrom('SF7BW125', 'FSK 50000'), text),
  rx: fc.array(
    fc.record({ gw: text, rssi: number, snr: number, t: number }, { requiredKeys: ['gw', 'rssi', 'snr'] }),
    { maxLength: 20 },
  ),
  codec: text,
  problem: text,
  via: fc.constantFrom('bridge', 'chirpstack'),
});

describe('the way there and back', () => {
  test('any reading', () => {
    fc.assert(
      fc.property(body, fc.boolean(), (given, decoded) => {
        const { problem: _, ...sound } = given;
        const whole = decoded ? sound : given;
        const json = JSON.stringify(whole);
        const back = throughStore(whole);
        return back === undefined ? /\\ud[89a-f]/.test(json) : back === json;
      }),
      { numRuns: 3_000 },
    );
  });

  test('anything else, or it stays JSON', () => {
    const anything = fc.anything({ withNullPrototype: true, withSparseArray: true, withDate: true });
    fc.assert(
      fc.property(fc.dictionary(name, anything), fc.integer(), (given, timeMs) => {
        const back = throughStore(given, timeMs);
        return back === undefined || back === JSON.stringify(given);
      }),
      { numRuns: 3_000 },
    );
  });

  test('a reading of a Cayenne sensor takes less than a third', () => {
    const given = {
      fields: { temperature_1: 27.2, relative_humidity_2: 45.5, digital_input_3: 1 },
      ...{ data: '016701100268b4030001', fPort: 2, fCnt: 4_711, devAddr: '26011bda', confirmed: false },
      ...{ freq: 868_100_000, dr: 'SF7BW125', rx: [{ gw: '0016c001f153a14c', rssi: -80, snr: 7 }] },
      ...{ codec: 'cayenne', via: 'bridge' },
    };
    expect(throughStore(given)).toBe(JSON.stringify(given));
    expect(encodeBody(given, TIME_MS)?.length).toBeLessThan(JSON.stringify(given).length / 3);
  });

  test('more than 64 kB, and deep trees, stay JSON', () => {
    expect(throughStore({ fields: { text: 'x'.repeat(70_000) } })).toBeUndefined();
    expect(throughStore({ data: 'ab'.repeat(70_000) })).toBeUndefined();
    expect(throughStore({ rx: Array.from({ length: 70_000 }, () => 1) })).toBeUndefined();
    let deep: object = {};
    for (let level = 0; level < 10_000; level++) deep = { deep };
    expect(throughStore(deep)).toBeUndefined();
  });
});

describe('bytes that are no body', () => {
  test('any bytes give JSON or a RangeError', () => {
    const bytes = fc.uint8Array({ maxLength: 400 }).map((given) => Buffer.from([1, ...given]));
    fc.assert(fc.property(bytes, isTextOrRefused), { numRuns: 20_000 });
  });

  test('so do bodies with flipped bits, and parts of them', () => {
    const bit = fc.nat(8 * 64);
    fc.assert(
      fc.property(body, bit, fc.nat(200), (given, flipped, cut) => {
        const bytes = Buffer.from(encodeBody(given, TIME_MS) ?? []);
        const place = flipped >> 3;
        if (place < bytes.length) bytes[place] = (bytes[place] ?? 0) ^ (1 << (flipped & 7));
        return isTextOrRefused(bytes) && isTextOrRefused(bytes.subarray(0, cut));
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['nothing at all', [], 'format none'],
    ['a format to come', [2, 0], 'format 2'],
    ['a text beyond the end', [1, 0xcf, 200, 1, 0x61], 'a length beyond the end'],
    ['an array beyond the end', [1, 0xd5, 0xff, 0xff, 0xff, 0xff, 0x7f], 'a length beyond the end'],
    ['half a character', [1, 0xcf, 1, 0xc3], 'no UTF-8'],
    ['a number that is none', [1, 0xcd, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f], 'a number that is none'],
    ['a number beyond 2^53', [1, 0xc3, ...Array.from({ length: 9 }, () => 0xff)], 'a number too large'],
    ['arrays in arrays', [1, ...Array.from({ length: 50 }, () => 0xf1)], 'too many levels'],
    ['a name that is a number', [1, 0xe1, 3, 3], 'a name that is no text'],
    ['something behind', [1, 3, 3], 'more bytes than a body'],
  ])('%s', (_what, bytes, message) => {
    expect(() => decodeBody(Buffer.from(bytes), TIME_MS)).toThrow(message);
  });
});

test('the words and shapes of format 1 are as they were', () => {
  expect(crc32(JSON.stringify([WORDS, SHAPES]))).toMatchInlineSnapshot(`2095550118`);
});

test('a reading of the first program with format 1 is read for ever', () => {
  const stored = Buffer.from(
    '0141e4d32901c99002cf046e6f7465cf074772c3bcc39f6591cd343333333333d33f9dc2d007016701100268b4c0c3e724d126011bdac1c3a0cff89d0365f143d20016c001f153a14cc450c54bce45cf046f757273cf07637574206f666660',
    'hex',
  );
  expect(decodeBody(stored, TIME_MS)).toMatchInlineSnapshot(
    `"{"fields":{"temperature_1":-27.2,"note":"Grüße","level":0.30000000000000004,"open":true},"data":"016701100268b4","fPort":null,"fCnt":4711,"devAddr":"26011bda","confirmed":false,"freq":868100000,"dr":"SF7BW125","rx":[{"gw":"0016c001f153a14c","rssi":-80,"snr":7.5,"t":1795651199965}],"codec":"ours","problem":"cut off","via":"bridge"}"`,
  );
});

function isTextOrRefused(bytes: Buffer): boolean {
  try {
    JSON.parse(decodeBody(bytes, TIME_MS));
    return true;
  } catch (error) {
    return error instanceof RangeError;
  }
}
