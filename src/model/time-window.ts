/** Spans of the week in a site's local time, such as '22:00-06:00' or 'mon-fri 22:00-06:00': read, and asked when one is open. */

export interface TimeWindow {
  /** 0 Monday to 6 Sunday: the days on which it begins. */
  readonly days: ReadonlySet<number>;
  /** Minutes after local midnight; at or past midnight of the next day where `to` is not greater than `from`. */
  readonly from: number;
  readonly to: number;
}

/** A moment as the clock on the wall at the site shows it. */
export interface LocalTime {
  /** 'YYYY-MM-DD'. */
  readonly date: string;
  /** 0 Monday to 6 Sunday. */
  readonly weekday: number;
  /** Minutes after midnight. */
  readonly minute: number;
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY = `(?:${DAYS.join('|')})`;
const PATTERN = new RegExp(
  `^(?:(${DAY}(?:-${DAY})?(?:,${DAY}(?:-${DAY})?)*) )?([01]\\d|2[0-3]):([0-5]\\d)-(?:([01]\\d|2[0-3]):([0-5]\\d)|24:00)$`,
);
const MINUTES_PER_DAY = 1_440;

/** undefined when `text` is none. */
export function parseTimeWindow(text: string): TimeWindow | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const from = Number(match[2]) * 60 + Number(match[3]);
  const to = match[4] === undefined ? MINUTES_PER_DAY : Number(match[4]) * 60 + Number(match[5]);
  return from === to ? undefined : { days: daysOf(match[1]), from, to };
}

function daysOf(text: string | undefined): ReadonlySet<number> {
  const days = new Set<number>();
  for (const part of text?.split(',') ?? ['mon-sun']) {
    const [first = '', last = first] = part.split('-');
    const end = DAYS.indexOf(last);
    for (let day = DAYS.indexOf(first); ; day = (day + 1) % 7) {
      days.add(day);
      if (day === end) break;
    }
  }
  return days;
}

/** Minutes until one of `windows` is open by the wall clock, 0 when one is; undefined without windows. */
export function minutesUntilOpen(
  windows: readonly TimeWindow[],
  { weekday, minute }: LocalTime,
): number | undefined {
  const waits = windows.flatMap(({ days, from, to }) =>
    [...days].map((day) => {
      const week = 7 * MINUTES_PER_DAY;
      const length = to > from ? to - from : to - from + MINUTES_PER_DAY;
      const since = (weekday * MINUTES_PER_DAY + minute - day * MINUTES_PER_DAY - from + week) % week;
      return since < length ? 0 : week - since;
    }),
  );
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/** Tells the local time in `timeZone` (an IANA name). Made once: the formats cost a millisecond to make. */
export function createLocalTime(timeZone: string): (timeMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, hourCycle: 'h23', weekday: 'short' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  });
  return (timeMs) => {
    const parts = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    return {
      date: `${parts.year}-${parts.month}-${parts.day}`,
      weekday: DAYS.indexOf((parts.weekday ?? '').toLowerCase()),
      minute: Number(parts.hour) * 60 + Number(parts.minute),
    };
  };
}

/** '14:20', with the date in front where it is another day than `now`. */
export function clockText(then: LocalTime, now: LocalTime): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${two(Math.floor(then.minute / 60))}:${two(then.minute % 60)}`;
  return then.date === now.date ? time : `${then.date} ${time}`;
}
