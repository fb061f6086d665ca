/** What `collect` serves: the page of the fleet escapes strangers' words, metrics are those of the page of docs, a token is asked for. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Collector } from '../../../src/sync/centre/collector.ts';
import { type CentreHttp, serveCentre } from '../../../src/sync/centre/http.ts';
import { FIGURES } from '../../../src/sync/centre/metrics.ts';
import { madeSite, startCollector } from '../../support/centre-site.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { createFastWorld } from '../../support/world.ts';

describeWith(['redis-server'], 'the pages of collect', () => {
  const folder = temporaryFolder();
  let redis: RedisServer;
  let collector: Collector;
  const served: CentreHttp[] = [];

  beforeAll(async () => {
    redis = await startRedis(folder.path);
    await madeSite(redis.client, 'north').write(1, 3);
    await madeSite(redis.client, 'north').report({ health: 'degraded', why: '<img src=x onerror=alert(1)>' });
    await madeSite(redis.client, 'south').write(1, 2);
    await madeSite(redis.client, 'south').report({ lastSeq: 2 });
    await redis.client.hset('webscada:sites', '{evil}<b>', '{}');
    collector = await startCollector({ 'redis.url': redis.url, 'files.dir': `${folder.path}/lake` });
    const stored = (site: string) => redis.client.hget(`webscada:{${site}}:watermark`, 'collect-files');
    await eventually(
      'both sites',
      async () => (await stored('north')) === '1-3' && (await stored('south')) === '1-2',
    );
  });
  afterAll(async () => {
    for (const each of served) await each.stop();
    await collector?.stop();
    await redis?.stop();
    folder.remove();
  });

  async function serve(token?: string): Promise<string> {
    const listen = `127.0.0.1:${await freePort()}`;
    const fleet = { prefix: 'webscada', silentAfterMs: 3_600_000 };
    const http = await serveCentre({ listen, token, collector, fleet, world: createFastWorld(1) });
    served.push(http);
    return http.url();
  }

  test('the page shows what needs somebody first, and runs no word of a site', async () => {
    const response = await fetch(await serve());
    const page = await response.text();
    expect(page.indexOf('north')).toBeLessThan(page.indexOf('south'));
    expect(page).toContain('1 of 2 sites need somebody');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('evil');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('metrics name what docs/centre.md names, by site and sink', async () => {
    const text = await (await fetch(`${await serve()}metrics`)).text();
    expect(text).toContain('webscada_collect_records_total{sink="files",site="north"} 3');
    expect(text).toContain('webscada_collect_lag_records{site="south"} 0');
    expect(text).toContain('webscada_collect_site_trouble{site="north",trouble="unhealthy"} 1');
    const docs = readFileSync(new URL('../../../docs/centre.md', import.meta.url), 'utf8');
    for (const { name, kind, labels, help } of FIGURES)
      expect(docs).toContain(
        `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
      );
  });

  test('with a token nobody sees page or metrics without it; the probes stay open and say little', async () => {
    const url = await serve('s3cret');
    for (const path of ['', 'metrics']) {
      expect((await fetch(`${url}${path}`)).status).toBe(401);
      expect((await fetch(`${url}${path}`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
      expect((await fetch(`${url}${path}`, { headers: { authorization: 'Bearer s3cret' } })).status).toBe(
        200,
      );
      expect(
        (await fetch(`${url}${path}`, { headers: { authorization: `Basic ${btoa('me:s3cret')}` } })).status,
      ).toBe(200);
    }
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    expect((await fetch(`${url}readyz`)).status).toBe(200);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${url}other`)).status).toBe(404);
  });
});
