/** RU864-870: RP002, with its limit of one percent over the whole band. */
import type { Region } from './region.ts';
import { channel, FIVE_OFFSETS, fsk, lora, sixRates } from './shapes.ts';

export const RU864: Region = {
  name: 'RU864',
  minFrequency: 864_000_000,
  maxFrequency: 870_000_000,
  dataRates: [...sixRates(), lora(7, 250_000), fsk(50_000)],
  maxPayload: [51, 51, 51, 115, 242, 242, 242, 242],
  maxPayloadDwell: null,
  rx1: FIVE_OFFSETS,
  rx1Dwell: null,
  rx2: { frequency: 869_100_000, dataRate: 0 },
  plan: {
    kind: 'dynamic',
    defaults: [868_900_000, 869_100_000].map(channel),
    usualExtras: [],
    maxChannels: 16,
    cfListDataRates: [0, 5],
  },
  maxEirp: 16,
  maxTxPowerIndex: 7,
  downlinkEirp: 16,
  downlinkLimits: [],
  dutyCycle: [{ name: 'RU864', fromHz: 864_000_000, toHz: 870_000_000, share: 0.01 }],
  defaultDwell: { uplink: false, downlink: false },
  txParamSetupFrom: null,
  adrDataRates: [0, 5],
  joinDataRates: [0, 1, 2, 3, 4, 5],
};
