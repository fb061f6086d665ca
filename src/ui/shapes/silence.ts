/** Why a device is silent. */
import * as z from 'zod/mini';
import { SILENCE_CAUSES } from '../../model/silence.ts';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';

export const silenceSchema = named(
  'Silence',
  z.object({
    devEui: z.string(),
    name: z.string(),
    silent: about(z.boolean(), 'Whether it is not heard as it should be, or not let in'),
    cause: about(z.enum(SILENCE_CAUSES), 'unexplained: nothing seen here explains it'),
    reason: maybe(z.string(), 'Of the cause refused: why, as in `refused` of the status'),
    text: about(z.string(), 'One sentence, for people'),
    advice: maybe(z.string(), 'What to do'),
    said: about(
      z.array(z.object({ key: z.string(), values: z.record(z.string(), z.union([z.number(), z.string()])) })),
      'What the sentence is made of, for whoever says it in another language; ago and every are milliseconds',
    ),
    todo: maybe(z.string(), 'The key of the advice'),
    checked: about(time, 'The clock of the box, for the ages in the text'),
    evidence: about(
      z.object({
        lastSeen: z.nullable(time),
        intervalSeconds: maybe(z.number(), 'How often it should or usually does report'),
        marginsDb: about(
          z.array(z.number()),
          'How far its newest readings were above what they need, newest first',
        ),
        refused: maybe(
          z.object({ reason: z.string(), count, last: time }),
          'Frames not let in since it was last heard',
        ),
        batteryPercent: z.optional(z.number()),
        heardBy: about(z.array(z.string()), 'Gateways that heard its newest readings'),
      }),
      'What the verdict is made from',
    ),
  }),
);

export type SilenceView = z.infer<typeof silenceSchema>;
