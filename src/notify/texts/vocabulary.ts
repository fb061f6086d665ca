/** What has to have words in each language people are told in. */
import type { AlarmPriority } from '../../model/alarm.ts';
import type { AlarmTextKey } from '../../model/said/alarm-texts.ts';

export interface NotifyWords {
  readonly locale: string;
  readonly priority: Readonly<Record<AlarmPriority, string>>;
  /** What the box says of an alarm; undefined: as it says it. */
  readonly alarm: Readonly<Record<AlarmTextKey, string>> | undefined;
  /** In front of the subject of one alarm. */
  over(subject: string): string;
  notAcknowledged(minutes: number, subject: string): string;
  alarms(count: number): string;
  /** '12 alarms while nothing could be sent, 3 still active' */
  meanwhile(raised: number, active: number): string;
  afterQuiet(raised: number, active: number): string;
  digest(raised: number, active: number): string;
  several(raised: number, active: number): string;
  recovered(count: number): string;
  flood(raised: number): string;
  floodNews(total: number, active: number): string;
  floodEnd(total: number, active: number): string;
  floodNote(): string;
  testSubject(site: string): string;
  testText(person: string): string;
  late(age: string): string;
  failingSince(time: string): string;
  device: string;
  area: string;
  priorityName: string;
  since: string;
  ended: string;
  cause: string;
  consequence: string;
  action: string;
  page: string;
  more(count: number): string;
  ago(age: string): string;
  minutes(count: number): string;
  hours(hours: number, minutes: number): string;
  days(days: number, hours: number): string;
  sentBy(site: string): string;
}
