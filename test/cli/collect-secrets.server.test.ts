/** `collect` as the user that docs/centre.md grants, over a password that is changed while it runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { madeSite } from '../support/centre-site.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../support/process.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

const ROOT = join(import.meta.dirname, '../..');

describeWith(['postgres', 'redis-server'], 'collect and its passwords', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;
  let collect: ChildProcess | undefined;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    redis = await startRedis(folder.path);
  }, 60_000);
  afterAll(async () => {
    collect?.kill('SIGKILL');
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  test('with the rights of the docs it collects and trims, and a new password needs nobody', async () => {
    const docs = readFileSync(join(ROOT, 'docs/centre.md'), 'utf8');
    const rights = /user of `collect`: `([^`]+)`/.exec(docs)?.[1]?.split(' ') ?? [];
    expect(rights.length).toBeGreaterThan(3);
    await redis.client.call('ACL', ['SETUSER', 'collect', 'on', '>before', ...rights]);
    const file = join(folder.path, 'password');
    writeFileSync(file, 'before\n');
    await madeSite(redis.client, 'north').write(1, 20);
    collect = spawn(process.execPath, [join(ROOT, 'dist/main.js'), 'collect'], {
      env: {
        PATH: process.env.PATH,
        WSE_REDIS__URL: redis.url,
        WSE_REDIS__USERNAME: 'collect',
        WSE_REDIS__PASSWORD_FILE: file,
        WSE_COLLECT__TRIM_AFTER_S: '0',
        WSE_POSTGRES__URL: postgres.url,
      },
      stdio: 'ignore',
    });
    const mark = () => redis.client.hget('webscada:{north}:watermark', 'collect-postgres');
    await eventually('collected', async () => (await mark()) === '1-20', 60_000);
    await eventually('trimmed', async () => (await redis.client.xlen('webscada:{north}:log')) === 1, 60_000);

    await redis.client.call('ACL', ['SETUSER', 'collect', 'resetpass', '>after']);
    await redis.client.call('CLIENT', ['KILL', 'USER', 'collect']);
    await madeSite(redis.client, 'north').write(21, 40);
    writeFileSync(file, 'after\n');
    await eventually('goes on', async () => (await mark()) === '1-40', 60_000);
    const { rows } = await postgres.pool.query('SELECT count(*)::integer AS n FROM webscada.records');
    expect(rows).toEqual([{ n: 40 }]);
    const ended = new Promise((resolve) => collect?.once('exit', resolve));
    collect.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 180_000);
});
