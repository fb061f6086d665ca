/** The German words of what is there from the start: the first page, the bar, the devices. A page fetched later has its words in later.ts. */
import type { first as english } from '../en/first.ts';
import type { Words } from '../words.ts';
import { app } from './app.ts';
import { devices } from './devices.ts';
import { parts } from './parts.ts';
import { reasons } from './reasons.ts';
import { site } from './site.ts';
import { values } from './values.ts';

export const first: Words<typeof english> = {
  ...app,
  ...devices,
  ...parts,
  ...reasons,
  ...site,
  ...values,
};
