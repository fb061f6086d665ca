/** F2: secrets that are given to the box as files, and given anew while it runs, as Kubernetes and vaults do it. */
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Status, startAppliance, writeSettings } from '../support/appliance-process.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';

const ends: (() => unknown)[] = [];
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  folder.remove();
});

/** An InfluxDB that knows one token at a time; `accepted` are the tokens of the writes it took. */
async function startInflux() {
  const influx = { token: 'one', url: '', accepted: new Set<string>() };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const isKnown = request.headers.authorization === `Token ${influx.token}`;
      if (!isKnown)
        return response
          .writeHead(401, { 'content-type': 'application/json' })
          .end('{"code":"unauthorized","message":"unauthorized access"}');
      if (request.method === 'POST') influx.accepted.add(influx.token);
      return response.writeHead(request.method === 'POST' ? 204 : 404).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  influx.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return influx;
}

/** In one step, as those do it. */
function give(name: string, text: string): string {
  const file = join(folder.path, name);
  writeFileSync(`${file}.draft`, text);
  renameSync(`${file}.draft`, file);
  return file;
}

describeWith(['redis-server'], 'F2: a secret that changes in its file', () => {
  test('is taken within seconds, by InfluxDB and by the centre; one that is none is told, and the old one stays', async () => {
    const influx = await startInflux();
    const redis = await startRedis(folder.path, ['--requirepass', 'one']);
    ends.push(() => redis.stop());
    const [port, brokerPort] = [await freePort(), await freePort()];
    const file = writeSettings(folder.path, {
      site: { id: 'hut' },
      http: { port, host: '127.0.0.1' },
      store: { dir: join(folder.path, 'data') },
      log: { format: 'json' },
      mqtt: { mode: 'embedded', embedded_port: brokerPort },
      simulator: { enabled: true },
      influx: { url: influx.url, org: 'o', bucket: 'b' },
      centre: { url: redis.url },
    });
    const env = {
      WSE_INFLUX__TOKEN_FILE: give('token', 'one\n'),
      WSE_CENTRE__PASSWORD_FILE: give('password', 'one\n'),
    };
    const box = await startAppliance(file, port, env);
    ends.push(() => box.stop());
    const pid = box.process.pid;
    const centre = async () => (await box.get<Status>('/api/v1/status').catch(() => undefined))?.centre.state;
    await eventually(
      'the first ones work',
      async () => influx.accepted.has('one') && (await centre()) === 'ok',
      20_000,
    );

    influx.token = 'two';
    const admin = new Redis({ port: redis.port, host: '127.0.0.1', password: 'one' });
    ends.push(() => admin.disconnect());
    await admin.config('SET', 'requirepass', 'two');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await eventually('refused', async () => (await centre()) === 'down', 20_000);
    give('token', '\n');
    await eventually('told', () => box.output().includes('config.secret_unusable'), 30_000);
    expect(box.process.exitCode).toBeNull();

    give('token', 'two\n');
    give('password', 'two\r\n');
    await eventually(
      'the new ones work',
      async () => influx.accepted.has('two') && (await centre()) === 'ok',
      40_000,
    );
    expect(box.process.pid).toBe(pid);
    expect(box.output()).not.toMatch(/"(one|two)"/);
  }, 120_000);
});
