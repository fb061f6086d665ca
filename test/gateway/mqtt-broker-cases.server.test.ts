/** Brokers as they are met at sites: with access lists, without a memory, behind fronts, shared with a second box. */
import { writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import type { MqttConfig } from '../../src/config/schema.ts';
import { createMqttClient } from '../../src/gateway/mqtt/client.ts';
import type { Inbound } from '../../src/gateway/mqtt/transport.ts';
import { DEFAULTS } from '../support/config.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith, eventually, temporaryFolder } from '../support/process.ts';
import { createFastWorld } from '../support/world.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const UP = 'gateway/0016c001f153a14c/event/up';
const DOWN = 'gateway/0016c001f153a14c/command/down';
const payloads = (messages: readonly Inbound[]) =>
  messages.map(({ payload }) => Buffer.from(payload).toString());

interface DoorOptions extends Partial<MqttConfig> {
  readonly site?: string;
  readonly sessionFile?: string;
  /** How much faster than ours its clock runs. */
  readonly speed?: number;
  readonly acknowledges?: boolean;
}

async function openDoor({ site = 'hut', sessionFile, speed = 1, acknowledges, ...changes }: DoorOptions) {
  const messages: Inbound[] = [];
  const world = createFastWorld(speed);
  const door = createMqttClient({
    config: { ...DEFAULTS.mqtt, clientId: 'webscada-edge-<site.id>', ...changes },
    ...(sessionFile === undefined ? {} : { sessionFile }),
    site,
    subscriptions: ['gateway/+/event/+'],
    handle(message) {
      messages.push(message);
      if (acknowledges) message.ack();
    },
    world,
  });
  ends.push(door.stop);
  await door.start();
  const count = (event: string) => world.logged.filter((line) => line.event === event).length;
  return { door, messages, world, count };
}

async function openedDoor(options: DoorOptions) {
  const opened = await openDoor(options);
  await eventually('connected', () => opened.door.status().state === 'ok');
  return opened;
}

async function publisher(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options });
  ends.push(() => client.endAsync(true));
  return client;
}

function folderOf(): string {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  return folder.path;
}

async function startBroker(options: Parameters<typeof startMosquitto>[0] = {}) {
  const broker = await startMosquitto(options);
  ends.push(broker.stop);
  return broker;
}

/** Mosquitto where `box` may do what the lines say and `bridge` everything. */
async function startWithAccessList(lines: readonly string[]) {
  const file = join(folderOf(), 'acl');
  writeFileSync(file, ['user box', ...lines, 'user bridge', 'topic readwrite #', ''].join('\n'));
  return startBroker({ users: { box: 'x', bridge: 'y' }, config: [`acl_file ${file}`] });
}
const BOX = { username: 'box', password: 'x' };
const BRIDGE = { username: 'bridge', password: 'y' };

describeWith(['mosquitto'], 'a broker with an access list', () => {
  test.each(['5', '3.1.1'] as const)(
    'A1: MQTT %s without the right to read: subscribed, nothing ever came, and a hint says so',
    async (protocol) => {
      const broker = await startWithAccessList(['topic write gateway/+/command/#']);
      const { door, messages } = await openDoor({ url: broker.url, protocol, ...BOX, speed: 600 });
      const client = await publisher(broker.url, BRIDGE);
      for (let n = 0; n < 50; n++) await client.publishAsync(UP, String(n), { qos: 1 });
      await eventually('told', () => door.status().detail.includes('nothing has come'));
      expect(door.status()).toMatchObject({
        state: 'degraded',
        hint: expect.stringMatching(/Gateway Bridge.*access list/),
      });
      expect(messages).toEqual([]);
    },
  );

  test('A3: MQTT 5 says that the access list refuses our commands, and uplinks still come', async () => {
    const broker = await startWithAccessList(['topic read gateway/#']);
    const { door, messages } = await openedDoor({ url: broker.url, protocol: '5', ...BOX });
    const refusals = await Promise.allSettled(
      Array.from({ length: 10 }, () => door.publish(DOWN, Buffer.from('x'))),
    );
    for (const one of refusals) {
      expect(one).toMatchObject({ status: 'rejected', reason: { message: /access list/ } });
    }
    expect(door.status()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('refuses our commands'),
      hint: expect.stringContaining('gateway/+/command/#'),
    });
    const client = await publisher(broker.url, BRIDGE);
    await client.publishAsync(UP, 'a', { qos: 1 });
    await eventually('the uplink', () => messages.length === 1);
    expect(door.status().detail).toContain('refuses our commands');
    await eventually('connected again', () => settles(door.publish(DOWN, Buffer.from('x')), 'access list'));
  });
});

async function settles(promise: Promise<void>, words: string): Promise<boolean> {
  return promise.then(
    () => false,
    (error) => String(error).includes(words),
  );
}

describeWith(['mosquitto'], 'the session the broker keeps for us', () => {
  test.each(['5', '3.1.1'] as const)(
    'D3: MQTT %s: what waits under the client id of before comes, and that session ends',
    async (protocol) => {
      const broker = await startBroker();
      const sessionFile = join(folderOf(), 'session.json');
      const settings = { url: broker.url, protocol, sessionFile, acknowledges: true } as const;
      const before = await openedDoor({ ...settings, site: 'north' });
      await before.door.stop();
      const client = await publisher(broker.url);
      const sent = Array.from({ length: 200 }, (_, n) => `old ${n}`);
      for (const text of sent) await client.publishAsync(UP, text, { qos: 1 });

      const after = await openedDoor({ ...settings, site: 'north-hill' });
      await client.publishAsync(UP, 'new', { qos: 1 });
      await eventually('emptied', () => after.count('mqtt.old_session_emptied') === 1, 20_000);
      expect(new Set(payloads(after.messages))).toEqual(new Set([...sent, 'new']));
      expect(after.door.status().state).toBe('ok');
      await client.publishAsync(UP, 'later', { qos: 1 });
      await eventually('ours still hears', () => payloads(after.messages).includes('later'));
      const options = { clientId: 'webscada-edge-north', clean: false, manualConnect: true };
      const old = connect(broker.url, { ...options, reconnectPeriod: 0 });
      ends.push(() => old.endAsync(true));
      const answer = new Promise<{ sessionPresent: boolean }>((resolve) => old.once('connect', resolve));
      old.connect();
      expect(await answer).toMatchObject({ sessionPresent: false });
    },
    30_000,
  );

  test('D3: what is not acknowledged keeps the old session, and so does another box that has come back for it', async () => {
    const broker = await startBroker();
    const sessionFile = join(folderOf(), 'session.json');
    const first = await openedDoor({ url: broker.url, sessionFile, site: 'north' });
    await first.door.stop();
    const client = await publisher(broker.url);
    await client.publishAsync(UP, 'a', { qos: 1 });
    const copy = await openedDoor({ url: broker.url, site: 'north', acknowledges: true });
    const renamed = await openedDoor({ url: broker.url, sessionFile, site: 'north-hill', speed: 1 });
    await eventually('left alone', () => renamed.count('mqtt.old_session_kept') === 1);
    await eventually('back', () => copy.door.status().state === 'ok');
    await client.publishAsync(UP, 'b', { qos: 1 });
    await eventually('both hear', () =>
      [copy, renamed].every(({ messages }) => payloads(messages).includes('b')),
    );
    await renamed.door.stop();
    await copy.door.stop();

    await client.publishAsync(UP, 'c', { qos: 1 });
    const later = await openedDoor({ url: broker.url, sessionFile, site: 'north-hill', speed: 10 });
    await eventually('all came', () => payloads(later.messages).filter((text) => text === 'c').length === 2);
    expect(later.count('mqtt.old_session_emptied')).toBe(0);
    for (const { ack } of later.messages) ack();
    await eventually('emptied', () => later.count('mqtt.old_session_emptied') === 1);
  }, 30_000);

  test('S3: a broker that forgot our session is told, after its restart and after ours', async () => {
    const broker = await startBroker({ config: ['persistence false'] });
    const sessionFile = join(folderOf(), 'session.json');
    const { door, count } = await openedDoor({ url: broker.url, sessionFile, site: 'hut' });
    expect(count('mqtt.session_lost')).toBe(0);
    await broker.restart();
    await eventually('told', () => door.status().detail.includes('forgot our session'));
    expect(door.status()).toMatchObject({
      state: 'degraded',
      hint: expect.stringContaining('persistence true'),
    });
    expect(count('mqtt.session_lost')).toBe(1);
    await door.stop();

    const second = await openedDoor({ url: broker.url, sessionFile });
    expect(second.count('mqtt.session_lost')).toBe(0);
    await second.door.stop();
    await broker.restart();
    const third = await openDoor({ url: broker.url, sessionFile });
    await eventually('told again', () => third.door.status().detail.includes('forgot our session'));
  });

  test('B: two boxes with one client id are told so, back off, and write few lines', async () => {
    const broker = await startBroker();
    const settings = { url: broker.url, clientId: 'twin', speed: 20, acknowledges: true } as const;
    const boxes = [await openDoor(settings), await openDoor(settings)];
    const turns = () => broker.output().split('as twin').length - 1;
    await eventually('both told', () =>
      boxes.every(({ door }) => door.status().detail.includes('soon after letting us in as twin')),
    );
    const before = turns();
    const lines = () => boxes.reduce((sum, { world }) => sum + world.logged.length, 0);
    const written = lines();
    const sinceMs = performance.now();
    const client = await publisher(broker.url);
    let sent = 0;
    await eventually(
      'twelve more turns',
      async () => {
        await client.publishAsync(UP, String(sent++), { qos: 1 });
        return turns() - before >= 12;
      },
      30_000,
    );
    const perTurnMs = ((performance.now() - sinceMs) * settings.speed) / 12;
    expect(perTurnMs).toBeGreaterThan(2_000);
    // A machine that is late lets one of them stay for a while, which is told, and told again when it is over: no line a turn.
    expect(lines() - written).toBeLessThanOrEqual(4);
    await eventually('both are told so still', () =>
      boxes.every(({ door }) => door.status().state === 'degraded'),
    );
    await eventually('nothing is lost', () => {
      const heard = new Set(boxes.flatMap(({ messages }) => payloads(messages)));
      return heard.size === sent;
    });

    await boxes[1]?.door.stop();
    await eventually('the one that is left is well', () => boxes[0]?.door.status().state === 'ok', 20_000);
  }, 60_000);
});

/** Passes connections on to `port`, but leaves or hangs up on those that begin with MQTT 5 while `isOld`. */
async function startFront(
  port: number,
  isOld: () => boolean,
  meets: 'hangs up' | 'silence',
): Promise<string> {
  const front = createServer((socket) => {
    ends.push(() => socket.destroy());
    socket.on('error', () => {});
    socket.once('data', (connect) => {
      // Fixed header of two bytes, the name of the protocol, its level.
      if (isOld() && connect[8] === 5) {
        if (meets === 'hangs up') socket.destroy();
        return;
      }
      const behind = createConnection(port, '127.0.0.1');
      behind.on('error', () => socket.destroy());
      behind.write(connect);
      socket.pipe(behind).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  ends.push(() => front.close());
  const address = front.address();
  return `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

describeWith(['mosquitto'], 'V5: a front before the broker that does not speak MQTT 5', () => {
  test('V5: where it hangs up, auto connects with 3.1.1, and 5 is tried again when the front is gone', async () => {
    const broker = await startBroker();
    let isOld = true;
    const url = await startFront(broker.port, () => isOld, 'hangs up');
    const { door, messages } = await openedDoor({ url });
    expect(door.status().detail).toContain('MQTT 3.1.1');
    const client = await publisher(broker.url);
    await client.publishAsync(UP, 'a', { qos: 1 });
    await eventually('hears', () => messages.length === 1);
    isOld = false;
    await broker.restart();
    await eventually('speaks 5', () => door.status().detail.includes('(MQTT 5)'));
  });

  test('V5: where it says nothing, that is told with what to look at, and 3.1.1 is tried as well', async () => {
    const broker = await startBroker();
    const { door } = await openDoor({ url: await startFront(broker.port, () => true, 'silence') });
    const isTold = () => door.status().detail.includes('takes the connection and does not answer');
    await eventually('told', isTold, 30_000);
    expect(door.status()).toMatchObject({ state: 'down', hint: expect.stringContaining('mqtt.protocol') });
    await eventually('speaks 3.1.1', () => door.status().detail.includes('(MQTT 3.1.1)'), 60_000);
  }, 120_000);
});
