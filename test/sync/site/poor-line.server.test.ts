/** The short form of `scripts/failover.ts line`: 1 Mbit/s, 600 ms, 5 % loss, the line down now and then; the stream holds each record once. */
import { expect, test } from 'vitest';
import { provePoorLine } from '../../support/failover/line-proof.ts';
import { describeWith } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

describeWith(['redis-server'], 'a poor line to the centre', () => {
  test('nothing is lost and nothing doubled, and it says what it cost', async () => {
    const { random } = createTestWorld(0, 6);
    const verdict = await provePoorLine({ seconds: 15, random, compression: 'zstd', flapMs: 6_000 });
    expect(verdict.faults).toEqual([]);
    expect(verdict.records).toBeGreaterThan(0);
    expect(verdict.seen?.outages).toBeGreaterThan(0);
    expect(verdict.bytesPerRecord).toBeGreaterThan(0);
  }, 400_000);
});
