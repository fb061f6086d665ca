/**
 * The wire format of Protocol Buffers, as much of it as the bridge's messages need.
 * Reading never throws and never allocates by a length it has not checked: the first fault sets `bad`, moves to the
 * end and makes every further read return zero, so a decoder asks once, at the end. Nested messages are read in place,
 * between `enter` and `leave`. A known field in another wire type is a fault, an unknown field is skipped.
 */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

export interface WireReader {
  readonly bytes: Buffer;
  pos: number;
  /** End of the message being read. */
  end: number;
  /** Wire type of the field being read. */
  type: number;
  bad: boolean;
}

export function createReader(payload: Uint8Array): WireReader {
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return { bytes, pos: 0, end: bytes.length, type: VARINT, bad: false };
}

/** The next field's number; 0 at the end of the message or after a fault. */
export function readField(r: WireReader): number {
  if (r.pos >= r.end) return 0;
  const tag = readVarint(r);
  r.type = tag & 7;
  return tag >>> 3 === 0 ? fail(r) : tag >>> 3;
}

/** A varint's lower 32 bits, unsigned, as every parser takes a uint32, an int32 (`| 0`), a bool or an enum. */
export function readUint32(r: WireReader): number {
  return r.type === VARINT ? readVarint(r) : fail(r);
}

/** An int64, rounded beyond 2^53. */
export function readInt64(r: WireReader): number {
  if (r.type !== VARINT) return fail(r);
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10 && r.pos < r.end; i++) {
    const byte = r.bytes[r.pos++] ?? 0;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return value >= 2 ** 63 ? value - 2 ** 64 : value;
  }
  return fail(r);
}

export function readFloat(r: WireReader): number {
  if (r.type !== FIXED32 || r.end - r.pos < 4) return fail(r);
  r.pos += 4;
  return r.bytes.readFloatLE(r.pos - 4);
}

export function readDouble(r: WireReader): number {
  if (r.type !== FIXED64 || r.end - r.pos < 8) return fail(r);
  r.pos += 8;
  return r.bytes.readDoubleLE(r.pos - 8);
}

/** A view of the payload, not a copy. */
export function readBytes(r: WireReader): Uint8Array {
  const start = takeLength(r);
  return r.bytes.subarray(start, r.pos);
}

/** Text of at most `maxBytes`; a longer one is cut. */
export function readText(r: WireReader, maxBytes = 256): string {
  const start = takeLength(r);
  return r.bytes.toString('utf8', start, Math.min(r.pos, start + maxBytes));
}

/** A map's key: text of at most 64 bytes, or an unsigned number. */
export function readKey(r: WireReader): string {
  return r.type === LENGTH ? readText(r, 64) : String(readUint32(r));
}

/** Bytes as base64, '' for more than `maxBytes`. */
export function readBase64(r: WireReader, maxBytes: number): string {
  const start = takeLength(r);
  return r.pos - start > maxBytes ? '' : r.bytes.toString('base64', start, r.pos);
}

/** The first 16 bytes as lower-case hex. */
export function readHex(r: WireReader): string {
  const start = takeLength(r);
  return r.bytes.toString('hex', start, Math.min(r.pos, start + 16));
}

/** Starts a nested message; give the result to `leave` when it is read. */
export function enter(r: WireReader): number {
  const outerEnd = r.end;
  const start = takeLength(r);
  if (!r.bad) {
    r.end = r.pos;
    r.pos = start;
  }
  return outerEnd;
}

export function leave(r: WireReader, outerEnd: number): void {
  r.pos = r.bad ? outerEnd : r.end;
  r.end = outerEnd;
}

/** Passes over a field we do not use. */
export function skip(r: WireReader): void {
  if (r.type === VARINT) readVarint(r);
  else if (r.type === FIXED64) readDouble(r);
  else if (r.type === LENGTH) takeLength(r);
  else if (r.type === FIXED32) readFloat(r);
  // Groups (3, 4) left the language before these messages were written; 6 and 7 never existed.
  else fail(r);
}

function readVarint(r: WireReader): number {
  const { bytes, end } = r;
  let value = 0;
  for (let shift = 0; shift < 70 && r.pos < end; shift += 7) {
    const byte = bytes[r.pos++] ?? 0;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  return fail(r);
}

/** Reads a length, moves past what it covers and returns where that starts. */
function takeLength(r: WireReader): number {
  if (r.type !== LENGTH) return fail(r);
  const length = readVarint(r);
  const start = r.pos;
  if (length > r.end - start) return fail(r);
  r.pos = start + length;
  return start;
}

/** What is read after this is worthless, so a decoder throws its draft away when `bad` is set. */
function fail(r: WireReader): 0 {
  r.bad = true;
  r.pos = r.end;
  return 0;
}

/** A message being written; fields with their default value are left out, as proto3 does. */
export interface WireWriter {
  uint32(field: number, value: number): void;
  /** int32 and int64: a negative number takes ten bytes. */
  int(field: number, value: number): void;
  bool(field: number, value: boolean): void;
  float(field: number, value: number): void;
  double(field: number, value: number): void;
  bytes(field: number, value: Uint8Array): void;
  text(field: number, value: string): void;
  /** Written even when empty: for messages, presence says something. */
  message(field: number, write: (inner: WireWriter) => void): void;
  finish(): Uint8Array;
}

export function createWriter(): WireWriter {
  const out: number[] = [];
  const varint = (value: number): void => {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) out.push((rest % 128) | 0x80);
    out.push(rest);
  };
  const tag = (field: number, type: number): void => varint((field << 3) | type);
  const chunk = (field: number, value: Uint8Array): void => {
    tag(field, LENGTH);
    varint(value.length);
    for (const byte of value) out.push(byte);
  };
  const writer: WireWriter = {
    uint32(field, value) {
      writer.int(field, value >>> 0);
    },
    int(field, value) {
      if (value === 0) return;
      tag(field, VARINT);
      if (value > 0) return varint(value);
      const raw = BigInt.asUintN(64, BigInt(value));
      for (let shift = 0n; shift < 63n; shift += 7n) out.push(Number((raw >> shift) & 0x7fn) | 0x80);
      out.push(1);
    },
    bool(field, value) {
      writer.int(field, value ? 1 : 0);
    },
    float(field, value) {
      if (Object.is(value, 0)) return;
      tag(field, FIXED32);
      const raw = Buffer.alloc(4);
      raw.writeFloatLE(value);
      out.push(...raw);
    },
    double(field, value) {
      if (Object.is(value, 0)) return;
      tag(field, FIXED64);
      const raw = Buffer.alloc(8);
      raw.writeDoubleLE(value);
      out.push(...raw);
    },
    bytes(field, value) {
      if (value.length > 0) chunk(field, value);
    },
    text(field, value) {
      if (value !== '') chunk(field, Buffer.from(value));
    },
    message(field, write) {
      const inner = createWriter();
      write(inner);
      chunk(field, inner.finish());
    },
    finish: () => Uint8Array.from(out),
  };
  return writer;
}
