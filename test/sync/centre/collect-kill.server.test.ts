/** The short form of scripts/collect-crash.ts: killed at random under load, PostgreSQL restarted, and each record is there once. */
import { expect, test } from 'vitest';
import { killCollect } from '../../support/collect-kill.ts';
import { describeWith } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

describeWith(['postgres', 'redis-server'], 'collect killed', () => {
  test('six times, PostgreSQL restarted twice: exactly once', async () => {
    const { random } = createTestWorld(0, 7);
    const result = await killCollect({ kills: 6, sites: 3, restartEvery: 3, random });
    expect(result).toMatchObject({ restarts: 2, verified: 0 });
    expect(result.written).toBeGreaterThan(0);
    expect([result.stored, result.distinct]).toEqual([result.written, result.written]);
  }, 180_000);
});
