/** The doors acknowledge by hand: what is not acknowledged is sent again, and nobody waits for anybody else. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { MqttConfig } from '../../src/config/schema.ts';
import { createMqttClient } from '../../src/gateway/mqtt/client.ts';
import { createEmbeddedBroker } from '../../src/gateway/mqtt/embedded.ts';
import type { Inbound } from '../../src/gateway/mqtt/transport.ts';
import { createWorld } from '../../src/ops/world.ts';
import { createAuthority } from '../support/certificates.ts';
import { DEFAULTS } from '../support/config.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const realWorld = () => createWorld(createTestWorld().logger);
const texts = (messages: readonly Inbound[]) => messages.map((m) => Buffer.from(m.payload).toString());

async function openDoor(changes: Partial<MqttConfig>) {
  const messages: Inbound[] = [];
  const door = createMqttClient({
    config: { ...DEFAULTS.mqtt, ...changes },
    site: 'hut',
    subscriptions: ['gateway/+/event/+'],
    handle: (message) => messages.push(message),
    world: realWorld(),
  });
  ends.push(door.stop);
  await door.start();
  return { door, messages };
}

async function publisher(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options });
  ends.push(() => client.endAsync(true));
  return client;
}

describeWith(['mosquitto'], 'the client door at a real Mosquitto', () => {
  for (const protocol of ['5', '3.1.1'] as const) {
    test(`receives again over MQTT ${protocol} what it has not acknowledged, and nothing it has`, async () => {
      const broker = await startMosquitto();
      ends.push(broker.stop);
      const first = await openDoor({ url: broker.url, protocol });
      await eventually('connected', () => first.door.status().state === 'ok');
      const client = await publisher(broker.url);
      await client.subscribeAsync('gateway/1/command/#');
      for (const text of ['a', 'b', 'c', 'd'])
        await client.publishAsync('gateway/1/event/up', text, { qos: 1 });
      // All four arrive although none was acknowledged: none waits for another.
      await eventually('four messages', () => first.messages.length === 4);
      first.messages[1]?.ack();
      first.messages[3]?.ack();
      await first.door.publish('gateway/1/command/down', Buffer.from('flush'));
      await first.door.stop();
      await client.publishAsync('gateway/1/event/up', 'e', { qos: 1 });

      const second = await openDoor({ url: broker.url, protocol });
      await eventually('the rest', () => second.messages.length >= 3);
      expect(texts(second.messages)).toEqual(['a', 'c', 'e']);
      // An acknowledgement of the old connection must not touch the new one.
      first.messages[0]?.ack();
      second.messages[2]?.ack();
      await second.door.publish('gateway/1/command/down', Buffer.from('flush'));
      await second.door.stop();
      const third = await openDoor({ url: broker.url, protocol });
      await eventually('what is still open', () => third.messages.length >= 2);
      expect(texts(third.messages)).toEqual(['a', 'c']);
    });
  }

  test('connects by itself when the broker appears, goes and comes back', async () => {
    const port = await freePort();
    const { door, messages } = await openDoor({ url: `mqtt://127.0.0.1:${port}` });
    await eventually('told that it is down', () => door.status().state === 'down');
    expect(door.status().hint).toContain('is the broker running');
    const broker = await startMosquitto({ port });
    ends.push(broker.stop);
    await eventually('connected', () => door.status().state === 'ok');
    await broker.kill();
    await eventually('noticed', () => door.status().state === 'down');
    await broker.restart();
    // Killed, it has not saved the session.
    await eventually('connected again', () => door.status().detail.includes('forgot our session'));
    const client = await publisher(broker.url);
    await client.publishAsync('gateway/1/event/up', 'again', { qos: 1 });
    await eventually('hears again', () => messages.length === 1);
  });

  test('says which file it cannot read, and goes on when it can', async () => {
    const folder = temporaryFolder();
    ends.push(async () => folder.remove());
    const broker = await startMosquitto();
    ends.push(broker.stop);
    const caFile = join(folder.path, 'ca.pem');
    const { door } = await openDoor({ url: broker.url, caFile });
    await eventually('refused', () => door.status().state === 'down');
    expect(door.status().detail).toContain('mqtt.ca_file cannot be read');
    writeFileSync(caFile, '');
    await eventually('connected', () => door.status().state === 'ok');
  });

  test('P: stops within seconds while the broker hangs', async () => {
    const broker = await startMosquitto();
    ends.push(broker.stop);
    const { door } = await openDoor({ url: broker.url });
    await eventually('connected', () => door.status().state === 'ok');
    broker.signal('SIGSTOP');
    ends.push(async () => broker.signal('SIGCONT'));
    // Under way, and never acknowledged.
    void door.publish('gateway/1/command/down', Buffer.from('x'));
    await door.stop();
  });

  test('does not wait for a pipe in place of a certificate', async () => {
    const folder = temporaryFolder();
    ends.push(async () => folder.remove());
    const caFile = join(folder.path, 'ca.pem');
    execFileSync('mkfifo', [caFile]);
    const { door } = await openDoor({ url: 'mqtts://127.0.0.1:1', caFile });
    await eventually('refused', () => door.status().state === 'down');
    expect(door.status().detail).toContain('mqtt.ca_file cannot be read');
    await door.stop();
  });

  test('says which setting to mend when the password is wrong', async () => {
    const broker = await startMosquitto({ users: { edge: 'right' } });
    ends.push(broker.stop);
    const { door } = await openDoor({ url: broker.url, username: 'edge', password: 'wrong' });
    await eventually('refused', () => door.status().state === 'down');
    expect(door.status().hint).toContain('mqtt.password');
    expect(JSON.stringify(door.status())).not.toContain('wrong"');
  });
});

test('P2: a stop while the broker does not answer leaves no timer that keeps the process alive', async () => {
  const silent = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  ends.push(async () => silent.close());
  const { port } = silent.address() as AddressInfo;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  ends.push(async () => vi.useRealTimers());
  const connected = once(silent, 'connection');
  const { door } = await openDoor({ url: `mqtt://127.0.0.1:${port}` });
  await connected;
  expect(vi.getTimerCount()).toBe(1);
  await door.stop();
  await new Promise(setImmediate);
  expect(vi.getTimerCount()).toBe(0);
});

describeWith(['mosquitto', 'openssl'], 'the client door over TLS', () => {
  test('a certificate that is cut short while it is renewed is told, and ends nothing', async () => {
    const folder = temporaryFolder();
    ends.push(async () => folder.remove());
    const authority = createAuthority(folder.path);
    const { certFile, keyFile } = authority.issue('localhost');
    const broker = await startMosquitto({
      tls: { caFile: authority.caFile, certFile, keyFile, requireCertificate: true },
    });
    ends.push(broker.stop);
    const own = authority.issue('edge');
    writeFileSync(own.certFile, own.cert.slice(0, 300));
    const shown = { certFile: own.certFile, keyFile: own.keyFile, caFile: authority.caFile };
    const { door } = await openDoor({ url: broker.url, ...shown });
    expect(door.status()).toMatchObject({ state: 'down', hint: expect.stringContaining('mqtt.cert_file') });
    writeFileSync(own.certFile, own.cert);
    await eventually('connected', () => door.status().state === 'ok');
  });

  test('F: certificates and CA that are replaced on both sides are read again without a restart', async () => {
    const folder = temporaryFolder();
    ends.push(async () => folder.remove());
    const made = (name: string) => {
      const path = join(folder.path, name);
      mkdirSync(path);
      const authority = createAuthority(path);
      return { caFile: authority.caFile, server: authority.issue('localhost'), own: authority.issue('edge') };
    };
    const [before, after] = [made('before'), made('after')];
    const broker = await startMosquitto({
      tls: { caFile: before.caFile, ...before.server, requireCertificate: true },
    });
    ends.push(broker.stop);
    const { certFile, keyFile } = before.own;
    const { door } = await openDoor({ url: broker.url, certFile, keyFile, caFile: before.caFile });
    await eventually('connected', () => door.status().state === 'ok');
    copyFileSync(after.server.certFile, before.server.certFile);
    copyFileSync(after.server.keyFile, before.server.keyFile);
    copyFileSync(after.own.certFile, certFile);
    copyFileSync(after.own.keyFile, keyFile);
    await broker.restart();
    await eventually('not trusted', () => (door.status().hint ?? '').includes('certificate'));
    copyFileSync(after.caFile, before.caFile);
    await broker.restart();
    await eventually('connected again', () => door.status().state === 'ok', 30_000);
  });

  test('shows its certificate and password, and trusts only the authority it was given', async () => {
    const folder = temporaryFolder();
    ends.push(async () => folder.remove());
    const authority = createAuthority(folder.path);
    const { certFile, keyFile } = authority.issue('localhost');
    const broker = await startMosquitto({
      tls: { caFile: authority.caFile, certFile, keyFile, requireCertificate: true },
      users: { edge: 'secret' },
    });
    ends.push(broker.stop);
    const own = authority.issue('edge');
    const shown = { certFile: own.certFile, keyFile: own.keyFile };
    const { caFile } = authority;
    const access = { url: broker.url, username: 'edge', password: 'secret' };
    const { door } = await openDoor({ ...access, ...shown, caFile });
    await eventually('connected', () => door.status().state === 'ok');
    expect(door.status().detail).toContain(broker.url);

    const distrustful = await openDoor({ ...access, clientId: 'other', ...shown });
    await eventually('refused by us', () => distrustful.door.status().state === 'down');
    expect(distrustful.door.status().hint).toContain("we do not trust the broker's certificate");
    const nameless = await openDoor({ ...access, clientId: 'third', caFile });
    await eventually('refused by the broker', () => nameless.door.status().state === 'down');
  });
});

describe('the embedded broker', () => {
  async function openBroker() {
    const messages: Inbound[] = [];
    const broker = createEmbeddedBroker({
      config: { embeddedHost: '127.0.0.1', embeddedPort: 0 },
      usersFile: '/nowhere',
      wanted: (topic) => topic.startsWith('gateway/'),
      handle: (message) => messages.push(message),
      tell: () => {},
      world: realWorld(),
    });
    ends.push(broker.stop);
    await broker.start();
    return { broker, messages };
  }

  test("holds the publisher's acknowledgement until ours, without holding its next message", async () => {
    const { broker, messages } = await openBroker();
    const client = await publisher(broker.url());
    const acknowledged: string[] = [];
    for (const text of ['a', 'b', 'c']) {
      void client.publishAsync('gateway/1/event/up', text, { qos: 1 }).then(() => acknowledged.push(text));
      // Each on its own, as over a slow line: the next must come through although the last is still held.
      await eventually(`${text} arrives`, () => texts(messages).includes(text));
    }
    expect(acknowledged).toEqual([]);
    messages[1]?.ack();
    await eventually('b is acknowledged', () => acknowledged.length === 1);
    expect(acknowledged).toEqual(['b']);
    messages[0]?.ack();
    messages[2]?.ack();
    await eventually('all are', () => acknowledged.length === 3);
  });

  test('takes a thousand messages of one connection while all of them are held', async () => {
    const { broker, messages } = await openBroker();
    const client = await publisher(broker.url());
    let acknowledged = 0;
    for (let i = 0; i < 1_000; i++) {
      void client.publishAsync('gateway/1/event/up', String(i), { qos: 1 }).then(() => acknowledged++);
    }
    await eventually('all arrive', () => messages.length === 1_000);
    expect(acknowledged).toBe(0);
    for (const message of messages) message.ack();
    await eventually('all are acknowledged', () => acknowledged === 1_000);
    expect(texts(messages)).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
  });

  test('passes commands to the bridges and other topics between clients', async () => {
    const { broker, messages } = await openBroker();
    const bridge = await publisher(broker.url());
    const heard: string[] = [];
    bridge.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString()}`));
    await bridge.subscribeAsync('#', { qos: 1 });
    await broker.publish('gateway/1/command/down', Buffer.from('x'));
    const other = await publisher(broker.url());
    await other.publishAsync('else/where', 'y', { qos: 1 });
    await eventually('both arrive', () => heard.length === 2);
    expect(heard.sort()).toEqual(['else/where y', 'gateway/1/command/down x']);
    expect(messages).toEqual([]);
  });

  test('tells that its port is taken instead of failing', async () => {
    const { broker } = await openBroker();
    const port = Number(new URL(broker.url()).port);
    const second = createEmbeddedBroker({
      config: { embeddedHost: '127.0.0.1', embeddedPort: port },
      usersFile: '/nowhere',
      wanted: () => true,
      handle: () => {},
      tell: () => {},
      world: realWorld(),
    });
    ends.push(second.stop);
    await second.start();
    expect(second.status()).toMatchObject({ state: 'down', hint: expect.stringContaining('another broker') });
  });
});
