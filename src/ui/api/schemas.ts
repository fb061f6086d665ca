/**
 * The shapes of what the API gives: the types of its answers and the components of the OpenAPI document. Loaded only to
 * make that document (the rest of the program needs the types alone), which saves a running site some megabytes.
 * Times are ISO 8601 in UTC, names are camelCase, units are in the descriptions.
 */
import * as z from 'zod';

/** Named shapes of the OpenAPI document. */
export const components = z.registry<{ id: string }>();

function named<T extends z.ZodType>(id: string, schema: T): T {
  components.add(schema, { id });
  return schema;
}

const time = z.iso.datetime().describe('ISO 8601, UTC');
const count = z.int().min(0);
const state = z.enum(['ok', 'connecting', 'degraded', 'down', 'not_configured']);

const part = {
  state,
  detail: z.string().describe('One plain sentence for a technician'),
  hint: z.string().optional().describe('What to do about it'),
  since: time.describe('Since when in this state'),
};

const sinkSchema = named(
  'Sink',
  z.object({
    ...part,
    accepted: count.describe('delivered + pending + quarantined + expired'),
    delivered: count,
    pending: count,
    quarantined: count,
    expired: count,
    oldestPending: time.optional(),
  }),
);

export const statusSchema = named(
  'Status',
  z.object({
    site: z.string(),
    version: z.string(),
    started: time,
    now: time.describe('The clock of the box'),
    broker: z.object({ ...part, kind: z.enum(['embedded', 'external']), messages: count }),
    influx: sinkSchema,
    centre: sinkSchema,
    store: z.object({
      ...part,
      epoch: count,
      firstSeq: count,
      lastSeq: count,
      sizeBytes: count.describe('Bytes on disk'),
    }),
    simulator: z.boolean(),
    refused: z.record(z.string(), count).describe('Messages and frames refused, by reason'),
  }),
);

export const gatewaySchema = named(
  'Gateway',
  z.object({
    gatewayId: z.string(),
    state: z.enum(['online', 'offline']),
    lastSeen: time.nullable(),
    uplinks: count,
    lastRssi: z.number().optional().describe('dBm'),
    lastSnr: z.number().optional().describe('dB'),
    rxReceived: count.optional(),
    rxOk: count.optional(),
    txEmitted: count.optional(),
    qos: z.int().min(0).max(2).describe('QoS its events arrive with; at 0 an outage loses frames'),
    marshaler: z.enum(['protobuf', 'json', 'json-v3']),
    location: z.object({ latitude: z.number(), longitude: z.number() }).optional(),
  }),
);

export const strangerSchema = named(
  'Stranger',
  z.object({
    devAddr: z.string(),
    frames: count,
    lastSeen: time,
    gatewayId: z.string(),
    rssi: z.number().describe('dBm'),
    snr: z.number().describe('dB'),
  }),
);

const fieldsSchema = z
  .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
  .describe('Decoded values');

const head = { id: z.string().describe('<epoch>-<seq>'), seq: count, time, device: z.string().nullable() };

export const readingSchema = named(
  'Reading',
  z.object({
    ...head,
    device: z.string().describe('DevEUI'),
    kind: z.literal('uplink'),
    fields: fieldsSchema,
    data: z.string().describe('Decrypted payload, hex'),
    fPort: z.int().nullable(),
    fCnt: count.describe('32-bit uplink counter'),
    devAddr: z.string(),
    confirmed: z.boolean(),
    frequency: z.number().describe('Hz'),
    dataRate: z.string(),
    receptions: z
      .array(z.object({ gatewayId: z.string(), rssi: z.number(), snr: z.number(), time: time.optional() }))
      .describe('Best first; rssi in dBm, snr in dB'),
    codec: z.string(),
    problem: z.string().optional().describe('Why the payload could not be decoded'),
    via: z.enum(['bridge', 'chirpstack']),
  }),
);

/** A record of another kind than a reading; `body` as it is in the log. */
const otherRecordSchema = named(
  'OtherRecord',
  z.object({ ...head, kind: z.enum(['gateway', 'system']), body: z.record(z.string(), z.unknown()) }),
);

export const recordSchema = named('Record', z.discriminatedUnion('kind', [readingSchema, otherRecordSchema]));

export const deviceSchema = named(
  'Device',
  z.object({
    devEui: z.string(),
    name: z.string(),
    codec: z.string(),
    origin: z.enum(['config', 'api', 'chirpstack']),
    devAddr: z.string().optional().describe('Of the ABP session; keys are never shown'),
    nextFCntUp: count,
    lastSeen: time.nullable(),
    ageSeconds: z.number().nullable().describe('Since lastSeen, by the clock of the box'),
    usualIntervalSeconds: z.number().nullable().describe('Median time between the newest readings'),
    last: readingSchema.nullable(),
    recent: z
      .array(z.object({ time, fields: fieldsSchema }))
      .optional()
      .describe('Newest first; present when asked for'),
  }),
);

named(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().optional(),
    errors: z
      .array(
        z.object({ pointer: z.string().optional(), parameter: z.string().optional(), detail: z.string() }),
      )
      .optional(),
  }),
);

export type StatusView = z.infer<typeof statusSchema>;
export type SinkView = z.infer<typeof sinkSchema>;
export type GatewayView = z.infer<typeof gatewaySchema>;
export type StrangerView = z.infer<typeof strangerSchema>;
export type ReadingView = z.infer<typeof readingSchema>;
export type RecordView = z.infer<typeof recordSchema>;
export type DeviceView = z.infer<typeof deviceSchema>;
