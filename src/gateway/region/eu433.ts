/** EU433: RP002, and for the duty cycle ETSI EN 300 220-2 (10 mW ERP, ten percent). */
import type { Region } from './region.ts';
import { channel, FIVE_OFFSETS, fsk, lora, sixRates } from './shapes.ts';

export const EU433: Region = {
  name: 'EU433',
  minFrequency: 433_050_000,
  maxFrequency: 434_790_000,
  dataRates: [...sixRates(), lora(7, 250_000), fsk(50_000)],
  maxPayload: [51, 51, 51, 115, 242, 242, 242, 242],
  maxPayloadDwell: null,
  rx1: FIVE_OFFSETS,
  rx1Dwell: null,
  rx2: { frequency: 434_665_000, dataRate: 0 },
  plan: {
    kind: 'dynamic',
    defaults: [433_175_000, 433_375_000, 433_575_000].map(channel),
    usualExtras: [],
    maxChannels: 16,
    cfListDataRates: [0, 5],
  },
  // 12.15 dBm, rounded down.
  maxEirp: 12,
  maxTxPowerIndex: 5,
  downlinkEirp: 12,
  downlinkLimits: [],
  dutyCycle: [{ name: 'EU433', fromHz: 433_050_000, toHz: 434_790_000, share: 0.1 }],
  defaultDwell: { uplink: false, downlink: false },
  txParamSetupFrom: null,
  adrDataRates: [0, 5],
  joinDataRates: [0, 1, 2, 3, 4, 5],
};
