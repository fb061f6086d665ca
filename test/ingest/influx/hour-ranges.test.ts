/** Hours as ranges: none is lost, few are added, and the ranges stay few, ascending and apart. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addHour, countHours, type HourRange, removeHours } from '../../../src/ingest/influx/hour-ranges.ts';

const hoursOf = (ranges: readonly HourRange[]) =>
  new Set(ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, index) => from + index)));

test('I8: the set holds what was added and not removed, while there are few ranges exactly that', () => {
  const step = fc.record({
    add: fc.boolean(),
    hour: fc.integer({ min: 0, max: 400 }),
    span: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      let ranges: readonly HourRange[] = [];
      let most = 0;
      const model = new Set<number>();
      for (const { add, hour, span } of steps) {
        if (add) model.add(hour);
        else for (let gone = hour; gone < hour + span; gone += 1) model.delete(gone);
        ranges = add ? addHour(ranges, hour) : removeHours(ranges, [hour, hour + span]);
        most = Math.max(most, ranges.length);
        expect(ranges.length).toBeLessThanOrEqual(65);
        for (const [index, [from, to]] of ranges.entries()) {
          expect(from).toBeLessThan(to);
          expect(from).toBeGreaterThan(ranges[index - 1]?.[1] ?? -1);
        }
      }
      const held = hoursOf(ranges);
      expect(held.size).toBe(countHours(ranges));
      for (const hour of model) expect(held.has(hour)).toBe(true);
      if (most < 64) expect(held).toEqual(model);
    }),
  );
});
