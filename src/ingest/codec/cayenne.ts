/**
 * Cayenne Low Power Payload (LPP): a row of `channel, type, value`, big-endian. A value becomes the field
 * `<name>_<channel>`, a value of several parts `<name>_<channel>_<part>`:
 *
 *     03 67 01 10              temperature_3 = 27.2
 *     06 71 04 d2 fb 2e 00 00  accelerometer_6_x = 1.234, accelerometer_6_y = -1.234, accelerometer_6_z = 0
 *
 * Types are numbered as in the LPP specification and, above 116, in ElectronicCats' extension of it, which ChirpStack
 * and The Things Stack read too.
 */
import type { Fields } from '../../model/record.ts';
import { type Said, tell } from '../../model/said.ts';
import { asProblem } from './problem.ts';

interface Part {
  /** '' for a value of one part. */
  readonly name: string;
  /** 1 to 4. */
  readonly bytes: number;
  readonly signed: boolean;
  /** Steps in one unit: 10 means that the number counts tenths. */
  readonly perUnit: number;
}

interface LppType {
  readonly name: string;
  readonly unit: string;
  readonly parts: readonly Part[];
  /** Bytes of all parts. */
  readonly bytes: number;
}

/** Every type we read, by number: what the field is called and in which unit it is. */
export const LPP_TYPES: ReadonlyMap<number, LppType> = new Map<number, LppType>([
  [0, single('digital_input', '', unsigned(1))],
  [1, single('digital_output', '', unsigned(1))],
  [2, single('analog_input', '', signed(2, 100))],
  [3, single('analog_output', '', signed(2, 100))],
  [100, single('generic_sensor', '', unsigned(4))],
  [101, single('illuminance', 'lx', unsigned(2))],
  [102, single('presence', '', unsigned(1))],
  [103, single('temperature', '°C', signed(2, 10))],
  [104, single('relative_humidity', '%', unsigned(1, 2))],
  [113, multiple('accelerometer', 'g', ['x', 'y', 'z'], signed(2, 1000))],
  [115, single('barometric_pressure', 'hPa', unsigned(2, 10))],
  [116, single('voltage', 'V', unsigned(2, 100))],
  [117, single('current', 'A', unsigned(2, 1000))],
  [118, single('frequency', 'Hz', unsigned(4))],
  [120, single('percentage', '%', unsigned(1))],
  [121, single('altitude', 'm', signed(2))],
  [125, single('concentration', 'ppm', unsigned(2))],
  [128, single('power', 'W', unsigned(2))],
  [130, single('distance', 'm', unsigned(4, 1000))],
  [131, single('energy', 'kWh', unsigned(4, 1000))],
  [132, single('direction', '°', unsigned(2))],
  [133, single('time', 's since 1970', unsigned(4))],
  [134, multiple('gyrometer', '°/s', ['x', 'y', 'z'], signed(2, 100))],
  [135, multiple('colour', '', ['red', 'green', 'blue'], unsigned(1))],
  [136, gps()],
  [142, single('switch', '', unsigned(1))],
]);

export interface CayenneDecoded {
  readonly fields: Fields;
  /** What stopped the decoding, with its offset; `fields` holds what came before. */
  readonly problem?: string;
  readonly said?: readonly Said[];
}

/** Never throws. A field that occurs twice keeps its last value. */
export function decodeCayenne(data: Uint8Array): CayenneDecoded {
  const fields: Record<string, number> = {};
  let offset = 0;
  while (offset < data.length) {
    const channel = data[offset] ?? 0;
    const number = data[offset + 1];
    if (number === undefined) return { fields, ...asProblem(tell('codec.cutOff', { offset })) };
    const type = LPP_TYPES.get(number);
    const at = { type: number, offset: offset + 1 };
    if (!type) return { fields, ...asProblem(tell('codec.lppType', at)) };
    const rest = data.length - offset - 2;
    if (rest < type.bytes) {
      const { name, bytes } = type;
      return { fields, ...asProblem(tell('codec.lppShort', { ...at, name, rest, bytes })) };
    }
    offset += 2;
    for (const part of type.parts) {
      fields[fieldName(type, part, channel)] = readNumber(data, offset, part) / part.perUnit;
      offset += part.bytes;
    }
  }
  return { fields };
}

export interface CayenneValue {
  /** 0 to 255. */
  readonly channel: number;
  /** A name of `LPP_TYPES`. */
  readonly name: string;
  /** One number for each part, in the type's unit. */
  readonly values: readonly number[];
}

/**
 * The payload for these values, each rounded to its type's step and held within its range. Throws a RangeError for an
 * unknown name, a channel that is no byte or a wrong number of values: those are our own mistakes.
 */
export function encodeCayenne(values: readonly CayenneValue[]): Uint8Array {
  const out: number[] = [];
  for (const { channel, name, values: numbers } of values) {
    const [number, type] = [...LPP_TYPES].find(([, { name: known }]) => known === name) ?? [];
    if (number === undefined || !type) throw new RangeError(`no Cayenne LPP type is called ${name}`);
    if (!(Number.isInteger(channel) && channel >= 0 && channel <= 255)) {
      throw new RangeError(`Cayenne LPP channel ${channel} is no byte`);
    }
    if (numbers.length !== type.parts.length) {
      throw new RangeError(`${name} has ${type.parts.length} values, not ${numbers.length}`);
    }
    out.push(channel, number);
    for (const [i, part] of type.parts.entries()) pushNumber(out, numbers[i] ?? 0, part);
  }
  return Uint8Array.from(out);
}

function unsigned(bytes: number, perUnit = 1): Omit<Part, 'name'> {
  return { bytes, signed: false, perUnit };
}

function signed(bytes: number, perUnit = 1): Omit<Part, 'name'> {
  return { bytes, signed: true, perUnit };
}

function single(name: string, unit: string, part: Omit<Part, 'name'>): LppType {
  return multiple(name, unit, [''], part);
}

function multiple(name: string, unit: string, names: readonly string[], part: Omit<Part, 'name'>): LppType {
  return { name, unit, parts: names.map((of) => ({ name: of, ...part })), bytes: names.length * part.bytes };
}

function gps(): LppType {
  const degrees = signed(3, 10_000);
  const parts = [
    { name: 'latitude', ...degrees },
    { name: 'longitude', ...degrees },
    { name: 'altitude', ...signed(3, 100) },
  ];
  return { name: 'gps', unit: '°, °, m', parts, bytes: 9 };
}

function fieldName(type: LppType, part: Part, channel: number): string {
  return part.name === '' ? `${type.name}_${channel}` : `${type.name}_${channel}_${part.name}`;
}

function readNumber(data: Uint8Array, offset: number, part: Part): number {
  let value = 0;
  for (let i = 0; i < part.bytes; i++) value = value * 256 + (data[offset + i] ?? 0);
  const range = 256 ** part.bytes;
  return part.signed && value >= range / 2 ? value - range : value;
}

function pushNumber(out: number[], value: number, part: Part): void {
  const range = 256 ** part.bytes;
  const lowest = part.signed ? -range / 2 : 0;
  const steps = Math.min(lowest + range - 1, Math.max(lowest, Math.round(value * part.perUnit)));
  for (let i = part.bytes - 1; i >= 0; i--) out.push(Math.floor(steps / 256 ** i) & 0xff);
}
