/** Publishes one message of any size without holding it: the bytes are written as the other side takes them. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

const PIECE = Buffer.alloc(64 * 1024, 0x61);

export interface LargePublish {
  readonly port: number;
  readonly topic: string;
  /** Of the payload. */
  readonly bytes: number;
  readonly qos: 0 | 1;
  readonly retain?: boolean;
}

/** Resolves with the bytes written: fewer than asked for when the other side ends the connection. */
export async function publishLarge({
  port,
  topic,
  bytes,
  qos,
  retain = false,
}: LargePublish): Promise<number> {
  const socket = createConnection(port, '127.0.0.1');
  let ended = false;
  socket.on('close', () => {
    ended = true;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(connectPacket(`large-${port}-${bytes}`));
  await either(socket, 'data');
  const name = Buffer.from(topic);
  const head = [Buffer.of(name.length >> 8, name.length & 0xff), name, ...(qos ? [Buffer.of(0, 1)] : [])];
  const body = Buffer.concat(head);
  socket.write(Buffer.of(0x30 | (qos << 1) | (retain ? 1 : 0), ...variableLength(body.length + bytes)));
  socket.write(body);
  let written = 0;
  while (written < bytes && !ended) {
    const piece = PIECE.subarray(0, Math.min(PIECE.length, bytes - written));
    written += piece.length;
    if (!socket.write(piece) && !ended) await either(socket, 'drain');
  }
  if (qos && !ended) await either(socket, 'data');
  socket.destroy();
  return written;
}

/** Resolves at the event, or when the connection has ended. */
function either(socket: Socket, event: 'data' | 'drain'): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off(event, done).off('close', done);
      resolve();
    };
    socket.on(event, done).on('close', done);
  });
}

/** CONNECT of MQTT 3.1.1 with a clean session. */
function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const body = Buffer.concat([
    Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, id.length >> 8, id.length & 0xff]),
    id,
  ]);
  return Buffer.concat([Buffer.of(0x10, ...variableLength(body.length)), body]);
}

function variableLength(length: number): number[] {
  const bytes: number[] = [];
  let left = length;
  do {
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return bytes;
}
