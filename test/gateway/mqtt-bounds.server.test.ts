/** What a broker or a stranger can make us hold by MQTT packets is bounded, and what stands behind them still comes (S2, C, X). */

import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import type { MqttConfig } from '../../src/config/schema.ts';
import { MAX_PACKET_BYTES } from '../../src/gateway/mqtt/bounded-stream.ts';
import { createMqttClient } from '../../src/gateway/mqtt/client.ts';
import { createEmbeddedBroker } from '../../src/gateway/mqtt/embedded.ts';
import type { Inbound } from '../../src/gateway/mqtt/transport.ts';
import { createWorld } from '../../src/ops/world.ts';
import { BUNDLED } from '../support/appliance-process.ts';
import { attackBox, type Box } from '../support/attacked-box.ts';
import { DEFAULTS } from '../support/config.ts';
import { connectRaw, packet, publishHead, publishLarge, writePieces } from '../support/large-publish.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith, eventually } from '../support/process.ts';
import { startScriptedBroker } from '../support/scripted-broker.ts';
import { createTestWorld } from '../support/world.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const LARGE_BYTES = 200 * 1024 ** 2;
const MAX_GROWTH_MB = 60;
/** While 600 MB pass by, what was read and not yet collected comes and goes: 45 to 76 MB were seen, where 600 would be kept. */
const MAX_PASSING_MB = 100;
const UP = 'gateway/0016c001f153a14c/event/up';
const STATS = 'gateway/0016c001f153a14c/event/stats';
const GOOD = JSON.stringify({ gatewayId: '0016c001f153a14c', rxPacketsReceived: 1 });

const realWorld = () => createWorld(createTestWorld().logger);

interface Status {
  readonly broker: { readonly state: string; readonly hint?: string };
  readonly refused: Readonly<Record<string, number>>;
}
const statusOf = ({ appliance }: Box) => appliance.get<Status>('/api/v1/status');
const hasHeard = ({ appliance }: Box, gatewayId: string) =>
  eventually(
    `${gatewayId} is heard`,
    async () => {
      const { items } = await appliance.get<{ items: { gatewayId: string }[] }>('/api/v1/gateways');
      return items.some((one) => one.gatewayId === gatewayId);
    },
    30_000,
  );

async function openDoor(url: string, changes: Partial<MqttConfig> = {}) {
  const messages: Inbound[] = [];
  const door = createMqttClient({
    config: { ...DEFAULTS.mqtt, url, ...changes },
    site: 'hut',
    subscriptions: ['gateway/+/event/+'],
    handle: (message) => messages.push(message),
    world: realWorld(),
  });
  ends.push(door.stop);
  await door.start();
  await eventually('connected', () => door.status().state === 'ok');
  return { door, messages };
}

async function openBroker() {
  const messages: Inbound[] = [];
  const told: unknown[] = [];
  const broker = createEmbeddedBroker({
    config: { embeddedHost: '127.0.0.1', embeddedPort: 0 },
    usersFile: '/nowhere',
    wanted: (topic) => topic.startsWith('gateway/'),
    handle: (message) => messages.push(message),
    tell: (event, { reason }) => told.push(`${event} ${reason}`),
    world: realWorld(),
  });
  ends.push(broker.stop);
  await broker.start();
  return { url: broker.url(), port: Number(new URL(broker.url()).port), messages, told };
}

async function publisher(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options });
  ends.push(() => client.endAsync(true));
  return client;
}

describeWith(['mosquitto'], 'the box at a real Mosquitto (S2, C)', () => {
  test.each(['5', '3.1.1'])(
    'C: MQTT %s: 200 MB retained and 200 MB at QoS 1 and 2 leave it alive, small, and hearing what comes behind',
    async (protocol) => {
      const broker = await startMosquitto();
      ends.push(broker.stop);
      const large = { port: broker.port, bytes: LARGE_BYTES };
      await publishLarge({ ...large, topic: 'gateway/kept/event/up', qos: 1, retain: true });
      const mqtt = { mode: 'external', url: broker.url, protocol };
      const attack = async (box: Box): Promise<void> => {
        await eventually('connected', async () => (await statusOf(box)).broker.state === 'ok', 30_000);
        await publishLarge({ ...large, topic: UP, qos: 1 });
        await publishLarge({ ...large, topic: UP, qos: 2 });
        const client = await publisher(broker.url);
        await client.publishAsync(STATS, GOOD, { qos: 1 });
        await hasHeard(box, '0016c001f153a14c');
        const { broker: state, refused } = await statusOf(box);
        expect(state.state).toBe('ok');
        // An MQTT 5 broker was told not to send such; an older one sends each once.
        expect(refused.too_large ?? 0).toBe(protocol === '5' ? 0 : 3);
      };
      const damage = await attackBox({ mqtt }, attack);
      expect(damage).toMatchObject({ isAlive: true });
      expect(damage.growthMb).toBeLessThan(protocol === '5' ? MAX_GROWTH_MB : MAX_PASSING_MB);
    },
    120_000,
  );

  test('long messages that wait for their commit stay in the broker, and come when there is room', async () => {
    const broker = await startMosquitto();
    ends.push(broker.stop);
    const { messages } = await openDoor(broker.url, { protocol: '3.1.1' });
    const client = await publisher(broker.url);
    const count = 90;
    const payload = Buffer.alloc(250_000);
    for (let n = 0; n < count; n++) await client.publishAsync(STATS, payload, { qos: 1 });
    const held = 4 * 1024 ** 2;
    await eventually('as many as are held', () => messages.length * payload.length >= held);
    let taken = 0;
    await eventually('all have come', () => {
      expect((messages.length - taken) * payload.length).toBeLessThan(held + payload.length);
      for (; taken < messages.length; taken++) messages[taken]?.ack();
      return taken === count;
    });
  });
});

describe('a broker that knows no limit (S2)', () => {
  const LONG = 8 * 1024 ** 2;
  const head = (qos: 1 | 2) => publishHead({ topic: UP, bytes: LONG, qos });

  test('is answered for a long message at QoS 1 and at QoS 2, so that its queue moves on', async () => {
    const broker = await startScriptedBroker();
    ends.push(broker.stop);
    const { messages } = await openDoor(broker.url, { protocol: '3.1.1' });
    const has = (cmd: string) =>
      eventually(cmd, () => broker.received.some((one) => one.cmd === cmd && one.messageId === 0x1234));
    await broker.send(Buffer.concat([head(1), Buffer.alloc(LONG)]));
    await has('puback');
    await broker.send(Buffer.concat([head(2), Buffer.alloc(LONG)]));
    await has('pubrec');
    await broker.send(Buffer.of(0x62, 2, 0x12, 0x34));
    await has('pubcomp');
    expect(messages.map(({ topic, discardedBytes = 0 }) => [topic, discardedBytes > LONG])).toEqual([
      [UP, true],
      [UP, true],
    ]);
    expect(broker.connections()).toBe(1);
  });

  test('MQTT 5: what is longer than we take, or than we asked for, is thrown away, and the connection stays', async () => {
    const broker = await startScriptedBroker();
    ends.push(broker.stop);
    const { messages } = await openDoor(broker.url, { protocol: '5' });
    for (const size of [1024 ** 2 + 1, 1024 ** 2, MAX_PACKET_BYTES + 1, MAX_PACKET_BYTES]) {
      // Four bytes of fixed header; the topic; no properties.
      const rest = size - 4;
      const name = Buffer.from(UP);
      const body = [Buffer.of(0, name.length), name, Buffer.of(0, 7, 0)];
      const payload = Buffer.alloc(rest - Buffer.concat(body).length);
      await broker.send(packet(0x32, Buffer.concat([...body, payload])));
    }
    await eventually('all', () => messages.length === 4);
    const isDiscarded = messages.map(({ discardedBytes }) => discardedBytes !== undefined);
    expect(isDiscarded).toEqual([true, true, true, false]);
    expect(broker.connections()).toBe(1);
  });

  test('a slow line: we say what is coming and do not give up, however long it takes', async () => {
    const broker = await startScriptedBroker();
    ends.push(broker.stop);
    const { door, messages } = await openDoor(broker.url, { protocol: '3.1.1', keepaliveS: 1 });
    await broker.send(head(1));
    const pings = () => broker.received.filter(({ cmd }) => cmd === 'pingreq').length;
    let sent = 0;
    // Pings go unanswered: their answers stand behind the message. Two of them without an answer end a connection.
    await eventually('told, and still there after four pings', async () => {
      sent += 1_000;
      await broker.send(Buffer.alloc(1_000));
      return door.status().state === 'degraded' && pings() >= 4;
    });
    expect(door.status()).toMatchObject({
      detail: expect.stringMatching(/sending 9 MB on gateway\/0016c001f153a14c\/event\/up/),
      hint: expect.stringContaining('who publishes this'),
    });
    await broker.send(Buffer.alloc(LONG - sent));
    await eventually('over', () => door.status().state === 'ok');
    expect(messages).toHaveLength(1);
    expect(broker.connections()).toBe(1);
  });
});

describe('strangers at the embedded broker (S2, X)', () => {
  const NEARLY = MAX_PACKET_BYTES - 1_000;
  const open = (port: number, name: string) => connectRaw(port, name);

  test('X: three packets of 250 MB, and packets in pieces of one byte, do not fill its memory', async () => {
    const damage = await attackBox(
      {},
      async (box) => {
        const bytes = 250 * 1024 ** 2;
        const large = { port: box.brokerPort, topic: 'any', qos: 0 } as const;
        // Each of its own length has a client id of its own.
        const written = await Promise.all([1, 2, 3].map((n) => publishLarge({ ...large, bytes: bytes + n })));
        expect(Math.max(...written)).toBeLessThan(bytes);
        const sockets = await Promise.all([1, 2].map((n) => open(box.brokerPort, `slow-${n}`)));
        for (const socket of sockets) socket.write(publishHead({ topic: 'any', bytes: NEARLY, qos: 0 }));
        for (let n = 0; n < 250_000; n++) {
          for (const socket of sockets) socket.write('a');
          if (n % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        const client = await publisher(`mqtt://127.0.0.1:${box.brokerPort}`);
        await client.publishAsync(STATS, GOOD, { qos: 1 });
        await hasHeard(box, '0016c001f153a14c');
        expect(await statusOf(box)).toMatchObject({ refused: { too_large: 3 } });
        for (const socket of sockets) socket.destroy();
      },
      BUNDLED,
    );
    expect(damage).toMatchObject({ isAlive: true });
    expect(damage.growthMb).toBeLessThan(MAX_GROWTH_MB);
  }, 120_000);

  test('packets that do not end are bounded together, and a gateway still comes through', async () => {
    const { port, url, messages, told } = await openBroker();
    const sockets = await Promise.all(Array.from({ length: 60 }, (_, n) => open(port, `open-${n}`)));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (const socket of sockets) {
      socket.write(publishHead({ topic: 'any', bytes: NEARLY, qos: 0 }));
      void writePieces(socket, NEARLY - 1);
    }
    await eventually('the last are shown out', () => sockets.filter(({ closed }) => closed).length >= 10);
    expect(told).toContain('broker.client_refused too_many_unfinished');
    const client = await publisher(url);
    await client.publishAsync(UP, 'x'.repeat(5_000), { qos: 0 });
    await eventually('the gateway', () => messages.some(({ payload }) => payload.length === 5_000));
  });

  test('a subscription to 200 000 topics ends the connection', async () => {
    const { port, told } = await openBroker();
    const socket = await open(port, 'many');
    socket.write(packet(0x82, Buffer.concat([Buffer.of(0, 1), Buffer.alloc(1_000_000, '\0\x02ab\0')])));
    await eventually('shown out', () => socket.closed);
    expect(told).toEqual(['broker.client_refused too_large']);
  });

  test('one address has so many connections and no more', async () => {
    const { port, told } = await openBroker();
    const sockets = await Promise.all(Array.from({ length: 80 }, (_, n) => open(port, `many-${n}`)));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    await eventually('sixteen are shown out', () => sockets.filter(({ closed }) => closed).length === 16);
    expect(told).toHaveLength(16);
    sockets.find(({ closed }) => !closed)?.destroy();
    await eventually('a place is free', async () => {
      const socket = await open(port, 'later');
      ends.push(() => socket.destroy());
      return !socket.closed;
    });
  });

  test('long messages that wait for their commit are bounded in bytes, at QoS 0 too', async () => {
    const { port, messages } = await openBroker();
    const size = 250_000;
    const limit = 8 * 1024 ** 2;
    for (const qos of [0, 1] as const) {
      messages.length = 0;
      const socket = await open(port, `long-${qos}`);
      ends.push(() => socket.destroy());
      const one = Buffer.concat([publishHead({ topic: UP, bytes: size, qos }), Buffer.alloc(size)]);
      for (let n = 0; n < 60; n++) socket.write(one);
      await eventually('as much as may wait', () => messages.length * size >= limit);
      let taken = 0;
      await eventually('all have come', () => {
        expect((messages.length - taken) * size).toBeLessThan(limit + size);
        for (; taken < messages.length; taken++) messages[taken]?.ack();
        return taken === 60;
      });
    }
  });
});
