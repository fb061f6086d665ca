/**
 * Times as a technician reads them, in the time zone of the site: the screen may hang in another one. A time that is not of
 * today has its date beside it. Pure.
 */
import { locale } from './texts.ts';

interface ZoneFormats {
  readonly time: Intl.DateTimeFormat;
  readonly minute: Intl.DateTimeFormat;
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
    new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
  const made: ZoneFormats = {
    time: make({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
    minute: make({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    // In one language for all, the year at its end.
    day: new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' },
    }),
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
      return new Intl.DateTimeFormat(locale, { timeZone: zone }).resolvedOptions().timeZone;
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

/** '14:20' of today, 'Nov 19, 14:20' of another day: for what is only about so. `today` is of dayOf(). */
export function clockTime(timeMs: number, today: string, zone: string): string {
  const { minute, date } = formatsOf(zone);
  const clock = minute.format(timeMs);
  return dayOf(timeMs, zone) === today ? clock : `${date.format(timeMs)}, ${clock}`;
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

/** `text` of the box, in which times are ISO 8601, with each as moment() says it. */
export function withMoments(text: string, today: string, zone: string): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z/g, (iso) => {
    const timeMs = Date.parse(iso);
    return Number.isNaN(timeMs) ? iso : moment(timeMs, today, zone);
  });
}
