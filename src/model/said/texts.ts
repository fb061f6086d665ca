/** All sentences of the box that have a key, in English; the pages have the same keys in their other languages. */
import { ALARM_GROUP_TEXTS, ALARM_TEXTS } from './alarm-texts.ts';
import { BOX_TEXTS } from './box-texts.ts';
import { BROKER_TEXTS } from './broker-texts.ts';
import { CARE_TEXTS } from './care-texts.ts';
import { CATALOGUE_TEXTS } from './catalogue-texts.ts';
import { CENTRE_TEXTS } from './centre-texts.ts';
import { CODEC_TEXTS } from './codec-texts.ts';
import { DAMAGE_TEXTS } from './damage-texts.ts';
import { DOWNLINK_TEXTS } from './downlink-texts.ts';
import { IMPORT_TEXTS } from './import-texts.ts';
import { INFLUX_TEXTS } from './influx-texts.ts';
import { INPUT_TEXTS } from './input-texts.ts';
import { NOTIFY_TEXTS } from './notify-texts.ts';
import { RULE_TEXTS } from './rule-texts.ts';
import { SETTING_TEXTS } from './setting-texts.ts';
import { STEP_TEXTS } from './step-texts.ts';
import { SUGGEST_TEXTS } from './suggest-texts.ts';
import { TRACING_TEXTS } from './tracing-texts.ts';

export const SAID_TEXTS = {
  ...ALARM_TEXTS,
  ...ALARM_GROUP_TEXTS,
  ...BOX_TEXTS,
  ...BROKER_TEXTS,
  ...CARE_TEXTS,
  ...CATALOGUE_TEXTS,
  ...CENTRE_TEXTS,
  ...CODEC_TEXTS,
  ...DAMAGE_TEXTS,
  ...DOWNLINK_TEXTS,
  ...IMPORT_TEXTS,
  ...INFLUX_TEXTS,
  ...INPUT_TEXTS,
  ...NOTIFY_TEXTS,
  ...RULE_TEXTS,
  ...SETTING_TEXTS,
  ...STEP_TEXTS,
  ...SUGGEST_TEXTS,
  ...TRACING_TEXTS,
} as const;
