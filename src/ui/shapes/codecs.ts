/** Codecs, and what a trial of one gives. */
import * as z from 'zod/mini';
import { count, named } from './component.ts';
import { about, maybe } from './describe.ts';
import { fieldsSchema } from './records.ts';
import { saidSchema } from './told.ts';

export const codecSchema = named(
  'Codec',
  z.object({
    name: z.string(),
    kind: about(z.enum(['built-in', 'script', 'file']), 'file: changed in the folder of codecs only'),
    devices: about(count, 'That name it'),
    pausedSeconds: about(
      z.number(),
      'Until it is tried again after it ran into its limits; 0: it is not paused',
    ),
    misbehaved: about(count, 'Calls that ran into a limit'),
    problem: maybe(z.string(), 'Why it is not at work'),
    said: saidSchema,
    source: maybe(z.string(), 'Of a script, when asked for by name'),
  }),
);

export const codecTrialSchema = named(
  'CodecTrial',
  z.object({
    fields: z.optional(fieldsSchema),
    hex: maybe(z.string(), 'Bytes of the downlink'),
    base64: z.optional(z.string()),
    fPort: maybe(z.int(), 'Of the downlink'),
    problem: z.optional(z.string()),
    said: saidSchema,
    warnings: z.array(z.string()),
  }),
);

export type CodecView = z.infer<typeof codecSchema>;
export type CodecTrialView = z.infer<typeof codecTrialSchema>;
