/** Frames as they were on the air. */
import * as z from 'zod/mini';
import { FRAME_KINDS } from '../../model/frame.ts';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';

const sending = z.object({
  gatewayId: z.string(),
  windows: about(
    z.array(
      z.object({
        frequency: about(count, 'Hertz'),
        dataRate: z.string(),
        power: about(z.number(), 'dBm EIRP'),
        delayMs: maybe(count, 'After the uplink it answers; absent: at once'),
      }),
    ),
    'In the order to try',
  ),
  sentIn: maybe(count, 'Of the windows, once the gateway says that it has sent it'),
  refusedBy: maybe(
    z.string(),
    'Why the gateway has not sent it, in its own words; NOT_HANDED_OVER where it did not hear of it',
  ),
});

const frameFields = {
  id: about(z.string(), 'Of this run of the program'),
  time: about(time, 'When it was heard or handed out, by the clock of the box'),
  kind: z.enum(FRAME_KINDS),
  ours: about(z.boolean(), 'Whether this box handed it to a gateway; else a gateway heard it'),
  refused: maybe(z.string(), 'Why it was not let in, as in `refused` of the status'),
  devEui: z.optional(z.string()),
  joinEui: z.optional(z.string()),
  devAddr: z.optional(z.string()),
  maybeOf: maybe(z.array(z.string()), 'Where only the address is known: the devices that have it'),
  fCnt: maybe(count, 'All 32 bits where they are known, else the 16 of the frame'),
  fPort: z.optional(count),
  confirmed: z.optional(z.boolean()),
  bytes: about(count, 'Of the PHYPayload'),
  frequency: about(count, 'Hertz'),
  dataRate: z.string(),
  marginDb: maybe(z.number(), 'How far the best reception was above what the spreading factor needs, dB'),
  receptions: about(
    z.array(
      z.object({
        gatewayId: z.string(),
        rssi: about(z.number(), 'dBm'),
        snr: about(z.number(), 'dB'),
        channel: count,
      }),
    ),
    'Best first',
  ),
  sending: maybe(sending, 'Of one that this box handed to a gateway'),
};

export const frameSchema = named('Frame', z.object(frameFields));

const field = z.object({
  name: z.string(),
  bits: maybe(z.string(), 'The most significant first'),
  value: z.string(),
  clause: z.optional(z.string()),
});

const part = z.object({
  name: about(z.string(), 'As the specification calls it'),
  inside: maybe(z.string(), 'The field it stands in, of a MAC command'),
  offset: about(count, 'Of its first byte in the PHYPayload'),
  bytes: about(z.string(), 'Hex, as on the air; of a command as in clear'),
  clear: maybe(z.string(), 'Hex; absent where nothing is encrypted or there is no key'),
  encrypted: maybe(z.boolean(), 'There is no key for it here'),
  value: z.optional(z.string()),
  clause: about(z.string(), 'Of the specification'),
  fields: z.array(field),
});

export const frameDetailSchema = named(
  'FrameDetail',
  z.object({
    ...frameFields,
    phyPayload: about(z.string(), 'Hex'),
    specification: about(z.string(), 'What clauses are of'),
    encrypted: about(z.boolean(), 'Whether something in it stays encrypted: there is no key for it here'),
    parts: z.array(part),
  }),
);

export type FrameView = z.infer<typeof frameSchema>;
export type FrameDetailView = z.infer<typeof frameDetailSchema>;
export type FramePartView = z.infer<typeof part>;
