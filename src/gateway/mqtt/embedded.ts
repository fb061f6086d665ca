/**
 * The embedded broker (aedes), for a box without Mosquitto: gateways publish straight to us. There is no one behind us to
 * send a message again, so the publisher's PUBACK itself waits for our commit.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { PartStatus } from '../../model/status.ts';
import type { World } from '../../model/world.ts';
import { boundedStream } from './bounded-stream.ts';
import type { Door, InboundHandler } from './door.ts';

export interface EmbeddedBrokerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether a message on this topic is for us; others are only passed between clients. */
  readonly wanted: (topic: string) => boolean;
  readonly handle: InboundHandler;
  readonly world: World;
}

export interface EmbeddedBroker extends Door {
  /** Once started. */
  url(): string;
}

/** Messages that may wait for their commit before we stop reading from publishers. */
const MAX_HELD = 2_000;
/** Gateways are few; more than this are strangers. */
const MAX_CONNECTIONS = 256;
const RETRY_LISTEN_MS = 5_000;

/** See the head of the file. A port in use is a state, not a failed start: it is tried again. */
export function createEmbeddedBroker(options: EmbeddedBrokerOptions): EmbeddedBroker {
  const { host, wanted, handle, world } = options;
  const sockets = new Set<Socket>();
  let port = options.port;
  let server: Server | undefined;
  let broker: Awaited<ReturnType<typeof createBroker>> | undefined;
  let held = 0;
  let stopped = false;
  let cancelRetry: (() => void) | undefined;
  let status: PartStatus = { state: 'connecting', detail: 'the broker starts', sinceMs: world.clock.nowMs() };

  const url = () => `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`;

  async function createBroker() {
    const [{ Aedes }, { sparePacketCache }] = await Promise.all([
      import('aedes'),
      import('./packet-cache.ts'),
    ]);
    sparePacketCache();
    const created = await Aedes.createBroker({
      authorizePublish(client, packet, done) {
        if (!client || !wanted(packet.topic)) return done(null);
        const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
        const { topic, qos } = packet;
        if (qos === 0) {
          handle({ topic, payload, qos, retained: packet.retain, ack: () => {} });
          return done(null);
        }
        held++;
        let pending = true;
        handle({
          topic,
          payload,
          qos,
          retained: packet.retain,
          ack: () => {
            if (!pending) return;
            pending = false;
            held--;
            done(null);
          },
        });
        // aedes reads on only when a message is done with, so one connection that carries two gateways would bring the
        // second copy of a frame after the first was let go. This event makes it read on meanwhile.
        if (pending && held < MAX_HELD) client.conn.emit('readable');
      },
    });
    return created;
  }

  function refuse({ remoteAddress }: Socket, why: string): void {
    world.logger.warn('broker.client_refused', { address: remoteAddress, reason: why });
  }

  async function listen(): Promise<void> {
    const listener = createServer((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      broker?.handle(boundedStream(socket, { onFault: (why) => refuse(socket, why) }));
    });
    listener.maxConnections = MAX_CONNECTIONS;
    server = listener;
    await new Promise<void>((resolve) => {
      listener.once('error', (error) => {
        become(
          'down',
          `cannot listen on ${url()}: ${error.message}`,
          'is another broker running? Set mqtt.embedded_port, or mqtt.mode = "external"',
        );
        if (!stopped) cancelRetry = world.clock.after(RETRY_LISTEN_MS, () => void listen());
        resolve();
      });
      listener.listen(port, host, () => {
        const address = listener.address();
        if (address && typeof address !== 'string') port = address.port;
        become('ok', `Listening on ${url()}: point the Gateway Bridge there.`);
        resolve();
      });
    });
  }

  function become(state: PartStatus['state'], detail: string, hint?: string): void {
    if (status.state === state && status.detail === detail) return;
    status = { state, detail, sinceMs: world.clock.nowMs(), ...(hint ? { hint } : {}) };
    world.logger[state === 'ok' ? 'info' : 'warn']('broker.state', { state, detail, hint });
  }

  return {
    url,
    async start() {
      broker = await createBroker();
      if (!stopped) await listen();
    },
    async stop() {
      stopped = true;
      cancelRetry?.();
      const listener = server;
      const closed = new Promise<void>((resolve) =>
        listener?.listening ? listener.close(() => resolve()) : resolve(),
      );
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => (broker ? broker.close(() => resolve()) : resolve()));
      await closed;
    },
    publish(topic, payload) {
      return new Promise((resolve, reject) => {
        if (!broker) return reject(new Error('the broker is not running'));
        broker.publish(
          { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: false, dup: false },
          (error) => (error ? reject(error) : resolve()),
        );
      });
    },
    status: () => status,
  };
}
