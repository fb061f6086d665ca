/** Which records a refusal for age is about, from the words of several releases. */
import { expect, test } from 'vitest';
import type { Entry } from '../../../src/ingest/influx/delivery-queues.ts';
import { findTooOld, tooOldIn } from '../../../src/ingest/influx/too-old.ts';

function entry(seq: number, timeMs: number, points = 1): Entry {
  const record = { seq, kind: 'uplink' as const, timeMs, device: 'a', body: '{}' };
  return { record, lines: Array.from({ length: points }, () => 'x').join('\n') };
}
const found = (...given: Parameters<typeof findTooOld>) =>
  [...findTooOld(...given)].map(({ record }) => record.seq);

test.each([
  ['partial write: points beyond retention policy dropped=12', 12],
  ['failure writing points: dropped 3 points outside retention policy of duration 24h0m0s - oldest', 3],
  ['points beyond retention policy', Number.NaN],
  ['partial write: field type conflict: input field "a" dropped=2', undefined],
  ['dropped 3 points outside retention policy: violates a Write Window Upper Bound', undefined],
])('I2: "%s" means %s points too old', (words, count) => {
  expect(tooOldIn(words)).toBe(count);
});

test('I2: the oldest are found by their count of points, in whatever order they were sent', () => {
  const entries = [entry(1, 9, 2), entry(2, 1, 2), entry(3, 5), entry(4, 2, 2)];
  expect(found(entries, 4, 0)).toEqual([2, 4]);
  expect(found(entries, 5, 0)).toEqual([2, 4, 3]);
});

test('I2: a count that fits none, or none at all, leaves it to what should be kept', () => {
  const entries = [entry(1, 9, 2), entry(2, 1, 2), entry(3, 5), entry(4, 2, 2)];
  expect(found(entries, 3, 5).sort()).toEqual([2, 4]);
  expect(found(entries, Number.NaN, 6).sort()).toEqual([2, 3, 4]);
  expect(found(entries, Number.NaN, 0)).toEqual([]);
  expect(found([entry(7, 9)], Number.NaN, 0)).toEqual([7]);
});
