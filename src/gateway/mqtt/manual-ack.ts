/**
 * Takes the acknowledgement of QoS 1 messages out of MQTT.js's hands.
 *
 * MQTT.js handles one message after the other and acknowledges each before it takes the next, so holding its own
 * acknowledgement back until a commit would make every message a commit of its own. Here the library believes it has
 * acknowledged; the PUBACK is sent when `ack` is called, as long as the connection is there, together with those of the same
 * commit: one write instead of a packet's way through the library for each. A client makes one connection only: after a
 * reconnect the same packet identifier may name another message (MQTT 3.1.1 §4.4, MQTT 5 §4.3.2), and the
 * broker sends what was not acknowledged again.
 *
 * A broker that does not keep to our receive maximum (MQTT 3.1.1 has none, and Mosquitto forgets it when it resumes a
 * session begun with another), or sends long messages, is not read from while too much waits.
 */
import type { IPublishPacket, MqttClient, Packet } from 'mqtt';
import { createInFlight } from './in-flight.ts';

/** The library's own way of writing a packet; private there, and held by a test against a real broker. */
interface PacketSender {
  _sendPacket(packet: Packet, done?: (error?: Error) => void, ...rest: unknown[]): void;
}

/** Messages taken and not yet acknowledged, at most. */
const MAX_UNACKNOWLEDGED = 4_000;
/** What those of any QoS may hold together. */
const MAX_UNACKNOWLEDGED_BYTES = 16 * 1024 * 1024;

/**
 * Calls `handle` for every message; `ack` must be called at any QoS, and sends the PUBACK, once. Call before the client
 * connects, and let the client connect once only.
 */
export function takeOverAcks(
  client: MqttClient,
  handle: (packet: IPublishPacket, ack: () => void) => void,
): void {
  const sender = client as unknown as PacketSender;
  const send = sender._sendPacket.bind(client);
  sender._sendPacket = (packet, done, ...rest) => {
    if (packet.cmd === 'puback') done?.();
    else send(packet, done, ...rest);
  };
  const inFlight = createInFlight(MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED_BYTES);
  const acknowledge = createAcknowledger(client);
  client.handleMessage = (packet, done) => {
    const { messageId } = packet;
    const waits = packet.qos === 1 && messageId !== undefined;
    const release = inFlight.add({ bytes: packet.payload.length, counts: waits });
    handle(packet, () => {
      if (release() && waits) acknowledge(messageId);
    });
    inFlight.whenRoom(() => {
      // A client that has ended reads no more.
      if (client.connected) done();
    });
  };
}

const PUBACK = 0x40;
const PUBACK_BYTES = 4;

/** Sends a PUBACK for each packet identifier: all that are given before the next turn of the microtasks in one piece. */
function createAcknowledger(client: MqttClient): (messageId: number) => void {
  let waiting: number[] = [];

  function send(): void {
    const packets = Buffer.allocUnsafe(waiting.length * PUBACK_BYTES);
    for (const [index, messageId] of waiting.entries()) {
      // Nothing but the identifier: success, in MQTT 3.1.1 (§3.4) and in MQTT 5 (§3.4.2.1).
      packets.writeUInt16BE((PUBACK << 8) | 2, index * PUBACK_BYTES);
      packets.writeUInt16BE(messageId, index * PUBACK_BYTES + 2);
    }
    waiting = [];
    if (client.connected) client.stream.write(packets);
  }

  return (messageId) => {
    if (waiting.push(messageId) === 1) queueMicrotask(send);
  };
}
