/** Outage rehearsals. */
import * as z from 'zod/mini';
import { LINES } from '../../model/line.ts';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';

const seconds = z.int().check(z.gte(1), z.lte(86_400));

export const rehearsalBody = z.strictObject({
  centreS: maybe(seconds, 'How long the line to the centre is cut, seconds'),
  influxS: maybe(seconds, 'The same of InfluxDB'),
  brokerS: maybe(seconds, 'The same of an external broker'),
  confirm: maybe(
    z.string().check(z.maxLength(200)),
    'The id of the site, to begin; without it nothing is cut, and the answer says what would be',
  ),
});

const line = z.enum(LINES);

export const cutLineSchema = z.object({ line, until: time });

export const rehearsalSchema = named(
  'Rehearsal',
  z.object({
    id: z.string(),
    by: z.string(),
    started: time,
    state: about(
      z.enum(['running', 'catching_up', 'ended']),
      'running: a line is cut; catching_up: all are whole, and what waited is delivered',
    ),
    lines: z.array(
      z.object({ line, from: time, until: time, mended: maybe(time, 'When it was whole again') }),
    ),
    ended: z.optional(time),
    cutShort: maybe(z.string(), 'Why it ended before its time'),
    samples: about(
      z.array(
        z.object({
          time,
          lastSeq: count,
          waiting: about(z.record(z.string(), count), 'Records that wait, by reader'),
          storeBytes: count,
        }),
      ),
      'What was seen meanwhile',
    ),
    events: z.array(z.object({ time, text: z.string() })),
    verdict: maybe(
      z.enum(['proved', 'failed', 'unproved']),
      'Of all checks together, once they are made: failed where something is missing or doubled, unproved where something could not be looked at',
    ),
    checks: z.array(
      z.object({ what: z.string(), outcome: z.enum(['proved', 'failed', 'unproved']), text: z.string() }),
    ),
    page: about(z.string(), 'The same as a page of text'),
  }),
);

export type RehearsalView = z.infer<typeof rehearsalSchema>;

export const rehearsalPreviewSchema = named(
  'RehearsalPreview',
  z.object({
    lines: z.array(z.object({ line, forS: count })),
    expectedRecords: about(count, 'That will wait at the end, by what came lately'),
    expectedBytes: count,
    remarks: z.array(z.string()),
    objections: about(z.array(z.string()), 'Why it cannot begin; empty when it can'),
  }),
);

export type RehearsalPreviewView = z.infer<typeof rehearsalPreviewSchema>;
