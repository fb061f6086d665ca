/** English. */
import type { NotifyWords } from './vocabulary.ts';

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;
const active = (number: number): string => (number === 0 ? 'none still active' : `${number} still active`);

export const en: NotifyWords = {
  locale: 'en-GB',
  priority: { critical: 'critical', high: 'high', medium: 'medium', low: 'low' },
  alarm: undefined,
  over: (subject) => `Over: ${subject}`,
  notAcknowledged: (minutes, subject) => `Not acknowledged for ${minutes} min: ${subject}`,
  alarms: (number) => count(number, 'alarm', 'alarms'),
  meanwhile: (raised, still) =>
    `${count(raised, 'alarm', 'alarms')} while nothing could be sent, ${active(still)}`,
  afterQuiet: (raised, still) => `${count(raised, 'alarm', 'alarms')} in the quiet hours, ${active(still)}`,
  digest: (raised, still) => `Summary of the day: ${count(raised, 'alarm', 'alarms')}, ${active(still)}`,
  several: (raised, still) => `${count(raised, 'alarm', 'alarms')}, ${active(still)}`,
  recovered: (number) => `${count(number, 'alarm is', 'alarms are')} over`,
  flood: (raised) => `Flood of alarms: ${raised} at once`,
  floodNews: (total, still) => `The flood of alarms goes on: ${total} so far, ${active(still)}`,
  floodEnd: (total, still) =>
    `The flood of alarms is over: ${count(total, 'alarm', 'alarms')}, ${active(still)}`,
  floodNote: () => 'More of them are summed up until it is over. What is more urgent is told at once.',
  testSubject: (site) => `Test from ${site}`,
  testText: (person) => `This is a test. It reached ${person}; alarms will as well.`,
  late: (age) => `told late, ${age} after it happened`,
  failingSince: (time) => `Nothing could be sent since ${time}.`,
  device: 'Device',
  area: 'Area',
  priorityName: 'Priority',
  since: 'Since',
  ended: 'over at',
  cause: 'Cause',
  consequence: 'Consequence',
  action: 'What to do',
  page: 'Page',
  more: (number) => `and ${number} more`,
  ago: (age) => `${age} ago`,
  minutes: (number) => `${number} min`,
  hours: (hours, minutes) => (minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`),
  days: (days, hours) => (hours === 0 ? `${days} d` : `${days} d ${hours} h`),
  sentBy: (site) => `Sent by the box at ${site}`,
};
