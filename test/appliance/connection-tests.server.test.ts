/** Connections looked at step by step, against real servers: what is found at each step, and that the walk ends where it goes wrong. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testConnection } from '../../src/appliance/connection-tests.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import type { ConnectionName } from '../../src/model/connection-test.ts';
import { createWorld } from '../../src/ops/world.ts';
import { createAuthority } from '../support/certificates.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { describeWith, freePort, temporaryFolder } from '../support/process.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { loaded } from '../support/settings.ts';
import { createUiSite } from '../support/ui-site.ts';
import { startVictoriaMetrics, type VictoriaMetrics } from '../support/victoria-metrics.ts';
import { createTestWorld } from '../support/world.ts';

const world = createWorld(createTestWorld().logger);

/** 'port ok: …' for each step taken. */
async function steps(name: ConnectionName, env: Readonly<Record<string, string>>): Promise<string[]> {
  const { config } = await loaded({ env });
  const report = await testConnection(name, config, world);
  if (report === 'not_configured') return [report];
  return report.steps.map(({ step, isOk, found, hint }) => {
    if (!isOk) expect(hint ?? '').not.toBe('');
    return `${step} ${isOk ? 'ok' : 'NO'}: ${found}`;
  });
}

const like = (...words: string[]) => words.map((word) => expect.stringContaining(word));

describeWith(['mosquitto', 'redis-server', 'victoria-metrics', 'openssl'], 'a test by steps', () => {
  const folder = temporaryFolder();
  const authority = createAuthority(folder.path);
  let secure: Mosquitto;
  let redis: RedisServer;
  let influx: VictoriaMetrics;

  beforeAll(async () => {
    const { certFile, keyFile } = authority.issue('localhost');
    secure = await startMosquitto({
      users: { box: 'right' },
      tls: { caFile: authority.caFile, certFile, keyFile },
    });
    redis = await startRedis(folder.path);
    await redis.client.call('ACL', 'SETUSER', 'reader', 'on', '>r', '~*', '+@read', '+auth', '+select');
    await redis.client.call('ACL', 'SETUSER', 'site', 'on', '>s', '~webscada:{demo}:*', '+@all');
    influx = await startVictoriaMetrics();
  }, 60_000);

  afterAll(async () => {
    await Promise.all([secure?.stop(), redis?.stop(), influx?.stop()]);
    folder.remove();
  });

  const broker = (more: Readonly<Record<string, string>>) =>
    steps('broker', { WSE_MQTT__MODE: 'external', WSE_MQTT__URL: secure.url, ...more });

  test('broker: all is well, with whose certificate and until when', async () => {
    const login = { WSE_MQTT__USERNAME: 'box', WSE_MQTT__PASSWORD: 'right' };
    expect(await broker({ WSE_MQTT__CA_FILE: authority.caFile, ...login })).toEqual(
      like(
        'name ok: localhost is',
        'port ok:',
        'tls ok: certificate of localhost, signed by ca, until 20',
        'login ok: let in as box',
        'read ok:',
      ),
    );
  });

  test('broker: an authority nobody knows, a wrong password, a port where nobody listens, a name that is none', async () => {
    expect(await broker({})).toEqual(
      like('name ok', 'port ok', 'tls NO: SELF_SIGNED_CERT_IN_CHAIN; certificate of localhost'),
    );
    const wrong = { WSE_MQTT__USERNAME: 'box', WSE_MQTT__PASSWORD: 'wrong' };
    expect((await broker({ WSE_MQTT__CA_FILE: authority.caFile, ...wrong })).at(-1)).toMatch(
      /^login NO: the broker does not let us in/,
    );
    const nobody = `mqtt://127.0.0.1:${await freePort()}`;
    expect(await broker({ WSE_MQTT__URL: nobody })).toEqual(like('port NO: 127.0.0.1'));
    expect(await broker({ WSE_MQTT__URL: 'mqtt://no-such-host.invalid' })).toEqual(
      like('name NO: the name no-such-host.invalid'),
    );
    expect(await steps('broker', {})).toEqual(['not_configured']);
  }, 30_000);

  const centre = (user: string, password: string) =>
    steps('centre', { WSE_CENTRE__URL: `redis://${user}:${password}@127.0.0.1:${redis.port}` });

  test('centre: reads and may write its stream, and writes nothing; who may only read is told so', async () => {
    expect(await centre('site', 's')).toEqual(
      like('port ok', 'login ok', 'read ok: webscada:{demo}:log has 0 entries', 'write ok'),
    );
    expect(await redis.client.keys('*')).toEqual([]);
    expect((await centre('reader', 'r')).at(-1)).toContain("write NO: the centre's user may not");
    const wrong = await centre('site', 'secret-and-wrong');
    expect(wrong.at(-1)).toContain('login NO: the centre refuses user name or password');
    expect(wrong.join()).not.toContain('secret-and-wrong');
  });

  test('InfluxDB: a real one takes it; what it refuses is told by what it answers', async () => {
    const of = (url: string) =>
      steps('influx', { WSE_INFLUX__URL: url, WSE_INFLUX__TOKEN: 'token-of-the-box' });
    expect(await of(influx.url)).toEqual(like('port ok', 'login ok', 'write ok'));
    let status = 401;
    let body = '{"code":"x","message":"y"}';
    const refusing = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    expect((await of(url)).at(-1)).toMatch(/^login NO: InfluxDB at .* does not accept the token \(401: y\)$/);
    status = 404;
    expect((await of(url)).at(-1)).toMatch(/^write NO: InfluxDB at .* has no bucket "webscada"/);
    // Of these three it was told that the token is good.
    for (const [code, text, told] of [
      [200, '<title>Hotel Wi-Fi</title>', 'status 200, not 204'],
      [400, '<title>400 Bad Request</title>', '(400: Bad Request)'],
      [400, 'missing route for "/api/v2/write"', 'missing route'],
    ] as const) {
      [status, body] = [code, text];
      expect(await of(url)).toEqual(like('port ok', told));
    }
    refusing.closeAllConnections();
    refusing.close();
  });
});

test('the verb says what the box found, by its exit code too', async () => {
  const { createWebServer } = await import('../support/web-server.ts');
  const site = createUiSite(world);
  const steps = [
    { step: 'port', isOk: true, found: '127.0.0.1:8086 answers' },
    { step: 'login', isOk: false, found: 'it answers 401', hint: 'make a token' },
  ] as const;
  const testConnection = async () => ({ connection: 'influx', server: 'x', steps }) as const;
  const server = createWebServer({ ...site.deps, testConnection });
  await server.start();
  const written = { out: '', error: '' };
  const run = (...words: string[]) =>
    runCli(['connection', 'test', ...words, '--url', server.url()], {
      runAppliance: () => Promise.reject(new Error('not asked for')),
      stdout: { write: (text) => (written.out += text) },
      stderr: { write: (text) => (written.error += text) },
      env: {},
      version: '0.1.0',
    });
  expect(await run('influx')).toBe(3);
  expect(written.out).toBe(
    'ok       port: 127.0.0.1:8086 answers\nproblem  login: it answers 401 (make a token)\n',
  );
  expect(await run('printer')).toBe(2);
  await server.stop();
});
