/**
 * The embedded broker (aedes), for a box without Mosquitto: gateways publish straight to us. There is no one behind us to
 * send a message again, so the publisher's PUBACK itself waits for our commit.
 *
 * Everybody on the network may be a stranger: connections, packets, what is under way and what waits are bounded.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Aedes, AedesOptions } from 'aedes';
import type { MqttConfig } from '../../config/schema.ts';
import { isLoopback } from '../../model/address.ts';
import { errorText } from '../../model/error-text.ts';
import { createHealth, type Health } from '../../model/health.ts';
import { ToldError, tell } from '../../model/said.ts';
import type { BrokerReach } from '../../model/status.ts';
import type { World } from '../../model/world.ts';
import { brokerUsers, isBrokerUser } from '../../store/broker-users.ts';
import { boundedStream } from './bounded-stream.ts';
import { BROKER_LIMITS, type BrokerAccess, createBrokerAccess } from './broker-access.ts';
import { createByteBudget } from './gathering.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import { reachOf } from './listen-addresses.ts';
import type { Fault } from './packet-limit.ts';
import type { InboundHandler, MqttTransport } from './transport.ts';

export interface EmbeddedBrokerOptions {
  /** Port 0 takes a free one. */
  readonly config: Pick<MqttConfig, 'embeddedHost' | 'embeddedPort'>;
  /** Where the users of gateways are, for an address the network reaches. */
  readonly usersFile: string;
  /** Whether a message on this topic is for us; others are only passed between clients. */
  readonly wanted: (topic: string) => boolean;
  readonly handle: InboundHandler;
  /** Says once in a while who is refused. */
  readonly tell: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly world: World;
}

type AuthorizePublish = NonNullable<AedesOptions['authorizePublish']>;

export interface EmbeddedBroker extends MqttTransport {
  /** Once started. */
  url(): string;
  /** Where gateways find it, once started. */
  reach(): BrokerReach;
  /** What our own parts log in with. */
  readonly login: BrokerAccess['login'];
}

/** Messages that may wait for their commit, and what they may hold together, before we stop reading from publishers. */
const MAX_IN_FLIGHT = 2_000;
const MAX_IN_FLIGHT_BYTES = 8 * 1024 * 1024;
/** Gateways are few; more than this are strangers. */
const MAX_CONNECTIONS = 256;
/** Of one address: a bridge speaks for all its gateways on one connection. */
const MAX_CONNECTIONS_PER_ADDRESS = 64;
/** Long packets that have not ended, on all connections together. */
const MAX_UNFINISHED_BYTES = 8 * 1024 * 1024;
const RETRY_LISTEN_MS = 5_000;
/** A stranger that does not introduce itself, or does not take what is sent to it, is shown out. */
const CONNECT_MS = 10_000;
const DRAIN_MS = 10_000;

/** See the head of the file. A port in use is a state, not a failed start: it is tried again. */
export function createEmbeddedBroker(options: EmbeddedBrokerOptions): EmbeddedBroker {
  const { config, world } = options;
  const host = config.embeddedHost;
  const health = createHealth(world, 'broker', 'connecting', tell('broker.starting'));
  const inFlight = createInFlight(MAX_IN_FLIGHT, MAX_IN_FLIGHT_BYTES);
  const connections = createConnections(options, inFlight);
  const isExposed = !isLoopback(host);
  const access = createBrokerAccess({
    isExposed,
    isUser: (gatewayId, password) => isBrokerUser(options.usersFile, gatewayId, password),
    tell: options.tell,
  });
  let port = config.embeddedPort;
  let server: Server | undefined;
  let broker: Aedes | undefined;
  let stopped = false;
  let cancelRetry: (() => void) | undefined;

  const url = () => `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const tellListening = (): void => sayListening(health, url(), isExposed ? options.usersFile : undefined);

  async function listen(): Promise<void> {
    const listener = createServer((socket) => connections.accept(socket, broker));
    listener.maxConnections = MAX_CONNECTIONS;
    listener.on('drop', (data) => connections.refuse(data?.remoteAddress, 'too_many_connections'));
    server = listener;
    await new Promise<void>((resolve) => {
      listener.once('error', (error) => {
        health.set(
          'down',
          tell(
            'broker.cannotListen',
            { url: url(), error: error.message },
            'code' in error && error.code === 'EACCES' && port < 1024
              ? 'broker.privilegedPort.todo'
              : 'broker.cannotListen.todo',
          ),
        );
        if (!stopped) cancelRetry = world.clock.after(RETRY_LISTEN_MS, () => void listen());
        resolve();
      });
      listener.listen(port, host, () => {
        const address = listener.address();
        if (address && typeof address !== 'string') port = address.port;
        tellListening();
        resolve();
      });
    });
  }

  return {
    url,
    reach: () => reachOf(host, port),
    async start() {
      broker = await createAedes(access, intake(options, inFlight, access));
      if (!stopped) await listen();
    },
    async stop() {
      stopped = true;
      cancelRetry?.();
      const listener = server;
      const closed = new Promise<void>((resolve) =>
        listener?.listening ? listener.close(() => resolve()) : resolve(),
      );
      connections.end();
      await new Promise<void>((resolve) => (broker ? broker.close(() => resolve()) : resolve()));
      await closed;
    },
    publish(topic, payload) {
      return new Promise((resolve, reject) => {
        if (!broker) return reject(new ToldError(tell('downlink.brokerOff')));
        broker.publish(
          { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: false, dup: false },
          (error) => (error ? reject(error) : resolve()),
        );
      });
    },
    login: access.login,
    status() {
      if (server?.listening) tellListening();
      return health.get();
    },
  };
}

/**
 * What the broker says of itself; the address to give to gateways is told by who knows how the box is reached. `usersFile`:
 * undefined where only this machine reaches the broker. Users come and go while it runs.
 */
function sayListening(health: Health, url: string, usersFile: string | undefined): void {
  if (usersFile === undefined) return health.set('ok', tell('broker.local', { url }));
  let users: number;
  try {
    users = brokerUsers(usersFile).length;
  } catch (error) {
    const values = { file: usersFile, error: errorText(error) };
    return health.set('degraded', tell('broker.usersUnreadable', values));
  }
  if (users > 0) return health.set('ok', tell('broker.open', { users }));
  health.set('degraded', tell('broker.noUser'));
}

async function createAedes(access: BrokerAccess, authorizePublish: AuthorizePublish): Promise<Aedes> {
  const [library, { sparePacketCache }] = await Promise.all([import('aedes'), import('./packet-cache.ts')]);
  sparePacketCache();
  const { preConnect, authenticate, authorizeSubscribe } = access;
  return library.Aedes.createBroker({
    ...{ preConnect, authenticate, authorizeSubscribe, authorizePublish },
    maxInflightInbound: BROKER_LIMITS.qos2,
    connectTimeout: CONNECT_MS,
    drainTimeout: DRAIN_MS,
  });
}

/** Hands on what is for us; `done` makes the broker answer the publisher and read on. */
function intake(
  { wanted, handle, tell }: EmbeddedBrokerOptions,
  inFlight: InFlight,
  access: BrokerAccess,
): AuthorizePublish {
  return (client, packet, done) => {
    if (!client) return done(null);
    const reason = access.refusal(client, packet);
    if (reason !== undefined) {
      tell('broker.client_refused', { reason, topic: packet.topic.slice(0, 200) });
      return done(new Error(reason));
    }
    if (!wanted(packet.topic)) return done(null);
    const { topic, qos, retain: retained } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const release = inFlight.add({ bytes: payload.length, counts: qos > 0 });
    if (qos === 0) {
      handle({ topic, payload, qos, retained, ack: release });
      return done(null);
    }
    let isPending = true;
    handle({
      topic,
      payload,
      qos,
      retained,
      ack() {
        isPending = false;
        if (release()) done(null);
      },
    });
    // aedes reads on only when a message is done with, so one connection that carries two gateways would bring the second
    // copy of a frame after the first was let go. This event makes it read on meanwhile.
    if (isPending && !inFlight.isFull()) client.conn.emit('readable');
  };
}

/** The connections there are, each with its bounds. */
function createConnections({ handle, tell }: EmbeddedBrokerOptions, inFlight: InFlight) {
  const sockets = new Set<Socket>();
  const perAddress = new Map<string, number>();
  const budget = createByteBudget(MAX_UNFINISHED_BYTES);

  function refuse(address: string | undefined, reason: string, detail?: string): void {
    tell('broker.client_refused', { reason, address, ...(detail ? { detail } : {}) });
  }

  function enter(socket: Socket, address: string): void {
    sockets.add(socket);
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
    socket.once('close', () => {
      sockets.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
  }

  return {
    refuse,
    accept(socket: Socket, broker: Aedes | undefined): void {
      const address = socket.remoteAddress ?? '';
      if ((perAddress.get(address) ?? 0) >= MAX_CONNECTIONS_PER_ADDRESS) {
        refuse(address, 'too_many_connections');
        socket.destroy();
        return;
      }
      enter(socket, address);
      // A command does not wait until the gateway has confirmed the segment before.
      socket.setNoDelay(true);
      const onFault = ({ reason, detail, bytes }: Fault): void => {
        refuse(address, reason, detail);
        if (bytes !== undefined) handle(tooLarge(bytes));
      };
      broker?.handle(boundedStream(socket, { budget, inFlight, onFault }));
    },
    end(): void {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** For the count of what was refused. */
function tooLarge(bytes: number): Parameters<InboundHandler>[0] {
  return {
    topic: '',
    payload: new Uint8Array(0),
    discardedBytes: bytes,
    qos: 0,
    retained: false,
    ack: () => {},
  };
}
