/** The nearest right name. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, editDistance, nearest } from '../../src/model/suggest.ts';

test.each([
  ['batch_max_age', 'batch_max_age_ms'],
  ['batchMaxRecords', 'batch_max_records'],
  ['BATCH-MAX-RECORDS', 'batch_max_records'],
  ['tokne', 'token'],
  ['urll', 'url'],
])('%s is taken for %s', (wrong, right) => {
  expect(nearest(wrong, ['url', 'batch_max_records', 'batch_max_age_ms', 'token', 'gzip'])).toBe(right);
});

test.each(['colour', 'x', '', 'z'.repeat(10_000)])('nothing is near to %s', (wrong) => {
  expect(nearest(wrong, ['url', 'token', 'gzip'])).toBeUndefined();
  expect(didYouMean(wrong, ['url', 'token', 'gzip'])).toBe('');
});

test('the distance is zero for equal texts only, symmetric, and at most the longer length', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance === 0).toBe(a === b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
