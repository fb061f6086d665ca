/** The English words of what is there from the start: the first page, the bar, the devices. A page fetched later has its words in later.ts. */
import { app } from './app.ts';
import { devices } from './devices.ts';
import { parts } from './parts.ts';
import { reasons } from './reasons.ts';
import { site } from './site.ts';
import { values } from './values.ts';

export const first = {
  ...app,
  ...devices,
  ...parts,
  ...reasons,
  ...site,
  ...values,
} as const;
