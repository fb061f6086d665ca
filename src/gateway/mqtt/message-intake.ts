/**
 * Takes the messages of QoS 0 and 1 out of what a broker sends, before MQTT.js sees it, and acknowledges them by hand.
 *
 * MQTT.js handles one message after the other, each in a dozen objects and turns, and acknowledges each before it takes the
 * next: holding its acknowledgement back until a commit would make every message a commit of its own. So it has the rest only:
 * the connection, subscriptions, pings, what we send, and QoS 2, which we ask for nowhere. The PUBACK is sent when `ack` is
 * called, as long as the connection is there, together with those of the same commit. A client makes one connection only:
 * after a reconnect the same packet identifier may name another message (MQTT 3.1.1 §4.4, MQTT 5 §4.3.2), and
 * the broker sends what was not acknowledged again.
 *
 * Messages wait until the library knows that it is connected, and while too many are not acknowledged: a broker may not keep to
 * our receive maximum (MQTT 3.1.1 has none, and Mosquitto forgets it when it resumes a session begun with another).
 */
import type { Duplex } from 'node:stream';
import { createInFlight, type InFlight } from './in-flight.ts';
import { type Header, readHeader } from './packet-header.ts';
import type { Fault } from './packet-limit.ts';
import { isPublish, qosOf, readPublish } from './publish-packet.ts';
import type { Inbound } from './transport.ts';

/** Messages taken and not yet acknowledged, at most. */
export const MAX_UNACKNOWLEDGED = 1_000;
/** What those of any QoS may hold together. */
const MAX_UNACKNOWLEDGED_BYTES = 4 * 1024 * 1024;

export interface Received extends Omit<Inbound, 'maybeStale' | 'discardedBytes'> {
  /** Sent before. */
  readonly dup: boolean;
}

/** Calls for every message; its `ack` must be called at any QoS. */
export type Receive = (message: Received) => void;

export interface Taken {
  /** Packets for the library. */
  readonly others: readonly Buffer[];
  /** To be taken once there is room. */
  readonly later?: Buffer;
  readonly fault?: Fault;
}

export interface MessageIntake extends Pick<InFlight, 'isFull' | 'whenRoom'> {
  /** Takes whole packets, in order. */
  take(packets: Buffer): Taken;
  /** The library is connected: messages may come, and are acknowledged on `stream`. */
  open(stream: Duplex): void;
  /** One that the library has taken and acknowledged, at QoS 2. */
  takeOther(message: Omit<Received, 'ack'>): void;
}

interface IntakeContext {
  readonly receive: Receive;
  readonly version: 4 | 5;
  readonly inFlight: InFlight;
  /** Undefined until the connection is open. */
  stream: Duplex | undefined;
  /** The first packet has gone to the library. */
  hasBegun: boolean;
  /** For when the connection is open. */
  whenOpen: (() => void) | undefined;
  /** Packet identifiers to be acknowledged in this turn. */
  acknowledged: number[];
}

export function createMessageIntake(receive: Receive, version: 4 | 5): MessageIntake {
  const inFlight = createInFlight(MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED_BYTES);
  const context: IntakeContext = {
    ...{ receive, version, inFlight, stream: undefined, hasBegun: false, whenOpen: undefined },
    acknowledged: [],
  };
  return {
    take: (packets) => take(context, packets),
    isFull: () => isFull(context),
    whenRoom(task) {
      if (isOpening(context)) context.whenOpen = task;
      else inFlight.whenRoom(task);
    },
    open(stream) {
      context.stream = stream;
      context.whenOpen?.();
    },
    takeOther(message) {
      const release = inFlight.add({ bytes: message.payload.length, counts: false });
      receive({ ...message, ack: release });
    },
  };
}

/** The library does not know yet that it is connected; what follows that waits. */
function isOpening({ hasBegun, stream }: IntakeContext): boolean {
  return hasBegun && stream === undefined;
}

function isFull(context: IntakeContext): boolean {
  return isOpening(context) || context.inFlight.isFull();
}

function take(context: IntakeContext, packets: Buffer): Taken {
  const others: Buffer[] = [];
  let at = 0;
  while (at < packets.length) {
    if (isFull(context)) return { others, later: packets.subarray(at) };
    const header = readHeader(packets, at);
    if (typeof header === 'string') return { others, fault: malformed() };
    const end = at + header.length + header.bytes;
    if (context.stream === undefined || !isPublish(header)) others.push(packets.subarray(at, end));
    else if (!takeMessage(context, packets, at, header)) return { others, fault: malformed() };
    context.hasBegun = true;
    at = end;
  }
  return { others };
}

function takeMessage(context: IntakeContext, packets: Buffer, at: number, header: Header): boolean {
  const packet = readPublish(packets, at, header, context.version);
  if (!packet) return false;
  const { topic, payload, retained, dup, packetId } = packet;
  const release = context.inFlight.add({ bytes: payload.length, counts: packetId !== undefined });
  const ack = packetId === undefined ? release : acknowledgement(context, release, packetId);
  context.receive({ topic, payload, qos: qosOf(header.flags) === 0 ? 0 : 1, retained, dup, ack });
  return true;
}

/** Holds nothing of the message but its identifier: thousands may wait. */
function acknowledgement(context: IntakeContext, release: () => boolean, packetId: number): () => void {
  return () => {
    if (release() && context.acknowledged.push(packetId) === 1) queueMicrotask(() => sendAcks(context));
  };
}

const PUBACK = 0x40;
const PUBACK_BYTES = 4;

/** All that were given since the last turn of the microtasks, in one piece. */
function sendAcks(context: IntakeContext): void {
  const { acknowledged, stream } = context;
  context.acknowledged = [];
  const packets = Buffer.allocUnsafe(acknowledged.length * PUBACK_BYTES);
  for (const [index, packetId] of acknowledged.entries()) {
    // Nothing but the identifier: success, in MQTT 3.1.1 (§3.4) and in MQTT 5 (§3.4.2.1).
    packets.writeUInt16BE((PUBACK << 8) | 2, index * PUBACK_BYTES);
    packets.writeUInt16BE(packetId, index * PUBACK_BYTES + 2);
  }
  if (stream?.writable) stream.write(packets);
}

function malformed(): Fault {
  return { reason: 'malformed', detail: 'a message that is not as MQTT has it' };
}
