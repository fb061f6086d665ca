/**
 * Watches the packets of one MQTT connection go by and keeps those that are too long away from the library behind, which
 * would gather any length in memory before it looks. A too long PUBLISH is thrown away as it comes, and told when it has
 * passed; any other packet too long ends the connection.
 *
 * Pure: bytes in, the bytes to hand on out. The fixed header is that of MQTT 3.1.1 §2.2 and MQTT 5 §2.1.
 */

/** A PUBLISH that was thrown away. */
export interface Discarded {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** To acknowledge it by; undefined at QoS 0. */
  readonly packetId: number | undefined;
  readonly retained: boolean;
  /** Of the packet without its fixed header. */
  readonly bytes: number;
}

export interface Passed {
  /** To be handed on, in order. */
  readonly chunks: readonly Buffer[];
  readonly discarded: readonly Discarded[];
  /** Why the connection cannot go on. */
  readonly fault?: string;
}

export interface PacketLimit {
  pass(chunk: Buffer): Passed;
}

const PUBLISH = 3;
/** Length of the topic, the topic at its longest, the packet identifier. */
const MAX_HEAD_BYTES = 2 + 65_535 + 2;
const MAX_LENGTH_BYTES = 4;

/** `maxBytes`: of a packet, without its fixed header. `discard`: whether a PUBLISH that is too long is survived. */
export function createPacketLimit(maxBytes: number, discard: boolean): PacketLimit {
  const state: LimitState = { maxBytes, discard, held: Buffer.alloc(0), left: 0, skipping: undefined };
  return { pass: (chunk) => pass(state, chunk) };
}

interface LimitState {
  readonly maxBytes: number;
  readonly discard: boolean;
  /** The beginning of a fixed header whose end has not come. */
  held: Buffer;
  /** Bytes of the packet at hand still to come. */
  left: number;
  /** The packet that is being thrown away, with as much of it as tells what it is. */
  skipping: { readonly flags: number; readonly bytes: number; head: Buffer } | undefined;
}

/** What stays is handed on in as few pieces as there are: nearly always the chunk itself. */
function pass(state: LimitState, received: Buffer): Passed {
  const chunk = state.held.length === 0 ? received : Buffer.concat([state.held, received]);
  state.held = Buffer.alloc(0);
  const chunks: Buffer[] = [];
  const discarded: Discarded[] = [];
  let at = 0;
  let from = 0;
  const handOn = (): void => {
    if (at > from) chunks.push(chunk.subarray(from, at));
  };
  while (at < chunk.length) {
    if (state.left > 0) {
      const part = chunk.subarray(at, at + state.left);
      at += part.length;
      const done = takeBody(state, part);
      if (done) discarded.push(done);
      if (!state.skipping && done) from = at;
      continue;
    }
    const header = readHeader(chunk, at);
    if (header === 'incomplete') break;
    const fault = header === 'malformed' ? 'a packet whose length is none' : faultOf(state, header);
    if (fault !== undefined || header === 'malformed') {
      handOn();
      return { chunks, discarded, fault: fault ?? '' };
    }
    if (header.bytes > state.maxBytes) {
      handOn();
      state.skipping = { flags: header.flags, bytes: header.bytes, head: Buffer.alloc(0) };
    }
    at += header.length;
    state.left = header.bytes;
  }
  if (!state.skipping) {
    handOn();
    state.held = chunk.subarray(at);
  }
  return { chunks, discarded };
}

interface Header {
  readonly flags: number;
  /** Of itself. */
  readonly length: number;
  /** Of what follows it. */
  readonly bytes: number;
}

function readHeader(chunk: Buffer, at: number): Header | 'incomplete' | 'malformed' {
  let bytes = 0;
  for (let index = 1; index <= MAX_LENGTH_BYTES; index++) {
    const byte = chunk[at + index];
    if (byte === undefined) return 'incomplete';
    bytes += (byte & 0x7f) * 128 ** (index - 1);
    if ((byte & 0x80) === 0) return { flags: chunk[at] ?? 0, length: index + 1, bytes };
  }
  return 'malformed';
}

function faultOf({ maxBytes, discard }: LimitState, { flags, bytes }: Header): string | undefined {
  if (bytes <= maxBytes || (discard && flags >> 4 === PUBLISH)) return undefined;
  return `a packet of ${bytes} bytes; at most ${maxBytes} are taken`;
}

/** Returns what was thrown away once all of it has passed. */
function takeBody(state: LimitState, part: Buffer): Discarded | undefined {
  state.left -= part.length;
  const { skipping } = state;
  if (!skipping) return undefined;
  const room = MAX_HEAD_BYTES - skipping.head.length;
  if (room > 0) skipping.head = Buffer.concat([skipping.head, part.subarray(0, room)]);
  if (state.left > 0) return undefined;
  state.skipping = undefined;
  return describe(skipping);
}

function describe({ flags, bytes, head }: { flags: number; bytes: number; head: Buffer }): Discarded {
  const qos = Math.min(2, (flags >> 1) & 3) as 0 | 1 | 2;
  const topicEnd = 2 + (head.length >= 2 ? head.readUInt16BE(0) : 0);
  const packetId = qos > 0 && head.length >= topicEnd + 2 ? head.readUInt16BE(topicEnd) : undefined;
  return {
    topic: head.subarray(2, topicEnd).toString(),
    qos,
    packetId,
    retained: (flags & 1) !== 0,
    bytes,
  };
}
