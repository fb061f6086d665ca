/**
 * A PUBLISH of QoS 0 or 1 as it is on the wire (MQTT 3.1.1 §3.3, MQTT 5 §3.3). Pure, and trusts no length; of the properties of
 * MQTT 5 none says anything to us.
 */
import { type Header, readVarint } from './packet-header.ts';

export interface PublishPacket {
  readonly topic: string;
  /** A part of the bytes it was read from. */
  readonly payload: Buffer;
  /** Undefined at QoS 0. */
  readonly packetId: number | undefined;
  readonly retained: boolean;
  /** Sent before. */
  readonly dup: boolean;
}

const PUBLISH = 3;
const TOPIC_LENGTH_BYTES = 2;
const PACKET_ID_BYTES = 2;

export function qosOf(flags: number): number {
  return (flags >> 1) & 3;
}

/** Whether it is one that `readPublish` reads. */
export function isPublish({ flags }: Header): boolean {
  return flags >> 4 === PUBLISH && qosOf(flags) < 2;
}

/** The packet whose header is at `at`, all of it there; undefined for one that is not as MQTT has it. */
export function readPublish(bytes: Buffer, at: number, header: Header, version: 4 | 5) {
  const { flags, length } = header;
  const from = at + length + TOPIC_LENGTH_BYTES;
  const end = at + length + header.bytes;
  if (from > end) return undefined;
  const topicEnd = from + bytes.readUInt16BE(at + length);
  const hasId = qosOf(flags) > 0;
  const idEnd = hasId ? topicEnd + PACKET_ID_BYTES : topicEnd;
  // Without a topic it would be known by an alias, and we allow none.
  if (topicEnd === from || idEnd > end) return undefined;
  const packetId = hasId ? bytes.readUInt16BE(topicEnd) : undefined;
  const payloadFrom = version === 5 ? propertiesEnd(bytes.subarray(0, end), idEnd) : idEnd;
  if (packetId === 0 || payloadFrom === undefined) return undefined;
  return {
    topic: bytes.toString('utf8', from, topicEnd),
    payload: bytes.subarray(payloadFrom, end),
    packetId,
    retained: (flags & 1) !== 0,
    dup: (flags & 8) !== 0,
  } satisfies PublishPacket;
}

function propertiesEnd(bytes: Buffer, at: number): number | undefined {
  const length = readVarint(bytes, at);
  if (typeof length === 'string') return undefined;
  const end = at + length.length + length.value;
  return end > bytes.length ? undefined : end;
}
