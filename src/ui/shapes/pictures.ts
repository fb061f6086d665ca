/** Pictures people put on the box. */
import * as z from 'zod/mini';
import { count, named, time } from './component.ts';
import { about } from './describe.ts';

export const pictureSchema = named(
  'Picture',
  z.object({
    kind: about(z.enum(['device', 'gateway', 'plan', 'sheet']), 'What it is of'),
    of: about(z.string(), 'Its EUI or name'),
    bytes: count,
    changed: time,
  }),
);

export type PictureView = z.infer<typeof pictureSchema>;
