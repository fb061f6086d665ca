/** State of the box, of its gateways, and of frames it does not know. */
import * as z from 'zod/mini';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { cutLineSchema } from './rehearsal.ts';
import { saidSchema } from './told.ts';

const state = z.enum(['ok', 'connecting', 'degraded', 'down', 'not_configured']);

export const part = {
  state,
  detail: about(z.string(), 'One plain sentence for a technician'),
  hint: maybe(z.string(), 'What to do about it'),
  said: saidSchema,
  since: about(time, 'Since when in this state'),
};

const sinkFields = {
  ...part,
  accepted: about(count, 'delivered + pending + quarantined + expired'),
  delivered: count,
  pending: count,
  quarantined: count,
  expired: count,
  oldestPending: z.optional(time),
  needsAction: maybe(z.boolean(), 'It does not mend itself: somebody has to do what the hint says'),
};

const sinkSchema = named('Sink', z.object(sinkFields));

export const rewindSchema = named(
  'InfluxRewind',
  z.object({
    state: about(
      z.enum(['running', 'done', 'stopped']),
      'stopped: somebody ended it, or InfluxDB refuses all of it',
    ),
    from: time,
    to: maybe(time, 'Absent: up to what was there when it began'),
    started: time,
    ended: z.optional(time),
    share: about(z.number(), 'How much of the log was gone through, 0 to 1'),
    written: about(count, 'Records InfluxDB has taken again'),
    tooOld: about(count, 'From before what the bucket keeps'),
    refused: count,
    quarantined: about(count, 'Left alone: they are in quarantine'),
    gone: about(count, 'Not in the log any more'),
    logFrom: maybe(time, 'Of the oldest record of the log, where that is younger than from'),
    reason: maybe(z.string(), 'Why it was stopped'),
    said: saidSchema,
  }),
);

export const influxCheckSchema = named(
  'InfluxCheck',
  z.object({
    state: about(
      z.enum(['complete', 'missing', 'cannot', 'nothing']),
      'cannot: the server does not tell. nothing: nothing delivered that could be looked up',
    ),
    checked: time,
    looked: about(count, 'Delivered readings that were looked up'),
    missing: about(count, 'Of these, how many are not there'),
    oldestMissing: z.optional(time),
    rewindFrom: maybe(time, 'From when on the log should be written again'),
    detail: z.string(),
    hint: z.optional(z.string()),
    said: saidSchema,
  }),
);

const late = z.object({
  hours: about(count, 'Hours to be aggregated again, since readings came late'),
  oldest: time,
  problem: maybe(z.string(), 'Why they wait'),
});

const influxSchema = z.object({
  ...sinkFields,
  rewind: maybe(rewindSchema, 'The last time the log was written again'),
  check: maybe(influxCheckSchema, 'The last look whether delivered readings are there'),
  late: maybe(late, 'Aggregates that are not complete yet'),
});

const reach = maybe(
  z.object({
    port: z.int(),
    scope: about(
      z.enum(['machine', 'address', 'network']),
      'Whether it hears this machine only, the networks of one address, or all',
    ),
    addresses: about(z.array(z.string()), 'Of this machine in its networks, as far as it listens there'),
  }),
  'Where gateways find the embedded broker',
);

export const statusSchema = named(
  'Status',
  z.object({
    site: z.string(),
    version: z.string(),
    started: time,
    now: about(time, 'The clock of the box'),
    timeZone: maybe(z.string(), 'IANA name of the time zone of the site'),
    broker: z.object({ ...part, kind: z.enum(['embedded', 'external']), messages: count, reach }),
    influx: influxSchema,
    centre: sinkSchema,
    store: z.object({
      ...part,
      epoch: count,
      firstSeq: count,
      lastSeq: count,
      sizeBytes: about(count, 'Bytes on disk'),
      takesReadings: about(
        z.boolean(),
        'False while what comes in cannot be stored, and stays unacknowledged',
      ),
      limitBytes: maybe(count, 'What sizeBytes may grow to'),
      freeBytes: maybe(count, 'Left on the disk for everybody'),
      oldest: maybe(time, 'Of the oldest record kept'),
      writtenBytesToday: maybe(count, 'Written to the disk since midnight UTC'),
      bytesPerReading: maybe(z.number(), 'Written for each reading, on average'),
      dailyBudgetBytes: maybe(count, 'How much should be written a day at most'),
      deviceBytesToday: maybe(
        count,
        'Written to the device since midnight UTC, by everybody, as it is counted there',
      ),
      deviceLifeUsedPercent: maybe(count, 'Of its life, used up at most, by the word of the card'),
      projectedWearYears: maybe(z.number(), 'Until the disk is worn out at this rate'),
    }),
    commands: maybe(
      z.object({
        ...part,
        done: about(count, 'Commands done since the start'),
        refused: about(count, 'Commands refused since the start'),
        last: maybe(
          z.object({
            kind: z.string(),
            state: z.enum(['done', 'refused']),
            code: maybe(z.string(), 'Why it was refused'),
            at: time,
          }),
          'The one that was answered last',
        ),
      }),
      'Whether commands of the centre are read, and what became of them',
    ),
    time: maybe(z.object(part), 'Whether the box knows the time'),
    backup: maybe(
      z.object({
        ...part,
        lastSuccess: maybe(time, 'When the newest backup was last found whole and up to date'),
        lastBytes: maybe(count, 'Size of the newest backup'),
        kept: maybe(count, 'How many there are'),
        rehearsal: maybe(
          z.object({ ended: time, isProved: z.boolean() }),
          'When restoring one was tried out last, and whether a whole store came of it',
        ),
      }),
      'The backups the box makes by itself',
    ),
    rehearsal: maybe(
      z.object({
        state: about(z.enum(['running', 'catching_up']), 'catching_up: all lines are whole again'),
        lines: about(z.array(cutLineSchema), 'Lines that are cut on purpose now'),
      }),
      'An outage rehearsal that is under way',
    ),
    notify: maybe(z.object(part), 'Telling people of alarms'),
    tracing: maybe(
      z.object({
        ...part,
        sent: about(count, 'Spans, since the start'),
        dropped: about(count, 'That found no room or were refused'),
        waiting: count,
      }),
      'Sending traces of frames',
    ),
    openAlarms: maybe(count, 'Alarms that are active, or over and not acknowledged'),
    simulator: z.boolean(),
    refused: about(z.record(z.string(), count), 'Messages and frames refused, by reason'),
  }),
);

const place = z.object({
  latitude: z.number(),
  longitude: z.number(),
  accuracyM: maybe(z.number(), 'Metres around it'),
});

export const gatewaySchema = named(
  'Gateway',
  z.object({
    gatewayId: z.string(),
    name: z.optional(z.string()),
    place: maybe(z.string(), 'Where it hangs, in words'),
    antenna: maybe(z.string(), 'Antenna, cable, height, in words'),
    position: maybe(place, 'As noted down, else as it says itself'),
    revision: about(z.string(), 'Of what is noted down; If-Match takes it'),
    state: about(
      z.enum(['online', 'offline', 'unheard']),
      'unheard: noted down, and the box was started too lately to miss it',
    ),
    lastSeen: z.nullable(time),
    uplinks: about(count, 'Frames it brought since the start'),
    lastRssi: maybe(z.number(), 'dBm'),
    lastSnr: maybe(z.number(), 'dB'),
    noiseDbm: maybe(
      z.number(),
      'Noise in 125 kHz, dBm, out of how it heard weak frames; about -117 is what a quiet place has',
    ),
    rxReceived: z.optional(count),
    rxOk: z.optional(count),
    txEmitted: z.optional(count),
    duty: maybe(
      z.array(
        z.object({
          band: z.string(),
          fromHz: count,
          toHz: count,
          allowed: about(z.number(), 'Of the time that may be sent: 0.01 is one percent'),
          used: about(z.number(), 'Of what is allowed in an hour, 0 to 1'),
        }),
      ),
      'Sub-bands it has sent in within the hour',
    ),
    clock: maybe(z.enum(['gps', 'own', 'none']), 'Where its times come from'),
    clockAheadMs: maybe(z.number(), 'How far its own clock was ahead of the box at its last report'),
    qos: maybe(
      z.int().check(z.gte(0), z.lte(2)),
      'QoS its events arrive with; at 0 an outage loses frames. Absent where it was not heard since the start',
    ),
    marshaler: z.optional(z.enum(['protobuf', 'json', 'protobuf-v3', 'json-v3'])),
    location: maybe(z.object({ latitude: z.number(), longitude: z.number() }), 'As it says itself'),
  }),
);

export const unknownDeviceSchema = named(
  'UnknownDevice',
  z.object({
    devAddr: maybe(z.string(), 'Of data frames'),
    devEui: maybe(z.string(), 'Of join requests'),
    joinEui: maybe(z.string(), 'Of join requests'),
    reason: about(z.string(), 'Why the newest was refused, as in `refused` of the status'),
    frames: count,
    lastSeen: time,
    gatewayId: z.string(),
    rssi: about(z.number(), 'dBm'),
    snr: about(z.number(), 'dB'),
  }),
);

export type StatusView = z.infer<typeof statusSchema>;
export type SinkView = z.infer<typeof sinkSchema>;
export type GatewayView = z.infer<typeof gatewaySchema>;
export type UnknownDeviceView = z.infer<typeof unknownDeviceSchema>;
export type InfluxView = z.infer<typeof influxSchema>;
export type RewindView = z.infer<typeof rewindSchema>;
export type InfluxCheckView = z.infer<typeof influxCheckSchema>;
