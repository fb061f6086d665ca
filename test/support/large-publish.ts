/**
 * What a hostile MQTT client sends: messages of any size without holding them, in pieces of any size, ended or not. Packets
 * are those of MQTT 3.1.1, written by hand because no library would.
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

const PIECE = Buffer.alloc(64 * 1024, 0x61);
/** A packet identifier whose two bytes differ. */
const PACKET_ID = [0x12, 0x34];

export interface LargePublish {
  readonly port: number;
  readonly topic: string;
  /** Of the payload. */
  readonly bytes: number;
  readonly qos: 0 | 1 | 2;
  readonly retain?: boolean;
}

/** Resolves with the bytes written: fewer than asked for when the other side ends the connection. */
export async function publishLarge(message: LargePublish): Promise<number> {
  const socket = await connectRaw(message.port, `large-${message.port}-${message.bytes}`);
  socket.write(publishHead(message));
  const written = await writePieces(socket, message.bytes);
  if (message.qos) await either(socket, 'data');
  if (message.qos === 2) {
    socket.write(Buffer.of(0x62, 2, ...PACKET_ID));
    await either(socket, 'data');
  }
  socket.destroy();
  return written;
}

/** A connection whose CONNECT (clean session) is answered, or that has ended. */
export async function connectRaw(port: number, clientId: string): Promise<Socket> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const id = Buffer.from(clientId);
  const head = [0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, id.length >> 8, id.length & 0xff];
  socket.write(packet(0x10, Buffer.concat([Buffer.from(head), id])));
  await either(socket, 'data');
  return socket;
}

/** Everything of a PUBLISH before its payload. */
export function publishHead({ topic, bytes, qos, retain = false }: Omit<LargePublish, 'port'>): Buffer {
  const name = Buffer.from(topic);
  const head = [Buffer.of(name.length >> 8, name.length & 0xff), name, Buffer.from(qos ? PACKET_ID : [])];
  const body = Buffer.concat(head);
  const flags = 0x30 | (qos << 1) | (retain ? 1 : 0);
  return Buffer.concat([Buffer.of(flags, ...variableLength(body.length + bytes)), body]);
}

/** Writes `bytes` as fast as they are taken; resolves with those written before the other side ended the connection. */
export async function writePieces(socket: Socket, bytes: number, pieceBytes = PIECE.length): Promise<number> {
  let written = 0;
  while (written < bytes && !socket.destroyed) {
    const piece = PIECE.subarray(0, Math.min(pieceBytes, bytes - written));
    written += piece.length;
    if (!socket.write(piece)) await either(socket, 'drain');
  }
  return written;
}

/** A packet with its fixed header. */
export function packet(flags: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(flags, ...variableLength(body.length)), body]);
}

/** Resolves at the event, or when the connection has ended. */
export function either(socket: Socket, event: 'data' | 'drain'): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    const done = (): void => {
      socket.off(event, done).off('close', done);
      resolve();
    };
    socket.on(event, done).on('close', done);
  });
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
