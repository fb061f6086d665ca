/** The centre as a generator that the chart is derived from. */
import type { ChartSource } from '../chart.ts';
import { CENTRE_KEYS, type Centre } from './centre.ts';
import { centreObjects } from './objects.ts';
import { CENTRE_SECRET_NAMES, type CentreSecretForms } from './secrets.ts';
import type { Scripts } from './workload.ts';

export function centreChart(scripts: Scripts): ChartSource {
  return {
    keys: CENTRE_KEYS,
    needed: [],
    secretNames: CENTRE_SECRET_NAMES,
    objects: (values, { secrets, ...options }) =>
      centreObjects(values as Centre, { ...options, scripts, secrets: secrets as CentreSecretForms }),
  };
}
