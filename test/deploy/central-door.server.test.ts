/** The door before the centre's Redis, with its own settings on the real HAProxy: sites come to the master, whoever that is. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { doorConf } from '../../src/deploy/central/redis-config.ts';
import { type CentralRedis, centralRedis, REDIS_PASSWORDS } from '../support/central-redis.ts';
import {
  describeWith,
  eventually,
  findServer,
  freePort,
  type RunningServer,
  startServer,
} from '../support/process.ts';

describeWith(['redis-server', 'haproxy'], 'the door for sites', () => {
  let centre: CentralRedis;
  let servers: RunningServer[] = [];
  beforeEach(async () => {
    centre = await centralRedis();
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) await server.stop('SIGKILL');
    centre.remove();
  }, 60_000);

  test('leads to the master, and to another one when that is it', async () => {
    for (const pod of [0, 1, 2]) servers.push(await centre.start(pod, 'redis-start.sh'));
    const [listen, healthPort] = [await freePort(), await freePort()];
    const hosts = [0, 1, 2].map(centre.host);
    const text = doorConf(hosts, { listen, check: centre.port, serve: centre.port });
    const file = join(centre.folder, 'haproxy.cfg');
    writeFileSync(file, text.replace(':8404', `:${healthPort}`));
    const env = { HEALTH_PASSWORD: REDIS_PASSWORDS.health };
    const haproxy = findServer('haproxy') ?? 'haproxy';
    const check = spawnSync(haproxy, ['-c', '-f', file], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    expect([check.status, check.stderr]).toEqual([0, expect.not.stringContaining('WARNING')]);
    servers.push(await startServer(haproxy, ['-f', file, '-db'], { port: listen }, env));
    const through = (...command: readonly string[]): string =>
      spawnSync(
        'redis-cli',
        ['-p', `${listen}`, '--user', 'site-north-hill', '--no-auth-warning', ...command],
        {
          encoding: 'utf8',
          timeout: 5000,
          env: { ...process.env, REDISCLI_AUTH: 'hill-pass' },
        },
      ).stdout.trim();
    const write = (id: string): string => through('xadd', 'webscada:{north-hill}:log', id, 'v', '1');
    await eventually('the master has its replicas', () => write('1-1') === '1-1', 30_000);
    const health = async (): Promise<number> =>
      (await fetch(`http://127.0.0.1:${healthPort}/healthz`)).status;
    expect(await health()).toBe(200);
    const operator = (pod: number, ...command: readonly string[]): string =>
      centre.ask(pod, 'operator', REDIS_PASSWORDS.operator, command);
    const written = () => operator(1, 'xlen', 'webscada:{north-hill}:log');
    await eventually('the next master has what was written', () => written() === '1');
    for (const pod of [0, 2]) operator(pod, 'replicaof', centre.host(1), `${centre.port}`);
    operator(1, 'replicaof', 'no', 'one');
    await eventually('it leads to the new one', () => write('1-2') === '1-2', 30_000);
    expect(written()).toBe('2');
    for (const pod of [0, 1, 2]) operator(pod, 'replicaof', '127.0.0.9', '1');
    await eventually('nobody is let in without a master', async () => (await health()) === 503, 30_000);
  }, 120_000);
});
