/** What an alarm says, in German: on the pages, and in messages to people who are told in German. */
import type { AlarmTextKey } from './alarm-texts.ts';

export const ALARM_TEXTS_DE: Readonly<Record<AlarmTextKey, string>> = {
  'alarm.above': '{device}: {field} ist {value}{unit}, über {limit}{unit}',
  'alarm.below': '{device}: {field} ist {value}{unit}, unter {limit}{unit}',
  'alarm.deviates': '{device}: {field} ist {value}{unit}, soll {limit}{unit} sein',
  'alarm.changes': '{device}: {field} ändert sich um {value}{unit} je Minute',
  'alarm.is': '{device}: {field} ist {value}',
  'alarm.true': '{device}: {field} ist wahr',
  'alarm.false': '{device}: {field} ist falsch',
  'alarm.silent': '{device} wurde seit {duration} nicht gehört',
  'alarm.silentDays': '{device} wurde seit {days} Tagen nicht gehört',
  'alarm.frozen': '{device}: {field} steht bei {value}{unit} still',
  'alarm.jumped': '{device}: {field} sprang auf {value}',
  'alarm.frameJumped': '{device}: der Frame-Zähler sprang auf {value}',
  'alarm.badlyHeard': '{device} ist schlecht zu hören: {value} dB Reserve',
  'alarm.battery': '{device}: Batterie bei {value} %',
  'alarm.joinRefused': '{device} wurde beim Join {value}-mal abgelehnt',
  'alarm.gatewayOffline': 'Gateway {device} ist offline',
};
