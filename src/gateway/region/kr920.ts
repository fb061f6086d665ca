/** KR920-923: RP002. LoRa only. Below 922 MHz a device sends with 10 dBm at most, which is its own to keep. */
import type { Region } from './region.ts';
import { channel, FIVE_OFFSETS, sixRates } from './shapes.ts';

export const KR920: Region = {
  name: 'KR920',
  minFrequency: 920_900_000,
  maxFrequency: 923_300_000,
  dataRates: sixRates(),
  maxPayload: [51, 51, 51, 115, 242, 242],
  maxPayloadDwell: null,
  rx1: FIVE_OFFSETS.slice(0, 6),
  rx1Dwell: null,
  rx2: { frequency: 921_900_000, dataRate: 0 },
  plan: {
    kind: 'dynamic',
    defaults: [922_100_000, 922_300_000, 922_500_000].map(channel),
    usualExtras: [],
    maxChannels: 16,
    cfListDataRates: [0, 5],
  },
  maxEirp: 14,
  maxTxPowerIndex: 7,
  downlinkEirp: 23,
  downlinkLimits: [],
  dutyCycle: [],
  defaultDwell: { uplink: false, downlink: false },
  txParamSetupFrom: null,
  adrDataRates: [0, 5],
  joinDataRates: [0, 1, 2, 3, 4, 5],
};
