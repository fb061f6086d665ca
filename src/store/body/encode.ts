/**
 * A reading's body in few bytes: known names by number, numbers and hex digits as what they are. The way back
 * (decode.ts) gives the JSON text to the letter; whatever would not come back so is left to JSON.
 */
import { DECIMAL_PLACES, FORMAT, MAX_BYTES, MAX_DEPTH, SHAPES, SHORT, TAG, WORDS } from './words.ts';

/**
 * The coded body, valid until the next call; undefined where JSON has to do. `timeMs`: the record's, which the way back
 * needs too.
 */
export type EncodeBody = (body: object, timeMs: number) => Uint8Array | undefined;

interface Output {
  readonly bytes: Buffer;
  at: number;
  readonly timeMs: number;
}

/** Further from the record's time than this it is a number like others. */
const NEAR_MS = 2 ** 27;
const MIN_HEX = 6;
const NO_DIGIT = 16;
/** The digit of a character code below 128. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return digit < 0 ? NO_DIGIT : digit;
});
/** Digits behind a word. */
const MAX_NUMBER_DIGITS = 3;

const WORD_INDEX: ReadonlyMap<string, number> = new Map(WORDS.map((word, index) => [word, index]));

export function createEncodeBody(): EncodeBody {
  const bytes = Buffer.alloc(MAX_BYTES);
  bytes[0] = FORMAT;
  return (body, timeMs) => {
    const out: Output = { bytes, at: 1, timeMs };
    return putValue(out, body, 0) && out.at <= MAX_BYTES ? bytes.subarray(0, out.at) : undefined;
  };
}

/** False for what JSON would write differently, or not at all. Single bytes beyond the end go nowhere. */
function putValue(out: Output, value: unknown, depth: number): boolean {
  if (typeof value === 'number') return putNumber(out, value);
  if (typeof value === 'string') return putText(out, value);
  if (typeof value === 'boolean') return putByte(out, value ? TAG.TRUE : TAG.FALSE);
  if (value === null) return putByte(out, TAG.NULL);
  if (typeof value !== 'object' || depth >= MAX_DEPTH || out.at >= MAX_BYTES) return false;
  return Array.isArray(value) ? putArray(out, value, depth) : putObject(out, value, depth);
}

function putArray(out: Output, values: readonly unknown[], depth: number): boolean {
  putCount(out, TAG.ARRAY, TAG.LONG_ARRAY, values.length);
  for (const value of values) if (!putValue(out, value, depth + 1)) return false;
  return true;
}

function putObject(out: Output, value: object, depth: number): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) return false;
  const names = Object.keys(value);
  const shape = shapeOf(names);
  const isKnown = shape >= 0;
  if (isKnown) putByte(out, TAG.SHAPE + shape);
  else putCount(out, TAG.OBJECT, TAG.LONG_OBJECT, names.length);
  for (const name of names) {
    if (!isKnown && !putText(out, name)) return false;
    if (!putValue(out, (value as Readonly<Record<string, unknown>>)[name], depth + 1)) return false;
  }
  return true;
}

/** Index into SHAPES, or -1. */
function shapeOf(names: readonly string[]): number {
  for (let index = 0; index < SHAPES.length; index++) {
    const shape = SHAPES[index] ?? [];
    let same = shape.length === names.length ? 0 : -1;
    while (same >= 0 && same < names.length) same = shape[same] === names[same] ? same + 1 : -1;
    if (same >= 0) return index;
  }
  return -1;
}

function putNumber(out: Output, value: number): boolean {
  if (Number.isSafeInteger(value)) {
    if (value >= 0 && value < TAG.SHAPE) return putByte(out, value);
    const apart = value - out.timeMs;
    if (Math.abs(apart) < NEAR_MS && Number.isSafeInteger(out.timeMs)) {
      putByte(out, TAG.NEAR_TIME);
      return putVarint(out, apart < 0 ? -apart * 2 - 1 : apart * 2);
    }
    putByte(out, value < 0 ? TAG.NEGATIVE : TAG.INTEGER);
    return putVarint(out, Math.abs(value));
  }
  if (!Number.isFinite(value)) return false;
  return putDecimal(out, value) || putDouble(out, value);
}

/** Where a division gives the number back exactly. */
function putDecimal(out: Output, value: number): boolean {
  const size = Math.abs(value);
  let unit = 1;
  for (let places = 1; places <= DECIMAL_PLACES; places++) {
    unit *= 10;
    const steps = Math.round(size * unit);
    if (steps > 2 ** 40) return false;
    if (steps / unit !== size) continue;
    putByte(out, (value < 0 ? TAG.NEGATIVE_DECIMAL : TAG.DECIMAL) + places - 1);
    return putVarint(out, steps);
  }
  return false;
}

function putDouble(out: Output, value: number): boolean {
  if (!hasRoom(out, 9)) return false;
  out.bytes[out.at] = TAG.DOUBLE;
  out.bytes.writeDoubleLE(value, out.at + 1);
  out.at += 9;
  return true;
}

function putText(out: Output, text: string): boolean {
  const word = WORD_INDEX.get(text);
  if (word !== undefined) return putByte(out, TAG.WORD + word);
  if (text.length >= MIN_HEX && text.length % 2 === 0 && putHex(out, text)) return true;
  if (putNumbered(out, text)) return true;
  // Half a character has no UTF-8; JSON spells it out.
  if (!text.isWellFormed()) return false;
  const length = Buffer.byteLength(text);
  putByte(out, TAG.TEXT);
  putVarint(out, length);
  if (!hasRoom(out, length)) return false;
  out.at += out.bytes.write(text, out.at, 'utf8');
  return true;
}

/** False, and nothing put, for anything but a word, `_` and a number as JavaScript writes it. */
function putNumbered(out: Output, text: string): boolean {
  const at = text.lastIndexOf('_');
  if (at <= 0 || at < text.length - 1 - MAX_NUMBER_DIGITS) return false;
  const word = WORD_INDEX.get(text.slice(0, at));
  if (word === undefined) return false;
  const digits = text.slice(at + 1);
  const number = Number(digits);
  if (!(number >= 0) || String(number) !== digits || !Number.isInteger(number)) return false;
  putByte(out, TAG.NUMBERED);
  putByte(out, word);
  return putVarint(out, number);
}

/** False for a text with anything else in it. */
function putHex(out: Output, digits: string): boolean {
  const from = out.at;
  const length = digits.length / 2;
  if (length === 4) putByte(out, TAG.HEX_4);
  else if (length === 8) putByte(out, TAG.HEX_8);
  else {
    putByte(out, TAG.HEX);
    putVarint(out, length);
  }
  if (!hasRoom(out, length)) {
    out.at = from;
    return false;
  }
  for (let at = 0; at < digits.length; at += 2) {
    const high = DIGITS[digits.charCodeAt(at)] ?? NO_DIGIT;
    const low = DIGITS[digits.charCodeAt(at + 1)] ?? NO_DIGIT;
    if ((high | low) >= NO_DIGIT) {
      out.at = from;
      return false;
    }
    out.bytes[out.at++] = high * 16 + low;
  }
  return true;
}

function putCount(out: Output, short: number, long: number, count: number): void {
  if (count < SHORT) {
    putByte(out, short + count);
    return;
  }
  putByte(out, long);
  putVarint(out, count);
}

/** Seven bits a byte, the least first; below 2^53. */
function putVarint(out: Output, value: number): true {
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) putByte(out, (left % 0x80) | 0x80);
  return putByte(out, left);
}

function putByte(out: Output, byte: number): true {
  out.bytes[out.at++] = byte;
  return true;
}

function hasRoom({ at }: Output, bytes: number): boolean {
  return at + bytes <= MAX_BYTES;
}
