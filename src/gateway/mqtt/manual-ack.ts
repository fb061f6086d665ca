/**
 * Takes the acknowledgement of QoS 1 messages out of MQTT.js's hands.
 *
 * MQTT.js handles one message after the other and acknowledges each before it takes the next, so holding its own
 * acknowledgement back until a commit would make every message a commit of its own. Here the library believes it has
 * acknowledged; the PUBACK is sent when `ack` is called, on the connection the message came by and on no other: after a
 * reconnect the same packet identifier may name another message (MQTT 3.1.1 §4.4, MQTT 5 §4.3.2), and the broker sends
 * what was not acknowledged again.
 *
 * A broker that does not keep to our receive maximum (MQTT 3.1.1 has none, and Mosquitto forgets it when it resumes a
 * session begun with another) is not read from while too many messages wait.
 */
import type { IPublishPacket, MqttClient, Packet } from 'mqtt';

/** The library's own way of writing a packet; private there, and held by a test against a real broker. */
interface PacketSender {
  _sendPacket(packet: Packet, done?: (error?: Error) => void, ...rest: unknown[]): void;
}

/** Messages taken and not yet acknowledged, at most. */
const MAX_UNACKNOWLEDGED = 4_000;

/** What happened on one connection. */
interface Connection {
  unacknowledged: number;
  /** Makes the library read on. */
  resume?: (() => void) | undefined;
}

/** Calls `handle` for every message; `ack` sends the PUBACK, once. Call before the client connects. */
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
  let connection: Connection = { unacknowledged: 0 };
  client.on('close', () => {
    connection = { unacknowledged: 0 };
  });
  client.handleMessage = (packet, done) => {
    const own = connection;
    const { messageId } = packet;
    let pending = packet.qos === 1 && messageId !== undefined;
    if (pending) own.unacknowledged++;
    handle(packet, () => {
      if (!pending) return;
      pending = false;
      own.unacknowledged--;
      if (own !== connection || !client.connected) return;
      send({ cmd: 'puback', messageId, reasonCode: 0 } as Packet);
      const { resume } = own;
      own.resume = undefined;
      resume?.();
    });
    if (own.unacknowledged < MAX_UNACKNOWLEDGED) done();
    else own.resume = done;
  };
}
