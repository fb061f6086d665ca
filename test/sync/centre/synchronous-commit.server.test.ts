/** A commit that waits for a replica which is away is no durable one, however long it waits. */
import { expect, test } from 'vitest';
import { madeSite, startCollector } from '../../support/centre-site.ts';
import { postgresPair } from '../../support/failover/postgres-pair.ts';
import { describeWith, eventually, temporaryFolder } from '../../support/process.ts';
import { startRedis } from '../../support/redis.ts';

describeWith(['postgres', 'redis-server'], 'synchronous commits', () => {
  test('nothing is acknowledged until the replica has it', async () => {
    const folder = temporaryFolder();
    const pair = await postgresPair(folder.path);
    const redis = await startRedis(folder.path);
    const made = madeSite(redis.client, 'hut');
    const collector = await startCollector({
      ...{ 'redis.url': redis.url, 'postgres.url': pair.url, 'postgres.timeout_ms': 1_000 },
    });
    const mark = () => redis.client.hget('webscada:{hut}:watermark', 'collect-postgres');
    const isDown = () => collector.status().sinks[0]?.state === 'down';
    try {
      await pair.replicate('synchronous');
      await made.report({ lastSeq: 100 });
      await made.write(1, 60);
      await eventually('both have them', async () => (await mark()) === '1-60', 60_000);
      await pair.loseReplica();
      await made.write(61, 100);
      await eventually('it gives up waiting for an answer', isDown, 60_000);
      // Whoever takes the entries over waits for the same rows, longer than any statement may.
      await eventually('it has tried again', () => retries(collector.logged) > 1, 60_000);
      expect(await mark()).toBe('1-60');
      await pair.follow();
      await eventually('both have all', async () => (await mark()) === '1-100', 60_000);
      const { rows } = await pair.pool().query('SELECT count(*) AS n FROM webscada.records');
      expect(rows[0]?.n).toBe('100');
    } finally {
      await collector.stop();
      await redis.stop();
      await pair.stop();
      folder.remove();
    }
  }, 240_000);
});

/** Different troubles in a row: no answer to COMMIT, then no lock on the site's row. */
function retries(logged: readonly { readonly event: string }[]): number {
  return logged.filter(({ event }) => event === 'collect.postgres.down').length;
}
