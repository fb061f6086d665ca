/**
 * The JSON text of a coded body (encode.ts). Bytes are not trusted: each length, index and depth is checked, and what makes
 * no sense is a RangeError that says what and where.
 */
import { DECIMAL_PLACES, FORMAT, MAX_BYTES, MAX_DEPTH, SHAPES, TAG, WORDS } from './words.ts';

interface Input {
  readonly bytes: Buffer;
  at: number;
  readonly timeMs: number;
  readonly out: Output;
}

/** The text so far, in UTF-8: bytes put one after the other cost half of what pieces of text cost that are joined. */
interface Output {
  bytes: Buffer;
  at: number;
}

const QUOTED = WORDS.map((word) => Buffer.from(JSON.stringify(word)));
/** In front of each value of a shape. */
const LEADS = SHAPES.map((names) =>
  names.map((name, index) => Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`)),
);
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const CHAR = { QUOTE: 0x22, COMMA: 0x2c, MINUS: 0x2d, POINT: 0x2e, ZERO: 0x30, COLON: 0x3a } as const;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [...Buffer.from('[]{}')] as [
  number,
  number,
  number,
  number,
];
const HEX_DIGITS = Buffer.from('0123456789abcdef');
/** Digits of numbers below are written out by hand. */
const MAX_DIGITS = 15;
/** Nearly every body fits; a larger one gets a buffer of its own. */
const SHARED = Buffer.alloc(16 * 1024);

/** `timeMs`: the record's. Throws a RangeError for bytes that `encodeBody` cannot have made. */
export function decodeBody(bytes: Buffer, timeMs: number): string {
  const out: Output = { bytes: SHARED, at: 0 };
  const input: Input = { bytes, at: 1, timeMs, out };
  if (bytes[0] !== FORMAT) throw new RangeError(`the body has the unknown format ${bytes[0] ?? 'none'}`);
  if (bytes.length > MAX_BYTES) throw new RangeError(`the body has ${bytes.length} bytes`);
  readValue(input, 0);
  if (input.at !== bytes.length) throw fault(input, 'more bytes than a body');
  return out.bytes.toString('utf8', 0, out.at);
}

function readValue(input: Input, depth: number): void {
  if (depth > MAX_DEPTH) throw fault(input, 'too many levels');
  const tag = byteOf(input);
  if (tag < TAG.SHAPE) putWhole(input.out, tag);
  else if (tag < TAG.WORD) readShape(input, tag - TAG.SHAPE, depth);
  else if (tag >= TAG.ARRAY) readArray(input, tag - TAG.ARRAY, depth);
  else if (tag >= TAG.OBJECT) readObject(input, tag - TAG.OBJECT, depth);
  else if (tag === TAG.LONG_ARRAY) readArray(input, countOf(input), depth);
  else if (tag === TAG.LONG_OBJECT) readObject(input, countOf(input), depth);
  else if (isText(tag)) readText(input, tag);
  else readPlain(input, tag);
}

function readShape(input: Input, index: number, depth: number): void {
  const leads = LEADS[index];
  if (!leads) throw fault(input, 'an unknown shape');
  for (const lead of leads) {
    putBytes(input.out, lead);
    readValue(input, depth + 1);
  }
  putByte(input.out, CLOSE_OBJECT);
}

function readObject(input: Input, count: number, depth: number): void {
  const { out } = input;
  putByte(out, OPEN_OBJECT);
  for (let index = 0; index < count; index++) {
    if (index > 0) putByte(out, CHAR.COMMA);
    const tag = byteOf(input);
    if (!isText(tag)) throw fault(input, 'a name that is no text');
    readText(input, tag);
    putByte(out, CHAR.COLON);
    readValue(input, depth + 1);
  }
  putByte(out, CLOSE_OBJECT);
}

function readArray(input: Input, count: number, depth: number): void {
  const { out } = input;
  putByte(out, OPEN_ARRAY);
  for (let index = 0; index < count; index++) {
    if (index > 0) putByte(out, CHAR.COMMA);
    readValue(input, depth + 1);
  }
  putByte(out, CLOSE_ARRAY);
}

function isText(tag: number): boolean {
  return (tag >= TAG.WORD && tag < TAG.NULL) || (tag >= TAG.TEXT && tag <= TAG.NUMBERED);
}

function readPlain(input: Input, tag: number): void {
  const { out } = input;
  if (tag === TAG.NULL) return putText(out, 'null');
  if (tag === TAG.FALSE) return putText(out, 'false');
  if (tag === TAG.TRUE) return putText(out, 'true');
  if (tag === TAG.INTEGER) return putNumber(out, varint(input));
  if (tag === TAG.NEGATIVE) return putNumber(out, -varint(input));
  if (tag >= TAG.DECIMAL && tag < TAG.DECIMAL + DECIMAL_PLACES)
    return putDecimal(out, false, varint(input), tag - TAG.DECIMAL + 1);
  if (tag >= TAG.NEGATIVE_DECIMAL && tag < TAG.NEGATIVE_DECIMAL + DECIMAL_PLACES)
    return putDecimal(out, true, varint(input), tag - TAG.NEGATIVE_DECIMAL + 1);
  if (tag === TAG.NEAR_TIME) {
    const apart = varint(input);
    return putNumber(out, input.timeMs + (apart % 2 === 1 ? -(apart + 1) / 2 : apart / 2));
  }
  if (tag !== TAG.DOUBLE) throw fault(input, 'an unknown kind of value');
  const value = input.bytes.readDoubleLE(skip(input, 8));
  if (!Number.isFinite(value)) throw fault(input, 'a number that is none');
  putText(out, String(value));
}

function readText(input: Input, tag: number): void {
  if (tag === TAG.TEXT) putText(input.out, JSON.stringify(utf8Of(input, countOf(input))));
  else if (tag === TAG.HEX) readHex(input, countOf(input));
  else if (tag === TAG.HEX_4) readHex(input, 4);
  else if (tag === TAG.HEX_8) readHex(input, 8);
  else if (tag !== TAG.NUMBERED) putBytes(input.out, wordOf(input, tag - TAG.WORD));
  else readNumbered(input);
}

/** A word, `_` and a number, in quotes. */
function readNumbered(input: Input): void {
  const { out } = input;
  const word = wordOf(input, byteOf(input));
  putBytes(out, word, word.length - 1);
  putByte(out, 0x5f);
  putWhole(out, varint(input));
  putByte(out, CHAR.QUOTE);
}

function wordOf(input: Input, index: number): Buffer {
  const word = QUOTED[index];
  if (word === undefined) throw fault(input, 'an unknown word');
  return word;
}

function utf8Of(input: Input, length: number): string {
  const from = skip(input, length);
  try {
    return STRICT.decode(input.bytes.subarray(from, from + length));
  } catch {
    throw fault(input, 'a text that is no UTF-8');
  }
}

function readHex(input: Input, length: number): void {
  const { bytes, out } = input;
  const from = skip(input, length);
  reserve(out, 2 * length + 2);
  putByte(out, CHAR.QUOTE);
  for (let at = from; at < from + length; at++) {
    const byte = bytes[at] ?? 0;
    putByte(out, HEX_DIGITS[byte >> 4] ?? 0);
    putByte(out, HEX_DIGITS[byte & 0xf] ?? 0);
  }
  putByte(out, CHAR.QUOTE);
}

/** Of things that follow, each of at least one byte. */
function countOf(input: Input): number {
  const count = varint(input);
  if (count > input.bytes.length - input.at) throw fault(input, 'a length beyond the end');
  return count;
}

function varint(input: Input): number {
  let value = 0;
  for (let weight = 1; weight < Number.MAX_SAFE_INTEGER; weight *= 0x80) {
    const byte = byteOf(input);
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) {
      if (!Number.isSafeInteger(value)) break;
      return value;
    }
  }
  throw fault(input, 'a number too large');
}

function byteOf(input: Input): number {
  const byte = input.bytes[input.at];
  if (byte === undefined) throw fault(input, 'the end too early');
  input.at++;
  return byte;
}

/** Where the next `length` bytes begin. */
function skip(input: Input, length: number): number {
  if (length > input.bytes.length - input.at) throw fault(input, 'the end too early');
  const from = input.at;
  input.at += length;
  return from;
}

function fault({ at }: Input, what: string): RangeError {
  return new RangeError(`the body has ${what} at byte ${at}`);
}

/** Makes room for `more` bytes. */
function reserve(out: Output, more: number): void {
  if (out.at + more <= out.bytes.length) return;
  const larger = Buffer.alloc(2 * (out.at + more));
  out.bytes.copy(larger, 0, 0, out.at);
  out.bytes = larger;
}

function putByte(out: Output, byte: number): void {
  if (out.at === out.bytes.length) reserve(out, 1);
  out.bytes[out.at++] = byte;
}

function putBytes(out: Output, bytes: Buffer, length = bytes.length): void {
  reserve(out, length);
  for (let at = 0; at < length; at++) out.bytes[out.at + at] = bytes[at] ?? 0;
  out.at += length;
}

function putText(out: Output, text: string): void {
  reserve(out, 3 * text.length);
  out.at += out.bytes.write(text, out.at, 'utf8');
}

/** As JSON writes it. */
function putNumber(out: Output, value: number): void {
  if (!Number.isSafeInteger(value)) return putText(out, String(value));
  if (value < 0) putByte(out, CHAR.MINUS);
  putWhole(out, Math.abs(value));
}

/** Digits of a whole number, at least `least` of them. */
function putWhole(out: Output, value: number, least = 1): void {
  let count = least;
  for (let power = 10 ** least; power <= value; power *= 10) count++;
  reserve(out, count);
  let rest = value;
  for (let at = out.at + count - 1; at >= out.at; at--) {
    const next = Math.floor(rest / 10);
    out.bytes[at] = CHAR.ZERO + (rest - next * 10);
    rest = next;
  }
  out.at += count;
}

/** `steps` tenths, hundredths…: up to 15 digits, a number's shortest text is those digits without zeros at the end. */
function putDecimal(out: Output, isNegative: boolean, steps: number, places: number): void {
  const unit = 10 ** places;
  if (steps >= 10 ** MAX_DIGITS) return putText(out, String((isNegative ? -steps : steps) / unit));
  if (isNegative && steps > 0) putByte(out, CHAR.MINUS);
  const whole = Math.floor(steps / unit);
  putWhole(out, whole);
  const part = steps - whole * unit;
  if (part === 0) return;
  putByte(out, CHAR.POINT);
  putWhole(out, part, places);
  while (out.bytes[out.at - 1] === CHAR.ZERO) out.at--;
}
