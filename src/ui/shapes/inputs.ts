/** The shapes of what the API takes: each checks its input and describes itself in the OpenAPI document. */

import * as z from 'zod';
import { MAC_VERSIONS, REGION_NAMES } from '../../model/lorawan.ts';

const hex = (digits: number): z.ZodString =>
  z
    .string()
    .trim()
    .toLowerCase()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} hex digits`);
const key = hex(32)
  .optional()
  .meta({ writeOnly: true, description: 'Secret; may be left out to keep the one known' });

const deviceFields = {
  name: z.string().trim().min(1).max(100),
  codec: z
    .string()
    .max(64)
    .optional()
    .describe("cayenne where left out; with a profile raw, which is the profile's"),
  devAddr: hex(8).optional().describe('Of a personalised device; most significant byte first'),
  nwkSKey: key,
  appSKey: key,
  joinEui: hex(16).optional().describe('Of a device that joins over the air (AppEUI before 1.0.4)'),
  appKey: key,
  profile: z.string().trim().min(1).max(100).optional().describe('Name of its profile'),
  link: z
    .strictObject({
      region: z.enum(REGION_NAMES).optional(),
      macVersion: z.enum(MAC_VERSIONS).optional(),
      deviceClass: z.enum(['A', 'C']).optional(),
      adr: z.boolean().optional(),
      rx1DelayS: z.int().min(1).max(15).optional(),
      allowCounterReset: z.boolean().optional(),
    })
    .optional()
    .describe('Where it differs from its profile'),
};

const ONE_WAY = {
  path: ['joinEui'],
  message: 'say devAddr for a personalised device, or joinEui for one that joins',
};
const isOneWay = ({ devAddr, joinEui }: { devAddr?: string | undefined; joinEui?: string | undefined }) =>
  (devAddr === undefined) !== (joinEui === undefined);

export const devicePutSchema = z.strictObject(deviceFields).refine(isOneWay, ONE_WAY);
export const devicePostSchema = z
  .strictObject({ devEui: hex(16), ...deviceFields })
  .refine(isOneWay, ONE_WAY);

export type DeviceInput = z.infer<typeof devicePutSchema>;

/** Query parameters of a collection. */
export const paging = {
  limit: z.coerce.number<string>().int().min(1).max(1000).default(100),
  cursor: z.string().max(200).optional(),
};

/** Where a stream of events begins. */
export const eventParams = z.object({
  after: z
    .string()
    .regex(/^\d{1,15}-\d{1,15}$/, 'must be the id of a record, <epoch>-<seq>')
    .optional()
    .describe('Id of the last record seen; Last-Event-ID wins over it; without either only new records come'),
});

const sink = z.string().max(32).default('influx');
const device = hex(16).optional();

/** Which quarantined records to list. */
export const quarantineParams = z.object({
  ...paging,
  sink,
  reason: z.string().max(500).optional().describe('Part of the reason'),
  device,
});

/** What to do with which quarantined records. */
export const quarantineActionSchema = z
  .strictObject({
    sink,
    action: z.enum(['drop', 'retype', 'retry']),
    field: z.string().max(1000).optional().describe('For retype: which field'),
    to: z
      .enum(['number', 'string', 'boolean', 'remove'])
      .optional()
      .describe('For retype: what it shall be; remove takes it out'),
    seqs: z.array(z.int().min(1)).min(1).max(1000).optional(),
    reason: z.string().min(1).max(500).optional().describe('All whose reason contains this'),
    device: device.describe('All of this DevEUI'),
    all: z.literal(true).optional().describe('All of the sink'),
    note: z.string().max(500).optional().describe('Why, for the record of it in the log'),
  })
  .superRefine(({ action, field, to, seqs, reason, device, all }, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (action === 'retype' && field === undefined) wrong('field', 'is needed to retype');
    if (action === 'retype' && to === undefined) wrong('to', 'is needed to retype');
    if (action !== 'retype' && (field ?? to) !== undefined) wrong('action', 'only retype takes a field');
    const chosen = [seqs, reason, device].some((part) => part !== undefined);
    if (chosen === (all === true)) {
      wrong('seqs', 'say which records: seqs, reason or device, or all alone for all of them');
    }
  });

export type QuarantineAction = z.infer<typeof quarantineActionSchema>;
