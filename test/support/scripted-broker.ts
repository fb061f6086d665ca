/** A broker that does what a test says and no more: takes one client after the other, answers CONNECT and SUBSCRIBE by itself. */
import { createServer, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';

export interface ScriptedBroker {
  readonly url: string;
  /** Everything clients sent, in order. */
  readonly received: readonly Packet[];
  /** Connections taken so far. */
  connections(): number;
  /** To the newest client; resolves when it has taken the bytes. */
  send(bytes: Buffer): Promise<void>;
  stop(): Promise<void>;
}

/** What it answers, a good broker's answers unless said. */
export interface Script {
  /** Of the CONNACK: of MQTT 5. */
  readonly connack?: {
    readonly reasonCode?: number;
    readonly sessionExpiryInterval?: number;
    readonly receiveMaximum?: number;
    readonly maximumQoS?: number;
  };
  /** It closes a connection whose CONNECT asks for this version, without a word. */
  readonly hangsUpOn?: 4 | 5;
  /** Of the PUBACK of each command; undefined: it acknowledges nothing. */
  readonly puback?: number;
  /** QoS of each subscription; undefined: SUBSCRIBE and nothing else is left unanswered. */
  readonly granted?: 0 | 1 | 'unanswered' | readonly number[];
  /** Right after the SUBACK it ends the connection with these words (MQTT 5). */
  readonly goodbye?: {
    readonly reasonCode: number;
    readonly properties?: { readonly reasonString?: string; readonly serverReference?: string };
  };
}

/** Starts it on a free loopback port. It answers no PINGREQ but where it leaves SUBSCRIBE unanswered. */
export async function startScriptedBroker({
  connack = {},
  granted = 1,
  goodbye,
  hangsUpOn,
  puback,
}: Script = {}): Promise<ScriptedBroker> {
  const { reasonCode = 0, ...properties } = connack;
  const received: Packet[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    let protocolVersion = 4;
    let parser = mqttPacket.parser();
    const onPacket = (packet: Packet): void => {
      received.push(packet);
      if (packet.cmd === 'connect') {
        protocolVersion = packet.protocolVersion ?? 4;
        if (protocolVersion === hangsUpOn) return void socket.destroy();
        socket.write(
          mqttPacket.generate(
            { cmd: 'connack', returnCode: reasonCode, reasonCode, sessionPresent: false, properties },
            { protocolVersion },
          ),
        );
        parser = mqttPacket.parser({ protocolVersion });
        parser.on('packet', onPacket);
      }
      if (packet.cmd === 'publish' && puback !== undefined && packet.qos > 0) {
        const answer = { cmd: 'puback', messageId: packet.messageId ?? 1, reasonCode: puback } as const;
        socket.write(mqttPacket.generate(answer, { protocolVersion }));
      }
      if (packet.cmd === 'pingreq' && granted === 'unanswered')
        socket.write(mqttPacket.generate({ cmd: 'pingresp' }, { protocolVersion }));
      if (packet.cmd === 'subscribe' && granted !== 'unanswered') {
        const each = packet.subscriptions.map((_, at) =>
          typeof granted === 'number' ? granted : (granted[at] ?? 1),
        );
        socket.write(
          mqttPacket.generate(
            { cmd: 'suback', messageId: packet.messageId ?? 1, granted: each },
            { protocolVersion },
          ),
        );
        if (goodbye) socket.end(mqttPacket.generate({ cmd: 'disconnect', ...goodbye }, { protocolVersion }));
      }
    };
    parser.on('packet', onPacket);
    socket.on('data', (chunk) => parser.parse(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    received,
    connections: () => sockets.length,
    send: (bytes) =>
      new Promise((resolve) => {
        const socket = sockets.at(-1);
        if (!socket || socket.destroyed) return resolve();
        const done = (): void => {
          socket.off('close', done);
          resolve();
        };
        socket.once('close', done).write(bytes, done);
      }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
