/** A gap that is accepted: the watermark goes on, and verify-sync tells for ever who accepted it and why. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Collector } from '../../../src/sync/centre/collector.ts';
import { madeSite, startCollector } from '../../support/centre-site.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';

/** Each look starts the program anew. */
const SLOW_MS = 180_000;
const MAIN = join(import.meta.dirname, '../../../dist/main.js');

describeWith(['postgres', 'redis-server'], 'verify-sync --accept', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;
  let collector: Collector | undefined;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    redis = await startRedis(folder.path);
  }, 60_000);
  afterEach(async () => {
    await collector?.stop();
    collector = undefined;
    await redis.client.flushall();
  });
  afterAll(async () => {
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  function verify(...args: string[]): { code: number | null; out: string; err: string } {
    const env = { PATH: process.env.PATH, WSE_REDIS__URL: redis.url, WSE_POSTGRES__URL: postgres.url };
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'verify-sync', ...args], {
      env,
      encoding: 'utf8',
    });
    return { code: status, out: stdout, err: stderr };
  }

  const markOf = (site: string, sink = 'postgres') =>
    redis.client.hget(`webscada:{${site}}:watermark`, `collect-${sink}`);

  /** Thirty records of which `lost` were trimmed or removed before they were collected, by PostgreSQL and files. */
  async function torn(lost: readonly number[]): Promise<string> {
    const site = `a-${randomUUID()}`;
    await madeSite(redis.client, site).write(1, 30);
    await madeSite(redis.client, site).report({ lastSeq: 30 });
    await redis.client.xdel(`webscada:{${site}}:log`, ...lost.map((seq) => `1-${seq}`));
    collector = await startCollector({
      'redis.url': redis.url,
      'postgres.url': postgres.url,
      'files.dir': join(folder.path, site),
      'collect.trim': false,
    });
    const stored = 'SELECT count(*)::integer AS n FROM webscada.records WHERE site = $1';
    await eventually(
      'the rest',
      async () =>
        (await postgres.pool.query(stored, [site]).catch(() => undefined))?.rows[0]?.n === 30 - lost.length,
    );
    await eventually('marks', async () => Boolean((await markOf(site)) && (await markOf(site, 'files'))));
    return site;
  }

  test(
    'a gap holds the watermark until somebody accepts it; then it goes on, and the gap stays told',
    async () => {
      const site = await torn([10, 11, 20]);
      expect([await markOf(site), await markOf(site, 'files')]).toEqual(['1-9', '1-9']);
      const done = verify('--accept', site, '1', '10', '11', '--reason', 'removed by hand', '--by', 'Ada');
      expect(done).toMatchObject({ code: 0, out: `${site}: epoch 1, 10 to 11: accepted, by Ada\n` });
      expect([await markOf(site), await markOf(site, 'files')]).toEqual(['1-19', '1-19']);
      expect(verify(site).out).toContain('gap: 1-20 is missing');
      // Again after an answer that was lost.
      expect(verify('--accept', site, '1', '10', '11', '--reason', 'again', '--by', 'Bob').out).toContain(
        'before',
      );
      expect(verify('--accept', site, '1', '20', '20', '--reason', 'a disk died').code).toBe(0);
      expect([await markOf(site), await markOf(site, 'files')]).toEqual(['1-30', '1-30']);
      await madeSite(redis.client, site).write(31, 40);
      await eventually('goes on', async () => (await markOf(site)) === '1-40');
      const proven = verify(site, '--deep');
      expect(proven.code).toBe(0);
      expect(proven.out).toMatch(
        /accepted: 1-10 to 1-11 missing, accepted by Ada on 2\S+: removed by hand\n/u,
      );
      expect(proven.out).toMatch(/accepted: 1-20 missing, accepted by \S+ on 2\S+: a disk died\n/u);
    },
    SLOW_MS,
  );

  test(
    'what is no gap is not accepted, nor without a reason',
    async () => {
      const site = await torn([10]);
      const reason = ['--reason', 'so'];
      expect(verify('--accept', site, '1', '10', '12', ...reason)).toMatchObject({
        code: 1,
        err: expect.stringContaining('1-11 is still in the stream'),
      });
      expect(verify('--accept', site, '1', '31', '40', ...reason)).toMatchObject({
        code: 1,
        err: expect.stringContaining('is no gap'),
      });
      expect(verify('--accept', site, '1', '10', '10').code).toBe(2);
      expect(verify('--accept', site, '1', '10', ...reason).code).toBe(2);
      expect(verify(site, ...reason).code).toBe(2);
      expect(await markOf(site)).toBe('1-9');
    },
    SLOW_MS,
  );

  test(
    'a stream that was trimmed before the first collect does not pass for one that begins there',
    async () => {
      const site = await torn([1, 2, 3, 4]);
      expect(await markOf(site)).toBe('1-30');
      const found = verify(site);
      expect(found).toMatchObject({
        code: 1,
        out: expect.stringContaining('gap: 1-1 to 1-4 are missing: trimmed before the first collect'),
      });
      expect(verify('--accept', site, '1', '1', '4', '--reason', 'an earlier centre has them').code).toBe(0);
      const proven = verify(site);
      expect([proven.code, proven.out.includes('an earlier centre has them')]).toEqual([0, true]);
    },
    SLOW_MS,
  );
});
