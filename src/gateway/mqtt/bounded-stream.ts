/**
 * A socket whose incoming MQTT packets are bounded (packet-limit.ts), as the stream that MQTT.js and aedes read from and
 * write to. They see whole packets only, and of those none that an intake takes.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { ByteBudget } from './gathering.ts';
import type { InFlight } from './in-flight.ts';
import type { MessageIntake, Taken } from './message-intake.ts';
import { createPacketLimit, type Fault, type Oversize } from './packet-limit.ts';

/** Longest packet that is taken in: the longest payload gateway.ts looks at, with a topic that is not a joke. */
export const MAX_PACKET_BYTES = (256 + 1) * 1024;
/** The same for what is no PUBLISH: a subscription to more topics than fit in here is an attack. */
const MAX_OTHER_BYTES = 16 * 1024;

const PUBACK = 0x40;
const PUBREC = 0x50;
const PINGREQ = 0xc0;
const PINGRESP = Buffer.of(0xd0, 0);

export interface BoundedStreamOptions {
  /** For packets under way; shared by connections that are not to take more together. */
  readonly budget?: ByteBudget;
  /** While it is full nothing more is read. */
  readonly inFlight?: Pick<InFlight, 'isFull' | 'whenRoom'>;
  /** Takes messages before the library; while it is full nothing more is read. */
  readonly intake?: MessageIntake | undefined;
  /** Hears of each PUBLISH that is too long. Without it such a one ends the connection. */
  readonly oversize?: {
    /** It has begun and takes a while. */
    begun(message: Oversize): void;
    /** All of it has passed, and it is acknowledged. */
    passed(message: Oversize): void;
  };
  /** The connection ends for what came in. */
  readonly onFault?: (fault: Fault) => void;
}

/** Ends with the socket, and ends it. Errors of the socket are errors of the stream. */
export function boundedStream(socket: Socket, options: BoundedStreamOptions): Duplex {
  const { budget, oversize, onFault, intake } = options;
  const room = intake ?? options.inFlight;
  /** Whole packets that the intake has no room for. */
  let waiting: Buffer[] = [];
  const limit = createPacketLimit({
    publishBytes: MAX_PACKET_BYTES,
    otherBytes: MAX_OTHER_BYTES,
    discard: oversize !== undefined,
    budget,
  });
  const stream = new Duplex({
    read() {
      limit.taken();
      readOn();
    },
    write(chunk: Buffer, _, done) {
      socket.write(chunk, done);
      answerPing(chunk);
    },
    writev(chunks, done) {
      socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
      for (const { chunk } of chunks) answerPing(chunk);
    },
    // A peer that has hung up has ended it already.
    final: (done) => void (socket.writable ? socket.end(done) : done()),
    destroy(error, done) {
      limit.close();
      waiting = [];
      socket.destroy();
      done(error);
    },
  });

  let isWaiting = false;
  function readOn(): void {
    if (waiting.length > 0 && !room?.isFull()) handOn(waiting.splice(0));
    if (!room?.isFull()) return void socket.resume();
    socket.pause();
    if (isWaiting) return;
    isWaiting = true;
    room.whenRoom(() => {
      isWaiting = false;
      readOn();
    });
  }

  function handOn(parts: readonly Buffer[]): void {
    for (const part of parts) {
      if (waiting.length > 0) waiting.push(part);
      else take(part);
    }
  }

  function take(part: Buffer): void {
    const { others, later, fault }: Taken = intake?.take(part) ?? { others: [part] };
    for (const packet of others) if (!stream.push(packet)) socket.pause();
    if (later) waiting.push(later);
    if (fault) end(fault);
  }

  function end(fault: Fault): void {
    onFault?.(fault);
    stream.destroy();
  }

  /** The broker's answer stands behind what is being thrown away; over a slow line it would come too late. */
  function answerPing(chunk: Buffer): void {
    if (limit.discarding() && chunk[0] === PINGREQ && chunk[1] === 0) stream.push(PINGRESP);
  }

  socket.on('data', (chunk: Buffer) => {
    const { packets, begun, discarded, fault } = limit.pass(chunk);
    handOn(packets);
    if (room?.isFull()) readOn();
    for (const message of discarded) {
      const answer = acknowledgement(message);
      if (answer && stream.writable) stream.write(answer);
      oversize?.passed(message);
    }
    if (begun) oversize?.begun(begun);
    if (fault) end(fault);
  });
  socket.on('end', () => {
    // What was not taken is not acknowledged, and comes again.
    waiting = [];
    stream.push(null);
  });
  socket.on('error', (error) => stream.destroy(error));
  socket.on('close', () => stream.destroy());
  return stream;
}

/** Without it the sender would hand over the same again at every connection, and never what stands behind it. */
function acknowledgement({ qos, packetId }: Oversize): Buffer | undefined {
  if (packetId === undefined) return undefined;
  return Buffer.of(qos === 1 ? PUBACK : PUBREC, 2, packetId >> 8, packetId & 0xff);
}
