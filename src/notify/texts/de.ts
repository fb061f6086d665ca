/** German. */
import { ALARM_TEXTS_DE } from '../../model/said/alarm-texts-de.ts';
import type { NotifyWords } from './vocabulary.ts';

const alarms = (number: number): string => `${number} ${number === 1 ? 'Alarm' : 'Alarme'}`;
const active = (number: number): string => (number === 0 ? 'keiner steht noch an' : `${number} noch aktiv`);

export const de: NotifyWords = {
  locale: 'de-DE',
  priority: { critical: 'kritisch', high: 'hoch', medium: 'mittel', low: 'niedrig' },
  alarm: ALARM_TEXTS_DE,
  over: (subject) => `Vorbei: ${subject}`,
  notAcknowledged: (minutes, subject) => `Seit ${minutes} min nicht quittiert: ${subject}`,
  alarms,
  meanwhile: (raised, still) => `${alarms(raised)}, während nichts gesendet werden konnte, ${active(still)}`,
  afterQuiet: (raised, still) => `${alarms(raised)} in der Ruhezeit, ${active(still)}`,
  digest: (raised, still) => `Zusammenfassung des Tages: ${alarms(raised)}, ${active(still)}`,
  several: (raised, still) => `${alarms(raised)}, ${active(still)}`,
  recovered: (number) => (number === 1 ? '1 Alarm ist vorbei' : `${number} Alarme sind vorbei`),
  flood: (raised) => `Alarmflut: ${raised} auf einmal`,
  floodNews: (total, still) => `Die Alarmflut hält an: bisher ${total}, ${active(still)}`,
  floodEnd: (total, still) => `Die Alarmflut ist vorbei: ${alarms(total)}, ${active(still)}`,
  floodNote: () => 'Weitere werden zusammengefasst, bis sie vorbei ist. Dringenderes wird sofort gemeldet.',
  testSubject: (site) => `Test von ${site}`,
  testText: (person) => `Das ist ein Test. Er hat ${person} erreicht; Alarme werden es auch.`,
  late: (age) => `verspätet, ${age} nach dem Ereignis`,
  failingSince: (time) => `Seit ${time} konnte nichts gesendet werden.`,
  device: 'Gerät',
  area: 'Bereich',
  priorityName: 'Priorität',
  since: 'Seit',
  ended: 'vorbei um',
  cause: 'Ursache',
  consequence: 'Folge',
  action: 'Was zu tun ist',
  page: 'Seite',
  more: (number) => `und ${number} weitere`,
  ago: (age) => `vor ${age}`,
  minutes: (number) => `${number} min`,
  hours: (hours, minutes) => (minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`),
  days: (days, hours) => (hours === 0 ? `${days} T` : `${days} T ${hours} h`),
  sentBy: (site) => `Gesendet von der Box in ${site}`,
};
