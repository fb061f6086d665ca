/** Where the installation is that a verb is about: this machine's, or one below a folder. */
import { resolve } from 'node:path';
import { type Layout, layoutOf } from '../ops/install/layout.ts';
import type { Given } from './verb.ts';

export const PREFIX_OPTION = {
  prefix: {
    type: 'string',
    value: 'FOLDER',
    summary: 'a plain installation below FOLDER, without systemd and without a user of its own',
  },
} as const;

export function placeOf(given: Given): { readonly system: boolean; readonly layout: Layout } {
  const prefix = given.text('prefix');
  return { system: prefix === undefined, layout: layoutOf(prefix === undefined ? '/' : resolve(prefix)) };
}
