/** Devices, their profiles and downlinks, and how they come in as files and codes. */
import * as z from 'zod/mini';
import { MAC_VERSIONS, REGION_NAMES } from '../../model/lorawan.ts';
import { IMPORT_COLUMNS } from '../../model/onboarding.ts';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { fieldsSchema, readingSchema, timeQuality } from './records.ts';
import { saidSchema } from './told.ts';

const shownSchema = maybe(
  z.record(
    z.string(),
    z.object({
      name: z.optional(z.string()),
      unit: z.optional(z.string()),
      digits: maybe(z.int(), 'After the point'),
      hidden: z.optional(z.boolean()),
      low: maybe(z.number(), 'A value below is not as it should be'),
      high: maybe(z.number(), 'A value above is not as it should be'),
      states: maybe(z.record(z.string(), z.string()), 'What its values are called'),
    }),
  ),
  'How fields are shown, by field',
);

const presetsSchema = maybe(
  z.array(
    z.object({
      name: z.string(),
      fPort: z.optional(z.int()),
      data: maybe(z.string(), 'Hex; or object'),
      object: maybe(z.record(z.string(), z.unknown()), 'What the codec makes bytes of'),
      confirmed: z.optional(z.boolean()),
    }),
  ),
  'Downlinks that people send by one touch',
);

const examplesSchema = maybe(
  z.array(
    z.object({
      name: z.string(),
      fPort: z.optional(z.int()),
      object: z.record(z.string(), z.unknown()),
    }),
  ),
  'Downlinks as the maker of its codec shows them: where a form to fill in begins',
);

const radio = {
  region: z.optional(z.enum(REGION_NAMES)),
  macVersion: z.optional(z.enum(MAC_VERSIONS)),
  deviceClass: z.optional(z.enum(['A', 'C'])),
  adr: z.optional(z.boolean()),
  rx1DelayS: z.optional(z.number()),
  allowCounterReset: z.optional(z.boolean()),
};

export const profileSchema = named(
  'Profile',
  z.object({
    name: z.string(),
    ...radio,
    codec: about(z.string(), "Of devices whose own codec is 'raw'"),
    variables: maybe(z.record(z.string(), z.string()), 'Handed to the script'),
    expectedIntervalMs: z.optional(z.number()),
    fields: shownSchema,
    presets: presetsSchema,
    examples: examplesSchema,
    catalogue: maybe(z.string(), 'The model of the device catalogue it was made of'),
    devices: about(count, 'That have it'),
  }),
);

const battery = z.object({
  source: z.enum(['external', 'battery', 'unknown']),
  percent: z.optional(z.number()),
  marginDb: about(z.number(), 'dB of SNR at the device'),
  time,
});

const network = z.object({
  region: z.string(),
  deviceClass: z.enum(['A', 'C']),
  joined: maybe(time, 'When it last joined'),
  nextFCntDown: count,
  dataRate: z.string(),
  txPowerIndex: count,
  battery: z.optional(battery),
});

export const deviceSchema = named(
  'Device',
  z.object({
    devEui: z.string(),
    name: z.string(),
    codec: about(z.string(), "Its own; 'raw' leaves it to the profile"),
    decoder: about(z.string(), 'The codec that reads its payloads: its own, or the one of its profile'),
    origin: z.enum(['config', 'api', 'chirpstack']),
    devAddr: maybe(z.string(), 'Of the session; keys are never shown'),
    activation: z.optional(z.enum(['otaa', 'abp'])),
    joinEui: z.optional(z.string()),
    keyMissing: maybe(z.boolean(), 'It joins, but nobody has entered its key: it is not let in'),
    profile: z.optional(z.string()),
    area: maybe(z.string(), 'Where it is'),
    notes: maybe(z.string(), 'What people here wrote down of it'),
    formerly: maybe(z.array(z.string()), 'DevEUIs of those whose place it took, the newest first'),
    revision: about(z.string(), 'Changes with what is set of it; is its ETag'),
    link: maybe(z.object(radio), 'Where it differs from its profile'),
    network: maybe(network, 'What the network server knows of it; absent without a session'),
    fields: shownSchema,
    presets: presetsSchema,
    nextFCntUp: count,
    lastSeen: z.nullable(time),
    ageSeconds: about(z.nullable(z.number()), 'Since lastSeen, by the clock of the box'),
    usualIntervalSeconds: about(z.nullable(z.number()), 'Median time between the newest readings'),
    expectedIntervalSeconds: maybe(z.number(), 'How often its profile wants it to be heard'),
    last: z.nullable(readingSchema),
    recent: maybe(
      z.array(z.object({ time, timeQuality, fields: fieldsSchema })),
      'Newest first; present when asked for',
    ),
  }),
);

export const downlinkSchema = named(
  'Downlink',
  z.object({
    id: z.string(),
    fPort: z.int(),
    data: about(z.string(), 'Hex'),
    confirmed: z.boolean(),
    retries: count,
    queued: time,
    expires: z.optional(time),
    tries: about(count, 'How often it was handed to a gateway'),
    state: about(z.enum(['waiting', 'sent']), 'sent: what came of it is not known yet'),
  }),
);

export const downlinkStep = z.enum([
  'queued',
  'sent',
  'gateway_ack',
  'device_ack',
  'retry',
  'failed',
  'expired',
  'cancelled',
]);

export const downlinkStepSchema = named(
  'DownlinkStep',
  z.object({
    id: about(z.string(), 'Of the downlink'),
    step: downlinkStep,
    time,
    fPort: z.int(),
    confirmed: z.boolean(),
    data: maybe(z.string(), 'Hex, in the step queued'),
    fCnt: z.optional(count),
    gateway: z.optional(z.string()),
    reason: maybe(z.string(), 'Why it failed or is tried again'),
    said: saidSchema,
  }),
);

const importedSchema = z.object({
  devEui: z.string(),
  name: z.string(),
  note: maybe(z.string(), 'What is still missing, or why it was left alone'),
  said: saidSchema,
});

export const deviceImportUndoSchema = named(
  'DeviceImportUndo',
  z.object({
    restored: z.array(importedSchema),
    removed: z.array(importedSchema),
    skipped: about(z.array(importedSchema), 'Changed since, and left as they are'),
  }),
);

export const deviceImportSchema = named(
  'DeviceImport',
  z.object({
    dryRun: z.boolean(),
    created: z.array(importedSchema),
    changed: z.array(importedSchema),
    skipped: z.array(importedSchema),
    problems: about(
      z.array(z.object({ line: z.int().check(z.gte(1)), problem: z.string(), said: saidSchema })),
      'By line of a CSV file, or number of the device in a JSON file',
    ),
    columns: maybe(
      z.object({
        line: about(count, 'Of the headings; 0 for JSON'),
        separator: z.string(),
        headings: z.array(z.object({ heading: z.string(), column: z.optional(z.enum(IMPORT_COLUMNS)) })),
      }),
      'What its columns are taken for',
    ),
  }),
);

const changeable = z.object({
  area: z.nullable(z.string()),
  profile: z.nullable(z.string()),
  codec: z.string(),
});

export const deviceChangesSchema = named(
  'DeviceChanges',
  z.object({
    dryRun: z.boolean(),
    changed: z.array(
      z.object({
        devEui: z.string(),
        name: z.string(),
        from: about(z.partial(changeable), 'Only what changes'),
        to: z.partial(changeable),
      }),
    ),
    removed: z.array(z.object({ devEui: z.string(), name: z.string() })),
    skipped: z.array(
      z.object({
        devEui: z.string(),
        name: z.string(),
        why: z.enum(['unknown', 'changed', 'config', 'chirpstack', 'same']),
      }),
    ),
  }),
);

export const scannedDeviceSchema = named(
  'ScannedDevice',
  z.object({
    format: z.enum(['tr005', 'tr005-draft-3', 'tr005-draft-2']),
    devEui: z.string(),
    joinEui: z.string(),
    vendorId: z.string(),
    modelId: z.string(),
    serialNumber: z.optional(z.string()),
    known: about(z.boolean(), 'The site has this device already'),
    missing: about(z.literal('key'), 'It comes from the maker, not from the code'),
  }),
);

export type DeviceView = z.infer<typeof deviceSchema>;
export type ProfileView = z.infer<typeof profileSchema>;
export type DownlinkView = z.infer<typeof downlinkSchema>;
export type DownlinkStepView = z.infer<typeof downlinkStepSchema>;
export type DeviceImportView = z.infer<typeof deviceImportSchema>;
export type DeviceChangesView = z.infer<typeof deviceChangesSchema>;
export type ScannedDeviceView = z.infer<typeof scannedDeviceSchema>;
