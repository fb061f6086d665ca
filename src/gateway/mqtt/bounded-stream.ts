/**
 * A socket whose incoming MQTT packets are bounded (packet-limit.ts), as the stream that MQTT.js and aedes read from and
 * write to.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createPacketLimit, type Discarded } from './packet-limit.ts';

/** Longest packet that is taken in; a gateway's message is a few kilobytes. */
export const MAX_PACKET_BYTES = 1024 * 1024;

const PUBACK = 0x40;
const PUBREC = 0x50;

export interface BoundedStreamOptions {
  /** A PUBLISH that was too long has passed, and is acknowledged. Without this it ends the connection instead. */
  readonly onDiscarded?: (message: Discarded) => void;
  /** The connection ends for what came in. */
  readonly onFault?: (why: string) => void;
}

/** Ends with the socket, and ends it. Errors of the socket are errors of the stream. */
export function boundedStream(socket: Socket, { onDiscarded, onFault }: BoundedStreamOptions): Duplex {
  const limit = createPacketLimit(MAX_PACKET_BYTES, onDiscarded !== undefined);
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _, done) => void socket.write(chunk, done),
    writev: (chunks, done) => void socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    const { chunks, discarded, fault } = limit.pass(chunk);
    for (const part of chunks) if (!stream.push(part)) socket.pause();
    for (const message of discarded) {
      acknowledge(socket, message);
      onDiscarded?.(message);
    }
    if (fault === undefined) return;
    onFault?.(fault);
    stream.destroy();
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', (error) => stream.destroy(error));
  socket.on('close', () => stream.destroy());
  return stream;
}

/** Else the sender would hand over the same again at every connection, and never what stands behind it. */
function acknowledge(socket: Socket, { qos, packetId }: Discarded): void {
  if (packetId === undefined) return;
  socket.write(Buffer.of(qos === 1 ? PUBACK : PUBREC, 2, packetId >> 8, packetId & 0xff));
}
