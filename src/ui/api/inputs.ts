/** The shapes of what the API takes: each checks its input and describes itself in the OpenAPI document. */
import * as z from 'zod';

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
  codec: z.string().max(64).default('cayenne'),
  devAddr: hex(8).describe('Most significant byte first'),
  nwkSKey: key,
  appSKey: key,
};

export const devicePutSchema = z.strictObject(deviceFields);
export const devicePostSchema = z.strictObject({ devEui: hex(16), ...deviceFields });

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
