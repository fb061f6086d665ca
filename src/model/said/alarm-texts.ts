/** What an alarm says where its rule has no words of its own, and what came together. '{unit}' has a space in front where there is one. */
export const ALARM_TEXTS = {
  'alarm.above': '{device}: {field} is {value}{unit}, above {limit}{unit}',
  'alarm.below': '{device}: {field} is {value}{unit}, below {limit}{unit}',
  'alarm.deviates': '{device}: {field} is {value}{unit}, it should be {limit}{unit}',
  'alarm.changes': '{device}: {field} changes by {value}{unit} a minute',
  'alarm.is': '{device}: {field} is {value}',
  'alarm.true': '{device}: {field} is true',
  'alarm.false': '{device}: {field} is false',
  'alarm.silent': '{device} has not been heard for {duration}',
  'alarm.silentDays': '{device} has not been heard for {days} days',
  'alarm.frozen': '{device}: {field} has stayed at {value}{unit}',
  'alarm.jumped': '{device}: {field} jumped to {value}',
  'alarm.frameJumped': '{device}: frame counter jumped to {value}',
  'alarm.badlyHeard': '{device} is heard badly: {value} dB to spare',
  'alarm.battery': '{device}: battery at {value} %',
  'alarm.joinRefused': '{device} was refused {value} times when it tried to join',
  'alarm.gatewayOffline': 'Gateway {device} is offline',
} as const;

export type AlarmTextKey = keyof typeof ALARM_TEXTS;

export const ALARM_GROUP_TEXTS = {
  'alarms.behind': {
    one: '{count} device behind gateway {name}',
    other: '{count} devices behind gateway {name}',
  },
  'alarms.inArea': '{count} alarms in {name}',
  'alarms.ofRule': '{count} times: {name}',
} as const;
