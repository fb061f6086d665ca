/** The sinks beside PostgreSQL (files, InfluxDB), and the ways to Redis beside one server (a Cluster, Sentinels). */

import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Collector } from '../../../src/sync/centre/collector.ts';
import { gapsOf, parseCoverage } from '../../../src/sync/centre/coverage.ts';
import { siteRecord } from '../../support/centre-records.ts';
import { madeSite, startCollector } from '../../support/centre-site.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis, startSentinel } from '../../support/redis.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';

describeWith(['redis-server', 'redis-sentinel'], 'the sinks of collect', () => {
  const folder = temporaryFolder();
  let redis: RedisServer;
  const running: Collector[] = [];
  let influx: Server | undefined;

  beforeAll(async () => {
    redis = await startRedis(folder.path);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.stop()));
    influx?.closeAllConnections();
    influx?.close();
    influx = undefined;
    await redis.client.flushall();
  });
  afterAll(async () => {
    await redis?.stop();
    folder.remove();
  });

  async function collect(settings: Record<string, string | number | boolean>): Promise<Collector> {
    const made = await startCollector({ 'redis.url': redis.url, ...settings });
    running.push(made);
    return made;
  }

  const marked = (
    site: string,
    group: string,
    id: string,
    client: { hget: RedisServer['client']['hget'] } = redis.client,
  ) =>
    eventually(
      `${group} at ${id}`,
      async () => (await client.hget(`webscada:{${site}}:watermark`, group)) === id,
      20_000,
    );

  /** Records in all files of a site, as zstd gives them. */
  function linesOf(dir: string, site: string, kind: RegExp): Record<string, unknown>[] {
    const files = readdirSync(join(dir, site)).filter((name) => kind.test(name));
    return files.sort().flatMap((name) => {
      const text = zstdDecompressSync(readFileSync(join(dir, site, name))).toString('utf8');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    });
  }

  /** An InfluxDB that refuses every point with 'bad' in it, and is away while `port` is closed. */
  async function startInflux(port: number): Promise<string[]> {
    const lines: string[] = [];
    influx = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const text = gunzipSync(Buffer.concat(parts)).toString('utf8');
        if (text.includes('bad'))
          return void response.writeHead(422).end('{"message":"no such thing as bad"}');
        lines.push(...text.split('\n'));
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => influx?.listen(port, '127.0.0.1', resolve));
    return lines;
  }

  test('files: by site and day, whole after each batch, and what could not be taken beside them', async () => {
    const dir = join(folder.path, 'lake');
    const site = madeSite(redis.client, 'north');
    await site.write(1, 2000);
    await site.raw('log', '1-2001', 'v', '8');
    await collect({ 'files.dir': dir });
    await marked('north', 'collect-files', '1-2001');
    const records = linesOf(dir, 'north', /^2026/);
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 2000 }, (_, at) => at + 1));
    expect(records[0]).toMatchObject({
      site: 'north',
      epoch: 1,
      kind: 'uplink',
      body: { fields: { temperature: 0.1 } },
    });
    expect(linesOf(dir, 'north', /^quarantine/)).toMatchObject([{ id: '1-2001', stream: 'log' }]);
    // A new life begins new parts, and goes on where the old one ended.
    await running.pop()?.stop();
    await collect({ 'files.dir': dir });
    await site.write(2002, 2010);
    await marked('north', 'collect-files', '1-2010');
    expect(linesOf(dir, 'north', /^2026/)).toHaveLength(2009);
  });

  test('a sink that is down stops no other, and gets everything when it is back', async () => {
    const dir = join(folder.path, 'other-lake');
    const port = await freePort();
    await madeSite(redis.client, 'north').write(1, 50);
    const collector = await collect({
      'files.dir': dir,
      'influx.url': `http://127.0.0.1:${port}`,
      'influx.token': 't',
      'collect.trim': true,
    });
    await marked('north', 'collect-files', '1-50');
    await eventually(
      'it is told',
      () => collector.status().sinks.find(({ name }) => name === 'influx')?.state === 'down',
    );
    expect(await redis.client.xlen('webscada:{north}:log')).toBe(50);
    const lines = await startInflux(port);
    await marked('north', 'collect-influx', '1-50');
    expect(
      lines.filter((line) => line.startsWith('reading,device=00000000000000aa,site=north ')),
    ).toHaveLength(50);
  });

  test('what InfluxDB refuses is found, told and left out; a gap holds its watermark too', async () => {
    const port = await freePort();
    const lines = await startInflux(port);
    const site = madeSite(redis.client, 'north');
    await site.write(1, 20);
    await site.put('log', { ...siteRecord('north', 21), body: '{"fields":{"word":"bad"},"rx":[]}' });
    await site.write(22, 30);
    await redis.client.xdel('webscada:{north}:log', '1-28');
    const collector = await collect({
      'influx.url': `http://127.0.0.1:${port}`,
      'influx.token': 't',
      'collect.trim': false,
    });
    await marked('north', 'collect-influx', '1-27');
    expect(new Set(lines.filter((line) => line.startsWith('reading'))).size).toBe(28);
    expect(collector.status().sinks[0]?.counts.poison).toBe(1);
    const text = await redis.client.hget('webscada:{north}:coverage', 'collect-influx');
    expect(gapsOf(parseCoverage(text))).toEqual([{ epoch: 1, first: 28, last: 28 }]);
  });

  test('an account that is removed begins anew while collect runs, and the watermark goes on', async () => {
    const site = madeSite(redis.client, 'hut');
    await site.write(1, 9);
    await site.write(11, 20);
    await collect({ 'files.dir': join(folder.path, 'anew'), 'collect.trim': false });
    await marked('hut', 'collect-files', '1-9');
    await redis.client.hdel('webscada:{hut}:coverage', 'collect-files');
    await site.write(21, 30);
    await marked('hut', 'collect-files', '1-30');
    const account = parseCoverage(await redis.client.hget('webscada:{hut}:coverage', 'collect-files'));
    expect(account.epochs).toEqual([{ epoch: 1, base: 21, ranges: [[21, 30]] }]);
  });

  test('a Redis Cluster: sites on every shard are found and read', async () => {
    const dir = join(folder.path, 'cluster-lake');
    const cluster = await startRedisCluster(folder.path);
    try {
      const names = Array.from({ length: 12 }, (_, at) => `site-${at}`);
      for (const name of names)
        for (let seq = 1; seq <= 5; seq += 1)
          await madeSite(cluster.client, name).put('log', siteRecord(name, seq));
      const made = await startCollector({ 'redis.nodes': cluster.nodes, 'files.dir': dir });
      running.push(made);
      for (const name of names) await marked(name, 'collect-files', '1-5', cluster.client);
      const shards = await Promise.all(cluster.servers.map(({ client }) => client.call('DBSIZE')));
      expect(shards.every((size) => Number(size) > 0)).toBe(true);
    } finally {
      await running.pop()?.stop();
      await cluster.stop();
    }
  }, 60_000);

  test('Sentinels: the master they name, and the next one after a fail-over', async () => {
    const dir = join(folder.path, 'sentinel-lake');
    const master = await startRedis(folder.path);
    const replica = await startRedis(folder.path, ['--replicaof', '127.0.0.1', `${master.port}`]);
    const sentinel = await startSentinel(folder.path, 'centre', master.port);
    try {
      await eventually('the replica is known', () => sentinel.knows(replica.port), 20_000);
      await madeSite(master.client, 'north').write(1, 30);
      const made = await startCollector({
        'redis.sentinels': sentinel.addresses.join(','),
        'redis.master_name': 'centre',
        'files.dir': dir,
      });
      running.push(made);
      await marked('north', 'collect-files', '1-30', master.client);
      await master.kill();
      await eventually(
        'another master',
        async () => String(await replica.client.call('ROLE')).startsWith('master'),
        20_000,
      );
      await madeSite(replica.client, 'north').write(31, 60);
      await marked('north', 'collect-files', '1-60', replica.client);
    } finally {
      await running.pop()?.stop();
      await sentinel.stop();
      await replica.stop();
      await master.stop();
    }
  }, 60_000);
});
