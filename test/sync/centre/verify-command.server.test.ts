/** The verb verify-sync against real servers: each of five wrongs is found by name, with its exit code, and the healthy neighbour is proven. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordFields } from '../../../src/sync/entry.ts';
import { siteRecord } from '../../support/centre-records.ts';
import { madeSite } from '../../support/centre-site.ts';
import { say, startCentre, type TestCentre } from '../../support/moving-box.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';

const SLOW_MS = 120_000;

describeWith(['postgres', 'redis-server'], 'verify-sync finds', () => {
  const folder = temporaryFolder();
  let centre: TestCentre;

  beforeAll(async () => {
    centre = await startCentre(folder.path, false);
  }, 120_000);
  afterAll(async () => {
    await centre?.stop();
    folder.remove();
  });

  /** A site that is well, with ten records that are stored. */
  async function healthy(): Promise<string> {
    const site = `s-${randomUUID()}`;
    await madeSite(centre.redis.client, site).write(1, 10);
    await madeSite(centre.redis.client, site).report({ lastSeq: 10, sentSeq: 10 });
    await centre.marked(site, '1-10');
    return site;
  }

  /** Records 11 to 30 and what happens to them, at one moment: nobody has read them in between. */
  async function writeAnd(site: string, command: string, ...args: string[]): Promise<void> {
    const { log } = madeSite(centre.redis.client, site).keys;
    const all = centre.redis.client.multi();
    for (let seq = 11; seq <= 30; seq += 1)
      all.call('XADD', [log, `1-${seq}`, ...recordFields(siteRecord(site, seq))]);
    await all.call(command, [log, ...args]).exec();
    await madeSite(centre.redis.client, site).report({ lastSeq: 30, sentSeq: 30 });
    const newest = 'SELECT max(seq) AS seq FROM webscada.records WHERE site = $1';
    await eventually(
      'the rest is stored',
      async () => (await centre.postgres.pool.query(newest, [site])).rows[0]?.seq === '30',
      60_000,
    );
  }

  const sql = (text: string, site: string) => centre.postgres.pool.query(text, [site]);

  test.each<[string, number, (site: string) => Promise<unknown>, RegExp]>([
    [
      'a removed entry',
      1,
      (site) => writeAnd(site, 'XDEL', '1-15'),
      /: gap: 1-15 is missing: not in the stream/,
    ],
    [
      'a trimmed range',
      1,
      (site) => writeAnd(site, 'XTRIM', 'MINID', '1-21'),
      /: gap: 1-11 to 1-20 are missing: gone from the stream before collect had read it/,
    ],
    [
      'a record doubled in the store',
      1,
      (site) =>
        sql(
          "INSERT INTO webscada.records SELECT site, epoch, seq, time + interval '40 days', kind, device, body FROM webscada.records WHERE site = $1 AND seq = 7",
          site,
        ),
      /: doubled: stored more than once: 1-7/,
    ],
    [
      'a falsified value',
      1,
      (site) =>
        sql(`UPDATE webscada.records SET body = '{"fields":{"t":99}}' WHERE site = $1 AND seq = 9`, site),
      /: falsified: epoch 1, hour .*checksum/,
    ],
    [
      'a site silent too long',
      3,
      (site) =>
        madeSite(centre.redis.client, site).report({ lastSeq: 10, lastSeenMs: Date.now() - 7_500_000 }),
      /: silent: not heard of for 2 h/,
    ],
  ])(
    '%s',
    async (_what, code, spoil, told) => {
      const [site, neighbour] = [await healthy(), await healthy()];
      await spoil(site);
      const found = await centre.verify(site);
      expect(found.text).toMatch(told);
      expect(found.code).toBe(code);
      expect(await centre.verify(neighbour)).toMatchObject({
        code: 0,
        text: expect.stringMatching(/ proven$/m),
      });
    },
    SLOW_MS,
  );

  test('a gap is not accepted where no PostgreSQL keeps the account, and it is said why', async () => {
    const order = ['--accept', 'north-hill', '1', '5', '6', '--reason', 'so'];
    const refused = await say({ WSE_REDIS__URL: centre.redis.url }, 'verify-sync', ...order);
    expect(refused).toMatchObject({
      code: 78,
      text: expect.stringContaining('InfluxDB or files alone has none'),
    });
  });
});
