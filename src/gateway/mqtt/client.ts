/**
 * The door to an external broker: an MQTT client with a persistent session, QoS 1 and acknowledgement by hand. MQTT 5
 * where the broker speaks it, since only there we can tell it how many messages may wait for our commit.
 */
import type { IClientOptions, MqttClient } from 'mqtt';
import type { MqttConfig } from '../../config/schema.ts';
import { errorText } from '../../model/error-text.ts';
import { createHealth, type Health } from '../../model/health.ts';
import type { Line } from '../../model/line.ts';
import { ToldError, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import type { World } from '../../model/world.ts';
import { type Attempts, createAttempts, STEADY_MS } from './attempts.ts';
import { readFiles, type Unreadable } from './certificate-files.ts';
import { type Commands, createCommands } from './commands.ts';
import { MAX_UNACKNOWLEDGED, type Received } from './message-intake.ts';
import { emptyOldSessions } from './old-session.ts';
import type { Oversize } from './packet-limit.ts';
import {
  COMMANDS_REFUSED,
  clientIdTwice,
  failedToConnect,
  goodbyeOf,
  hungUp,
  isTakenOver,
  notSubscribed,
  type Refusal,
  refusedTopics,
  refusesVersion,
  shortfallOf,
  subscriptionRefused,
  unusableFiles,
} from './refusals.ts';
import { openSessionNote, type SessionNote } from './session-note.ts';
import { createStanding, type Standing } from './standing.ts';
import type { InboundHandler, MqttTransport } from './transport.ts';

export interface MqttClientOptions {
  readonly config: MqttConfig;
  /** The site's id, which the client id may name. */
  readonly site: string;
  /** Where it is noted which session the broker keeps for us; undefined: nowhere. */
  readonly sessionFile?: string;
  readonly subscriptions: readonly string[];
  readonly handle: InboundHandler;
  /** That a rehearsal may cut. */
  readonly line?: Line;
  readonly world: World;
}

/** What is longer the broker throws away unseen (MQTT 5); more than we take in (bounded-stream.ts), which we count and tell. */
const MAX_ASKED_BYTES = 1024 * 1024;
/** The broker keeps our session and its queue until we say otherwise. */
const NEVER_EXPIRES_S = 0xffff_ffff;
const CONNECT_TIMEOUT_MS = 10_000;
/** How long a stop waits for the broker to say goodbye. */
const GOODBYE_MS = 1_000;
/** A message being thrown away for longer than this is told; shorter ones are only counted. */
const TOLD_AFTER_MS = 2_000;
/** A topic may have 64 kB. */
const MAX_TOLD_TOPIC = 200;
/** What comes so soon after a session was found again may have been kept for us. */
const BACKLOG_MS = 1_500;

type ConnectTo = typeof import('./library.ts').connectTo;

/** One client of a broker: what it was given and how it stands. */
interface ClientContext extends MqttClientOptions {
  readonly url: string;
  readonly health: Health;
  /** The connection there is, or is being made. */
  client: MqttClient | undefined;
  readonly clientId: string;
  readonly attempts: Attempts;
  readonly standing: Standing;
  readonly note: SessionNote;
  isStopped: boolean;
  /** Old sessions are being emptied, or have been. */
  emptying: AbortController | undefined;
  /** The broker has said that somebody else has our client id. */
  isTakenOver: boolean;
  /** What it said when it ended the connection. */
  goodbye: Refusal | undefined;
  /** Monotonic: the broker found our session again. */
  resumedMs: number;
  /** While the broker lets us in. */
  commands: Commands | undefined;
  cancelRetry: (() => void) | undefined;
  cancelSteady: (() => void) | undefined;
  /** While a long message passes: it is over. */
  endSlow: (() => void) | undefined;
}

/** A client of the broker of the settings. Starting does not wait for the broker. */
export function createMqttClient(options: MqttClientOptions): MqttTransport {
  const { config, site, sessionFile, world } = options;
  const { url = '' } = config;
  const health = createHealth(world, 'mqtt', 'connecting', tell('broker.connecting', { url }));
  const context: ClientContext = {
    ...options,
    url,
    health,
    clientId: config.clientId.replace('<site.id>', site),
    attempts: createAttempts(config.protocol, world),
    standing: createStanding(url, health, world),
    note: openSessionNote(sessionFile),
    client: undefined,
    isStopped: false,
    emptying: undefined,
    isTakenOver: false,
    goodbye: undefined,
    resumedMs: Number.NEGATIVE_INFINITY,
    commands: undefined,
    cancelRetry: undefined,
    cancelSteady: undefined,
    endSlow: undefined,
  };
  options.line?.onCut(() => context.client?.stream.destroy());
  return {
    start: () => connect(context),
    stop: () => stop(context),
    publish: (topic, payload) => send(context, topic, payload),
    status: health.get,
  };
}

async function send({ commands }: ClientContext, topic: string, payload: Uint8Array): Promise<void> {
  if (!commands) throw new ToldError(tell('downlink.noConnection'));
  await commands.send(topic, payload);
}

async function connect(context: ClientContext): Promise<void> {
  const { health, line, world } = context;
  if (line?.isCut()) {
    tellDown(health, tell('broker.rehearsal'));
    return retryLater(context);
  }
  const options = await clientOptions(context);
  const { connectTo } = await import('./library.ts');
  if (context.isStopped) return;
  if ('unreadable' in options) {
    health.set('down', options.unreadable);
    return retryLater(context);
  }
  const current = open(context, connectTo, options);
  if (!current) return retryLater(context);
  context.client = current;
  current.on('connect', ({ sessionPresent, properties }) => {
    if (sessionPresent) context.resumedMs = world.clock.monotonicMs();
    context.attempts.letIn();
    context.commands = createCommands(current, context.standing, properties);
    void subscribe(context, current, sessionPresent, properties?.sessionExpiryInterval);
  });
  current.on('disconnect', (packet) => {
    if (isTakenOver(packet.reasonCode)) context.isTakenOver = true;
    context.goodbye = goodbyeOf(context.url, packet);
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
  const { url, health, attempts } = context;
  try {
    return connectTo(url, options, {
      onOpen: attempts.opened,
      receive: (message) => receive(context, message),
      oversize: {
        begun: (oversize) => longBegun(context, oversize),
        passed: (oversize) => longPassed(context, oversize),
      },
      onFault: ({ detail: what }) => health.set('down', tell('broker.noMqtt', { url, what })),
    });
  } catch (error) {
    // OpenSSL refuses a certificate or key that is none, is cut short, or does not belong to the other.
    tellDown(health, unusableFiles(url, error));
    return undefined;
  }
}

/** The library's own listeners stay: they end its timers. */
async function stop(context: ClientContext): Promise<void> {
  const { client, world, cancelRetry } = context;
  context.isStopped = true;
  context.client = undefined;
  cancelRetry?.();
  context.cancelSteady?.();
  context.standing.stop();
  context.emptying?.abort();
  context.commands?.ended(false);
  context.commands = undefined;
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

async function clientOptions({
  config,
  clientId,
  attempts,
  world,
}: ClientContext): Promise<IClientOptions | Unreadable> {
  const version = attempts.version();
  const { username, password } = config;
  const files = await readFiles(config, world);
  if ('unreadable' in files) return files;
  return {
    clientId,
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
            receiveMaximum: MAX_UNACKNOWLEDGED,
            maximumPacketSize: MAX_ASKED_BYTES,
          },
        }
      : {}),
  };
}

function receive(context: ClientContext, { dup, ...message }: Received): void {
  const { handle, world, resumedMs } = context;
  if (context.isStopped) return;
  context.standing.received();
  const maybeStale = dup || world.clock.monotonicMs() - resumedMs < BACKLOG_MS;
  handle({ ...message, maybeStale });
}

/** All other messages stand behind this one. */
function longBegun(context: ClientContext, { topic, bytes }: Oversize): void {
  const { health, world } = context;
  const before = health.get();
  const cancel = world.clock.after(TOLD_AFTER_MS, () =>
    health.set(
      'degraded',
      tell('broker.oversize', { megabytes: Math.ceil(bytes / 1e6), topic: cut(topic, MAX_TOLD_TOPIC) }),
    ),
  );
  context.endSlow = () => {
    cancel();
    health.set(before.state, before);
  };
}

function longPassed(context: ClientContext, { topic, qos, retained, bytes }: Oversize): void {
  longEnded(context);
  context.standing.received();
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

async function subscribe(
  context: ClientContext,
  current: MqttClient,
  sessionPresent: boolean,
  sessionExpiryS: number | undefined,
): Promise<void> {
  const { subscriptions, standing, attempts, note, url, clientId, health, world } = context;
  const version = attempts.version();
  if (!sessionPresent && note.isKnown(url, clientId)) standing.sessionLost();
  context.cancelSteady = world.clock.after(STEADY_MS, () => {
    attempts.steady();
    context.isTakenOver = false;
    standing.unsteady(undefined);
  });
  const cancelWait = world.clock.after(STEADY_MS, () => {
    if (context.client !== current) return;
    tellDown(health, notSubscribed(url));
    current.stream.destroy();
  });
  try {
    const granted = await current.subscribeAsync([...subscriptions], { qos: 1 });
    if (context.client !== current) return;
    standing.subscribed(version, shortfallOf({ sessionExpiryS, granted: granted.map(({ qos }) => qos) }));
  } catch (error) {
    if (context.client !== current || !current.connected) return;
    standing.subscribed(version, subscriptionRefused(refusedTopics(subscriptions, error)));
  } finally {
    cancelWait();
  }
  noteSession(context);
}

/** Remembers the session the broker now keeps for us, and empties those of earlier client ids, once. */
function noteSession(context: ClientContext): void {
  const { note, url, clientId, world } = context;
  try {
    note.subscribed(url, clientId);
  } catch (error) {
    world.logger.warn('mqtt.session_not_noted', { error: errorText(error) });
  }
  const old = note.old(url);
  if (context.emptying || old.length === 0) return;
  context.emptying = new AbortController();
  void emptyOld(context, old, context.emptying.signal);
}

async function emptyOld(
  context: ClientContext,
  clientIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { url, subscriptions, attempts, note, world } = context;
  const [{ connectTo }, options] = await Promise.all([import('./library.ts'), clientOptions(context)]);
  if ('unreadable' in options) return;
  await emptyOldSessions({
    ...{ clientIds, version: attempts.version(), subscriptions, signal, world },
    connect: (changes, receive) => connectTo(url, { ...options, ...changes }, { receive }),
    handle: (message) => {
      if (!context.isStopped) context.handle(message);
    },
    forget: (clientId) => note.drop(url, clientId),
  });
}

function failed(context: ClientContext, error: Error & { code?: unknown }): void {
  const { url, health, attempts } = context;
  if (refusesVersion(error.code)) attempts.versionRefused();
  tellDown(health, failedToConnect(url, error, attempts.isUnanswered()));
}

function tellDown(health: Health, refusal: Refusal): void {
  health.set('down', refusal);
}

function retryLater(context: ClientContext): void {
  const { world, client, attempts, standing } = context;
  client?.removeAllListeners();
  client?.on('error', () => {});
  context.client = undefined;
  // Mosquitto ends the connection over a command that comes right after one it refused.
  context.commands?.ended(standing.areCommandsRefused());
  context.commands = undefined;
  longEnded(context);
  context.cancelSteady?.();
  standing.ended();
  if (context.isStopped) return;
  tellEnd(context, attempts.ended());
  context.goodbye = undefined;
  context.cancelRetry = world.clock.after(attempts.delayMs(), () => void connect(context));
}

function tellEnd(context: ClientContext, how: ReturnType<Attempts['ended']>): void {
  const { url, health, attempts, standing, clientId } = context;
  if (how === 'let_in' && standing.areCommandsRefused()) {
    attempts.steady();
    return standing.unsteady(COMMANDS_REFUSED);
  }
  const twice = context.goodbye ?? clientIdTwice(clientId, context.isTakenOver);
  if (how === 'let_in' && attempts.isUnsteady()) return standing.unsteady(twice);
  if (health.get().state === 'down') return;
  if (context.isTakenOver) return tellDown(health, twice);
  tellDown(health, context.goodbye ?? hungUp(url, how !== 'unanswered'));
}
