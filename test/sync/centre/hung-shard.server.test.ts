/** One of three masters of a Redis Cluster hangs: the sites of the other two are collected as if nothing were, and its own when it answers again. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { madeSite, startCollector } from '../../support/centre-site.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.ts';

const SITES = 36;
/** Well below the 15 s after which a command is given up. */
const HELD_MS = 8_000;

describeWith(['postgres', 'redis-server'], 'a shard of a Redis Cluster hangs', () => {
  const folder = temporaryFolder();
  let postgres: PostgresServer;
  let cluster: RedisCluster;
  let collector: Awaited<ReturnType<typeof startCollector>> | undefined;

  beforeAll(async () => {
    postgres = await startPostgres(folder.path);
    // What the others hold is served although a third of the slots is not.
    cluster = await startRedisCluster(folder.path, false, ['--cluster-require-full-coverage', 'no']);
  }, 60_000);
  afterEach(async () => {
    for (const server of cluster.servers) server.signal('SIGCONT');
    await collector?.stop();
  });
  afterAll(async () => {
    await cluster?.stop();
    await postgres?.stop();
    folder.remove();
  });

  async function ownerOf(key: string): Promise<number> {
    const slot = Number(await cluster.client.call('CLUSTER', ['KEYSLOT', key]));
    return [5461, 10_923, 16_384].findIndex((end) => slot < end);
  }

  async function storedOf(sites: readonly string[]): Promise<number> {
    const text = 'SELECT count(*)::integer AS n FROM webscada.records WHERE site = ANY ($1)';
    const { rows } = await postgres.pool.query(text, [sites]).catch(() => ({ rows: [{ n: 0 }] }));
    return rows[0]?.n ?? 0;
  }

  const marksAt = (sites: readonly string[], mark: string) => async (): Promise<boolean> => {
    for (const site of sites) {
      const marks = await cluster.client.hgetall(`webscada:{${site}}:watermark`);
      if (marks['collect-postgres'] !== mark || marks['collect-files'] !== mark) return false;
    }
    return true;
  };

  test('the other shards do not wait for it, and nothing of it is lost', async () => {
    const names = Array.from({ length: SITES }, (_, n) => `site-${n}`);
    const owners = new Map<string, number>();
    for (const name of [...names, 'late-1', 'late-2', 'late-3', 'late-4'])
      owners.set(name, await ownerOf(`webscada:{${name}}:log`));
    // The list of the sites lies on a shard that goes on.
    const hung = ((await ownerOf('webscada:sites')) + 1) % 3;
    const held = names.filter((name) => owners.get(name) === hung);
    const others = names.filter((name) => owners.get(name) !== hung);
    expect([held.length > 4, others.length > 8]).toEqual([true, true]);
    const made = (name: string) => madeSite(cluster.client, name);
    for (const name of names) {
      await made(name).write(1, 10);
      await made(name).report({ lastSeq: 10 });
    }
    const running = await startCollector({
      'redis.nodes': cluster.nodes,
      'postgres.url': postgres.url,
      'files.dir': join(folder.path, 'files'),
      'collect.trim': false,
    });
    collector = running;
    await eventually('all are collected', marksAt(names, '1-10'), 60_000);
    // Some of it is taken and not acknowledged when the shard hangs.
    for (const name of held) await made(name).write(11, 20);
    cluster.servers[hung]?.signal('SIGSTOP');
    let longestMs = 0;
    for (let last = 20; last <= 60; last += 10) {
      for (const name of others) await made(name).write(last - 9, last);
      const began = performance.now();
      await eventually(`${last} of the others`, marksAt(others, `1-${last}`), 60_000);
      longestMs = Math.max(longestMs, performance.now() - began);
    }
    expect(longestMs).toBeLessThan(HELD_MS);
    const late =
      [...owners.keys()].find((name) => name.startsWith('late') && owners.get(name) !== hung) ?? '';
    await made(late).write(1, 10);
    await made(late).report({ lastSeq: 10 });
    await eventually('a new site of another shard', marksAt([late], '1-10'), 60_000);
    const named = () => running.status().sinks.map(({ detail }) => detail.split('wait: ')[1]?.split(', '));
    const all = [held.toSorted(), held.toSorted()];
    await eventually('it is told which sites wait', () => isDeepStrictEqual(named(), all), 60_000);
    expect(running.status().sinks.map(({ state }) => state)).toEqual(['degraded', 'degraded']);
    cluster.servers[hung]?.signal('SIGCONT');
    await eventually('those of the shard', marksAt(held, '1-20'), 60_000);
    await eventually(
      'all is well',
      () => running.status().sinks.every(({ state }) => state === 'ok'),
      60_000,
    );
    expect(await storedOf(held)).toBe(held.length * 20);
    expect(await storedOf(others)).toBe(others.length * 60);
    expect(
      existsSync(join(folder.path, 'files', late)) && readdirSync(join(folder.path, 'files', late)),
    ).not.toEqual([]);
  }, 300_000);

  test('a new site is found also while the master that has the list of sites hangs, and that is told', async () => {
    const hung = await ownerOf('webscada:sites');
    const candidates = Array.from({ length: 12 }, (_, n) => `new-${n}`);
    const owners = await Promise.all(candidates.map((name) => ownerOf(`webscada:{${name}}:log`)));
    const fresh = candidates.find((_, at) => owners[at] !== hung) ?? '';
    const running = await startCollector({
      'redis.nodes': cluster.nodes,
      'postgres.url': postgres.url,
      'files.dir': join(folder.path, 'more'),
      'collect.trim': false,
    });
    collector = running;
    await eventually('Redis answers', () => running.status().redis.state === 'ok', 60_000);
    cluster.servers[hung]?.signal('SIGSTOP');
    await madeSite(cluster.client, fresh).write(1, 10);
    await eventually('the new site', marksAt([fresh], '1-10'), 120_000);
    await eventually('it is told', () => running.status().redis.detail.includes('list of sites'), 60_000);
    expect(running.status().redis.state).toBe('degraded');
  }, 300_000);
});
