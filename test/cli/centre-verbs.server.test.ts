/** The verbs at the centre as an operator calls them: what they print, and the exit codes a monitor goes by. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Collector } from '../../src/sync/centre/collector.ts';
import { madeSite, startCollector } from '../support/centre-site.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../support/process.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');

describeWith(['postgres', 'redis-server'], 'collect, verify-sync and sites on the command line', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;
  let collector: Collector;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    redis = await startRedis(folder.path);
    await madeSite(redis.client, 'north').write(1, 40);
    await madeSite(redis.client, 'north').report({ lastSeq: 40 });
    collector = await startCollector({ 'redis.url': redis.url, 'postgres.url': postgres.url });
    await eventually(
      'collected',
      async () => (await redis.client.hget('webscada:{north}:watermark', 'collect-postgres')) === '1-40',
    );
    // Two looks are compared here: nothing is to change between them.
    await collector.stop();
  }, 60_000);
  afterAll(async () => {
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  function run(
    args: readonly string[],
    change: Readonly<Record<string, string>> = {},
  ): { code: number | null; out: string; err: string } {
    const env = {
      PATH: process.env.PATH,
      WSE_REDIS__URL: redis.url,
      WSE_POSTGRES__URL: postgres.url,
      WSE_LOG__FORMAT: 'json',
      ...change,
    };
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      env,
      encoding: 'utf8',
    });
    return { code: status, out: stdout, err: stderr };
  }

  test('all is proven: 0, a table or a line of JSON a site', () => {
    const proven = run(['verify-sync', '--deep', '--site-wait', '1']);
    expect([proven.code, proven.err]).toEqual([0, '']);
    expect(proven.out).toMatch(/^north +1-40 +0 +0 +40 +0 +deep +proven$/m);
    expect(JSON.parse(run(['verify-sync', '--json']).out)).toMatchObject({
      site: 'north',
      contiguous: { epoch: 1, seq: 40 },
      gaps: [],
    });
    expect(run(['sites']).out).toMatch(/^north .* ok +0 +1-40/m);
  });

  test('damage: 1; somebody is needed: 3; nobody can be asked: 69; wrong settings: 78', async () => {
    expect(run(['verify-sync', 'south'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('no site south'),
    });
    expect(run(['verify-sync'], { WSE_POSTGRES__URL: '' }).code).toBe(3);
    expect(run(['verify-sync'], { WSE_POSTGRES__URL: 'postgres://127.0.0.1:1/x' }).code).toBe(69);
    expect(run(['sites'], { WSE_REDIS__URL: 'redis://127.0.0.1:1' }).code).toBe(69);
    expect(run(['collect', '--set', 'collect.gruop=x'])).toMatchObject({
      code: 78,
      err: expect.stringContaining('collect.group'),
    });
    expect(run(['collect'], { WSE_POSTGRES__URL: '' })).toMatchObject({
      code: 78,
      err: expect.stringContaining('nothing to write to'),
    });
    await postgres.pool.query('DELETE FROM webscada.records WHERE seq = 3');
    const damaged = run(['verify-sync', '--deep', '--site-wait', '1']);
    expect(damaged).toMatchObject({ code: 1, out: expect.stringContaining('north: missing:') });
    await madeSite(redis.client, 'north').report({ health: 'degraded', why: 'the disk is full' });
    expect(run(['sites'])).toMatchObject({
      code: 3,
      out: expect.stringContaining('says degraded: the disk is full'),
    });
  }, 120_000);

  test('no password gets into a message', () => {
    const { err, out } = run(['verify-sync'], { WSE_POSTGRES__URL: 'postgres://me:geheim@127.0.0.1:1/x' });
    expect(err + out).not.toContain('geheim');
  });
});
