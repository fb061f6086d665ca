/** Spots of a survey: where somebody stood with a device, and how well it was heard there. */
import * as z from 'zod/mini';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';

export const spotSchema = named(
  'SurveySpot',
  z.object({
    id: z.string(),
    time: about(time, 'When it was marked'),
    label: z.string(),
    device: about(z.string(), 'DevEUI'),
    deviceName: z.string(),
    heard: about(count, 'Frames it is made from'),
    missed: about(count, 'Frames sent between them that nobody heard'),
    marginDb: about(
      z.number(),
      'Median: how far the best reception was above what the spreading factor needs',
    ),
    leastMarginDb: z.number(),
    gatewayId: about(z.string(), 'That heard it best most often'),
    samples: about(
      z.array(
        z.object({
          time,
          marginDb: z.number(),
          gatewayId: z.string(),
          rssi: about(z.number(), 'dBm'),
          snr: about(z.number(), 'dB'),
          dataRate: z.string(),
          gateways: about(count, 'How many heard it'),
        }),
      ),
      'Oldest first',
    ),
    note: z.optional(z.string()),
    plan: maybe(
      z.object({
        name: about(z.string(), 'Of a picture of the kind plan'),
        x: about(z.number(), 'Share of its width, from the left'),
        y: about(z.number(), 'Share of its height, from above'),
      }),
      'Where on a floor plan',
    ),
    position: maybe(
      z.object({ latitude: z.number(), longitude: z.number(), accuracyM: z.optional(z.number()) }),
      'Where, degrees',
    ),
  }),
);

export type SurveySpotView = z.infer<typeof spotSchema>;
