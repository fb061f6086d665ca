/** The generated configuration of broker and bridge, put together by the generated script and run by the real programs. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt, { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  BRIDGE_ENV,
  MOSQUITTO_ACL,
  MOSQUITTO_CONF,
  MOSQUITTO_SETUP,
  SIMULATOR_ACL,
} from '../../src/deploy/broker.ts';
import { freeUdpPort } from '../support/gateway-bridge.ts';
import {
  describeWith,
  eventually,
  findServer,
  freePort,
  type RunningServer,
  startServer,
  temporaryFolder,
} from '../support/process.ts';

const PASSWORDS = { appliance: 'a "pass" word%s', bridge: 'b-pass' };

describeWith(['mosquitto', 'chirpstack-gateway-bridge'], 'broker and bridge of a manifest', () => {
  const folder = temporaryFolder();
  const clients: MqttClient[] = [];
  let port = 0;
  let broker: RunningServer | undefined;

  /** The texts name folders of a container; here they lie below a temporary one. */
  const moved = (text: string): string =>
    text
      .replaceAll('/run/mosquitto', join(folder.path, 'run'))
      .replaceAll('/mosquitto/data/', `${join(folder.path, 'data')}/`)
      .replaceAll(/(?<=[ ])\/(config|passwords)\//g, `${folder.path}/$1/`)
      .replace('listener 1883', `listener ${port} 127.0.0.1`);

  beforeAll(async () => {
    port = await freePort();
    for (const name of ['config', 'passwords', 'run', 'data']) mkdirSync(join(folder.path, name));
    const put = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
    const forTest = `log_type debug\n${process.getuid?.() === 0 ? 'user root\n' : ''}`;
    put('config/mosquitto.conf', moved(MOSQUITTO_CONF) + forTest);
    put('config/acl', MOSQUITTO_ACL);
    for (const [name, password] of Object.entries(PASSWORDS)) put(`passwords/${name}`, password);
    execFileSync('sh', ['-c', moved(MOSQUITTO_SETUP)], { stdio: 'pipe' });
    chmodSync(folder.path, 0o755);
    await startBroker();
  });
  afterAll(async () => {
    for (const client of clients) await client.endAsync(true);
    await broker?.stop();
    folder.remove();
  });

  async function startBroker(): Promise<void> {
    const command = findServer('mosquitto') ?? 'mosquitto';
    broker = await startServer(command, ['-c', join(folder.path, 'run/mosquitto.conf')], { port });
  }

  const login = async (username: string, password: string): Promise<MqttClient> => {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { username, password, reconnectPeriod: 0 });
    clients.push(client);
    return client;
  };

  test('passwords are kept as hashes only, and a wrong one opens nothing', async () => {
    const kept = readFileSync(join(folder.path, 'run/passwords'), 'utf8');
    expect(kept).toMatch(/^appliance:\$\d\$.+\nbridge:\$\d\$.+\n$/);
    for (const password of Object.values(PASSWORDS)) expect(kept).not.toContain(password);
    await expect(login('appliance', 'wrong')).rejects.toThrow(/not authori[sz]ed/i);
    await expect(login('', '')).rejects.toThrow(/not authori[sz]ed/i);
  });

  test('each user may do what it is for, and nothing else', async () => {
    const appliance = await login('appliance', PASSWORDS.appliance);
    const bridge = await login('bridge', PASSWORDS.bridge);
    const heard: string[] = [];
    for (const [name, client] of Object.entries({ appliance, bridge })) {
      client.on('message', (topic) => heard.push(`${name}: ${topic}`));
    }
    await appliance.subscribeAsync(['gateway/+/event/+', 'gateway/+/state/+']);
    await bridge.subscribeAsync('gateway/+/command/+');
    const id = '0102030405060708';
    // From connections of their own, because some versions of Mosquitto close those of a refused message.
    await (await login('bridge', PASSWORDS.bridge)).publishAsync(`gateway/${id}/command/down`, 'x');
    await (await login('appliance', PASSWORDS.appliance)).publishAsync(`gateway/${id}/event/up`, 'x');
    const refused = () => broker?.output().match(/Denied PUBLISH/g)?.length;
    await eventually('both are refused', () => refused() === 2);
    await bridge.publishAsync(`gateway/${id}/event/up`, 'x', { qos: 1 });
    await appliance.publishAsync(`gateway/${id}/command/down`, 'x', { qos: 1 });
    await eventually('both are heard', () => heard.length >= 2);
    expect(heard.sort()).toEqual([`appliance: gateway/${id}/event/up`, `bridge: gateway/${id}/command/down`]);
  });

  test('O3: what waits for the appliance is on the disk at once, and outlives a kill -9 of the broker', async () => {
    const url = `mqtt://127.0.0.1:${port}`;
    const session = { clientId: 'box', clean: false, reconnectPeriod: 0 } as const;
    const appliance = { ...session, username: 'appliance', password: PASSWORDS.appliance };
    const before = await connectAsync(url, appliance);
    await before.subscribeAsync('gateway/+/event/+', { qos: 1 });
    await before.endAsync();
    const bridge = await login('bridge', PASSWORDS.bridge);
    const sent = ['first', 'second', 'third'];
    for (const text of sent) await bridge.publishAsync('gateway/01/event/up', text, { qos: 1 });
    const saved = () => readFileSync(join(folder.path, 'data/mosquitto.db'), 'latin1');
    await eventually('all are saved', () => sent.every((text) => saved().includes(text)));
    await broker?.stop('SIGKILL');
    await startBroker();
    const received: string[] = [];
    const after = mqtt.connect(url, appliance).on('message', (_, body) => received.push(String(body)));
    await eventually('all are delivered', () => received.length === 3);
    expect(received).toEqual(sent);
    await after.endAsync();
  });

  test('the simulator’s rules add to the appliance’s and take none away', () => {
    expect(SIMULATOR_ACL).toMatch(/^user appliance\n(topic (read|write) \S+\n)+$/);
    expect(MOSQUITTO_ACL.endsWith('\n')).toBe(true);
  });

  test('the bridge connects with its settings, and the broker keeps its session', async () => {
    const env = {
      ...BRIDGE_ENV,
      BACKEND__SEMTECH_UDP__UDP_BIND: `127.0.0.1:${await freeUdpPort()}`,
      METRICS__PROMETHEUS__BIND: `127.0.0.1:${await freePort()}`,
      INTEGRATION__MQTT__AUTH__GENERIC__SERVERS: `tcp://127.0.0.1:${port}`,
      INTEGRATION__MQTT__AUTH__GENERIC__PASSWORD: PASSWORDS.bridge,
    };
    const command = findServer('chirpstack-gateway-bridge') ?? '';
    const bridge = await startServer(command, [], { text: 'starting gateway udp listener' }, env);
    try {
      const metrics = await fetch(`http://${env.METRICS__PROMETHEUS__BIND}/metrics`);
      expect(metrics.status).toBe(200);
      // 'c0' is what Mosquitto writes for a session that is to be kept.
      await eventually('the broker says so', () =>
        /as gateway-bridge \(p2, c0, k\d+, u'bridge'\)/.test(broker?.output() ?? ''),
      );
    } finally {
      await bridge.stop();
    }
  });
});
