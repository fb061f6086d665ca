/**
 * A poor line to a local server, in user space: so many bits a second, a round trip, segments that are lost and come after a
 * retransmission timeout (TCP hides the loss and shows the stall), cuts, and an outage now and then. What netem does in the
 * kernel, where there is one.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface PoorLineOptions {
  readonly bitsPerSecond: number;
  readonly roundTripMs: number;
  /** Of a segment of 1 448 bytes, 0 to 1. */
  readonly loss: number;
  /** The line is up for so long, then down for `downMs`; for ever without. */
  readonly upMs?: number;
  readonly downMs?: number;
  readonly random: () => number;
}

export interface PoorLine {
  readonly port: number;
  /** Payload bytes that arrived at the server and back, since the start. */
  readonly bytes: { sent: number; received: number };
  readonly seen: { stalls: number; outages: number; refused: number; cut: number };
  /** Every connection ends, what is on its way with it. */
  cut(): void;
  stop(): Promise<void>;
}

const SEGMENT_BYTES = 1_448;
/** The least time after which TCP sends again; it doubles while the same segment is lost. */
const RETRANSMIT_MS = 200;
/** Bytes of one direction that wait here before the sender is held up, as a socket's buffer would. */
const BUFFER_BYTES = 64 * 1024;

export async function startPoorLine(serverPort: number, options: PoorLineOptions): Promise<PoorLine> {
  const bytes = { sent: 0, received: 0 };
  const seen = { stalls: 0, outages: 0, refused: 0, cut: 0 };
  const open = new Set<() => void>();
  let isUp = true;
  // One line for all: each direction carries one segment at a time.
  const up: Direction = {
    ...{ options, seen, freeMs: 0 },
    arrived(count) {
      bytes.sent += count;
    },
  };
  const down: Direction = {
    ...{ options, seen, freeMs: 0 },
    arrived(count) {
      bytes.received += count;
    },
  };
  const server = createServer((client) => {
    if (!isUp) {
      seen.refused += 1;
      client.destroy();
      return;
    }
    const upstream = connect(serverPort, '127.0.0.1');
    const end = () => {
      client.destroy();
      upstream.destroy();
      open.delete(end);
    };
    open.add(end);
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
    carry(client, upstream, up);
    carry(upstream, client, down);
  });
  const cut = () => {
    seen.cut += open.size;
    for (const end of [...open]) end();
  };
  let timer: NodeJS.Timeout | undefined;
  function flap(): void {
    const { upMs, downMs = 0 } = options;
    if (upMs === undefined) return;
    timer = setTimeout(() => {
      isUp = false;
      seen.outages += 1;
      cut();
      timer = setTimeout(() => {
        isUp = true;
        flap();
      }, downMs);
    }, upMs);
  }
  flap();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    bytes,
    seen,
    cut,
    async stop() {
      clearTimeout(timer);
      for (const end of [...open]) end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Direction {
  readonly options: PoorLineOptions;
  readonly seen: { stalls: number };
  /** When the line has sent what it was given, monotonic milliseconds. */
  freeMs: number;
  arrived(count: number): void;
}

/** From one socket to the other, in order, each segment at its time. */
function carry(from: Socket, to: Socket, direction: Direction): void {
  const { bitsPerSecond, roundTripMs } = direction.options;
  let waiting = 0;
  // TCP hands over in order: what follows a lost segment waits for it.
  let inOrderMs = 0;
  from.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += SEGMENT_BYTES) {
      const segment = chunk.subarray(at, at + SEGMENT_BYTES);
      const nowMs = performance.now();
      direction.freeMs = Math.max(direction.freeMs, nowMs) + (segment.length * 8_000) / bitsPerSecond;
      inOrderMs = Math.max(inOrderMs, direction.freeMs + roundTripMs / 2 + stallMs(direction));
      waiting += segment.length;
      if (waiting > BUFFER_BYTES) from.pause();
      setTimeout(() => {
        waiting -= segment.length;
        if (waiting <= BUFFER_BYTES) from.resume();
        if (to.destroyed) return;
        direction.arrived(segment.length);
        to.write(segment);
      }, inOrderMs - nowMs);
    }
  });
}

/** How much later a segment comes that is lost, perhaps more than once. */
function stallMs({ options: { roundTripMs, loss, random }, seen }: Direction): number {
  let ms = 0;
  for (let timeoutMs = roundTripMs + RETRANSMIT_MS; random() < loss; timeoutMs *= 2) {
    ms += timeoutMs;
    seen.stalls += 1;
  }
  return ms;
}
