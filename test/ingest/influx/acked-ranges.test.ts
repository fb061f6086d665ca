/** The memory of what was settled ahead of the cursor, against a plain set. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAckedRanges } from '../../../src/ingest/influx/acked-ranges.ts';

test('counts, ends and starts agree with a plain set of numbers', () => {
  const step = fc.record({ gap: fc.nat(3), length: fc.integer({ min: 1, max: 5 }), bad: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.nat(40), fc.nat(40), (steps, drop, seq) => {
      const ahead = createAckedRanges();
      let settled: number[] = [];
      let bad: number[] = [];
      let expired: number[] = [];
      let at = 0;
      for (const { gap, length, bad: isBad } of steps) {
        const from = at + gap + 1;
        at = from + length - 1;
        for (let one = from; one <= at; one += 1) settled.push(one);
        if (isBad) bad.push(from);
        else expired.push(at);
        ahead.add(from, at, { quarantined: isBad ? [from] : [], expired: isBad ? [] : [at] });
      }
      ahead.dropUpTo(drop);
      settled = settled.filter((one) => one > drop);
      bad = bad.filter((one) => one > drop);
      expired = expired.filter((one) => one > drop);
      const has = (one: number) => settled.includes(one);
      expect(ahead.countAbove(seq)).toBe(settled.filter((one) => one > seq).length);
      expect(ahead.countIn('quarantined', seq, at)).toBe(bad.filter((one) => one > seq).length);
      expect(ahead.countIn('expired', seq, at)).toBe(expired.filter((one) => one > seq).length);
      let end = seq;
      while (has(end + 1)) end += 1;
      expect(ahead.endOf(seq)).toBe(has(seq) ? end : undefined);
      expect(ahead.nextStart(seq)).toBe(settled.find((one) => one > seq && !has(one - 1)));
    }),
  );
});
