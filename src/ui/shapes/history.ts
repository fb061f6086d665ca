/** A device's history for a chart. */
import * as z from 'zod/mini';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { downlinkStep } from './devices.ts';
import { saidSchema } from './told.ts';

const point = z.object({
  time: about(time, 'When the bucket begins'),
  count: about(count, 'Values in it'),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  first: z.number(),
  last: z.number(),
});

const mark = z.object({
  kind: about(
    z.enum(['downlink', 'join', 'alarm', 'late', 'redated']),
    "A downlink, a join, an alarm, a reading that came after younger ones, one whose time was put right when the box knew its clock's",
  ),
  step: maybe(downlinkStep, 'Where the downlink had got to'),
  message: maybe(z.string(), 'Of the alarm'),
  said: saidSchema,
  time,
  to: about(time, 'Of the last of `count` readings one after another; where the alarm was over'),
  count,
});

export const historySchema = named(
  'DeviceHistory',
  z.object({
    source: about(
      z.enum(['readings', 'hours']),
      'The readings themselves, or whole hours of them where those are too many or gone: then buckets are whole hours too',
    ),
    from: about(time, 'Where the first bucket begins: with hours, with the hour'),
    bucketSeconds: about(z.number(), 'Length of a bucket'),
    behind: about(count, 'Records that hours do not have in them yet, for a while after a start; usually 0'),
    items: z.array(
      z.object({
        field: z.string(),
        points: about(
          z.array(point),
          'In the order of time; a bucket in which nothing was measured has none',
        ),
      }),
    ),
    marks: z.optional(
      about(z.array(mark), 'What else happened, the newest 200; only where the readings were looked at'),
    ),
    moreFields: about(z.array(z.string()), 'For which the answer had no room: ask for them by `fields`'),
  }),
);

export type HistoryView = z.infer<typeof historySchema>;
