/** When a backlog will be done: said only after looking, and never of one that does not shrink. */
import { describe, expect, test } from 'vitest';
import { outlookOf, type Sample, withSample } from '../../../src/ui/web/backlog.ts';

/** A sample each 10 s. */
const seen = (...pendings: number[]): readonly Sample[] =>
  pendings.reduce<readonly Sample[]>(
    (list, pending, n) => withSample(list, { timeMs: n * 10_000, pending }),
    [],
  );

describe('when a backlog will be done', () => {
  test('what waits by what it shrinks', () => {
    expect(outlookOf(seen(1000, 900, 800, 700))).toEqual({ kind: 'done', atMs: 100_000 });
  });

  test('one that grows, or stays as it is, does not catch up', () => {
    expect(outlookOf(seen(1000, 1010, 1020, 1030))).toEqual({ kind: 'stuck' });
    expect(outlookOf(seen(1000, 1000, 1000, 1000))).toEqual({ kind: 'stuck' });
  });

  test('nothing is foretold after a glance, or of the few that are on their way anyway', () => {
    expect(outlookOf(seen(1000, 900))).toBeUndefined();
    expect(outlookOf(seen(5, 4, 6, 5))).toBeUndefined();
    expect(outlookOf([])).toBeUndefined();
  });

  test('one odd sample does not turn it over; what is older than three minutes counts no more', () => {
    expect(outlookOf(seen(1000, 900, 1200, 700, 600, 500))?.kind).toBe('done');
    const long = seen(
      ...Array.from({ length: 60 }, () => 500),
      ...Array.from({ length: 20 }, (_, n) => 500 - n * 10),
    );
    expect(long.length).toBeLessThanOrEqual(19);
    expect(outlookOf(long)).toMatchObject({ kind: 'done' });
  });

  test('what it grew by before says nothing of how it shrinks since', () => {
    expect(outlookOf(seen(0, 0, 900, 860, 820, 780))).toEqual({ kind: 'done', atMs: 245_000 });
    expect(outlookOf(seen(0, 0, 900, 860, 820))).toBeUndefined();
  });

  test('samples are not taken more often than they say something; a clock that is set back begins anew', () => {
    const one = withSample([], { timeMs: 10_000, pending: 5 });
    expect(withSample(one, { timeMs: 11_000, pending: 9 })).toBe(one);
    expect(withSample(one, { timeMs: 0, pending: 7 })).toEqual([{ timeMs: 0, pending: 7 }]);
  });
});
