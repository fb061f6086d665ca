/** The embedded broker where the network reaches it: gateways with a user are let in, for themselves; everything is bounded (S4). */
import { writeFileSync } from 'node:fs';
import { connectAsync, type IClientOptions } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { BROKER_LIMITS } from '../../src/gateway/mqtt/broker-access.ts';
import { createEmbeddedBroker } from '../../src/gateway/mqtt/embedded.ts';
import type { Inbound } from '../../src/gateway/mqtt/transport.ts';
import { createWorld } from '../../src/ops/world.ts';
import { addBrokerUser, brokerUsersFile, removeBrokerUser } from '../../src/store/broker-users.ts';
import { eventually, temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const ID = '0016c001f153a14c';
const OTHER = '0016c001f153a14d';

async function openBroker(embeddedHost: string) {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const usersFile = brokerUsersFile(folder.path);
  const messages: Inbound[] = [];
  const told: string[] = [];
  const broker = createEmbeddedBroker({
    config: { embeddedHost, embeddedPort: 0 },
    usersFile,
    wanted: (topic) => topic.includes('/event/'),
    handle(message) {
      messages.push(message);
      message.ack();
    },
    tell: (_, { reason }) => void told.push(String(reason)),
    world: createWorld(createTestWorld().logger),
  });
  ends.push(broker.stop);
  await broker.start();
  const url = `mqtt://127.0.0.1:${new URL(broker.url()).port}`;
  const login = async (options: IClientOptions = {}) => {
    const client = await connectAsync(url, { reconnectPeriod: 0, ...options }, false);
    ends.push(() => client.endAsync(true));
    client.on('error', () => {});
    return client;
  };
  return { broker, usersFile, messages, told, login };
}

async function openToGateways() {
  const opened = await openBroker('0.0.0.0');
  const passwordOf = (id: string) => addBrokerUser(opened.usersFile, id) ?? '';
  const [password, other] = [passwordOf(ID), passwordOf(OTHER)];
  return { ...opened, own: { username: ID, password }, other: { username: OTHER, password: other } };
}

test('S4: off the loopback nobody is let in without a user, and the status says what is exposed', async () => {
  const { broker, usersFile, login, told } = await openBroker('0.0.0.0');
  expect(broker.status()).toMatchObject({
    state: 'degraded',
    detail: expect.stringMatching(/Open to the network and not encrypted; no gateway has a user/),
    hint: expect.stringContaining('broker-user add'),
  });
  await expect(login()).rejects.toThrow(/user/i);
  const password = addBrokerUser(usersFile, ID) ?? '';
  expect(broker.status()).toMatchObject({
    state: 'ok',
    detail: expect.stringContaining('Open to the network'),
  });
  for (const wrong of [
    {},
    { username: ID },
    { username: ID, password: 'x' },
    { username: OTHER, password },
    { username: '__proto__', password },
    { username: 'webscada-edge', password },
  ]) {
    await expect(login(wrong)).rejects.toThrow(/user/i);
  }
  expect(told).toContain('wrong_password');
  await login({ username: ID, password });
  await login(broker.login);
  const again = addBrokerUser(usersFile, ID) ?? '';
  await expect(login({ username: ID, password })).rejects.toThrow(/user/i);
  removeBrokerUser(usersFile, ID);
  await expect(login({ username: ID, password: again })).rejects.toThrow(/user/i);
  for (const text of ['', '[]', '{', '{"x":1}', 'x'.repeat(100_000)]) {
    writeFileSync(usersFile, text);
    told.length = 0;
    await expect(login({ username: ID, password: again })).rejects.toThrow(/user/i);
    expect(told).toEqual(['users_unreadable']);
    const { state, detail } = broker.status();
    expect([state, detail]).toEqual(['degraded', expect.stringContaining('cannot be read')]);
  }
});

test('S4: a gateway speaks and hears for itself alone, and nobody but the box gives commands', async () => {
  const { broker, own, other, login, messages } = await openToGateways();
  const gateway = await login({ ...own, clientId: 'bridge' });
  // The same client id under another user takes nobody's connection.
  const neighbour = await login({ ...other, clientId: 'bridge' });
  const heard: string[] = [];
  gateway.on('message', (topic) => heard.push(topic));
  await gateway.subscribeAsync(`gateway/${ID}/command/#`, { qos: 1 });
  for (const topic of [
    '#',
    '+/#',
    '$SYS/#',
    `gateway/+/command/#`,
    `gateway/${OTHER}/command/down`,
    `acme/eu868/gateway/${OTHER}/command/down`,
    `gateway/${ID}/event/up`,
  ]) {
    const granted = await gateway.subscribeAsync(topic, { qos: 1 }).catch(() => [{ qos: 128 }]);
    expect(granted.map(({ qos }) => qos)).toEqual([128]);
  }
  await gateway.publishAsync(`eu868/gateway/${ID}/event/up`, 'a', { qos: 1 });
  await gateway.publishAsync(`acme/hut 7/eu868/gateway/${ID}/event/up`, 'b', { qos: 1 });
  await broker.publish(`gateway/${OTHER}/command/down`, Buffer.from('not for it'));
  await broker.publish(`gateway/${ID}/command/down`, Buffer.from('x'));
  await eventually('its command', () => heard.length > 0);
  expect(heard).toEqual([`gateway/${ID}/command/down`]);
  expect(neighbour.connected).toBe(true);
  for (const topic of [
    `gateway/${OTHER}/event/up`,
    `gateway/${ID}/command/down`,
    'application/1/device/0102030405060708/event/up',
    '$SYS/broker',
    'any',
  ]) {
    const stranger = await login({ ...own, clientId: topic });
    const closed = new Promise<void>((resolve) => stranger.once('close', () => resolve()));
    stranger.publish(topic, 'x', { qos: 1 });
    await closed;
  }
  expect(messages.map(({ topic }) => topic)).toEqual([
    `eu868/gateway/${ID}/event/up`,
    `acme/hut 7/eu868/gateway/${ID}/event/up`,
  ]);
});

test('S4: commands and $SYS are the box’s also on the loopback, where everybody is let in', async () => {
  const { broker, login, messages } = await openBroker('127.0.0.1');
  expect(broker.status()).toMatchObject({ state: 'ok', detail: expect.not.stringContaining('Open to') });
  for (const topic of [
    `gateway/${ID}/command/down`,
    `a/b/gateway/${ID}/command/down`,
    `eu868/gateway/${ID}/command/down`,
    '$SYS/x',
  ]) {
    const stranger = await login();
    const closed = new Promise<void>((resolve) => stranger.once('close', () => resolve()));
    stranger.publish(topic, 'x');
    await closed;
  }
  const local = await login({ username: 'whoever', password: 'whatever' });
  await local.publishAsync(`gateway/${ID}/event/up`, 'a', { qos: 1 });
  expect(messages).toHaveLength(1);
});

test('S4: sessions, subscriptions, retained messages and unfinished QoS 2 are bounded', async () => {
  const { broker, login, told } = await openBroker('127.0.0.1');
  // A session that would gather while its client is away is none.
  const away = { clientId: 'away', clean: false };
  const first = await login(away);
  await first.subscribeAsync(`gateway/${ID}/command/#`, { qos: 1 });
  await first.endAsync();
  await broker.publish(`gateway/${ID}/command/down`, Buffer.from('x'));
  const back = await login(away);
  let kept = 0;
  back.on('message', () => kept++);

  const client = await login();
  for (let n = 0; n < BROKER_LIMITS.subscriptions; n++) await client.subscribeAsync(`t/${n}`, { qos: 1 });
  await client.subscribeAsync('one/more', { qos: 1 }).catch(() => undefined);
  expect(told).toContain('too_many_subscriptions');

  const speaker = await login();
  await speaker.publishAsync('large', Buffer.alloc(BROKER_LIMITS.retainedBytes + 1), {
    qos: 1,
    retain: true,
  });
  for (let n = 0; n < BROKER_LIMITS.retained + 50; n++)
    await speaker.publishAsync(`r/${n}`, 'x', { qos: 1, retain: true });
  await speaker.publishAsync('r/0', '', { qos: 1, retain: true });
  await speaker.publishAsync('freed', 'x', { qos: 1, retain: true });
  const reader = await login();
  const retained: string[] = [];
  reader.on('message', (topic, _, { retain }) => retain && retained.push(topic));
  await reader.subscribeAsync('#', { qos: 0 });
  await eventually('all that is retained', () => retained.length >= BROKER_LIMITS.retained);
  expect(new Set(retained).size).toBe(BROKER_LIMITS.retained);
  expect(retained).toContain('freed');
  expect(retained).not.toContain('large');

  const closed = new Promise<void>((resolve) => speaker.once('close', () => resolve()));
  speaker.publish('q', Buffer.alloc(BROKER_LIMITS.qos2Bytes + 1), { qos: 2 });
  await closed;
  expect(kept).toBe(0);
});
