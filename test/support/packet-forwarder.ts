/**
 * A Semtech UDP packet forwarder for tests: one gateway's side of the protocol. Header 02 | token (2) | type, the gateway's
 * EUI in what it sends itself, JSON behind; PULL_DATA keeps the way for downlinks open.
 */
import { createSocket, type Socket } from 'node:dgram';
import { eventually } from './process.ts';

const VERSION = 2;
const PUSH_DATA = 0;
const PUSH_ACK = 1;
const PULL_DATA = 2;
const PULL_RESP = 3;
const PULL_ACK = 4;
const TX_ACK = 5;
const KEEPALIVE_MS = 5_000;

/** One received packet as the protocol spells it; see `loraPacket` for the usual one. */
export type Rxpk = Readonly<Record<string, unknown>>;

/** A downlink the gateway was told to send. */
export interface Downlink {
  readonly token: number;
  readonly txpk: Readonly<Record<string, unknown>> & { readonly data: string };
  /** When it came, of `performance.now()`. */
  readonly atMs: number;
}

export interface PacketForwarder {
  readonly gatewayId: string;
  /** Sends packets heard; resolves when the server has acknowledged the datagram, sending it again as needed. */
  push(rxpk: readonly Rxpk[]): Promise<void>;
  /** Sends a report of the gateway's state; `time` looks like '2014-01-12 08:59:28 GMT'. */
  pushStat(stat: Readonly<Record<string, unknown>>): Promise<void>;
  /** Downlinks so far, in order; each is answered with a TX_ACK. */
  readonly downlinks: readonly Downlink[];
  /** What the next TX_ACKs say: 'NONE' (sent) unless changed, 'TOO_LATE', … or null to stay silent. */
  txResult(error: string | null): void;
  /** The same for the next TX_ACK only; called again before that, for the one after. */
  txResultOnce(error: string): void;
  stop(): Promise<void>;
}

/** A frame heard at 868.1 MHz, SF7, with a good signal. `overrides` replaces fields of the rxpk. */
export function loraPacket(phyPayload: Uint8Array, overrides: Rxpk = {}): Rxpk {
  return {
    tmst: 3_512_348_611,
    chan: 2,
    rfch: 0,
    freq: 868.1,
    stat: 1,
    modu: 'LORA',
    datr: 'SF7BW125',
    codr: '4/5',
    rssi: -35,
    lsnr: 5.1,
    size: phyPayload.length,
    data: Buffer.from(phyPayload).toString('base64'),
    ...overrides,
  };
}

/** The concentrator's counter now, as a running one says it: microseconds in 32 bits. */
export function tmstNow(): number {
  return Math.round(performance.now() * 1000) % 2 ** 32;
}

/** Starts a gateway talking to 127.0.0.1:`udpPort`; resolves when its first PULL_DATA is acknowledged. */
export async function startPacketForwarder(
  udpPort: number,
  gatewayId = '0016c001f153a14c',
): Promise<PacketForwarder> {
  const socket = createSocket('udp4');
  const { send, exchange, acknowledge } = createDatagrams(socket, udpPort, gatewayId);
  const downlinks: Downlink[] = [];
  let txError: string | null = 'NONE';
  const onceErrors: string[] = [];

  socket.on('message', (message) => {
    if (message.length < 4 || message[0] !== VERSION) return;
    const token = message.readUInt16BE(1);
    const type = message[3];
    if (type === PUSH_ACK || type === PULL_ACK) acknowledge(type, token);
    if (type !== PULL_RESP) return;
    const { txpk } = JSON.parse(message.subarray(4).toString()) as { txpk: Downlink['txpk'] };
    downlinks.push({ token, txpk, atMs: performance.now() });
    const error = onceErrors.shift() ?? txError;
    if (error !== null) send(TX_ACK, token, { txpk_ack: { error } });
  });
  await bind(socket);
  const keepalive = setInterval(() => send(PULL_DATA, 0, undefined), KEEPALIVE_MS);
  const stop = async (): Promise<void> => {
    clearInterval(keepalive);
    await new Promise<void>((resolve) => socket.close(resolve));
  };
  try {
    await exchange(PULL_DATA, PULL_ACK);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    gatewayId,
    push: (rxpk) => exchange(PUSH_DATA, PUSH_ACK, { rxpk }),
    pushStat: (stat) => exchange(PUSH_DATA, PUSH_ACK, { stat }),
    downlinks,
    txResult(error) {
      txError = error;
    },
    txResultOnce(error) {
      onceErrors.push(error);
    },
    stop,
  };
}

/** What the gateway sends: with a token each, and again until it is acknowledged where that is asked for. */
function createDatagrams(socket: Socket, udpPort: number, gatewayId: string) {
  const acknowledged = new Set<string>();
  let nextToken = 1;
  const send = (type: number, token: number, body: unknown): void => {
    const head = Buffer.from([VERSION, token >> 8, token & 0xff, type]);
    const json = body === undefined ? '' : JSON.stringify(body);
    socket.send(
      Buffer.concat([head, Buffer.from(gatewayId, 'hex'), Buffer.from(json)]),
      udpPort,
      '127.0.0.1',
    );
  };
  return {
    send,
    acknowledge: (type: number, token: number) => acknowledged.add(`${type}:${token}`),
    async exchange(type: number, ackType: number, body?: unknown): Promise<void> {
      const token = nextToken;
      nextToken = (nextToken + 1) & 0xffff;
      const key = `${ackType}:${token}`;
      for (let attempt = 1; ; attempt += 1) {
        send(type, token, body);
        try {
          await eventually(`acknowledgement of datagram type ${type}`, () => acknowledged.delete(key), 1_000);
          return;
        } catch (error) {
          if (attempt === 5) throw error;
        }
      }
    },
  };
}

function bind(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      socket.off('error', reject);
      resolve();
    });
  });
}
