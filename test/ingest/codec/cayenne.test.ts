/** The examples of the LPP specification, every type, and payloads that end too early or make no sense. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CayenneValue,
  decodeCayenne,
  encodeCayenne,
  LPP_TYPES,
} from '../../../src/ingest/codec/cayenne.ts';
import { leftInEnglish } from '../../support/german.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('decodeCayenne', () => {
  test.each([
    ['03 67 01 10 05 67 00 FF', { temperature_3: 27.2, temperature_5: 25.5 }],
    ['01 67 FF D7', { temperature_1: -4.1 }],
    [
      '06 71 04 D2 FB 2E 00 00',
      { accelerometer_6_x: 1.234, accelerometer_6_y: -1.234, accelerometer_6_z: 0 },
    ],
    [
      '01 88 06 76 5f f2 96 0a 00 03 e8',
      { gps_1_latitude: 42.3519, gps_1_longitude: -87.9094, gps_1_altitude: 10 },
    ],
    ['03 00 01 04 01 00', { digital_input_3: 1, digital_output_4: 0 }],
    ['01 02 FF 9C 02 03 04 D2', { analog_input_1: -1, analog_output_2: 12.34 }],
    ['01 64 FF FF FF FF', { generic_sensor_1: 4_294_967_295 }],
    ['01 65 FF FF 02 66 01', { illuminance_1: 65_535, presence_2: 1 }],
    ['02 68 A0', { relative_humidity_2: 80 }],
    ['01 73 27 94', { barometric_pressure_1: 1013.2 }],
    ['01 74 01 4A 02 75 00 FA', { voltage_1: 3.3, current_2: 0.25 }],
    ['01 76 00 00 C3 50 02 78 64', { frequency_1: 50_000, percentage_2: 100 }],
    ['01 79 FF F6 02 7D 01 90', { altitude_1: -10, concentration_2: 400 }],
    ['01 80 03 E8 02 82 00 00 04 D2', { power_1: 1000, distance_2: 1.234 }],
    ['01 83 00 0F 12 06 02 84 01 0E', { energy_1: 987.654, direction_2: 270 }],
    ['01 85 62 EA 87 57', { time_1: 1_659_537_239 }],
    ['01 86 00 64 FF 9C 27 10', { gyrometer_1_x: 1, gyrometer_1_y: -1, gyrometer_1_z: 100 }],
    ['01 87 FF 80 00 02 8E 01', { colour_1_red: 255, colour_1_green: 128, colour_1_blue: 0, switch_2: 1 }],
    ['', {}],
  ])('reads %s', (hex, fields) => {
    expect(decodeCayenne(bytes(hex))).toEqual({ fields });
  });

  test.each([
    ['03 67 01 10 05', 'cut off after the channel at offset 4'],
    ['03 67 01 10 05 67 00', 'temperature (type 103) at offset 5 has 1 of 2 bytes'],
    ['03 67 01 10 05 63 00 00', 'unknown Cayenne LPP type 99 at offset 5'],
  ])('keeps what came before the fault in %s', async (hex, problem) => {
    const found = decodeCayenne(bytes(hex));
    expect(found).toEqual({ fields: { temperature_3: 27.2 }, problem, said: expect.any(Array) });
    expect(await leftInEnglish([found])).toEqual([]);
  });

  test('reads any bytes whatever as finite numbers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (data) => {
        const { fields } = decodeCayenne(data);
        expect(Object.values(fields).every(Number.isFinite)).toBe(true);
      }),
    );
  });
});

describe('encodeCayenne', () => {
  const values: fc.Arbitrary<CayenneValue[]> = fc.uniqueArray(
    fc.constantFrom(...LPP_TYPES.values()).chain((type) =>
      fc.record({
        channel: fc.nat(255),
        name: fc.constant(type.name),
        values: fc.tuple(
          ...type.parts.map((part) => {
            const range = 256 ** part.bytes;
            const low = part.signed ? -range / 2 : 0;
            return fc.integer({ min: low, max: low + range - 1 }).map((steps) => steps / part.perUnit);
          }),
        ),
      }),
    ),
    { selector: ({ name, channel }) => `${name}_${channel}`, maxLength: 20 },
  );

  test('writes what is read back as the same numbers', () => {
    fc.assert(
      fc.property(values, (sent) => {
        const { fields, problem } = decodeCayenne(encodeCayenne(sent));
        expect(problem).toBeUndefined();
        expect(Object.values(fields)).toEqual(
          sent.flatMap(({ values: numbers }) => numbers.map((n) => n + 0)),
        );
      }),
    );
  });

  test('rounds to the step of the type and keeps within its range', () => {
    const encoded = encodeCayenne([
      { channel: 1, name: 'temperature', values: [21.46] },
      { channel: 2, name: 'relative_humidity', values: [400] },
      { channel: 3, name: 'temperature', values: [-9999] },
    ]);
    expect(decodeCayenne(encoded).fields).toEqual({
      temperature_1: 21.5,
      relative_humidity_2: 127.5,
      temperature_3: -3276.8,
    });
  });

  test.each([
    [{ channel: 1, name: 'mood', values: [1] }, 'no Cayenne LPP type is called mood'],
    [{ channel: 256, name: 'voltage', values: [1] }, 'Cayenne LPP channel 256 is no byte'],
    [{ channel: 1, name: 'gps', values: [1] }, 'gps has 3 values, not 1'],
  ])('does not write %j', (value, message) => {
    expect(() => encodeCayenne([value])).toThrow(new RangeError(message));
  });
});
