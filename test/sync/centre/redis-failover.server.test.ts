/** The short form of scripts/failover.ts: Redis fails over and loses what it had acknowledged, and every record is there once. */
import { expect, test } from 'vitest';
import { lossyCluster, lossySentinel } from '../../support/failover/lossy-redis.ts';
import { proveRedisFailOver } from '../../support/failover/redis-proof.ts';
import type { Verdict } from '../../support/failover/verdict.ts';
import { describeWith } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

function expectOnce(verdict: Verdict): void {
  expect(verdict).toMatchObject({ faults: [], verified: 0 });
  expect(verdict.resent.records).toBeGreaterThan(0);
  expect([verdict.stored, verdict.distinct]).toEqual([verdict.written, verdict.written]);
}

describeWith(['postgres', 'redis-server', 'redis-sentinel'], 'Redis fails over with writes lost', () => {
  test('by Sentinel, twice: every record once, in stream and PostgreSQL', async () => {
    const { random } = createTestWorld(0, 4);
    expectOnce(await proveRedisFailOver({ rounds: 2, random, open: lossySentinel }));
  }, 600_000);

  test('a shard of a Cluster, twice: every record once, in stream and PostgreSQL', async () => {
    const { random } = createTestWorld(0, 5);
    expectOnce(await proveRedisFailOver({ rounds: 2, random, open: lossyCluster }));
  }, 600_000);
});
