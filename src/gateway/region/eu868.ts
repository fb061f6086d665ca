/** EU863-870: RP002, and for duty cycles ETSI EN 300 220-2 annex B (bands K to Q). */
import type { Region } from './region.ts';
import { channel, FIVE_OFFSETS, fsk, lora, sixRates } from './shapes.ts';

export const EU868: Region = {
  name: 'EU868',
  minFrequency: 863_000_000,
  maxFrequency: 870_000_000,
  dataRates: [...sixRates(), lora(7, 250_000), fsk(50_000)],
  maxPayload: [51, 51, 51, 115, 242, 242, 242, 242],
  maxPayloadDwell: null,
  rx1: FIVE_OFFSETS,
  rx1Dwell: null,
  rx2: { frequency: 869_525_000, dataRate: 0 },
  plan: {
    kind: 'dynamic',
    defaults: [868_100_000, 868_300_000, 868_500_000].map(channel),
    usualExtras: [867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000].map(channel),
    maxChannels: 16,
    cfListDataRates: [0, 5],
  },
  maxEirp: 16,
  maxTxPowerIndex: 7,
  downlinkEirp: 16,
  downlinkLimits: [{ fromHz: 869_400_000, toHz: 869_650_000, eirp: 29 }],
  dutyCycle: [
    { name: 'K', fromHz: 863_000_000, toHz: 865_000_000, share: 0.001 },
    { name: 'L', fromHz: 865_000_000, toHz: 868_000_000, share: 0.01 },
    { name: 'M', fromHz: 868_000_000, toHz: 868_600_000, share: 0.01 },
    { name: 'N', fromHz: 868_700_000, toHz: 869_200_000, share: 0.001 },
    { name: 'P', fromHz: 869_400_000, toHz: 869_650_000, share: 0.1 },
    { name: 'Q', fromHz: 869_700_000, toHz: 870_000_000, share: 0.01 },
  ],
  defaultDwell: { uplink: false, downlink: false },
  txParamSetupFrom: null,
  adrDataRates: [0, 5],
  joinDataRates: [0, 1, 2, 3, 4, 5],
};
