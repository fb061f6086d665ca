/**
 * Cuts what comes in on one MQTT connection into whole packets, and keeps those that are too long away from the library
 * behind, which would gather a packet of any length before it looks, and keep a piece of one byte at the price of hundreds.
 *
 * Invariants: what is handed on are whole packets, in order and unchanged; a packet under way takes one buffer, and never
 * more than the budget has left; a PUBLISH that is too long is thrown away as it comes (`discard`) or, like any other packet
 * too long, a fault.
 *
 * Pure: bytes in, packets out.
 */
import { type ByteBudget, createGathering, type Gathering } from './gathering.ts';
import { type Header, readHeader } from './packet-header.ts';

export interface PacketLimitOptions {
  /** Longest PUBLISH, with its fixed header. */
  readonly publishBytes: number;
  /** Longest packet of any other kind. */
  readonly otherBytes: number;
  /** Whether a PUBLISH that is too long is survived. */
  readonly discard: boolean;
  /** For packets under way; may be shared by many connections. */
  readonly budget?: ByteBudget | undefined;
}

/** A PUBLISH that is too long. */
export interface Oversize {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** To acknowledge it by; undefined at QoS 0. */
  readonly packetId: number | undefined;
  readonly retained: boolean;
  /** Of the packet without its fixed header. */
  readonly bytes: number;
}

export interface Fault {
  readonly reason: 'too_large' | 'malformed' | 'too_many_unfinished';
  readonly detail: string;
  /** Of the packet, where it was too long. */
  readonly bytes?: number;
}

export interface Passed {
  /** Whole packets, some of them together in one buffer. */
  readonly packets: readonly Buffer[];
  /** What has been thrown away to its end. */
  readonly discarded: readonly Oversize[];
  /** What has begun after that to be thrown away. */
  readonly begun?: Oversize;
  /** Why the connection cannot go on. */
  readonly fault?: Fault;
}

export interface PacketLimit {
  pass(chunk: Buffer): Passed;
  /** Whether a packet is being thrown away. */
  discarding(): boolean;
  /** What was handed on has been taken: it no longer counts. */
  taken(): void;
  /** The connection has ended. */
  close(): void;
}

const PUBLISH = 3;
const MIN_HEADER_BYTES = 2;
const TOPIC_LENGTH_BYTES = 2;
const PACKET_ID_BYTES = 2;

/** See the head of the file. */
export function createPacketLimit(options: PacketLimitOptions): PacketLimit {
  const packet = createGathering(options.budget);
  packet.want(MIN_HEADER_BYTES);
  const state: LimitState = { options, packet, skipped: undefined };
  return {
    pass: (chunk) => pass(state, chunk),
    discarding: () => state.skipped !== undefined,
    taken: packet.release,
    close() {
      packet.reset();
      packet.release();
    },
  };
}

interface LimitState {
  readonly options: PacketLimitOptions;
  /** The packet whose end has not come. */
  readonly packet: Gathering;
  /** The one that is being thrown away. */
  skipped: Skipped | undefined;
}

interface Skipped {
  readonly flags: number;
  readonly bytes: number;
  /** Still to come. */
  left: number;
  /** As much of it as tells what it is. */
  readonly head: Gathering;
  told: Oversize | undefined;
}

interface Result {
  readonly packets: Buffer[];
  readonly discarded: Oversize[];
  begun?: Oversize;
  fault?: Fault;
}

function pass(state: LimitState, chunk: Buffer): Passed {
  const result: Result = { packets: [], discarded: [] };
  let at = 0;
  while (at < chunk.length && result.fault === undefined) {
    if (state.skipped) {
      at += skip(state, state.skipped, chunk, at, result);
      continue;
    }
    // Nearly always all of the chunk: nothing is copied.
    const end = state.packet.size() === 0 ? wholeUntil(state.options, chunk, at) : at;
    if (end > at) result.packets.push(chunk.subarray(at, end));
    at = end;
    if (at < chunk.length) at += gatherPacket(state, chunk, at, result);
  }
  return result;
}

/** Where the run of whole, short enough packets at `from` ends. */
function wholeUntil(options: PacketLimitOptions, chunk: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const header = readHeader(chunk, at);
    if (typeof header === 'string' || isTooLong(options, header)) return at;
    const next = at + header.length + header.bytes;
    if (next > chunk.length) return at;
    at = next;
  }
}

/** Takes what the packet under way still wants; returns how much that was. */
function gatherPacket(state: LimitState, chunk: Buffer, at: number, result: Result): number {
  const { packet, options } = state;
  const count = packet.add(chunk, at);
  if (count === undefined) {
    result.fault = { reason: 'too_many_unfinished', detail: 'long packets that do not end' };
    return 0;
  }
  if (!packet.complete()) return count;
  const header = readHeader(packet.view(), 0);
  if (header === 'malformed') result.fault = { reason: 'malformed', detail: 'a packet whose length is none' };
  else if (header === 'incomplete') packet.want(packet.size() + 1);
  else if (isTooLong(options, header)) {
    const fault = skipOrFault(state, header);
    if (fault) result.fault = fault;
  } else if (packet.size() < header.length + header.bytes) packet.want(header.length + header.bytes);
  else {
    result.packets.push(packet.view());
    packet.reset();
    packet.want(MIN_HEADER_BYTES);
  }
  return count;
}

function maxBytes({ publishBytes, otherBytes }: PacketLimitOptions, flags: number): number {
  return flags >> 4 === PUBLISH ? publishBytes : otherBytes;
}

function isTooLong(options: PacketLimitOptions, { flags, length, bytes }: Header): boolean {
  return length + bytes > maxBytes(options, flags);
}

function skipOrFault(state: LimitState, { flags, bytes }: Header): Fault | undefined {
  const { options, packet } = state;
  if (!options.discard || flags >> 4 !== PUBLISH) {
    const detail = `a packet of ${bytes} bytes; at most ${maxBytes(options, flags)} are taken`;
    return { reason: 'too_large', detail, bytes };
  }
  packet.reset();
  packet.want(MIN_HEADER_BYTES);
  const head = createGathering();
  head.want(TOPIC_LENGTH_BYTES);
  state.skipped = { flags, bytes, left: bytes, head, told: undefined };
  return undefined;
}

/** Lets the packet go by, telling what it is as soon as that is known; returns how much of it was there. */
function skip(state: LimitState, skipped: Skipped, chunk: Buffer, at: number, result: Result): number {
  const count = Math.min(skipped.left, chunk.length - at);
  skipped.left -= count;
  if (!skipped.told) {
    skipped.told = readHead(skipped, chunk, at, at + count);
    if (skipped.told && skipped.left > 0) result.begun = skipped.told;
  }
  if (skipped.left > 0) return count;
  state.skipped = undefined;
  if (skipped.told) result.discarded.push(skipped.told);
  else result.fault = { reason: 'malformed', detail: 'a message whose topic is longer than itself' };
  return count;
}

function readHead({ flags, bytes, head }: Skipped, chunk: Buffer, from: number, end: number) {
  const qos = Math.min(2, (flags >> 1) & 3) as 0 | 1 | 2;
  const piece = chunk.subarray(from, end);
  let at = 0;
  while (at < piece.length && !head.complete()) {
    at += head.add(piece, at) ?? 0;
    if (head.size() === TOPIC_LENGTH_BYTES) {
      head.want(TOPIC_LENGTH_BYTES + head.view().readUInt16BE(0) + (qos > 0 ? PACKET_ID_BYTES : 0));
    }
  }
  if (head.size() < TOPIC_LENGTH_BYTES || !head.complete()) return undefined;
  const known = head.view();
  const topicEnd = TOPIC_LENGTH_BYTES + known.readUInt16BE(0);
  return {
    topic: known.toString('utf8', TOPIC_LENGTH_BYTES, topicEnd),
    qos,
    packetId: qos > 0 ? known.readUInt16BE(topicEnd) : undefined,
    retained: (flags & 1) !== 0,
    bytes,
  };
}
