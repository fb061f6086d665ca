/** Carried exports into a real Redis: beside the line, twice, in the wrong order, of another store, into a later epoch. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { LogRecord } from '../../../src/model/record.ts';
import type { CarriedHeader } from '../../../src/sync/carry/carried-file.ts';
import { exportKeyIn } from '../../../src/sync/carry/export-key.ts';
import { importCarried } from '../../../src/sync/carry/import-carried.ts';
import { openCarried } from '../../../src/sync/carry/read-carried.ts';
import { isUnderOldName } from '../../../src/sync/carry/register.ts';
import { writeCarried } from '../../../src/sync/carry/write-carried.ts';
import type { Centre } from '../../../src/sync/site/centre.ts';
import { type Client, openClient } from '../../../src/sync/site/client.ts';
import { toEntry } from '../../../src/sync/site/entry.ts';
import { LIMITS } from '../../../src/sync/site/limits.ts';
import { createRedisCentre } from '../../../src/sync/site/redis-centre.ts';
import { DEFAULTS } from '../../support/config.ts';
import { describeWith, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

const SITE = 'north-hill';

describeWith(['redis-server'], 'carried exports at the centre', () => {
  const folder = temporaryFolder();
  const key = exportKeyIn(folder.path);
  let redis: RedisServer;
  let centre: Centre;
  let client: Client;
  let files = 0;

  beforeAll(async () => {
    redis = await startRedis(folder.path);
    const config = { ...DEFAULTS.centre, url: redis.url };
    client = await openClient(config, LIMITS, 0, new AbortController().signal, createTestWorld().clock);
    centre = createRedisCentre(client, SITE, config, LIMITS);
  });
  beforeEach(() => redis.client.flushall());
  afterAll(async () => {
    await redis.stop();
    folder.remove();
  });

  const record = (seq: number, of = 'a'): LogRecord => ({
    ...{ seq, timeMs: seq, kind: 'system', device: null, body: `{"event":"${of}${seq}"}` },
  });
  const range = (first: number, last: number, of?: string) =>
    Array.from({ length: last - first + 1 }, (_, i) => record(first + i, of));

  interface Stick {
    readonly epoch?: number;
    readonly storeId?: string;
    readonly oldest?: number;
    readonly of?: string;
    readonly ancestors?: CarriedHeader['ancestors'];
  }

  async function carry(first: number, last: number, stick: Stick = {}) {
    const { epoch = 1, storeId = 's1', oldest = 1, of, ancestors = [] } = stick;
    const file = join(folder.path, `${files++}.wse`);
    const header = {
      site: SITE,
      storeId,
      epoch,
      ancestors,
      first,
      last,
      oldest,
      madeMs: 1,
      version: '0.1.0',
    };
    await writeCarried(file, header, range(first, last, of), key);
    const carried = await openCarried(file, key.publicKey);
    if ('fault' in carried) throw new Error(carried.fault);
    return importCarried(centre, carried);
  }

  async function byLine(first: number, last: number, { epoch = 1, storeId = 's1', of }: Stick = {}) {
    await centre.claim(epoch, storeId);
    const { id } = await centre.last();
    const entries = range(first, last, of).map((one) => toEntry(epoch, one));
    expect(await centre.append(id, entries)).toMatchObject({ landed: last - first + 1 });
  }

  /** All IDs, each of which must hold its own record. */
  async function ids(): Promise<string[]> {
    const [key1 = ''] = (await redis.client.keys('*log')) as string[];
    return ((await redis.client.xrange(key1, '-', '+')) as [string, string[]][]).map(([id]) => id);
  }
  const named = (epoch: number, first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, i) => `${epoch}-${first + i}`);

  test('a stick alone, many batches, and the same stick again', async () => {
    expect(await carry(1, 1_700)).toMatchObject({ outcome: 'done', landed: 1_700 });
    expect(await carry(1, 1_700)).toMatchObject({ outcome: 'done', landed: 0 });
    expect(await ids()).toEqual(named(1, 1, 1_700));
  });

  test('by line, by stick, by line: each once, and the line goes on behind the stick', async () => {
    await byLine(1, 10);
    expect(await carry(5, 30)).toMatchObject({ outcome: 'done', landed: 20 });
    await byLine(31, 40);
    expect(await carry(20, 35)).toMatchObject({ outcome: 'done', landed: 0 });
    expect(await ids()).toEqual(named(1, 1, 40));
  });

  test('sticks in the wrong order: the later one waits for the one before', async () => {
    const refused = await carry(11, 20);
    expect(refused).toMatchObject({ outcome: 'refused', reason: 'gap' });
    await carry(1, 10);
    expect(await carry(13, 20)).toMatchObject({
      reason: 'gap',
      hint: expect.stringContaining('--from-seq 11'),
    });
    expect(await carry(11, 20)).toMatchObject({ landed: 10 });
    expect(await ids()).toEqual(named(1, 1, 20));
  });

  test('what the site had dropped itself is no gap of the stick', async () => {
    await byLine(1, 10);
    expect(await carry(15, 20, { oldest: 15 })).toMatchObject({ outcome: 'done', landed: 6 });
    expect(await ids()).toEqual([...named(1, 1, 10), ...named(1, 15, 20)]);
  });

  test('two boxes with one id', async () => {
    await byLine(1, 10);
    expect(await carry(5, 20, { storeId: 's2' })).toMatchObject({ reason: 'another_store' });
    expect(await ids()).toEqual(named(1, 1, 10));
  });

  test('a box put back from a copy: other records under numbers that are there', async () => {
    await byLine(1, 10);
    expect(await carry(5, 20, { of: 'b' })).toMatchObject({ reason: 'differs' });
    expect(await ids()).toEqual(named(1, 1, 10));
  });

  test('a stick of an epoch that has passed', async () => {
    await byLine(1, 10);
    await byLine(11, 12, { epoch: 2 });
    expect(await carry(8, 20)).toMatchObject({ reason: 'epoch_passed' });
  });

  test('the first of a new epoch goes on behind what it shares with the one before', async () => {
    await byLine(1, 10);
    expect(await carry(4, 20, { epoch: 2 })).toMatchObject({ outcome: 'done', landed: 10 });
    expect(await ids()).toEqual([...named(1, 1, 10), ...named(2, 11, 20)]);
    expect(await carry(4, 20, { epoch: 2 })).toMatchObject({ outcome: 'done', landed: 0 });
  });

  test('of a box put back from a backup, where what it shares has been trimmed: only what is new', async () => {
    await byLine(1, 20);
    await redis.client.xtrim(`webscada:{${SITE}}:log`, 'MINID', '1-20');
    const restored = { epoch: 2, of: 'b', ancestors: [{ epoch: 1, seq: 10 }] };
    expect(await carry(13, 20, restored)).toMatchObject({
      reason: 'gap',
      hint: expect.stringContaining('--from-seq 11'),
    });
    expect(await carry(5, 30, restored)).toMatchObject({ outcome: 'done', landed: 20 });
    expect(await ids()).toEqual([...named(1, 20, 20), ...named(2, 11, 30)]);
    expect(await carry(5, 30, restored)).toMatchObject({ outcome: 'done', landed: 0 });
  });

  test('a new epoch that shares nothing begins with the oldest, or not at all', async () => {
    await byLine(1, 10);
    const other = { epoch: 2, storeId: 's2', of: 'b' };
    expect(await carry(4, 20, other)).toMatchObject({ reason: 'gap' });
    expect(await carry(4, 20, { ...other, oldest: 4 })).toMatchObject({ outcome: 'done', landed: 17 });
    expect(await ids()).toEqual([...named(1, 1, 10), ...named(2, 4, 20)]);
  });

  test('the line appends while the stick is imported: each once', async () => {
    const both = Promise.all([carry(1, 3_000), trickle()]);
    await both;
    expect((await carry(1, 3_000)).outcome).toBe('done');
    expect(await ids()).toEqual(named(1, 1, 3_000));
  });

  /** What the site's sync does, as far as it gets. */
  async function trickle() {
    await centre.claim(1, 's1');
    for (let i = 0; i < 40; i++) {
      const { id } = await centre.last();
      if (id.seq >= 2_990) return;
      await centre.append(
        id,
        range(id.seq + 1, id.seq + 5).map((one) => toEntry(1, one)),
      );
    }
  }

  test('a stream under its old name is told, until the site has moved it', async () => {
    expect(await isUnderOldName(client, 'webscada', SITE)).toBe(false);
    await redis.client.xadd(`webscada:${SITE}:log`, '1-1', 't', '1');
    expect(await isUnderOldName(client, 'webscada', SITE)).toBe(true);
    await byLine(1, 1);
    expect(await isUnderOldName(client, 'webscada', SITE)).toBe(false);
  });

  test('a centre that is full says so, and takes the same stick later', async () => {
    await redis.client.config('SET', 'maxmemory', '1');
    await expect(carry(1, 50)).rejects.toMatchObject({ code: 'OOM' });
    await redis.client.config('SET', 'maxmemory', '0');
    expect(await carry(1, 50)).toMatchObject({ outcome: 'done', landed: 50 });
  });
});
