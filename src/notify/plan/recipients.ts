/** From a route to the addresses that it means, and what the clock on the wall says to each. Pure. */
import { createHash } from 'node:crypto';
import type { AlarmPriority } from '../../model/alarm.ts';
import { ALARM_PRIORITIES } from '../../model/alarm.ts';
import type {
  NotifyAddress,
  NotifyBook,
  NotifyPerson,
  NotifyRecipient,
  NotifyRoute,
} from '../../model/notify.ts';
import {
  createLocalTime,
  type LocalTime,
  minutesUntilOpen,
  parseTimeWindow,
} from '../../model/time-window.ts';

export interface Recipient {
  readonly line: string;
  readonly person: NotifyPerson;
  readonly address: NotifyAddress;
}

/** What the planner goes by. */
export interface PlanContext {
  readonly book: NotifyBook;
  /** IANA name of the site's time zone. */
  readonly timeZone: string;
}

/** Names an address of a person; another one when it is changed. */
export function lineOf(person: string, address: NotifyAddress): string {
  const hash = createHash('sha256').update(JSON.stringify(address)).digest('hex').slice(0, 12);
  return `${person}/${address.channel}/${hash}`;
}

/** Each address once. */
export function recipientsOf(
  { people, groups }: NotifyBook,
  to: readonly NotifyRecipient[],
  { channels }: Pick<NotifyRoute, 'channels'>,
): Recipient[] {
  const ids = to.flatMap((one) => {
    const [kind, id = ''] = one.split(':');
    return kind === 'group' ? (groups.get(id)?.members ?? []) : [id];
  });
  return [...new Set(ids)].flatMap((id) => {
    const person = people.get(id);
    if (!person) return [];
    return person.addresses
      .filter(({ channel }) => channels === undefined || channels.includes(channel))
      .map((address) => ({ line: lineOf(id, address), person, address }));
  });
}

/** All lines there are, by id. */
export function allLines(book: NotifyBook): Map<string, Recipient> {
  const all = [...book.people.keys()].map((id): NotifyRecipient => `person:${id}`);
  return new Map(recipientsOf(book, all, {}).map((one) => [one.line, one]));
}

export function isMoreUrgent(one: AlarmPriority, other: AlarmPriority): boolean {
  return ALARM_PRIORITIES.indexOf(one) < ALARM_PRIORITIES.indexOf(other);
}

/** Whether an alarm of this priority has to wait until the quiet hours of the person are over. */
export function isQuiet(
  context: PlanContext,
  person: NotifyPerson,
  priority: AlarmPriority,
  nowMs: number,
): boolean {
  const { quiet, timeZone = context.timeZone } = person;
  if (!quiet || !isMoreUrgent(quiet.except, priority)) return false;
  return isWithin(quiet.windows, localTime(timeZone, nowMs));
}

/** Whether the hours of the route are now. */
export function isOnDuty({ timeZone }: PlanContext, { hours }: NotifyRoute, nowMs: number): boolean {
  return hours === undefined || isWithin(hours, localTime(timeZone, nowMs));
}

/** How many times a digest at this time of the day has come since some day: one made of news of an earlier number is due. */
export function digestNumber(context: PlanContext, person: NotifyPerson, at: string, timeMs: number): number {
  const { date, minute } = localTime(person.timeZone ?? context.timeZone, timeMs);
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  return Date.parse(date) / 86_400_000 + Number(minute >= hours * 60 + minutes);
}

function isWithin(windows: readonly string[], local: LocalTime): boolean {
  return (
    minutesUntilOpen(
      windows.map(parseTimeWindow).filter((window) => window !== undefined),
      local,
    ) === 0
  );
}

const formats = new Map<string, (timeMs: number) => LocalTime>();
const MAX_FORMATS = 64;

function localTime(timeZone: string, timeMs: number): LocalTime {
  let format = formats.get(timeZone);
  if (!format) {
    if (formats.size >= MAX_FORMATS) formats.clear();
    format = createLocalTime(timeZone);
    formats.set(timeZone, format);
  }
  return format(timeMs);
}
