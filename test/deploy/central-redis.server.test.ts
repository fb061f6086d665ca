/** The centre's Redis by the scripts and settings of the manifests, on real servers: who is the master, who may do what, RDB files and how long they are kept. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CentralRedis, centralRedis, REDIS_PASSWORDS } from '../support/central-redis.ts';
import { describeWith, eventually, type RunningServer } from '../support/process.ts';

const PODS = [0, 1, 2];

describeWith(['redis-server', 'redis-sentinel'], 'Redis at the centre', () => {
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

  const start = async (pod: number, script: string): Promise<RunningServer> => {
    const server = await centre.start(pod, script);
    servers.push(server);
    return server;
  };
  const operator = (pod: number, ...command: readonly string[]): string =>
    centre.ask(pod, 'operator', REDIS_PASSWORDS.operator, command);
  const role = (pod: number): string => operator(pod, 'role').split('\n')[0] ?? '';
  const inSync = (pod: number, replicas: number): boolean =>
    operator(pod, 'info', 'replication').includes(`connected_slaves:${replicas}\r`) &&
    operator(pod, 'info', 'replication').split('state=online').length === replicas + 1;

  test('one is the master; when it dies another is, and it comes back as a replica with what was written meanwhile', async () => {
    const redis: RunningServer[] = [];
    for (const pod of PODS) redis.push(await start(pod, 'redis-start.sh'));
    const sentinels: RunningServer[] = [];
    for (const pod of PODS) sentinels.push(await start(pod, 'sentinel-start.sh'));
    expect(PODS.map(role)).toEqual(['master', 'slave', 'slave']);
    await eventually('both replicas are there', () => inSync(0, 2));
    expect(operator(0, 'xadd', 'webscada:{north-hill}:log', '1-1', 'v', '1')).toBe('1-1');
    await eventually('the Sentinels know each other and the replicas', () =>
      sentinels.every(
        (one) => one.output().split('+sentinel ').length > 2 && one.output().split('+slave ').length > 2,
      ),
    );
    await redis[0]?.stop('SIGKILL');
    await sentinels[0]?.stop('SIGKILL');
    const next = await eventually(
      'another is the master',
      () => [1, 2].find((pod) => role(pod) === 'master'),
      30_000,
    );
    await eventually('it has its replica', () => inSync(next, 1));
    expect(operator(next, 'xadd', 'webscada:{north-hill}:log', '1-2', 'v', '1')).toBe('1-2');
    // It was the master when it died: only the Sentinels can tell it that it is none any more.
    const again = await start(0, 'redis-start.sh');
    expect(again.output()).toContain(`starts as replica of ${centre.host(next)} ${centre.port}`);
    const follows = () => operator(0, 'xlen', 'webscada:{north-hill}:log') === '2';
    // Redis alone waits five seconds before it sends all to a replica (repl-diskless-sync-delay).
    await eventually('the old one follows', follows, 30_000);
    expect(role(0)).toBe('slave');
  }, 120_000);

  test('a master without a replica takes nothing', async () => {
    await start(0, 'redis-start.sh');
    expect(operator(0, 'set', 'webscada:x', '1')).toContain('NOREPLICAS');
  });

  test('a site may write its own stream and no other; the door and strangers may see nothing', async () => {
    await start(0, 'redis-start.sh');
    await start(1, 'redis-start.sh');
    await eventually('the replica is there', () => inSync(0, 1));
    const hill = (...command: readonly string[]): string =>
      centre.ask(0, 'site-north-hill', 'hill-pass', command);
    expect(hill('xadd', 'webscada:{north-hill}:log', '1-1', 'v', '1')).toBe('1-1');
    expect(hill('hset', 'webscada:sites', 'north-hill', '{}')).toBe('1');
    expect(hill('xadd', 'webscada:{south-dam}:log', '1-1', 'v', '1')).toContain('NOPERM');
    expect(hill('flushall')).toContain('NOPERM');
    const health = (...command: readonly string[]): string =>
      centre.ask(0, 'health', REDIS_PASSWORDS.health, command);
    expect(health('info', 'replication')).toContain('role:master');
    expect(health('xrange', 'webscada:{north-hill}:log', '-', '+')).toContain('NOPERM');
    const collect = (...command: readonly string[]): string =>
      centre.ask(0, 'collect', REDIS_PASSWORDS.collect, command);
    expect(collect('xrange', 'webscada:{north-hill}:log', '-', '+')).toContain('1-1');
    expect(collect('config', 'get', '*')).toContain('NOPERM');
    expect(centre.ask(0, 'default', '', ['ping'])).toContain('NOAUTH');
  });

  test('a site that is added or removed is known within a look, without a restart', async () => {
    await start(0, 'redis-start.sh');
    rmSync(centre.env(0).ACL ?? '');
    servers.push(await centre.start(0, 'redis-watch.sh'));
    writeFileSync(join(centre.folder, 'sites/south-dam'), 'dam-pass');
    const dam = (): string => centre.ask(0, 'site-south-dam', 'dam-pass', ['ping']);
    await eventually('it is let in', () => dam() === 'PONG');
    rmSync(join(centre.folder, 'sites/south-dam'));
    await eventually('it is let in no more', () => dam() !== 'PONG');
  });

  test('RDB files are of the master, whole, and kept for their days; a failed one removes nothing', async () => {
    await start(0, 'redis-start.sh');
    await start(1, 'redis-start.sh');
    await eventually('the replica is there', () => inSync(0, 1));
    operator(0, 'xadd', 'webscada:{north-hill}:log', '1-1', 'v', '1');
    const folder = join(centre.folder, 'backups');
    mkdirSync(folder);
    const nowS = Date.UTC(2026, 0, 31, 12) / 1000;
    const name = centre.host(0);
    const old = [
      '20260121T060000Z',
      '20260122T000000Z',
      '20260123T000000Z',
      '20260124T130000Z',
      '20260131T060000Z',
    ];
    for (const stamp of old) writeFileSync(join(folder, `${name}.${centre.port}-${stamp}.rdb`), 'old');
    const env = {
      BACKUPS: folder,
      HOSTS: PODS.map((pod) => `${centre.host(pod)}:${centre.port}`).join(' '),
      PASSWORD_FILE: join(centre.folder, 'secrets/operator'),
      DAYS: '7',
      NOW_S: `${nowS}`,
    };
    const failed = centre.script('redis-backup.sh', { ...env, MASTERS: '2' });
    expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining('1 of 2 masters')]);
    expect(readdirSync(folder)).toHaveLength(old.length + 1);
    const made = centre.script('redis-backup.sh', { ...env, NOW_S: `${nowS + 3600}` });
    expect([made.status, made.stderr]).toEqual([0, expect.any(String)]);
    const stamps = readdirSync(folder).map((file) => file.split('-')[1]?.split('.')[0]);
    expect(stamps.sort()).toEqual([
      '20260124T130000Z',
      '20260131T060000Z',
      '20260131T120000Z',
      '20260131T130000Z',
    ]);
    const unreachable = centre.script('redis-backup.sh', {
      ...env,
      HOSTS: `${centre.host(2)}:${centre.port}`,
    });
    expect(unreachable.status).toBe(1);
    expect(readdirSync(folder)).toHaveLength(4);
  });
});
