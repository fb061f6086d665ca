/** The short form of scripts/failover.ts with PostgreSQL and with `collect` itself in trouble: every record is there once. */
import { expect, test } from 'vitest';
import { proveCollectInTrouble } from '../../support/failover/collect-proof.ts';
import { provePostgresFailOver } from '../../support/failover/postgres-proof.ts';
import { describeWith } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

describeWith(['postgres', 'redis-server'], 'PostgreSQL fails over', () => {
  test('losing commits and synchronously, an old primary beside the new one: every record once', async () => {
    const { random } = createTestWorld(0, 8);
    const verdict = await provePostgresFailOver({ rounds: 3, random });
    expect(verdict).toMatchObject({ faults: [], verified: 0 });
    expect(verdict.resent.records).toBeGreaterThan(0);
    expect([verdict.stored, verdict.distinct]).toEqual([verdict.written, verdict.written]);
  }, 600_000);
});

describeWith(['postgres', 'redis-server'], 'collect in trouble', () => {
  test('stopped longer than the claim, and answers to COMMIT lost: every record once', async () => {
    const { random } = createTestWorld(0, 3);
    const verdict = await proveCollectInTrouble({ rounds: 4, random });
    expect(verdict).toMatchObject({ faults: [], verified: 0 });
    expect(Object.values(verdict.ways).every((times) => times > 0)).toBe(true);
    expect([verdict.stored, verdict.distinct]).toEqual([verdict.written, verdict.written]);
  }, 300_000);
});
