/**
 * The door to an external broker: an MQTT client with a persistent session, QoS 1 and acknowledgement by hand. MQTT 5
 * where the broker speaks it, since only there we can tell it how many messages may wait for our commit.
 */
import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt';
import type { MqttConfig } from '../../config/schema.ts';
import { readInTime } from '../../files/read-file.ts';
import { backoffMs } from '../../model/backoff.ts';
import { errorText } from '../../model/error-text.ts';
import { createHealth, type Health } from '../../model/health.ts';
import { cut } from '../../model/text.ts';
import type { World } from '../../model/world.ts';
import { takeOverAcks } from './manual-ack.ts';
import type { Oversize } from './packet-limit.ts';
import type { InboundHandler, MqttTransport } from './transport.ts';

export interface MqttClientOptions {
  readonly config: MqttConfig;
  /** The site's id, which the client id may name. */
  readonly site: string;
  readonly subscriptions: readonly string[];
  readonly handle: InboundHandler;
  readonly world: World;
}

/** Messages the broker may have under way to us before we acknowledge one (MQTT 5). */
const RECEIVE_MAXIMUM = 2_000;
/**
 * What is longer the broker keeps to itself (MQTT 5). More than we take in (bounded-stream.ts), since it throws away without
 * a word, and we count and tell.
 */
const MAX_ASKED_BYTES = 1024 * 1024;
/** The broker keeps our session, and what it has queued for us, until we say otherwise. */
const NEVER_EXPIRES_S = 0xffff_ffff;
const CONNECT_TIMEOUT_MS = 10_000;
const RETRY = { minMs: 500, maxMs: 15_000 };
/** How long a stop waits for the broker to say goodbye. */
const GOODBYE_MS = 1_000;
/** A message being thrown away for longer than this is told; shorter ones are only counted. */
const TOLD_AFTER_MS = 2_000;
/** A topic may have 64 kB. */
const MAX_TOLD_TOPIC = 200;
/** What comes so soon after a session was found again may have been kept for us. */
const BACKLOG_MS = 1_500;

/** CONNACK codes of MQTT 3.1.1 (§3.2.2.3) and MQTT 5 (§3.2.2.2) that a person must mend. */
const REFUSALS: Readonly<Record<number, { detail: string; hint: string }>> = {
  1: { detail: 'the broker refuses this MQTT version', hint: 'set mqtt.protocol to "3.1.1"' },
  132: { detail: 'the broker refuses this MQTT version', hint: 'set mqtt.protocol to "3.1.1"' },
  2: { detail: 'the broker refuses our client id', hint: 'set mqtt.client_id' },
  133: { detail: 'the broker refuses our client id', hint: 'set mqtt.client_id' },
  4: { detail: 'the broker refuses user or password', hint: 'check mqtt.username and mqtt.password' },
  134: { detail: 'the broker refuses user or password', hint: 'check mqtt.username and mqtt.password' },
  5: {
    detail: 'the broker does not let us in',
    hint: 'check mqtt.username, mqtt.password and its access list',
  },
  135: {
    detail: 'the broker does not let us in',
    hint: 'check mqtt.username, mqtt.password and its access list',
  },
};
const WRONG_VERSION = new Set([1, 132]);

type ConnectTo = typeof import('./library.ts').connectTo;

/** One client of a broker: what it was given and how it stands. */
interface ClientContext extends MqttClientOptions {
  readonly url: string;
  readonly health: Health;
  /** The connection there is, or is being made. */
  client: MqttClient | undefined;
  version: 4 | 5;
  isStopped: boolean;
  /** Attempts since we were last let in. */
  failures: number;
  /** Monotonic: the broker found our session again. */
  resumedMs: number;
  cancelRetry: (() => void) | undefined;
  /** While a long message passes: it is over. */
  endSlow: (() => void) | undefined;
}

/** A client of the broker of the settings. Starting does not wait for the broker. */
export function createMqttClient(options: MqttClientOptions): MqttTransport {
  const { config, world } = options;
  const { url = '' } = config;
  const context: ClientContext = {
    ...options,
    url,
    health: createHealth(world, 'mqtt', 'connecting', `connecting to ${url}`),
    client: undefined,
    version: config.protocol === '3.1.1' ? 4 : 5,
    isStopped: false,
    failures: 0,
    resumedMs: Number.NEGATIVE_INFINITY,
    cancelRetry: undefined,
    endSlow: undefined,
  };
  return {
    start: () => connect(context),
    stop: () => stop(context),
    async publish(topic, payload) {
      const { client } = context;
      if (!client?.connected) throw new Error('no connection to the broker');
      await client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
    },
    status: context.health.get,
  };
}

async function connect(context: ClientContext): Promise<void> {
  const { health, world } = context;
  const options = await clientOptions(context);
  const { connectTo } = await import('./library.ts');
  if (context.isStopped) return;
  if ('unreadable' in options) {
    health.set('down', options.unreadable, 'correct the path, or let our user read the file');
    return retryLater(context);
  }
  const current = open(context, connectTo, options);
  if (!current) return retryLater(context);
  context.client = current;
  takeOverAcks(current, (packet, ack) => receive(context, packet, ack));
  current.on('connect', ({ sessionPresent }) => {
    if (sessionPresent) context.resumedMs = world.clock.monotonicMs();
    void subscribe(context, current);
  });
  current.on('error', (error) => {
    if (context.client === current) failed(context, error);
  });
  current.on('close', () => {
    if (context.client === current) retryLater(context);
  });
}

/** We reconnect ourselves: a new client per attempt may speak another version of the protocol. */
function open(context: ClientContext, connectTo: ConnectTo, options: IClientOptions): MqttClient | undefined {
  const { url, health } = context;
  try {
    return connectTo(url, options, {
      oversize: {
        begun: (oversize) => longBegun(context, oversize),
        passed: (oversize) => longPassed(context, oversize),
      },
      onFault: ({ detail }) =>
        health.set('down', `the broker at ${url} sends ${detail}`, 'is it an MQTT broker?'),
    });
  } catch (error) {
    // OpenSSL refuses a certificate or key that is none, is cut short, or does not belong to the other.
    health.set(
      'down',
      `no connection to ${url} can be made: ${errorText(error)}`,
      'look at mqtt.ca_file, mqtt.cert_file and mqtt.key_file: PEM, whole, the key without a passphrase and that of the certificate',
    );
    return undefined;
  }
}

/** The library's own listeners stay: they end its timers. */
async function stop(context: ClientContext): Promise<void> {
  const { client, world, cancelRetry } = context;
  context.isStopped = true;
  context.client = undefined;
  cancelRetry?.();
  if (!client) return;
  // A broker that hangs, or a line that is gone, never says goodbye, and never acknowledges what is under way.
  let cancel = (): void => {};
  const patience = new Promise<void>((resolve) => {
    cancel = world.clock.after(GOODBYE_MS, resolve);
  });
  await Promise.race([client.endAsync(!client.connected), patience]);
  cancel();
  client.stream.destroy();
}

interface Unreadable {
  readonly unreadable: string;
}

async function clientOptions({
  config,
  site,
  version,
  world,
}: ClientContext): Promise<IClientOptions | Unreadable> {
  const { username, password } = config;
  const files = await readFiles(config, world);
  if ('unreadable' in files) return files;
  return {
    clientId: config.clientId.replace('<site.id>', site),
    clean: false,
    protocolVersion: version,
    keepalive: config.keepaliveS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...files,
    ...(version === 5
      ? {
          properties: {
            sessionExpiryInterval: NEVER_EXPIRES_S,
            receiveMaximum: RECEIVE_MAXIMUM,
            maximumPacketSize: MAX_ASKED_BYTES,
          },
        }
      : {}),
  };
}

/** The certificate files, read anew for each connection, so that a renewed one needs no restart. */
async function readFiles(
  { caFile, certFile, keyFile }: MqttConfig,
  { clock }: World,
): Promise<Pick<IClientOptions, 'ca' | 'cert' | 'key'> | Unreadable> {
  const files = { ca: caFile, cert: certFile, key: keyFile };
  const read: { ca?: string; cert?: string; key?: string } = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const file = files[name];
    if (file === undefined) continue;
    try {
      read[name] = (await readInTime(file, clock)).toString();
    } catch (error) {
      return { unreadable: `mqtt.${name}_file cannot be read: ${errorText(error)}` };
    }
  }
  return read;
}

function receive(context: ClientContext, packet: IPublishPacket, ack: () => void): void {
  const { handle, world, resumedMs } = context;
  if (context.isStopped) return;
  const { topic, qos, retain: retained } = packet;
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  const maybeStale = packet.dup || world.clock.monotonicMs() - resumedMs < BACKLOG_MS;
  handle({ topic, payload, qos, retained, maybeStale, ack });
}

/** All other messages stand behind this one. */
function longBegun(context: ClientContext, { topic, bytes }: Oversize): void {
  const { health, world } = context;
  const before = health.get();
  const cancel = world.clock.after(TOLD_AFTER_MS, () =>
    health.set(
      'degraded',
      `the broker is sending ${Math.ceil(bytes / 1e6)} MB on ${cut(topic, MAX_TOLD_TOPIC)}, which are thrown away; other messages wait`,
      'a gateway sends a few kilobytes: find out who publishes this',
    ),
  );
  context.endSlow = () => {
    cancel();
    health.set(before.state, before.detail, before.hint);
  };
}

function longPassed(context: ClientContext, { topic, qos, retained, bytes }: Oversize): void {
  longEnded(context);
  context.handle({
    topic,
    payload: new Uint8Array(0),
    discardedBytes: bytes,
    qos,
    retained,
    ack: () => {},
  });
}

function longEnded(context: ClientContext): void {
  context.endSlow?.();
  context.endSlow = undefined;
}

async function subscribe(context: ClientContext, current: MqttClient): Promise<void> {
  const { url, subscriptions, health, version } = context;
  context.failures = 0;
  try {
    const granted = await current.subscribeAsync([...subscriptions], { qos: 1 });
    const refused = granted.filter(({ qos }) => (qos as number) >= 128).map(({ topic }) => topic);
    if (refused.length > 0) return becomeDeaf(health, refused.join(', '));
    health.set('ok', `connected to ${url} (MQTT ${version === 5 ? '5' : '3.1.1'})`);
  } catch (error) {
    if (current.connected) becomeDeaf(health, error instanceof Error ? error.message : String(error));
  }
}

function becomeDeaf(health: Health, what: string): void {
  health.set(
    'degraded',
    `the broker refuses our subscription: ${what}`,
    "allow our user to read these topics in the broker's access list",
  );
}

function failed(context: ClientContext, error: Error & { code?: unknown }): void {
  const { config, url, health } = context;
  const { code } = error;
  if (typeof code === 'number' && WRONG_VERSION.has(code) && config.protocol === 'auto') {
    context.version = context.version === 5 ? 4 : 5;
  }
  const refusal = typeof code === 'number' ? REFUSALS[code] : undefined;
  if (refusal) return health.set('down', refusal.detail, refusal.hint);
  health.set(
    'down',
    `no connection to ${url}: ${error.message || String(code)}`,
    'is the broker running, and the address right?',
  );
}

function retryLater(context: ClientContext): void {
  const { url, health, world, client } = context;
  client?.removeAllListeners();
  client?.on('error', () => {});
  context.client = undefined;
  longEnded(context);
  if (context.isStopped) return;
  if (health.get().state !== 'down') {
    health.set(
      'down',
      `the broker at ${url} closed the connection`,
      'is the broker running, and is our client id used twice?',
    );
  }
  const delayMs = backoffMs(context.failures, RETRY, world.random);
  context.cancelRetry = world.clock.after(delayMs, () => void connect(context));
  context.failures += 1;
}
