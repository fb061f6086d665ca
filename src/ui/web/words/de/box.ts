/** What the box itself says, in German: fetched beside the first page, since a page shows it in the box's English until then. */
import type { BoxWords } from '../words.ts';
import { alarms } from './box/alarms.ts';
import { box as parts } from './box/box.ts';
import { broker } from './box/broker.ts';
import { care } from './box/care.ts';
import { catalogue } from './box/catalogue.ts';
import { centre } from './box/centre.ts';
import { codecs } from './box/codecs.ts';
import { damage } from './box/damage.ts';
import { downlinks } from './box/downlinks.ts';
import { imports } from './box/import.ts';
import { influx } from './box/influx.ts';
import { inputs } from './box/inputs.ts';
import { notify } from './box/notify.ts';
import { refusals } from './box/refusals.ts';
import { rules } from './box/rules.ts';
import { settings } from './box/settings.ts';
import { steps } from './box/steps.ts';
import { suggest } from './box/suggest.ts';
import { tracing } from './box/tracing.ts';

export const box: BoxWords = {
  ...broker,
  ...influx,
  ...centre,
  ...parts,
  ...care,
  ...rules,
  ...settings,
  ...steps,
  ...suggest,
  ...inputs,
  ...notify,
  ...tracing,
  ...alarms,
  ...imports,
  ...downlinks,
  ...codecs,
  ...catalogue,
  ...damage,
  ...refusals,
};
