/**
 * The shapes of what the API gives: the types of its answers and the components of the OpenAPI document. Loaded only to
 * make that document (the rest of the program needs the types alone), which saves a running site some megabytes.
 * Times are ISO 8601 in UTC, names are camelCase, units are in the descriptions.
 */
import * as z from 'zod';
import { ROLES, SCOPES } from '../access/access-rule.ts';

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
      limitBytes: count.optional().describe('What sizeBytes may grow to'),
      freeBytes: count.optional().describe('Left on the disk for everybody'),
      oldest: time.optional().describe('Of the oldest record kept'),
      writtenBytesToday: count.optional().describe('Written to the disk since midnight UTC'),
      bytesPerReading: z.number().optional().describe('Written for each reading, on average'),
      dailyBudgetBytes: count.optional().describe('How much should be written a day at most'),
      projectedWearYears: z.number().optional().describe('Until the disk is worn out at this rate'),
    }),
    time: z.object(part).optional().describe('Whether the box knows the time'),
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

const timeQuality = z
  .enum(['gateway', 'corrected', 'estimated'])
  .optional()
  .describe('Where time comes from, if not from the clock of the box: gateways, set right later, a guess');

const head = {
  id: z.string().describe('<epoch>-<seq>'),
  seq: count,
  time,
  timeQuality,
  device: z.string().nullable(),
};

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
  z.object({
    ...head,
    kind: z.enum(['gateway', 'system', 'join', 'downlink']),
    body: z.record(z.string(), z.unknown()),
  }),
);

export const recordSchema = named('Record', z.discriminatedUnion('kind', [readingSchema, otherRecordSchema]));

const shownSchema = z
  .record(
    z.string(),
    z.object({
      name: z.string().optional(),
      unit: z.string().optional(),
      digits: z.int().optional().describe('After the point'),
      hidden: z.boolean().optional(),
    }),
  )
  .optional()
  .describe('How fields are shown, by field');

const radio = {
  region: z.string().optional(),
  macVersion: z.string().optional(),
  deviceClass: z.enum(['A', 'C']).optional(),
  adr: z.boolean().optional(),
  rx1DelayS: z.number().optional(),
  allowCounterReset: z.boolean().optional(),
};

export const profileSchema = named(
  'Profile',
  z.object({
    name: z.string(),
    ...radio,
    codec: z.string().describe("Of devices whose own codec is 'raw'"),
    variables: z.record(z.string(), z.string()).optional().describe('Handed to the script'),
    expectedIntervalMs: z.number().optional(),
    fields: shownSchema,
    devices: count.describe('That have it'),
  }),
);

export const deviceSchema = named(
  'Device',
  z.object({
    devEui: z.string(),
    name: z.string(),
    codec: z.string(),
    origin: z.enum(['config', 'api', 'chirpstack']),
    devAddr: z.string().optional().describe('Of the session; keys are never shown'),
    activation: z.enum(['otaa', 'abp']).optional(),
    joinEui: z.string().optional(),
    profile: z.string().optional(),
    link: z.object(radio).optional().describe('Where it differs from its profile'),
    network: z
      .object({
        region: z.string(),
        deviceClass: z.enum(['A', 'C']),
        joined: time.optional().describe('When it last joined'),
        nextFCntDown: count,
        dataRate: z.string(),
        txPowerIndex: count,
        battery: z
          .object({
            source: z.enum(['external', 'battery', 'unknown']),
            percent: z.number().optional(),
            marginDb: z.number().describe('dB of SNR at the device'),
            time,
          })
          .optional(),
      })
      .optional()
      .describe('What the network server knows of it; absent without a session'),
    fields: shownSchema,
    nextFCntUp: count,
    lastSeen: time.nullable(),
    ageSeconds: z.number().nullable().describe('Since lastSeen, by the clock of the box'),
    usualIntervalSeconds: z.number().nullable().describe('Median time between the newest readings'),
    last: readingSchema.nullable(),
    recent: z
      .array(z.object({ time, timeQuality, fields: fieldsSchema }))
      .optional()
      .describe('Newest first; present when asked for'),
  }),
);

export const downlinkViewSchema = named(
  'Downlink',
  z.object({
    id: z.string(),
    fPort: z.int(),
    data: z.string().describe('Hex'),
    confirmed: z.boolean(),
    retries: count,
    queued: time,
    expires: time.optional(),
    tries: count.describe('How often it was handed to a gateway'),
    state: z.enum(['waiting', 'sent']).describe('sent: what came of it is not known yet'),
  }),
);

export const downlinkStepSchema = named(
  'DownlinkStep',
  z.object({
    id: z.string().describe('Of the downlink'),
    step: z.enum(['queued', 'sent', 'gateway_ack', 'device_ack', 'retry', 'failed', 'expired', 'cancelled']),
    time,
    fPort: z.int(),
    confirmed: z.boolean(),
    data: z.string().optional().describe('Hex, in the step queued'),
    fCnt: count.optional(),
    gateway: z.string().optional(),
    reason: z.string().optional().describe('Why it failed or is tried again'),
  }),
);

export const quarantinedSchema = named(
  'Quarantined',
  z.object({
    sink: z.string(),
    seq: count.describe('Names the record in an action'),
    time: time.describe('Of the record'),
    kind: z.string().describe('As of a record'),
    device: z.string().nullable().describe('DevEUI'),
    reason: z.string().describe('What the sink said'),
    quarantined: time.describe('When it was set aside'),
    body: z.unknown().describe('As in the log; text where it is not JSON'),
  }),
);

export const quarantineOutcomeSchema = named(
  'QuarantineOutcome',
  z.object({
    matched: count.describe('Records the selection fits'),
    delivered: count,
    dropped: count,
    refused: count.describe('Refused again, with a new reason'),
    unfit: count.describe('Left alone: without the field, or with a value that cannot be converted'),
    ahead: count.describe('Left alone: the sink is still writing what lies before them'),
    stopped: z.string().optional().describe('Why the rest was not tried'),
  }),
);

export const codecSchema = named(
  'Codec',
  z.object({
    name: z.string(),
    kind: z.enum(['built-in', 'script', 'file']).describe('file: changed in the folder of codecs only'),
    devices: count.describe('That name it'),
    pausedSeconds: z
      .number()
      .describe('Until it is tried again after it ran into its limits; 0: it is not paused'),
    misbehaved: count.describe('Calls that ran into a limit'),
    problem: z.string().optional().describe('Why it is not at work'),
    source: z.string().optional().describe('Of a script, when asked for by name'),
  }),
);

export const codecTrialSchema = named(
  'CodecTrial',
  z.object({
    fields: fieldsSchema.optional(),
    hex: z.string().optional().describe('Bytes of the downlink'),
    base64: z.string().optional(),
    fPort: z.int().optional().describe('Of the downlink'),
    problem: z.string().optional(),
    warnings: z.array(z.string()),
  }),
);

const importedSchema = z.object({
  devEui: z.string(),
  name: z.string(),
  note: z.string().optional().describe('What is still missing, or why it was left alone'),
});

export const deviceImportSchema = named(
  'DeviceImport',
  z.object({
    dryRun: z.boolean(),
    created: z.array(importedSchema),
    changed: z.array(importedSchema),
    skipped: z.array(importedSchema),
    problems: z
      .array(z.object({ line: z.int().min(1), problem: z.string() }))
      .describe('By line of a CSV file, or number of the device in a JSON file'),
  }),
);

named(
  'ScannedDevice',
  z.object({
    format: z.enum(['tr005', 'tr005-draft-3', 'tr005-draft-2']),
    devEui: z.string(),
    joinEui: z.string(),
    vendorId: z.string(),
    modelId: z.string(),
    serialNumber: z.string().optional(),
    known: z.boolean().describe('The site has this device already'),
    missing: z.literal('key').describe('It comes from the maker, not from the code'),
  }),
);

export const accessSchema = named(
  'Access',
  z.object({
    mode: z.enum(['open', 'required']).describe('open: everybody who reaches the box may do everything'),
    exposed: z.boolean().describe('Open, and to the network: worth a warning'),
    claimed: z.boolean(),
    claimPending: z.boolean().describe('A one-time code is good now'),
    user: z.object({ name: z.string(), role: z.enum(ROLES) }).nullable(),
    fingerprint: z.string().optional().describe('SHA-256 of the certificate of the box'),
  }),
);

export const userSchema = named('User', z.object({ name: z.string(), role: z.enum(ROLES), created: time }));

const tokenFields = {
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)).describe('Each includes those before it: metrics, read, write, admin'),
  created: time,
  expires: time.nullable().describe('As the clock of the box stands now'),
  expired: z.boolean(),
  lastUsed: time.nullable().describe('To the hour'),
};

export const tokenSchema = named('Token', z.object(tokenFields));

named('NewToken', z.object({ ...tokenFields, token: z.string().describe('Shown this once') }));

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
export type DownlinkView = z.infer<typeof downlinkViewSchema>;
export type DownlinkStepView = z.infer<typeof downlinkStepSchema>;
export type QuarantinedView = z.infer<typeof quarantinedSchema>;
export type QuarantineOutcomeView = z.infer<typeof quarantineOutcomeSchema>;
export type DeviceView = z.infer<typeof deviceSchema>;
export type ProfileView = z.infer<typeof profileSchema>;
export type CodecView = z.infer<typeof codecSchema>;
export type CodecTrialView = z.infer<typeof codecTrialSchema>;
export type DeviceImportView = z.infer<typeof deviceImportSchema>;
export type AccessView = z.infer<typeof accessSchema>;
export type UserView = z.infer<typeof userSchema>;
export type TokenView = z.infer<typeof tokenSchema>;
