/** What alarms say and what came together, in German. The sentences are those of the messages people are told by. */
import type { ALARM_GROUP_TEXTS, ALARM_TEXTS } from '../../../../../model/said/alarm-texts.ts';
import { ALARM_TEXTS_DE } from '../../../../../model/said/alarm-texts-de.ts';
import type { Words } from '../../words.ts';

export const alarms: Words<typeof ALARM_TEXTS & typeof ALARM_GROUP_TEXTS> = {
  ...ALARM_TEXTS_DE,
  'alarms.behind': {
    one: '{count} Gerät hinter Gateway {name}',
    other: '{count} Geräte hinter Gateway {name}',
  },
  'alarms.inArea': '{count} Alarme in {name}',
  'alarms.ofRule': '{count}-mal: {name}',
};
