/** The inference of the 32-bit frame counter, by example and by property. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterCandidates } from '../../../src/gateway/lorawan/counter.ts';

const LAST = 0xffff_ffff;

/** The verdict for the full counter a device really used, as the MIC would find it. */
function verdictOf(next: number, fCnt: number): string {
  const found = counterCandidates(next, fCnt % 0x1_0000).find((candidate) => candidate.fCnt === fCnt);
  return found?.verdict ?? 'none';
}

describe('counterCandidates', () => {
  test.each([
    ['the very first frame', 0, 0, [{ fCnt: 0, verdict: 'new' }]],
    ['a first frame heard late', 0, 65535, [{ fCnt: 65535, verdict: 'new' }]],
    ['the expected frame', 8, 8, [{ fCnt: 8, verdict: 'new' }]],
    ['a frame after some lost ones', 8, 11, [{ fCnt: 11, verdict: 'new' }]],
    [
      'the last frame once more',
      8,
      7,
      [
        { fCnt: 7, verdict: 'retransmission' },
        { fCnt: 65543, verdict: 'new' },
      ],
    ],
    [
      'an older frame',
      8,
      3,
      [
        { fCnt: 65539, verdict: 'new' },
        { fCnt: 3, verdict: 'replay' },
      ],
    ],
    [
      'a device that counts from 0 again in an old session',
      0x3_0008,
      3,
      [
        { fCnt: 0x4_0003, verdict: 'new' },
        { fCnt: 0x3_0003, verdict: 'replay' },
        { fCnt: 3, verdict: 'replay' },
      ],
    ],
    ['the roll-over of the lower half', 0x1_0000, 0, [{ fCnt: 0x1_0000, verdict: 'new' }]],
    ['the last counter there is', LAST, 0xffff, [{ fCnt: LAST, verdict: 'new' }]],
  ])('knows %s', (_, next, fCnt16, expected) => {
    const candidates = counterCandidates(next, fCnt16);
    expect(candidates.slice(0, expected.length)).toEqual(expected);
  });

  test('has nothing new for a session that is used up', () => {
    const verdicts = counterCandidates(LAST + 1, 0xffff).map((candidate) => candidate.verdict);
    expect(verdicts).toEqual(['retransmission', 'replay']);
    expect(counterCandidates(LAST + 1, 0).map((candidate) => candidate.verdict)).toEqual([
      'replay',
      'replay',
    ]);
  });

  test('names any frame up to a period ahead new, the last one a retransmission, older ones a replay', () => {
    const next = fc.oneof(fc.integer({ min: 0, max: 0x4_0000 }), fc.integer({ min: 0, max: LAST }));
    fc.assert(
      fc.property(next, fc.integer({ min: 0, max: 0xfffe }), (expected, distance) => {
        if (expected + distance <= LAST) expect(verdictOf(expected, expected + distance)).toBe('new');
        if (expected > 0) expect(verdictOf(expected, expected - 1)).toBe('retransmission');
        if (expected >= 2 + distance) expect(verdictOf(expected, expected - 2 - distance)).toBe('replay');
      }),
    );
  });

  test('gives one to three different counters, each with the bits received', () => {
    const next = fc.oneof(fc.integer({ min: 0, max: 0x4_0000 }), fc.integer({ min: 0, max: LAST + 1 }));
    fc.assert(
      fc.property(next, fc.integer({ min: 0, max: 0xffff }), (expected, fCnt16) => {
        const counters = counterCandidates(expected, fCnt16).map((candidate) => candidate.fCnt);
        expect(counters.length).toBeGreaterThan(0);
        expect(counters.length).toBeLessThanOrEqual(3);
        expect(new Set(counters).size).toBe(counters.length);
        for (const fCnt of counters) {
          expect(fCnt % 0x1_0000).toBe(fCnt16);
          expect(fCnt).toBeLessThanOrEqual(LAST);
        }
      }),
    );
  });
});
