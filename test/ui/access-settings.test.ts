/** What the settings of access and TLS allow, and how the whole appliance stands on a network with none, some and all of them. */
import { request } from 'node:https';
import { afterEach, describe, expect, test } from 'vitest';
import { createAppliance } from '../../src/appliance.ts';
import { freePort, temporaryFolder } from '../support/process.ts';
import { loaded, problems, toml } from '../support/settings.ts';
import { createTestWorld } from '../support/world.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** The appliance with `flags`, on free ports. */
async function start(...flags: string[]) {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  const [port, broker] = [await freePort(), await freePort()];
  const own = [`http.port=${port}`, `mqtt.embedded_port=${broker}`, `store.dir=${folder.path}`];
  const { config } = await loaded({ ...toml(''), flags: [...own, ...flags] });
  const world = createTestWorld();
  const appliance = await createAppliance(config, world);
  cleanups.push(async () => {
    const stopped = appliance.stop();
    world.advance(5_000);
    await stopped;
  });
  await appliance.start();
  const logged = world.logged.map(({ event }) => event);
  return { url: appliance.url(), port, logged };
}

function getTls(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .once('error', reject)
      .end();
  });
}

describe('the appliance', () => {
  test('on loopback lets everybody in, in the clear, and writes no user anywhere', async () => {
    const { url } = await start();
    expect(url).toMatch(/^http:/);
    expect((await fetch(`${url}api/v1/status`)).status).toBe(200);
    expect(await (await fetch(`${url}api/v1/access`)).json()).toMatchObject({ mode: 'open', exposed: false });
    const users = await fetch(`${url}api/v1/users`);
    expect([users.status, ((await users.json()) as { type: string }).type]).toEqual([
      409,
      'urn:webscada-edge:problem:access-open',
    ]);
  });

  test('on loopback lets nobody in whom a reverse proxy hands on, unless somebody wrote down that it may', async () => {
    const { url } = await start();
    for (const headers of [{ 'x-forwarded-for': '192.0.2.7' }, { forwarded: 'for=192.0.2.7' }]) {
      const refused = await fetch(`${url}api/v1/status`, { headers });
      expect([refused.status, ((await refused.json()) as { type: string }).type]).toEqual([
        403,
        'urn:webscada-edge:problem:proxy-unknown',
      ]);
    }
    const headers = { 'x-forwarded-for': '192.0.2.7' };
    const written = await start('access.mode=open');
    expect((await fetch(`${written.url}api/v1/status`, { headers })).status).toBe(200);
    // Named, it brings people who have to log in.
    const named = await start('http.trusted_proxies=127.0.0.1');
    expect(await (await fetch(`${named.url}api/v1/access`, { headers })).json()).toMatchObject({
      mode: 'required',
    });
  });

  test('on the network speaks TLS and, unclaimed, answers nothing but health and the way in', async () => {
    const { url, port, logged } = await start('http.host=0.0.0.0');
    expect(url).toMatch(/^https:/);
    expect((await getTls(port, '/readyz')).status).toBe(200);
    for (const path of ['/api/v1/status', '/metrics', '/api/v1/events', '/api/v1/openapi.json']) {
      const { status, body } = await getTls(port, path);
      expect([path, status, JSON.parse(body).type]).toEqual([
        path,
        403,
        'urn:webscada-edge:problem:unclaimed',
      ]);
    }
    expect(logged).toEqual(expect.arrayContaining(['tls.certificate', 'access.unclaimed']));
    expect(logged).not.toContain('access.open');
  });

  test('open to the network is possible, and a warning', async () => {
    const { port, logged } = await start('http.host=0.0.0.0', 'access.mode=open');
    expect(JSON.parse((await getTls(port, '/api/v1/access')).body)).toMatchObject({
      mode: 'open',
      exposed: true,
    });
    expect(logged).toContain('access.open');
  });

  test('behind a proxy on the same machine it asks who is there, in the clear and without a warning', async () => {
    const { url, logged } = await start('http.trusted_proxies=127.0.0.1');
    expect((await fetch(`${url}api/v1/status`)).status).toBe(403);
    expect(logged).not.toContain('http.plain');
  });

  test('plain HTTP on the network is warned of', async () => {
    const { logged } = await start('http.host=0.0.0.0', 'http.tls=off');
    expect(logged).toContain('http.plain');
  });
});

describe('the settings', () => {
  test('names and networks are checked, and certificate and key belong together', async () => {
    expect(await problems(toml('[http]\ntls = "files"\n'))).toEqual([
      expect.stringContaining('http.cert_file is missing'),
    ]);
    expect(await problems(toml('[http]\nkey_file = "a"\n'))).toEqual([
      expect.stringContaining('http.cert_file is missing'),
    ]);
    for (const network of ['10.0.0.0/33', 'fd00::/129', 'any', '10.0.0.0/', '10.0.0.0/8/8']) {
      expect(await problems(toml(`[http]\ntrusted_proxies = ["${network}"]\n`))).toHaveLength(1);
    }
    for (const name of ['UPPER', '-a', 'a..b', '10.0.0.1', 'a b']) {
      expect(await problems(toml(`[http]\nnames = ["${name}"]\n`))).toHaveLength(1);
    }
    const fine =
      '[http]\nnames = ["north-hill.example"]\ntrusted_proxies = ["10.42.0.0/16", "fd00::/8", "::1"]\n';
    expect(await problems(toml(fine))).toEqual([]);
  });
});
