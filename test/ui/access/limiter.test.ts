/** Buckets give no more than they should, and remember no more keys than they may. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLimiter } from '../../../src/ui/access/limiter.ts';

test('a bucket never gives more than its burst and its rate, whatever the order, and forgets the oldest key', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3_000), { maxLength: 60 }), (pauses) => {
      let nowMs = 0;
      const limiter = createLimiter({
        burst: 5,
        everyMs: 1_000,
        clock: { monotonicMs: () => nowMs },
        maxKeys: 2,
      });
      let taken = 0;
      for (const pause of pauses) {
        nowMs += pause;
        const waitMs = limiter.take('a');
        if (waitMs === 0) taken += 1;
        else expect(waitMs).toBeLessThanOrEqual(1_000);
        expect(taken).toBeLessThanOrEqual(5 + nowMs / 1_000);
      }
    }),
  );
  const limiter = createLimiter({ burst: 1, everyMs: 1_000, clock: { monotonicMs: () => 0 }, maxKeys: 2 });
  expect(['a', 'b', 'a', 'c', 'b', 'a'].map((key) => limiter.take(key) === 0)).toEqual([
    true,
    true,
    false,
    true,
    true,
    true,
  ]);
});
