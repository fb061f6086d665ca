/**
 * The door to an external broker: an MQTT client with a persistent session, QoS 1 and acknowledgement by hand. MQTT 5
 * where the broker speaks it, since only there we can tell it how many messages may wait for our commit.
 */
import type { IClientOptions, MqttClient } from 'mqtt';
import { backoffMs } from '../../model/backoff.ts';
import { createHealth } from '../../model/health.ts';
import { cut } from '../../model/text.ts';
import type { World } from '../../model/world.ts';
import { takeOverAcks } from './manual-ack.ts';
import type { Fault, Oversize } from './packet-limit.ts';
import type { InboundHandler, MqttTransport } from './transport.ts';

export interface MqttClientSettings {
  /** mqtt:// or mqtts:// */
  readonly url: string;
  readonly clientId: string;
  readonly protocol: 'auto' | '5' | '3.1.1';
  readonly keepaliveS: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM texts. */
  readonly tls?: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
}

export interface MqttClientOptions {
  readonly settings: MqttClientSettings;
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

/** A client of the broker at `settings.url`. Starting does not wait for the broker. */
export function createMqttClient(options: MqttClientOptions): MqttTransport {
  const { settings, subscriptions, handle, world } = options;
  const { clock } = world;
  const health = createHealth(world, 'mqtt', 'connecting', `connecting to ${settings.url}`);
  let client: MqttClient | undefined;
  let version: 4 | 5 = settings.protocol === '3.1.1' ? 4 : 5;
  let stopped = false;
  let failures = 0;
  let resumedMs = Number.NEGATIVE_INFINITY;
  let cancelRetry: (() => void) | undefined;
  let endSlow: (() => void) | undefined;

  function clientOptions(): IClientOptions {
    const { tls } = settings;
    return {
      clientId: settings.clientId,
      clean: false,
      protocolVersion: version,
      keepalive: settings.keepaliveS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      ...(settings.username === undefined ? {} : { username: settings.username }),
      ...(settings.password === undefined ? {} : { password: settings.password }),
      ...(tls?.ca ? { ca: tls.ca } : {}),
      ...(tls?.cert ? { cert: tls.cert } : {}),
      ...(tls?.key ? { key: tls.key } : {}),
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

  function onFault({ detail }: Fault): void {
    health.set('down', `the broker at ${settings.url} sends ${detail}`, 'is it an MQTT broker?');
  }

  /** All other messages stand behind this one. */
  function onBegun({ topic, bytes }: Oversize): void {
    const before = health.get();
    const cancel = clock.after(TOLD_AFTER_MS, () =>
      health.set(
        'degraded',
        `the broker is sending ${Math.ceil(bytes / 1e6)} MB on ${cut(topic, MAX_TOLD_TOPIC)}, which are thrown away; other messages wait`,
        'a gateway sends a few kilobytes: find out who publishes this',
      ),
    );
    endSlow = () => {
      cancel();
      health.set(before.state, before.detail, before.hint);
    };
  }

  function onPassed({ topic, qos, retained, bytes }: Oversize): void {
    endSlow?.();
    endSlow = undefined;
    handle({ topic, payload: new Uint8Array(0), discardedBytes: bytes, qos, retained, ack: () => {} });
  }

  async function connect(): Promise<void> {
    const { connectTo } = await import('./library.ts');
    if (stopped) return;
    // We reconnect ourselves: a new client per attempt may speak another version of the protocol.
    const current = connectTo(settings.url, clientOptions(), {
      oversize: { begun: onBegun, passed: onPassed },
      onFault,
    });
    client = current;
    takeOverAcks(current, (packet, ack) => {
      if (stopped) return;
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      const suspect = packet.dup || clock.monotonicMs() - resumedMs < BACKLOG_MS;
      handle({
        topic: packet.topic,
        payload,
        qos: packet.qos,
        retained: packet.retain,
        maybeStale: suspect,
        ack,
      });
    });
    current.on('connect', ({ sessionPresent }) => {
      if (sessionPresent) resumedMs = clock.monotonicMs();
      void subscribe(current);
    });
    current.on('error', (error) => failed(error));
    current.on('close', () => {
      if (client === current) retryLater();
    });
  }

  async function subscribe(current: MqttClient): Promise<void> {
    failures = 0;
    try {
      const granted = await current.subscribeAsync([...subscriptions], { qos: 1 });
      const refused = granted.filter(({ qos }) => (qos as number) >= 128).map(({ topic }) => topic);
      if (refused.length === 0)
        health.set('ok', `connected to ${settings.url} (MQTT ${version === 5 ? '5' : '3.1.1'})`);
      else becomeDeaf(refused.join(', '));
    } catch (error) {
      if (current.connected) becomeDeaf(error instanceof Error ? error.message : String(error));
    }
  }

  function becomeDeaf(what: string): void {
    health.set(
      'degraded',
      `the broker refuses our subscription: ${what}`,
      "allow our user to read these topics in the broker's access list",
    );
  }

  function failed(error: Error & { code?: unknown }): void {
    const code = error.code;
    if (typeof code === 'number' && WRONG_VERSION.has(code) && settings.protocol === 'auto') {
      version = version === 5 ? 4 : 5;
    }
    const refusal = typeof code === 'number' ? REFUSALS[code] : undefined;
    if (refusal) health.set('down', refusal.detail, refusal.hint);
    else
      health.set(
        'down',
        `no connection to ${settings.url}: ${error.message || String(code)}`,
        'is the broker running, and the address right?',
      );
  }

  function retryLater(): void {
    client?.removeAllListeners();
    client?.on('error', () => {});
    client = undefined;
    endSlow?.();
    endSlow = undefined;
    if (stopped) return;
    if (health.get().state !== 'down') {
      health.set(
        'down',
        `the broker at ${settings.url} closed the connection`,
        'is the broker running, and is our client id used twice?',
      );
    }
    cancelRetry = clock.after(backoffMs(failures, RETRY, world.random), () => void connect());
    failures += 1;
  }

  return {
    start: connect,
    async stop() {
      stopped = true;
      cancelRetry?.();
      const current = client;
      client = undefined;
      current?.removeAllListeners('close');
      await current?.endAsync(!current.connected);
    },
    async publish(topic, payload) {
      if (!client?.connected) throw new Error('no connection to the broker');
      await client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
    },
    status: health.get,
  };
}
