/** Pacing: batches that fit the line. */
import { describe, expect, test } from 'vitest';
import { larger, smaller } from '../../../src/sync/site/pacing.ts';

describe('the share of a batch', () => {
  const most = { records: 500, bytes: 65_536 };

  test('shrinks to a single record on a line too thin, and recovers', () => {
    let share = most;
    for (let i = 0; i < 10; i++) share = smaller(share);
    expect(share).toEqual({ records: 1, bytes: 1_024 });
    for (let i = 0; i < 10; i++) share = larger(share, most);
    expect(share).toEqual(most);
  });
});
