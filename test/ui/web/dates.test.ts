/** Times in the time zone of the site, with their date where it is not today. */
import { describe, expect, test } from 'vitest';
import { dayOf, moment, timeOfDay, usableZone, wholeTime, withMoments } from '../../../src/ui/web/dates.ts';

const NOW = Date.UTC(2026, 10, 26, 23, 30);
const DAY_MS = 86_400_000;

describe('times at the site', () => {
  test('P7: a time of another day has its date, one of another year the year; today is the day at the site', () => {
    const at = (timeMs: number, zone: string) => moment(timeMs, dayOf(NOW, zone), zone);
    expect(at(NOW - 3_600_000, 'UTC')).toBe('22:30:00');
    // In Berlin the day began half an hour ago.
    expect(at(NOW - 3_600_000, 'Europe/Berlin')).toBe('Nov 26, 23:30:00');
    expect(at(NOW - 7 * DAY_MS, 'UTC')).toBe('Nov 19, 23:30:00');
    expect(at(NOW - 365 * DAY_MS, 'UTC')).toBe('Nov 26, 2025, 23:30:00');
    expect(at(NOW + DAY_MS, 'UTC')).toBe('Nov 27, 23:30:00');
  });

  test('P7: the zone is the one of the site, with its summer time; the whole time says it', () => {
    expect(timeOfDay(NOW, 'America/New_York')).toBe('18:30:00');
    expect(timeOfDay(Date.UTC(2026, 6, 1, 12), 'Europe/Berlin')).toBe('14:00:00');
    expect(wholeTime(NOW, 'Europe/Berlin')).toBe('Nov 27, 2026, 00:30:00 GMT+1');
  });

  test('P7: a time within the words of the box is shown as any other', () => {
    const shown = (text: string) => withMoments(text, dayOf(NOW, 'Europe/Berlin'), 'Europe/Berlin');
    expect(shown('the last backup is of 2026-11-26T22:32:54.168Z')).toBe(
      'the last backup is of Nov 26, 23:32:54',
    );
    expect(shown('from 2026-11-26T23:00Z to 2026-99-99T00:00:00Z')).toBe(
      'from 00:00:00 to 2026-99-99T00:00:00Z',
    );
  });

  test('P7: a zone this browser does not know, or none, is UTC', () => {
    expect(['Mars/Olympus', '', undefined].map(usableZone)).toEqual(['UTC', 'UTC', 'UTC']);
    expect(usableZone('Asia/Tokyo')).toBe('Asia/Tokyo');
  });
});
