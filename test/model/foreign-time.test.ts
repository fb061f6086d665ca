/** Foreign times before the judge: what is believed beside a good clock, and without one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { believed, believedWord, latestBelieved, MADE_MS } from '../../src/model/foreign-time.ts';

const NOW_MS = Date.UTC(2026, 5, 1);
const HOUR_MS = 3_600_000;
const GOOD = { nowMs: NOW_MS, trusted: true };
const DOUBTFUL = { nowMs: 0, trusted: false };
const GPS_MS = NOW_MS - Date.UTC(1980, 0, 6) + 18_000;
const WEEKS_1024_MS = 1024 * 7 * 24 * HOUR_MS;

describe('a foreign time', () => {
  test.each<[string, number, number, boolean, boolean]>([
    // time, how long ago it was said, believed beside a good clock, believed without one
    ['now', NOW_MS, 0, true, true],
    ['a second ahead', NOW_MS + 1_000, 0, true, true],
    ['half an hour ahead', NOW_MS + HOUR_MS / 2, 0, false, true],
    ['half an hour ahead, perhaps from a queue', NOW_MS + HOUR_MS / 2, Number.POSITIVE_INFINITY, false, true],
    ['three hours behind, said just now', NOW_MS - 3 * HOUR_MS, 100, false, true],
    ['three hours behind, perhaps from a queue', NOW_MS - 3 * HOUR_MS, Number.POSITIVE_INFINITY, true, true],
    ['before the program was made', MADE_MS - 1, Number.POSITIVE_INFINITY, false, false],
    ['of 2089', Date.UTC(2089, 0, 1), 0, false, false],
    ['no number', Number.NaN, 0, false, false],
  ])('%s', (_, timeMs, agoMs, withClock, without) => {
    expect(believed(timeMs, GOOD, agoMs)).toBe(withClock ? timeMs : undefined);
    expect(believed(timeMs, DOUBTFUL, agoMs)).toBe(without ? timeMs : undefined);
  });

  test('A07 GPS that has rolled over loses to the clock beside it, and a clock of 2016 to GPS', () => {
    for (const own of [GOOD, DOUBTFUL]) {
      expect(believedWord({ timeMs: NOW_MS, gpsTimeMs: GPS_MS - WEEKS_1024_MS }, own)).toBe(NOW_MS);
      expect(believedWord({ timeMs: NOW_MS, gpsTimeMs: 60_000 }, own)).toBe(NOW_MS);
      expect(believedWord({ timeMs: Date.UTC(2016, 0, 1), gpsTimeMs: GPS_MS }, own)).toBe(NOW_MS);
      expect(believedWord({ gpsTimeMs: 60_000 }, own)).toBeUndefined();
    }
  });

  test('whatever is said, nothing that is believed is ahead of a good clock or older than the program', () => {
    const said = fc.oneof(fc.double(), fc.integer({ min: 0, max: 2 * NOW_MS }), fc.constant(undefined));
    fc.assert(
      fc.property(fc.array(said), fc.option(fc.nat(), { nil: undefined }), (times, agoMs) => {
        const timeMs = latestBelieved(times, GOOD, agoMs) ?? NOW_MS;
        expect(timeMs).toBeGreaterThanOrEqual(MADE_MS);
        expect(timeMs).toBeLessThanOrEqual(NOW_MS + 2_000);
      }),
    );
  });
});
