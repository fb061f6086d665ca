/** The same records by line and by stick: `collect` stores each once, and one watermark accounts for both. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogRecord } from '../../../src/model/record.ts';
import { exportKeyIn } from '../../../src/sync/carry/export-key.ts';
import { importCarried } from '../../../src/sync/carry/import-carried.ts';
import { openCarried } from '../../../src/sync/carry/read-carried.ts';
import { writeCarried } from '../../../src/sync/carry/write-carried.ts';
import type { Collector } from '../../../src/sync/centre/collector.ts';
import type { Centre } from '../../../src/sync/site/centre.ts';
import { type Client, openClient } from '../../../src/sync/site/client.ts';
import { toEntry } from '../../../src/sync/site/entry.ts';
import { LIMITS } from '../../../src/sync/site/limits.ts';
import { createRedisCentre } from '../../../src/sync/site/redis-centre.ts';
import { startCollector } from '../../support/centre-site.ts';
import { DEFAULTS } from '../../support/config.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

const SITE = 'hut';
const SOON = { timeout: 30_000 };

describeWith(['postgres', 'redis-server'], 'a stick, the line and collect', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let redis: RedisServer;
  let client: Client;
  let centre: Centre;
  let collector: Collector;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    redis = await startRedis(folder.path);
    const config = { ...DEFAULTS.centre, url: redis.url };
    client = await openClient(config, LIMITS, 0, new AbortController().signal, createTestWorld().clock);
    centre = createRedisCentre(client, SITE, config, LIMITS);
    collector = await startCollector({
      ...{ 'redis.url': redis.url, 'postgres.url': postgres.url, 'collect.trim': true },
    });
  }, 60_000);
  afterAll(async () => {
    await collector?.stop();
    client?.close();
    await redis?.stop();
    await postgres?.stop();
    folder.remove();
  });

  const range = (first: number, last: number) =>
    Array.from(
      { length: last - first + 1 },
      (_, i): LogRecord => ({
        ...{ seq: first + i, timeMs: 1_767_225_600_000 + first + i, kind: 'system', device: null },
        body: `{"event":"e${first + i}"}`,
      }),
    );

  async function byLine(first: number, last: number): Promise<void> {
    await centre.claim(1, 's1');
    const { id } = await centre.last();
    await centre.append(
      id,
      range(first, last).map((one) => toEntry(1, one)),
    );
  }

  async function byStick(first: number, last: number) {
    const file = join(folder.path, `${first}-${last}.wse`);
    const key = exportKeyIn(folder.path);
    const header = {
      site: SITE,
      storeId: 's1',
      epoch: 1,
      ancestors: [],
      first,
      last,
      oldest: 1,
      madeMs: 1,
      version: '0.1.0',
    };
    await writeCarried(file, header, range(first, last), key);
    const carried = await openCarried(file, key.publicKey);
    if ('fault' in carried) throw new Error(carried.fault);
    return importCarried(centre, carried);
  }

  const marked = (id: string) =>
    expect.poll(() => redis.client.hget(`webscada:{${SITE}}:watermark`, 'collect-postgres'), SOON).toBe(id);

  test('each once, under one watermark, also where the centre has trimmed meanwhile', async () => {
    await byLine(1, 100);
    await marked('1-100');
    expect(await byStick(50, 900)).toMatchObject({ outcome: 'done', landed: 800 });
    await byLine(901, 950);
    expect(await byStick(1, 900)).toMatchObject({ outcome: 'done', landed: 0 });
    await marked('1-950');
    const { rows } = await postgres.pool.query<{ n: string; first: string; last: string }>(
      'SELECT count(*) AS n, min(seq) AS first, max(seq) AS last FROM webscada.records WHERE site = $1',
      [SITE],
    );
    expect(rows).toEqual([{ n: '950', first: '1', last: '950' }]);
  });
});
