/** Readings and other records of the log, and what a sink refused of them. */
import * as z from 'zod/mini';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { saidSchema } from './told.ts';

export const fieldsSchema = about(
  z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  'Decoded values',
);

export const timeQuality = maybe(
  z.enum(['gateway', 'corrected', 'estimated']),
  'Where time comes from, if not from the clock of the box: gateways, set right later, a guess',
);

const head = {
  id: about(z.string(), '<epoch>-<seq>'),
  seq: count,
  time,
  timeQuality,
  device: z.nullable(z.string()),
};

const reception = z.object({
  gatewayId: z.string(),
  rssi: z.number(),
  snr: z.number(),
  time: z.optional(time),
});

export const readingSchema = named(
  'Reading',
  z.object({
    ...head,
    device: about(z.string(), 'DevEUI'),
    kind: z.literal('uplink'),
    fields: fieldsSchema,
    data: about(z.string(), 'Decrypted payload, hex'),
    fPort: z.nullable(z.int()),
    fCnt: about(count, '32-bit uplink counter'),
    devAddr: z.string(),
    confirmed: z.boolean(),
    frequency: about(z.number(), 'Hz'),
    dataRate: z.string(),
    receptions: about(z.array(reception), 'Best first; rssi in dBm, snr in dB'),
    codec: z.string(),
    problem: maybe(z.string(), 'Why the payload could not be decoded'),
    said: saidSchema,
    via: z.enum(['bridge', 'chirpstack']),
  }),
);

/** A record of another kind than a reading; `body` as it is in the log. */
const otherRecordSchema = named(
  'OtherRecord',
  z.object({
    ...head,
    kind: z.enum(['gateway', 'system', 'join', 'downlink', 'alarm']),
    body: z.record(z.string(), z.unknown()),
  }),
);

export const recordSchema = named('Record', z.discriminatedUnion('kind', [readingSchema, otherRecordSchema]));

export const quarantinedSchema = named(
  'Quarantined',
  z.object({
    sink: z.string(),
    seq: about(count, 'Names the record in an action'),
    time: about(time, 'Of the record'),
    kind: about(z.string(), 'As of a record'),
    device: about(z.nullable(z.string()), 'DevEUI'),
    reason: about(z.string(), 'What the sink said'),
    quarantined: about(time, 'When it was set aside'),
    body: about(z.unknown(), 'As in the log; text where it is not JSON'),
  }),
);

export const quarantineOutcomeSchema = named(
  'QuarantineOutcome',
  z.object({
    matched: about(count, 'Records the selection fits'),
    delivered: count,
    dropped: count,
    refused: about(count, 'Refused again, with a new reason'),
    unfit: about(count, 'Left alone: without the field, or with a value that cannot be converted'),
    ahead: about(count, 'Left alone: the sink is still writing what lies before them'),
    stopped: maybe(z.string(), 'Why the rest was not tried'),
  }),
);

export type ReadingView = z.infer<typeof readingSchema>;
export type RecordView = z.infer<typeof recordSchema>;
export type QuarantinedView = z.infer<typeof quarantinedSchema>;
export type QuarantineOutcomeView = z.infer<typeof quarantineOutcomeSchema>;
