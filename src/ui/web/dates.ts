/**
 * Times as a technician reads them, in the time zone of the site: the screen may hang in another one. A time that is not of
 * today has its date beside it. Pure.
 */
import { language } from './texts.ts';

interface ZoneFormats {
  readonly time: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly date: Intl.DateTimeFormat;
  readonly wholeDate: Intl.DateTimeFormat;
  readonly offset: Intl.DateTimeFormat;
}

const formats = new Map<string, ZoneFormats>();

function formatsOf(zone: string): ZoneFormats {
  const known = formats.get(zone);
  if (known) return known;
  const make = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
  const made: ZoneFormats = {
    time: make({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
    day: make({ year: 'numeric', month: '2-digit', day: '2-digit' }),
    date: make({ month: 'short', day: 'numeric' }),
    wholeDate: make({ year: 'numeric', month: 'short', day: 'numeric' }),
    offset: make({ timeZoneName: 'short' }),
  };
  formats.set(zone, made);
  return made;
}

/** `zone` where the browser knows it; UTC, which it does, where not. */
export function usableZone(zone: string | undefined): string {
  try {
    if (zone !== undefined)
      return new Intl.DateTimeFormat(language, { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    // An old browser, a new zone.
  }
  return 'UTC';
}

/** '14:03:07' */
export function timeOfDay(timeMs: number, zone: string): string {
  return formatsOf(zone).time.format(timeMs);
}

/** Names the day; only for comparing with another one. */
export function dayOf(timeMs: number, zone: string): string {
  return formatsOf(zone).day.format(timeMs);
}

/** '14:03:07' of today, 'Nov 19, 14:03:07' of another day, with the year where it is another one too. `today` is of dayOf(). */
export function moment(timeMs: number, today: string, zone: string): string {
  const { time, date, wholeDate } = formatsOf(zone);
  const clock = time.format(timeMs);
  const day = dayOf(timeMs, zone);
  if (day === today) return clock;
  const isThisYear = day.slice(-4) === today.slice(-4);
  return `${(isThisYear ? date : wholeDate).format(timeMs)}, ${clock}`;
}

/** The whole date and time with the offset, for a title: 'Nov 19, 2026, 14:03:07 GMT+1'. */
export function wholeTime(timeMs: number, zone: string): string {
  const { time, wholeDate, offset } = formatsOf(zone);
  const name = offset.formatToParts(timeMs).find(({ type }) => type === 'timeZoneName')?.value ?? zone;
  return `${wholeDate.format(timeMs)}, ${time.format(timeMs)} ${name}`;
}

/** 'Europe/Berlin', 'America/New York' */
export function zoneName(zone: string): string {
  return zone.replaceAll('_', ' ');
}
